"""One class per table. Every table has ``workspace_id``; uniqueness is a constraint, never a look first."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    SmallInteger,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP, TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

Json = dict[str, Any]
LANE = "coalesce(-ask_id, -digest_id - 1000000000000000, case_id)"
"""Posts of one lane keep their order: each case has one, and each question or digest to a department."""


class Base(DeclarativeBase):
    """Shared naming of constraints and mapping of types."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this class attribute
        datetime: TIMESTAMP(timezone=True),
        int: BigInteger,
        Json: JSONB,
    }


class _Row(Base):
    __abstract__ = True
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)


class ThisDatabase(Base):
    """One row: by what this database is known in a folder of files, so that no other clears it up."""

    __tablename__ = "this_database"
    one: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    uuid: Mapped[UUID] = mapped_column(server_default=func.gen_random_uuid())
    __table_args__ = (CheckConstraint("one", name="one"),)


class Workspace(_Row):
    """One Slack workspace."""

    __tablename__ = "workspaces"
    team_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    url: Mapped[str] = mapped_column(server_default="")
    bot_user_id: Mapped[str]
    bot_id: Mapped[str]
    last_case_number: Mapped[int] = mapped_column(server_default="1000")
    channels: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    """The ids of the Slack channels that its chat sites name, as last seen."""
    masks: Mapped[bool | None]
    """Whether personal data is hidden from models; None = as CX_MASKS says."""
    last_problem_number: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime]


class InstallationRow(_Row):
    """The app's installation in a workspace by OAuth, with its encrypted token."""

    __tablename__ = "installations"
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"), unique=True)
    token: Mapped[str]
    scopes: Mapped[str]
    installed_by: Mapped[str]
    installed_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    """When Slack took the token back: its queues wait for the next installation."""


class InstallState(Base):
    """The state of a finished installation: each is good for one. It is there before its workspace."""

    __tablename__ = "install_states"
    state: Mapped[str] = mapped_column(primary_key=True)
    spent_at: Mapped[datetime]


