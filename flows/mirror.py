"""What a post or a card looks like, from rows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import views.corrections
from cases.duties import Kind
from cases.endings import BY_PROCESS
from cases.enums import CAN_CHANGE, Channel, DraftKind, DraftState
from cases.errors import NotFound
from cases.language import _
from cases.ledger import Rules
from cases.promises import ROUND, PlanAt
from storage import (
    asks,
    cases,
    changes,
    commitments,
    copilot_drafts,
    corrections,
    deeds,
    deliveries,
    drafts,
    duty_posts,
    files,
    links,
    outbox,
    owners,
    promises,
    reminders,
    surveys,
    tellings,
)
from storage.db import Database, Row
from views.answers import answer_post
from views.asks import ask_line, ask_post, ask_proposal
from views.blocks import case_link, context, plain
from views.card import card_blocks, card_text
from views.deeds import deed_card
from views.deliveries import delivery_post
from views.draft import draft_card
from views.duties import duties_post, roundup_post
from views.ledger import Listed
from views.notes import NOTES, customer_changed, drafting_note, not_sent
from views.preview import outcome, preview, sending
from views.reminders import reminder_ended, reminder_post
from views.survey import rating_post
from views.tellings import digest_post
from views.thread import (
    Call,
    Part,
    Rendered,
    called,
    customer_post,
    files_failed_post,
    files_post,
    notice_post,
    overtaken_post,
    quote_post,
    sent_post,
)

_LOOKS = 10


People = Callable[[], Awaitable[Sequence[str]]]
"""Says who they are now, by their Slack ids."""


async def nobody() -> Sequence[str]:
    """Nobody."""
    return ()


async def render(
    db: Database,
    rows: Sequence[Row],
    at: PlanAt | None = None,
    rules: Rules | None = None,
    supervisors: People = nobody,
) -> Rendered:
    """The post that these outbox rows (of one batch, in order) make; a card shows dates by ``at``.

    What a draft promises is listed by ``rules``; a bad rating calls the ``supervisors``.
    """
    rendered = await _rendered(db, rows, at, rules, supervisors)
    if not any(row["payload"].get("burst") for row in rows):
        return rendered
    owner = await owners.to_call(db, rows[0]["case_id"])
    if rows[0]["kind"] == "notice":
        rendered = replace(rendered, broadcast=True)
    return called(rendered, Call(owner))


async def _rendered(
    db: Database, rows: Sequence[Row], at: PlanAt | None, rules: Rules | None, supervisors: People
) -> Rendered:
    first = rows[0]
    post: UUID = first["post_id"]
    match first["kind"]:
        case "root":
            return await card(db, first["case_id"], f"p:{post}", at)
        case "files":
            return files_post(_part(first), post)
        case "files_failed":
            return files_failed_post(_part(first), post, str(first["payload"]["error"]))
        case "draft":
            return await proposal(db, first["payload"]["draft"], f"p:{post}", rules)
        case "deed":
            return await deed(db, first["payload"]["deed"], f"p:{post}")
        case "answer":
            return answer_post(first["payload"], post)
        case "ask":
            return (await ask(db, first["ask_id"], f"p:{post}"))[2]
        case "delivery":
            sent = await deliveries.by_id(db, first["payload"]["delivery"])
            return delivery_post(sent, first["payload"], f"p:{post}")
        case "digest":
            digest = await tellings.digest(db, first["digest_id"])
            return digest_post(digest, await tellings.of_digest(db, first["digest_id"]), f"p:{post}")
        case "ask_line":
            return await _ask_line(db, first)
        case "reminder":
            return await reminder(db, first["payload"]["reminder"], f"p:{post}")
        case "rating":
            people = await supervisors() if first["payload"]["bad"] else ()
            rated = await surveys.rating(db, first["payload"]["rating"])
            return rating_post(rated, people, f"p:{post}")
        case "reminders" | "roundup":
            return await due(db, first["outbox_id"], f"p:{post}", at)
        case "card":
            return await _card_again(db, first["case_id"], f"p:{post}", at)
        case "message":
            return customer_post([_part(row) for row in rows], post)
        case "quote":
            return quote_post([(_part(row), row["said_at"]) for row in rows], post)
        case "sent":
            payload = first["payload"]
            if payload["closing"] and not payload["closes"]:
                return overtaken_post(_part(first), post, by=payload["by"])
            return sent_post(_part(first), post, by=payload["by"], closing=payload["closing"])
        case _:
            return notice_post(await _with_link(db, first["payload"]), post)


async def _card_again(db: Database, case: int, block_id: str, at: PlanAt | None) -> Rendered:
    rendered = await card(db, case, block_id, at)
    line = _("🗑 Somebody deleted the card in the channel: the case goes on here.")
    return replace(rendered, blocks=[*rendered.blocks, context(plain(line))], broadcast=True)


async def _with_link(db: Database, payload: dict[str, Any]) -> dict[str, Any]:
    """The facts of a notice with a link to the case that it speaks of, waiting a moment for a new card."""
    if "other" not in payload:
        return payload
    for _look in range(_LOOKS):
        found = await links.place(db, payload["other"])
        if found.url:
            break
        await asyncio.sleep(0.2)
    return payload | {"link": case_link(found.number, found.url)}


async def card(db: Database, case: int, block_id: str, at: PlanAt | None = None) -> Rendered:
    """The case card as it stands now, with dates by ``at``; raises NotFound."""
    shown = await cases.card(db, case)
    if shown is None:
        raise NotFound
    if at is not None:
        shown = await promises.dated(db, shown, at)
    return Rendered(card_text(shown), card_blocks(shown, block_id))


async def ask(db: Database, ask_id: int, block_id: str) -> tuple[str, str | None, Rendered]:
    """Where a question to a department stands, and how it should look now."""
    row = await asks.by_id(db, ask_id)
    assert row is not None
    return row["slack_channel"], row["ts"], ask_post(row, block_id)


async def ask_proposed(db: Database, token: UUID) -> Rendered:
    """A question that waits for its person's Post, or what became of it."""
    row = await asks.by_token(db, token)
    if row is None or row["state"] != "proposed":
        return outcome(_("This question is no longer waiting to be posted."))
    return ask_proposal(row)


