"""The tables of mail: how far each mailbox was read, and every mail that came or went."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models import _Row


class MailboxRow(_Row):
    """How far a mailbox was read. Its mails stay where they are."""

    __tablename__ = "mailboxes"
    __table_args__ = (UniqueConstraint("workspace_id", "key"),)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    key: Mapped[str]
    place: Mapped[str | None]
    """The user, server and folder that were read; None before the first look."""
    uid_validity: Mapped[int | None]
    """What the server's numbers of mails count for (RFC 3501, 2.3.1.1); None before the first look."""
    last_uid: Mapped[int] = mapped_column(server_default="0")
    """The highest number that is here, or was given up."""
    old_until: Mapped[int] = mapped_column(server_default="0")
    """Mails up to this number were there before us."""
    old_search: Mapped[str] = mapped_column(server_default="")
    """Which of those are taken, in IMAP's words."""
    tried_uid: Mapped[int | None]
    """The one that is being fetched."""
    tries: Mapped[int] = mapped_column(server_default="0")
    mails_read: Mapped[int] = mapped_column(server_default="0")
    """How many were ever fetched from it."""
    looked_at: Mapped[datetime | None]
    """When its server last answered."""
    trouble: Mapped[str | None]
    """Why it does not, in one sentence for operators."""
    trouble_since: Mapped[datetime | None]


class Mail(_Row):
    """One mail as it came (``in``) or went (``out``). What came is kept raw, whatever becomes of it."""

    __tablename__ = "mails"
    __table_args__ = (
        UniqueConstraint("workspace_id", "mailbox", "place", "uid_validity", "uid"),
        Index(
            "uq_mails_identity",
            "workspace_id",
            "identity",
            unique=True,
            postgresql_where=text("identity IS NOT NULL"),
        ),
        Index(
            "uq_mails_sent",
            "workspace_id",
            "header_id",
            unique=True,
            postgresql_where=text("direction = 'out'"),
        ),
        Index(None, "workspace_id", "header_id"),
        Index(None, "conversation_id"),
        Index(None, "raw"),
        Index(
            "ix_mails_waiting",
            "workspace_id",
            "mailbox",
            "id",
            postgresql_where=text("state IN ('waiting', 'quarantined') OR unseen"),
        ),
        Index(
            "ix_mails_automatic",
            "workspace_id",
            "sender",
            "came_at",
            postgresql_where=text("automatic"),
        ),
        CheckConstraint("direction IN ('in', 'out')", name="direction"),
        CheckConstraint(
            "state IN ('waiting', 'done', 'ignored', 'quarantined', 'dropped', 'sent')", name="state"
        ),
    )
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspaces.id"))
    mailbox: Mapped[str]
    """The key of the mailbox."""
    direction: Mapped[str]
    state: Mapped[str]
    why: Mapped[str | None]
    """Why it became no message, in one sentence."""
    place: Mapped[str | None]
    """The user, server and folder in which it lies; None of ours."""
    uid_validity: Mapped[int | None]
    uid: Mapped[int | None]
    """Its number in the mailbox; None of ours."""
    raw: Mapped[UUID | None]
    """The file in which it lies as it came."""
    size: Mapped[int] = mapped_column(server_default="0")
    header_id: Mapped[str | None]
    """Its Message-ID, which its author chose: others may have the same."""
    sender: Mapped[str | None]
    """Who wrote it, of ours to whom it goes: the address in small letters."""
    identity: Mapped[str | None]
    """What tells it from every other that came: two copies of one mail are one."""
    automatic: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether a machine wrote it by itself."""
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversations.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    """What it became, or what it carries."""
    subject: Mapped[str] = mapped_column(server_default="")
    unseen: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether the server is still to be told that it was read."""
    released: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether a person took it out of quarantine: it is not put there again for being one too many."""
    tries: Mapped[int] = mapped_column(server_default="0")
    retry_at: Mapped[datetime | None]
    came_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