class Customer(_Row):
    """A person who writes to the company, whatever channel they use."""

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("workspace_id", "external_id"),
        Index("ix_customers_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        Index("ix_customers_words", text("cx_words(name)"), postgresql_using="gin"),
        Index("ix_customers_email", text("lower(email)")),
        Index(
            "ix_customers_phone",
            text(r"regexp_replace(phone, '\D', '', 'g')"),
            postgresql_where=text("phone IS NOT NULL"),
        ),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    external_id: Mapped[str | None]
    name: Mapped[str]
    email: Mapped[str | None]
    email_proven: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether we know that it is theirs; a browser may have said anything."""
    phone: Mapped[str | None]
    language: Mapped[str | None]
    profile: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    """The customer that this one turned out to be."""
    created_at: Mapped[datetime]


class IdentityRow(_Row):
    """One handle by which a customer is known on a channel."""

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint("workspace_id", "kind", "value", "told_of", postgresql_nulls_not_distinct=True),
        Index(None, "customer_id"),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[str]
    value: Mapped[str]
    verified: Mapped[bool] = mapped_column(server_default=text("false"))
    told_by: Mapped[str | None]
    """Who of us said that it is theirs."""
    told_of: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    """Whose it was said to be, whoever they were merged into since: one address may be told of several."""
    first_of: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    """Whose it was when it came, whoever they were merged into then: theirs again when these are split."""
    created_at: Mapped[datetime]
    customer: Mapped[Customer] = relationship(lazy="raise", foreign_keys=customer_id)


class Order(_Row):
    """What a customer bought, imported from the shop."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("workspace_id", "external_id"),
        Index(None, "workspace_id", "customer_external_id"),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    external_id: Mapped[str]
    customer_external_id: Mapped[str]
    status: Mapped[str]
    data: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    updated_at: Mapped[datetime]


class Conversation(_Row):
    """One exchange on one channel: a chat session. Its row lock puts its messages in order."""

    __tablename__ = "conversations"
    __table_args__ = (
        Index(None, "identity_id", "site", "id"),
        Index(None, "case_id"),
        Index(
            "uq_conversations_thread",
            "workspace_id",
            "channel",
            "site",
            "identity_id",
            "thread_key",
            unique=True,
            postgresql_where=text("thread_key IS NOT NULL"),
        ),
    )
    uuid: Mapped[UUID] = mapped_column(unique=True, default=uuid4)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    channel: Mapped[str]
    site: Mapped[str]
    slack_channel: Mapped[str]
    """Where its next case goes."""
    identity_id: Mapped[int] = mapped_column(ForeignKey("identities.id"))
    case_id: Mapped[int | None] = mapped_column(
        ForeignKey("cases.id", use_alter=True, name="fk_conversations_case_id")
    )
    last_seq: Mapped[int] = mapped_column(server_default="0")
    last_in_seq: Mapped[int] = mapped_column(server_default="0")
    """Grows with each message, edit and deletion of the customer's: a draft made before is shown again
    before it goes."""
    revision: Mapped[int] = mapped_column(server_default="0")
    """Grows with each change of a message that was there already, so that screens can ask for changes."""
    early_changes: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether an edit or deletion waits for its message."""
    language: Mapped[str | None]
    """In which the customer reads, as their browser said last."""
    automatic_ok: Mapped[bool] = mapped_column(server_default=text("true"))
    """Whether anything may go there by itself: not where a machine answers, nor what we began before anybody
    wrote there."""
    thread_key: Mapped[str | None]
    """By what an outside channel knows this exchange; none in the web chat."""
    subject: Mapped[str | None]
    """What a mail is called with which we began it."""
    delivered_seq: Mapped[int] = mapped_column(server_default="0")
    read_seq: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime]
    identity: Mapped[IdentityRow] = relationship(lazy="raise")


class Case(_Row):
    """One matter of one customer, with its Slack thread."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("workspace_id", "number"),
        Index(
            "uq_cases_thread",
            "workspace_id",
            "slack_channel",
            "thread_ts",
            unique=True,
            postgresql_where=text("thread_ts IS NOT NULL"),
        ),
        Index("ix_cases_open", "workspace_id", "status", postgresql_where=text("status <> 'closed'")),
        Index(
            "ix_cases_silent",
            "workspace_id",
            "closed_at",
            postgresql_where=text("close_reason IS NOT NULL"),
        ),
        Index("ix_cases_arrived", "opened_at", postgresql_where=text("status <> 'closed'")),
        Index(None, "customer_id"),
        Index("ix_cases_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    number: Mapped[int]
    token: Mapped[UUID] = mapped_column(unique=True, default=uuid4)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    process_type: Mapped[str] = mapped_column(server_default="general")
    subject: Mapped[str]
    status: Mapped[str]
    priority: Mapped[str] = mapped_column(server_default="normal")
    tags: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=text("'{}'"))
    owner: Mapped[str | None]
    slack_channel: Mapped[str]
    thread_ts: Mapped[str | None]
    card_ts: Mapped[str | None]
    """Where the card stands since somebody deleted the one that opened the thread."""
    follows_case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    """The case that goes on in this one's place."""
    regrouped_at: Mapped[datetime | None]
    """When messages last came to it by a merge, or left it by a split: summaries made before are outdated."""
    opened_at: Mapped[datetime]
    last_customer_at: Mapped[datetime | None]
    last_reply_at: Mapped[datetime | None]
    burst_at: Mapped[datetime | None]
    """The last message of the customer's burst that is going on; none since we replied."""
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None]
    customer: Mapped[Customer] = relationship(lazy="raise")


