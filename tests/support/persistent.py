"""People who go on when nothing happens: they put 📤 again, click again, submit again."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from contextlib import suppress
from uuid import uuid4

from tests.support.sandbox import until
from tests.support.stack import AGENT, CHANNEL, Company, Visitor


async def one_case(shop: Company, seconds: float = 60) -> None:
    """Two messages, one of them edited, an answer, a message, a closing text: each exactly once, in order,
    on both sides."""
    visitor = await shop.visit(f"f{uuid4().hex}", "Vera", tries=20)
    first = await visitor.write("One")
    await visitor.write("Tow", key="two")
    root = (await shop.card(first["reference"], seconds))["ts"]
    await visitor.edit("two", "Two")
    await shop.thread_shows(root, "Vera: One", "Vera: Two", seconds=seconds)
    await persistent_reply(shop, root, "Answer")
    screen = [("customer", "One"), ("customer", "Two"), ("agent", "Answer")]
    await visitor.sees(*screen, seconds=seconds)
    await visitor.write("Three")
    await shop.thread_shows(
        root,
        "Vera: One",
        "Vera: Two",
        f"{AGENT}: Answer",
        f"app: 🙋 <@{AGENT}> owns this case now.",
        "Vera: Three",
        seconds=seconds,
    )
    await persistent_close(shop, root, "Bye")
    await visitor.sees(*screen, ("customer", "Three"), ("agent", "Bye"), seconds=seconds)
    await shop.thread_shows(
        root,
        "Vera: One",
        "Vera: Two",
        f"{AGENT}: Answer",
        f"app: 🙋 <@{AGENT}> owns this case now.",
        "Vera: Three",
        "app: Bye",
        seconds=seconds,
    )
    roots = [
        m for m in await shop.sandbox.messages(CHANNEL) if m["text"].startswith(f"{first['reference']} ")
    ]
    assert len(roots) == 1


async def persistent_reply(shop: Company, root: str, text: str, **files: bytes) -> None:
    """📤 and Send as a person does it: once more when nothing happens for a while.

    Each 📤 voids the previews before it, which Slack shows until they are clicked: only the newest counts.
    """
    parts = [{"name": name, "content": b64encode(content).decode()} for name, content in files.items()]
    do, more = ("upload", {"files": parts}) if files else ("post", {})
    posted = await shop.sandbox.act(AGENT, do, channel=CHANNEL, text=text, thread_ts=root, **more)
    ts = posted["ts"]
    for _ in range(12):
        older = await shop.previews(AGENT, root, text)
        await shop.sandbox.try_act(AGENT, "unreact", channel=CHANNEL, ts=ts, name="outbox_tray")
        await shop.sandbox.try_act(AGENT, "react", channel=CHANNEL, ts=ts, name="outbox_tray")
        for _ in range(4):
            try:
                preview = await shop.preview(AGENT, root, text, seconds=10, newer_than=older)
            except AssertionError:
                break
            await shop.sandbox.try_act(
                AGENT, "click", channel=CHANNEL, ts=preview["ts"], action_id="reply_send"
            )
            if await sent(shop, root, ts):
                return
    raise AssertionError(f"{text} was never sent")


async def sent(shop: Company, root: str, ts: str) -> bool:
    """Whether 📨 appears on the message within a few seconds."""

    async def marked() -> bool:
        message = next(m for m in await shop.sandbox.messages(CHANNEL, root) if m["ts"] == ts)
        return "incoming_envelope" in {reaction["name"] for reaction in message.get("reactions") or []}

    try:
        return bool(await until(marked, 10))
    except AssertionError:
        return False


async def persistent_correction(
    shop: Company, visitor: Visitor, offer: str, *screen: tuple[str, str]
) -> None:
    """Send on a correction until the customer sees it: a click that was taken may die with the bot."""
    for _ in range(8):
        await shop.sandbox.try_act(AGENT, "click", channel=CHANNEL, ts=offer, action_id="correction_send")
        with suppress(AssertionError):
            await visitor.sees(*screen, seconds=10)
            return
    await visitor.sees(*screen)


async def persistent_close(shop: Company, root: str, text: str) -> None:
    """Close as a person does it: once more when no form comes, or it cannot be submitted."""
    for _ in range(12):
        await shop.sandbox.try_act(AGENT, "click", channel=CHANNEL, ts=root, action_id="case_close")
        await asyncio.sleep(1)
        views = (await shop.sandbox.person(AGENT))["views"]
        if not views:
            if f"app: {text}" in await shop.thread(root):
                return
            continue
        values = {"how": {"how": "tell"}, "text": {"text": text}}
        view = views[-1]["id"]
        answer = await shop.sandbox.try_act(AGENT, "submit", view_id=view, values=values)
        if answer.get("ok") and (answer.get("closed") or "already" in str(answer.get("ack"))):
            await shop.sandbox.try_act(AGENT, "close_view", view_id=view)
            return
        await shop.sandbox.try_act(AGENT, "close_view", view_id=view)
    raise AssertionError("the case was never closed")