async def _ask_line(db: Database, row: Row) -> Rendered:
    payload = row["payload"]
    asked = await asks.by_id(db, payload["ask"])
    assert asked is not None
    said = await asks.said(db, payload["answer"]) if "answer" in payload else None
    if payload["event"] == "later":
        at = datetime.fromisoformat(payload["at"])
        said = {"author": payload["by"], "text": payload["why"], "at": at}
    if payload["event"] == "not_asked":
        said = payload
    return ask_line(payload["event"], asked, said, row["part"], row["post_id"])


async def reminder(db: Database, token: str, block_id: str) -> Rendered:
    """A reminder in its case's thread."""
    row = await reminders.by_token(db, UUID(token))
    assert row is not None
    return _note(row, block_id)


def _note(row: Row, block_id: str) -> Rendered:
    if row["state"] == "sent":
        return reminder_post(row, block_id)
    return reminder_ended(row, block_id, row["due_at"] if row["state"] == "waiting" else None)


async def due(db: Database, outbox: int, block_id: str, at: PlanAt | None = None) -> Rendered:
    """What people are reminded of in one post, as it stands now, with dates by ``at``."""
    rows = await duty_posts.shown(db, outbox)
    if not rows and (note := await reminders.of_post(db, outbox)) is not None:
        return _note(note, block_id)
    if rows and rows[0]["post_kind"] == "roundup":
        return roundup_post(rows, block_id)
    if at is None or not any(row["kind"] == Kind.STEP and row["state"] == "sent" for row in rows):
        return duties_post(rows, block_id)
    shown = await cases.card(db, rows[0]["case_id"])
    assert shown is not None
    dates = (await promises.dated(db, shown, at)).due
    untold = dates.untold if dates and shown.channel is not Channel.INTERNAL else None
    return duties_post(rows, block_id, dates, untold if untold and untold > at.now + ROUND else None)


async def proposal(db: Database, draft: int, block_id: str, rules: Rules | None = None) -> Rendered:
    """The card of what the copilot proposed as it stands now, with what it promises by ``rules``.

    Raises NotFound.
    """
    row = await copilot_drafts.shown(db, draft)
    if row is None:
        raise NotFound
    places, listed = await links.of_messages(db, row["case_id"]), None
    if row["state"] == DraftState.PREVIEW:
        listed = await _listed(db, row["draft"], row["case_id"], row["forgotten"], rules)
    return draft_card(row, places, block_id, listed)


async def _listed(
    db: Database, draft: UUID, case: int, forgotten: Sequence[int], rules: Rules | None
) -> Listed | None:
    """What a draft binds the company to, beside what the customer was told before."""
    about = await commitments.about(db, draft) if rules else None
    if rules is None or about is None:
        return None
    before = await commitments.before(db, case, rules.now)
    return Listed(rules.entries(about, before), forgotten, rules.limit(about.process), before)


async def deed(db: Database, token: str, block_id: str) -> Rendered:
    """The card of what the copilot proposed to do as it stands now."""
    row = await deeds.by_token(db, UUID(token))
    assert row is not None
    return deed_card(row, block_id)