class CaseLink(_Row):
    """Two cases that have to do with each other; the smaller id comes first."""

    __tablename__ = "case_links"
    __table_args__ = (
        UniqueConstraint("first_case", "second_case"),
        Index(None, "second_case"),
        CheckConstraint("first_case < second_case", name="sorted"),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    first_case: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    second_case: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    created_by: Mapped[str]
    created_at: Mapped[datetime]


class Problem(_Row):
    """One cause behind many cases."""

    __tablename__ = "problems"
    __table_args__ = (
        UniqueConstraint("workspace_id", "number"),
        UniqueConstraint("workspace_id", "request_key"),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    number: Mapped[int]
    token: Mapped[UUID] = mapped_column(unique=True, server_default=func.gen_random_uuid())
    title: Mapped[str]
    request_key: Mapped[str]
    """The form or command that asked for it: repeated = the same problem."""
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    solved_by: Mapped[str | None]
    solved_at: Mapped[datetime | None]


class ProblemCase(_Row):
    """A case that has its cause in a problem; ``active`` while that is not solved."""

    __tablename__ = "problem_cases"
    __table_args__ = (
        UniqueConstraint("problem_id", "case_id"),
        Index("uq_problem_cases_active", "case_id", unique=True, postgresql_where=text("active")),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    problem_id: Mapped[int] = mapped_column(ForeignKey("problems.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    added_by: Mapped[str]
    added_at: Mapped[datetime]


class Mailing(_Row):
    """One text for the customers of all cases of a problem, as it was shown for approval."""

    __tablename__ = "mailings"
    __table_args__ = (
        Index(None, "problem_id"),
        CheckConstraint("state IN ('preview', 'approved')", name="state"),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    problem_id: Mapped[int] = mapped_column(ForeignKey("problems.id"))
    token: Mapped[UUID] = mapped_column(unique=True, server_default=func.gen_random_uuid())
    kind: Mapped[str]
    body: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="preview")
    created_by: Mapped[str]
    created_by_name: Mapped[str]
    created_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]


class MailingCase(_Row):
    """A recipient of a mailing as shown: the case, and where its customer reads."""

    __tablename__ = "mailing_cases"
    __table_args__ = (UniqueConstraint("mailing_id", "case_id"),)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailings.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    seen_seq: Mapped[int]
    """The customer's last message when the text was shown."""
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("drafts.id"))
    left_out: Mapped[str | None]
    """Why nothing goes to this customer."""


class CustomerMerge(_Row):
    """A customer who turned out to be another one, and what was theirs, so that it can be undone."""

    __tablename__ = "customer_merges"
    __table_args__ = (
        Index(
            "uq_customer_merges_holding",
            "customer_id",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
        Index(None, "into_id"),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    into_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    identities: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    cases: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    customers: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    merged_by: Mapped[str]
    merged_at: Mapped[datetime]
    undone_by: Mapped[str | None]
    undone_at: Mapped[datetime | None]


class CaseMerge(_Row):
    """A case that goes on in another one, and what went along, so that it can be taken back."""

    __tablename__ = "case_merges"
    __table_args__ = (
        Index(
            "uq_case_merges_holding",
            "case_id",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
        Index(None, "into_id"),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    into_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    conversations: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    """What its customer says there goes to the other case since."""
    answered_in: Mapped[int | None] = mapped_column(ForeignKey("conversations.id"))
    """Where the other case answered before."""
    asks: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))
    reminders: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))
    merged_by: Mapped[str]
    merged_at: Mapped[datetime]
    undone_by: Mapped[str | None]
    undone_at: Mapped[datetime | None]


class CustomerSuggestion(_Row):
    """Somebody unproven who may be a customer whom we know, until a person decides."""

    __tablename__ = "customer_suggestions"
    __table_args__ = (
        UniqueConstraint("customer_id", "known_id"),
        Index(
            "uq_customer_suggestions_open",
            "case_id",
            unique=True,
            postgresql_where=text("decided_at IS NULL"),
        ),
        Index(None, "known_id"),
    )
    token: Mapped[UUID] = mapped_column(unique=True, server_default=func.gen_random_uuid())
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    """The case whose words say so."""
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    known_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    """The order of theirs that was named."""
    address: Mapped[str | None]
    """Else the address of theirs that was given."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    same: Mapped[bool | None]
    """What was decided."""
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]


class Absence(_Row):
    """Somebody who is away now."""

    __tablename__ = "absences"
    __table_args__ = (UniqueConstraint("workspace_id", "member"),)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    member: Mapped[str]
    until: Mapped[datetime]
    cover: Mapped[str | None]
    """Who gets what comes in meanwhile; nobody = their cases show as unclaimed."""
    created_at: Mapped[datetime]


class CaseLook(_Row):
    """When somebody last looked at a case."""

    __tablename__ = "case_looks"
    __table_args__ = (UniqueConstraint("case_id", "member"),)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    member: Mapped[str]
    at: Mapped[datetime]


class Message(_Row):
    """What was said: by the customer, to the customer, or among ourselves in the thread."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        UniqueConstraint("conversation_id", "client_message_id"),
        Index(
            "uq_messages_slack",
            "workspace_id",
            "slack_channel",
            "slack_ts",
            unique=True,
            postgresql_where=text("slack_ts IS NOT NULL"),
        ),
        Index(None, "case_id", "id"),
        CheckConstraint("direction IN ('in', 'out', 'internal')", name="direction"),
        CheckConstraint("(direction = 'internal') = (seq IS NULL)", name="seq"),
    )
    uuid: Mapped[UUID] = mapped_column(unique=True, default=uuid4, server_default=func.gen_random_uuid())
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    seq: Mapped[int | None]
    direction: Mapped[str]
    author_name: Mapped[str]
    author_slack: Mapped[str | None]
    text: Mapped[str]
    files: Mapped[int] = mapped_column(server_default="0")
    """How many files came with a message of ours; they stay in Slack."""
    client_message_id: Mapped[str | None]
    slack_channel: Mapped[str | None]
    slack_ts: Mapped[str | None]
    created_at: Mapped[datetime]
    edits: Mapped[int] = mapped_column(server_default="0")
    """The number of its author's latest edit."""
    edited_at: Mapped[datetime | None]
    slack_edited_ts: Mapped[str | None]
    """When Slack says that a thread message was last edited: older edits that come later change nothing."""
    deleted_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(server_default="0")
    """The conversation's revision in which it last changed."""
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]


class MessageVersion(_Row):
    """What a message said before it was changed or taken back."""

    __tablename__ = "message_versions"
    __table_args__ = (UniqueConstraint("message_id", "number"),)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    number: Mapped[int]
    text: Mapped[str]
    replaced_by: Mapped[str]
    """``customer``, or the Slack user who corrected it."""
    replaced_at: Mapped[datetime]


class EarlyChange(_Row):
    """An edit or deletion by the customer that arrived before its message."""

    __tablename__ = "early_changes"
    __table_args__ = (UniqueConstraint("conversation_id", "client_message_id"),)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    client_message_id: Mapped[str]
    edit: Mapped[int]
    text: Mapped[str | None]
    """None: the message is taken back."""
    created_at: Mapped[datetime]


class ArticleRow(_Row):
    """An article of the knowledge base, as its source had it at the last import."""

    __tablename__ = "articles"
    __table_args__ = (
        UniqueConstraint("workspace_id", "source", "external_id"),
        Index("ix_articles_public", "workspace_id", postgresql_where=text("public")),
    )
    token: Mapped[UUID] = mapped_column(unique=True, server_default=func.gen_random_uuid())
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    source: Mapped[str]
    """Where it was imported from: importing that again replaces it."""
    external_id: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    language: Mapped[str]
    url: Mapped[str | None]
    public: Mapped[bool]
    updated_at: Mapped[datetime]


class Passage(_Row):
    """A part of an article that answers something by itself: what is found, shown and cited."""

    __tablename__ = "passages"
    __table_args__ = (UniqueConstraint("article_id", "number"), Index(None, "workspace_id", "language"))
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    number: Mapped[int]
    language: Mapped[str]
    text: Mapped[str]
    length: Mapped[int]
    """Terms of the title and the text."""
    title_length: Mapped[int]


class PassageTerm(Base):
    """How often a term stands in a passage: the index by which articles are ranked."""

    __tablename__ = "passage_terms"
    __table_args__ = (Index(None, "passage_id"),)
    workspace_id: Mapped[int] = mapped_column(
        ForeignKey("workspaces.id"), primary_key=True, autoincrement=False
    )
    language: Mapped[str] = mapped_column(primary_key=True)
    term: Mapped[str] = mapped_column(primary_key=True)
    passage_id: Mapped[int] = mapped_column(
        ForeignKey("passages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    found: Mapped[int] = mapped_column(SmallInteger)
    """In the title and the text together."""
    found_in_title: Mapped[int] = mapped_column(SmallInteger)


class ArticleMark(_Row):
    """What somebody said of an article in a case: that it helped; without one, that none did."""

    __tablename__ = "article_marks"
    __table_args__ = (
        Index(
            "uq_article_marks_said",
            "case_id",
            "article_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id", ondelete="CASCADE"))
    """None: no article answered it, so one is missing."""
    said_by: Mapped[str]
    said_at: Mapped[datetime]


class SearchWords(Base):
    """The words of a message, by which its case is found."""

    __tablename__ = "search_words"
    __table_args__ = (Index(None, "words", postgresql_using="gin"),)
    message_id: Mapped[int] = mapped_column(
        ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    words: Mapped[str] = mapped_column(TSVECTOR)


class AttachmentRow(_Row):
    """A file of a conversation; ``message_id`` is set when its message is accepted or sent."""

    __tablename__ = "attachments"
    __table_args__ = (Index(None, "message_id"), Index(None, "draft_id"))
    uuid: Mapped[UUID] = mapped_column(unique=True, default=uuid4)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    name: Mapped[str]
    mime: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("drafts.id"))
    """The draft of an agent's message that it came with."""
    slack_file: Mapped[str | None]
    """Slack's id of it."""
    created_at: Mapped[datetime]


class Draft(_Row):
    """A text on its way to the customer, bound to the bytes that a person approved."""

    __tablename__ = "drafts"
    __table_args__ = (
        UniqueConstraint("workspace_id", "request_key"),
        Index(
            "uq_drafts_closing",
            "case_id",
            unique=True,
            postgresql_where=text("kind = 'closing' AND state = 'approved'"),
        ),
        Index(None, "corrects_id"),
        Index("ix_drafts_message_id", "message_id", postgresql_where=text("message_id IS NOT NULL")),
        Index(
            "ix_drafts_waiting",
            "conversation_id",
            postgresql_where=text("state IN ('preview', 'approved')"),
        ),
        Index("ix_drafts_source", "workspace_id", "source_channel", "source_ts"),
        Index("ix_drafts_preview", "created_by", postgresql_where=text("state = 'preview'")),
        Index("ix_drafts_due", "workspace_id", "send_at", postgresql_where=text("state = 'approved'")),
        CheckConstraint("state IN ('preview', 'approved', 'sent', 'cancelled')", name="state"),
    )
    uuid: Mapped[UUID] = mapped_column(unique=True, default=uuid4, server_default=func.gen_random_uuid())
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    kind: Mapped[str]
    state: Mapped[str]
    body: Mapped[str]
    request_key: Mapped[str]
    """What asked for it (a Slack message, a form): repeated = the same draft."""
    seen_seq: Mapped[int] = mapped_column(server_default="0")
    """The conversation's last message when the draft was made."""
    source_channel: Mapped[str | None]
    source_ts: Mapped[str | None]
    created_by: Mapped[str]
    created_by_name: Mapped[str]
    created_at: Mapped[datetime]
    send_at: Mapped[datetime | None]
    left_out: Mapped[list[Json]] = mapped_column(JSONB, server_default=text("'[]'"))
    """The files of its message that cannot go along: name and why."""
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("drafts.id"))
    """The draft whose message this one corrects."""
    then_status: Mapped[str | None]
    """Where its case stands once it was sent; None: the customer has the next word."""
    tells_at: Mapped[datetime | None]
    """The date that it tells the customer: a promise once it was sent."""
    forgotten: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))
    """Where the dates begin in its text that nobody is to be reminded of."""
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))


class Approval(_Row):
    """Who approved which bytes for whom: SHA-256 over text, channel, recipient and attachments."""

    __tablename__ = "approvals"
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    draft_id: Mapped[int] = mapped_column(ForeignKey("drafts.id"), unique=True)
    digest: Mapped[str]
    approved_by: Mapped[str]
    approved_at: Mapped[datetime]


class InboxEvent(_Row):
    """A Slack event, written down before Slack is told that we have it."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("workspace_id", "event_id"),
        Index(
            "uq_inbox_message",
            "workspace_id",
            "channel",
            "ts",
            "kind",
            unique=True,
            postgresql_where=text("ts IS NOT NULL"),
        ),
        Index(
            "ix_inbox_reactions",
            text("((event -> 'item'::text) ->> 'ts'::text)"),
            postgresql_where=text("kind IN ('reaction_added', 'reaction_removed')"),
        ),
        Index(
            "ix_inbox_waiting",
            "workspace_id",
            "id",
            postgresql_where=text("done_at IS NULL AND dead_at IS NULL"),
        ),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    event_id: Mapped[str]
    kind: Mapped[str]
    channel: Mapped[str | None]
    ts: Mapped[str | None]
    event: Mapped[Json]
    received_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    attempts: Mapped[int] = mapped_column(server_default="0")
    retry_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


class Post(Base):
    """One message of the app in Slack: a batch of outbox rows, fixed at its first attempt.

    ``id`` travels in the post's metadata and block_id, so that a post whose answer was lost is
    found again instead of being posted twice.
    """

    __tablename__ = "posts"
    __table_args__ = (
        Index(
            "uq_posts_lane",
            "lane",
            unique=True,
            postgresql_where=text("state IN ('stamped', 'waiting')"),
        ),
        Index(
            "ix_posts_open",
            "workspace_id",
            "slack_channel",
            postgresql_where=text("state IN ('stamped', 'waiting')"),
        ),
        Index(None, "case_id"),
        Index("ix_posts_slack", "workspace_id", "slack_channel", "ts"),
        Index("ix_posts_stamped", "workspace_id", "slack_channel", "stamped_at"),
        CheckConstraint("state IN ('stamped', 'waiting', 'posted')", name="state"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    slack_channel: Mapped[str]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    ask_id: Mapped[int | None] = mapped_column(ForeignKey("asks.id"))
    """The question to a department in whose thread it stands, or which it is."""
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("digests.id"))
    lane: Mapped[int] = mapped_column(Computed(LANE, persisted=True))
    is_root: Mapped[bool]
    state: Mapped[str]
    attempts: Mapped[int]
    stamped_at: Mapped[datetime]
    retry_at: Mapped[datetime | None]
    ts: Mapped[str | None]
    last_error: Mapped[str | None]


class OutboxRow(_Row):
    """Something that must appear in Slack, written in the same commit as its cause."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_waiting",
            "workspace_id",
            "slack_channel",
            "lane",
            "id",
            postgresql_where=text("post_id IS NULL"),
        ),
        Index(None, "post_id"),
        Index(None, "message_id"),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    slack_channel: Mapped[str]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    ask_id: Mapped[int | None] = mapped_column(ForeignKey("asks.id"))
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("digests.id"))
    lane: Mapped[int] = mapped_column(Computed(LANE, persisted=True))
    kind: Mapped[str]
    author: Mapped[str]
    """Rows of one author in a row may share a post."""
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    part: Mapped[int] = mapped_column(server_default="0")
    size: Mapped[int] = mapped_column(server_default="0")
    payload: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    post_id: Mapped[UUID | None] = mapped_column(ForeignKey("posts.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class SlackCall(_Row):
    """A Slack call that may safely be repeated: the card's update, a reaction, a private note."""

    __tablename__ = "slack_calls"
    __table_args__ = (
        Index(
            "uq_slack_calls_card",
            "case_id",
            unique=True,
            postgresql_where=text("kind = 'card' AND claimed_at IS NULL AND done_at IS NULL"),
        ),
        Index(
            "uq_slack_calls_receipt",
            "message_id",
            unique=True,
            postgresql_where=text("kind = 'receipt' AND claimed_at IS NULL AND done_at IS NULL"),
        ),
        Index(
            "uq_slack_calls_revise",
            "message_id",
            unique=True,
            postgresql_where=text("kind = 'revise' AND claimed_at IS NULL AND done_at IS NULL"),
        ),
        Index(
            "uq_slack_calls_ask",
            "ask_id",
            unique=True,
            postgresql_where=text("kind = 'ask' AND claimed_at IS NULL AND done_at IS NULL"),
        ),
        Index("ix_slack_calls_open", "workspace_id", "id", postgresql_where=text("done_at IS NULL")),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    slack_channel: Mapped[str]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[str]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    """The message whose posts are to show what it says now."""
    ask_id: Mapped[int | None] = mapped_column(ForeignKey("asks.id"))
    """The question whose post is to show where it stands now."""
    payload: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    claimed_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    done_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


class ChannelHold(_Row):
    """A Slack channel to which nothing is posted for now: what is meant for it waits.

    An empty ``slack_channel`` stands for all of them: Slack refuses the bot's token.
    """

    __tablename__ = "channel_holds"
    __table_args__ = (UniqueConstraint("slack_channel", "workspace_id"),)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    slack_channel: Mapped[str]
    reason: Mapped[str]
    since: Mapped[datetime]
    looks: Mapped[int] = mapped_column(server_default="0")
    """How often it was seen since that nothing has changed."""
    look_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    """When to look again."""


class Listening(_Row):
    """Since when and how well a workspace is heard, and from when on it must be read again."""

    __tablename__ = "listening"
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"), unique=True)
    heard_at: Mapped[datetime]
    """When a replica was last known to be connected."""
    event_at: Mapped[datetime | None]
    """The last event."""
    unheard_at: Mapped[datetime | None]
    """The first post since the last event: Slack owes us its echo."""
    silent_since: Mapped[datetime | None]
    """Since when no events come although posts are taken."""
    read_from: Mapped[datetime | None]
    """What happened since then is to be read from Slack."""
    read_after: Mapped[datetime | None]
    """Threads that were read later than this need not be read again."""
    reader: Mapped[str | None]
    """The replica that reads."""
    reader_until: Mapped[datetime | None]


class ThreadRead(_Row):
    """When a case's thread was last read as a whole."""

    __tablename__ = "thread_reads"
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), unique=True)
    read_at: Mapped[datetime]


class AdminNotice(_Row):
    """Something of which those who administer the workspace are to be told, once."""

    __tablename__ = "admin_notices"
    __table_args__ = (Index("ix_admin_notices_untold", "id", postgresql_where=text("told_at IS NULL")),)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    about: Mapped[str]
    slack_channel: Mapped[str] = mapped_column(server_default="")
    detail: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    since: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    claimed_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]