async def draft_preview(
    db: Database, draft: UUID, rules: Rules | None = None, *, newer: bool = False
) -> Rendered:
    """The private preview of a draft, with what it promises by ``rules``, or what became of it."""
    state = await drafts.state(db, draft)
    if state is None or state["state"] != "preview":
        return outcome(_("This message is no longer waiting to be sent."))
    shown = await cases.card(db, state["case_id"])
    assert shown is not None
    attached = await files.of_draft(db, state["id"])
    return preview(
        str(draft),
        state["body"],
        shown.customer,
        newer=newer,
        files=attached,
        left_out=state["left_out"],
        listed=await _listed(db, draft, state["case_id"], state["forgotten"], rules),
    )


async def note(db: Database, case: int, payload: dict[str, Any]) -> Rendered:
    """A private note about a case; raises NotFound."""
    if payload["note"] == "customer_changed":
        said = await changes.said(db, payload["message"])
        return customer_changed(said["author_name"], said["text"], deleted=said["deleted_at"] is not None)
    if payload["note"] == "not_sent":
        state = await drafts.state(db, UUID(payload["draft"]))
        return not_sent(
            payload["draft"] if state and state["source_ts"] else None, state["body"] if state else ""
        )
    if payload["note"] == "correction":
        return await correction(db, UUID(payload["draft"]))
    if payload["note"] == "retraction":
        return await _retraction(db, case, UUID(payload["draft"]))
    if payload["note"] == "ask":
        return await ask_proposed(db, UUID(payload["ask"]))
    if payload["note"] == "drafting":
        return drafting_note(payload["who"])
    shown = await cases.card(db, case)
    if shown is None:
        raise NotFound
    return NOTES[payload["note"]](shown, (await links.place(db, case)).url)


async def undo_closing(db: Database, draft: UUID) -> Rendered | None:
    """The offer to take back a closing text, or what goes out by itself; None when it is too late."""
    state = await drafts.state(db, draft)
    if state is None or state["state"] != DraftState.APPROVED or state["undo_seconds"] < 1:
        return None
    left = round(state["undo_seconds"])
    itself = DraftKind(state["kind"]) if state["created_by"] == BY_PROCESS else None
    return sending(str(draft), state["body"], left, itself=itself)


async def correction(db: Database, draft: UUID, *, newer: bool = False) -> Rendered:
    """The offer to correct what was sent, or what became of it."""
    row = await corrections.waiting(db, draft)
    if row is None or row["state"] != "preview" or row["deleted_at"] is not None:
        return outcome(_("This offer is out of date."))
    before = row["before"] if row["before"] is not None else row["body"]
    if row["channel"] not in CAN_CHANGE:
        return views.corrections.stays(str(draft), before, row["customer"])
    return views.corrections.correction(str(draft), before, row["body"], row["customer"], newer=newer)


async def _retraction(db: Database, case: int, draft: UUID) -> Rendered:
    sent, shown = await corrections.of(db, draft), await cases.card(db, case)
    if sent is None or shown is None or sent["deleted_at"] is not None:
        return outcome(_("This offer is out of date."))
    possible = sent["channel"] in CAN_CHANGE
    return views.corrections.retraction(str(draft), sent["text"], shown.customer, possible=possible)


async def posts_of(db: Database, message: int) -> list[tuple[str, str, Rendered]]:
    """(channel, ts, how it should look now) of each post that shows a message."""
    by_post: dict[UUID, list[Row]] = {}
    for row in await outbox.posts_of(db, message):
        by_post.setdefault(row["post_id"], []).append(row)
    return [(rows[0]["slack_channel"], rows[0]["ts"], await render(db, rows)) for rows in by_post.values()]


def _part(row: Row) -> Part:
    span, place, delivery = row["payload"].get("span"), row["place"] or {}, row["delivery"] or {}
    return Part(
        uuid=row["message_uuid"],
        text=row["text"],
        part=row["part"],
        author=row["author_name"],
        files=row["files"] or (),
        span=(span[0], span[1]) if span else None,
        last=row["payload"].get("last", False),
        again=row["payload"].get("again", False),
        edited_at=row["edited_at"],
        deleted_at=row["deleted_at"],
        delivered_at=row["delivered_at"],
        read_at=row["read_at"],
        channel=Channel(row["channel"]),
        place=place.get("title") or "",
        icon=place.get("icon"),
        public=place.get("public", False),
        warnings=row["warnings"] or (),
        delivery=delivery.get("state"),
        reason=delivery.get("reason"),
    )