class HomeRow(_Row):
    """Whose App Home was opened when: it is kept up to date for a while."""

    __tablename__ = "homes"
    __table_args__ = (UniqueConstraint("workspace_id", "user_id"),)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    user_id: Mapped[str]
    opened_at: Mapped[datetime]
    checked_at: Mapped[datetime]
    seen_change: Mapped[int] = mapped_column(server_default="0")
    filter: Mapped[str] = mapped_column(server_default="")
    """What a supervisor's board shows: the words of ``/cx status``."""
    digest: Mapped[str] = mapped_column(server_default="")
    """Of what it shows: the same is not published again."""


class AnswerRow(_Row):
    """A question to the app: who is at it, and whether its answer may be in Slack already."""

    __tablename__ = "answers"
    __table_args__ = (
        UniqueConstraint("workspace_id", "channel", "ts"),
        Index(
            "ix_answers_open",
            "workspace_id",
            "channel",
            "thread_ts",
            postgresql_where=text("done_at IS NULL"),
        ),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    channel: Mapped[str]
    ts: Mapped[str]
    thread_ts: Mapped[str]
    post_id: Mapped[UUID | None]
    """The post that answers it; None where the outbox posts the answer."""
    claimed_at: Mapped[datetime | None]
    tried: Mapped[bool] = mapped_column(server_default=text("false"))
    stopped_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class AuditRow(_Row):
    """Who did what and when. A trigger refuses changes and deletions."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "case_id", "id"),)
    workspace_id: Mapped[int]
    """Not checked: hundreds are written at once, mostly of a case, which is."""
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    detail: Mapped[Json] = mapped_column(server_default=text("'{}'"))
