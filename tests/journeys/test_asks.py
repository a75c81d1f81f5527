"""A department is asked, as people do it: agents on the card, anybody in the department's channel."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from storage.db import Database
from storage.imports import CUSTOMERS, load
from tests.support import postgres
from tests.support.office import WORKSPACE
from tests.support.sandbox import DEFAULT_WORKSPACE, ROOT, until
from tests.support.stack import AGENT, CHANNEL, GUEST, Company, buttons, company

TOM, ADA = "U0TOM", "U0ADA"
LOGISTICS, RETURNS, QUIET = "C0LOGISTICS", "C0RETURNS", "C0QUIET"
EVE = b'{"customer_id": "other", "name": "Eve", "email": "eve@example.org"}'
DEPARTMENTS = """departments:
  - {key: logistics, name: Logistics, channel: logistics, examples: [Where is my parcel, Has it left]}
  - {key: returns, name: Returns, channel: C0RETURNS, examples: [Sent it back, Where do I send it]}
  - {key: quiet, name: Quiet, channel: quiet, examples: [One, Two]}
  - {key: nowhere, name: Nowhere, channel: nowhere, examples: [One, Two]}
  - {key: silent, name: Silent, examples: [One, Two]}
"""
ALWAYS = """calendars:
  - {key: always, time_zone: UTC, week: {monday-sunday: "00:00-24:00"}}
"""
PROCESSES = """processes:
  - key: claim
    name: Claim
    examples: [My parcel is lost, It never came]
    steps:
      - name: Look for it
        department: logistics
        time: 4h
        ask: automatic
        question: Please look for the parcel of {reference}.
      - {name: Answer, time: 1h}
"""


@pytest.fixture(scope="module")
async def shop(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    """In it Maya is the only agent; Tom has no role, and is in the channel of logistics."""
    folder = tmp_path_factory.mktemp("company")
    config = folder / "config"
    config.mkdir()
    shutil.copy(ROOT / "config" / "sites.yml", config)
    (config / "departments.yml").write_text(DEPARTMENTS)
    (config / "hours.yml").write_text(ALWAYS)
    (config / "processes.yml").write_text(PROCESSES)
    (config / "roles.yml").write_text(f"agents: {{members: [{AGENT}]}}\n")
    workspace = deepcopy(DEFAULT_WORKSPACE)
    next(one for one in workspace["channels"] if one["id"] == LOGISTICS)["members"] += [ADA]
    with postgres.fresh_database(postgres_url) as url:
        async with company(folder, url, workspace=workspace, CX_CONFIG_DIR=str(config)) as running:
            yield running


async def opened(shop: Company, user: str, name: str) -> tuple[str, str]:
    """A new case: its reference, and where its card stands."""
    visitor = await shop.visit(user, name)
    reference = (await visitor.write("Where is my parcel?"))["reference"]
    return reference, (await shop.card(reference))["ts"]


async def view(shop: Company, who: str, holding: str) -> dict[str, Any]:
    """The person's topmost modal, once it holds some words."""

    async def there() -> dict[str, Any] | None:
        views: list[dict[str, Any]] = (await shop.sandbox.person(who))["views"]
        return views[-1] if views and holding in json.dumps(views[-1], ensure_ascii=False) else None

    found: dict[str, Any] = await until(there, 10)
    return found


async def submit(shop: Company, shown: dict[str, Any], who: str = AGENT, **fields: Any) -> dict[str, Any]:
    """Fill in and submit a form."""
    values = {block: {block: value} for block, value in fields.items()}
    return await shop.sandbox.act(who, "submit", view_id=shown["id"], values=values)


async def close_all(shop: Company, who: str = AGENT) -> None:
    for shown in reversed((await shop.sandbox.person(who))["views"]):
        await shop.sandbox.try_act(who, "close_view", view_id=shown["id"])


async def ask(shop: Company, root: str, question: str, department: str = "logistics") -> None:
    """Ask from the card, and confirm."""
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=root, action_id="case_ask")
    form = await view(shop, AGENT, "By when")
    await submit(shop, form, department=department, question=question)
    await submit(shop, await view(shop, AGENT, "Post this to"))


async def question(shop: Company, reference: str, channel: str = LOGISTICS) -> dict[str, Any]:
    """The question about a case in a department's channel, once it is there."""

    async def there() -> dict[str, Any] | None:
        found = await shop.sandbox.messages(channel)
        return next((one for one in found if one["text"].startswith(f"Question about {reference}:")), None)

    posted: dict[str, Any] = await until(there, 20)
    return posted


async def shows(shop: Company, channel: str, ts: str, words: str) -> dict[str, Any]:
    """A message, once it holds some words."""

    async def there() -> dict[str, Any] | None:
        found = await shop.sandbox.messages(channel)
        one = next(message for message in found if message["ts"] == ts)
        return one if words in json.dumps(one, ensure_ascii=False) else None

    shown: dict[str, Any] = await until(there, 20)
    return shown


async def test_asked_on_the_card_and_answered_by_form_by_somebody_without_any_role(shop: Company) -> None:
    reference, root = await opened(shop, "a1", "Ada")
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=root, action_id="case_ask")
    form = await view(shop, AGENT, "By when")
    assert "Silent" not in json.dumps(form)
    assert "Nowhere" not in json.dumps(form)
    await submit(shop, form, question="Where is\u200b it?", department="logistics", due="2031-05-02")
    confirmation = await view(shop, AGENT, "Post this to")
    assert "Where is‹U+200B› it?" in json.dumps(confirmation, ensure_ascii=False)
    await shop.sandbox.act(AGENT, "click", view_id=confirmation["id"], action_id="ask_change")
    form = await view(shop, AGENT, "By when")
    await submit(shop, form, question="Where is it?")
    await submit(shop, await view(shop, AGENT, "Post this to"))
    assert (await shop.sandbox.person(AGENT))["views"] == []

    asked = await question(shop, reference)
    assert "thread_ts" not in asked
    assert "by 2 May 2031" in json.dumps(asked)
    assert buttons(asked) == ["ask_answer", "ask_take", "ask_later", "ask_need_more", "ask_not_us"]
    await shows(shop, CHANNEL, root, "Waiting on Logistics")
    await shop.sandbox.act(TOM, "click", channel=LOGISTICS, ts=asked["ts"], action_id="ask_take")
    await shows(shop, LOGISTICS, asked["ts"], f"<@{TOM}> looks after this")
    await shop.sandbox.act(TOM, "click", channel=LOGISTICS, ts=asked["ts"], action_id="ask_answer")
    await submit(shop, await view(shop, TOM, "Where is it?"), TOM, words="In <Brno>.")
    card = await shows(shop, CHANNEL, root, "Open: waiting for us")
    assert "Waiting on Logistics" not in json.dumps(card)
    answered = await shows(shop, LOGISTICS, asked["ts"], f"Answered by <@{TOM}>")
    assert buttons(answered) == ["ask_answer"]
    await shop.thread_shows(
        root,
        "Ada: Where is my parcel?",
        "app: Where is it?",
        f"app: 🙋 <@{AGENT}> owns this case now.",
        "app: In <Brno>.",
    )
    line = (await shop.sandbox.messages(CHANNEL, root))[-1]
    assert f"📬 Logistics · <@{TOM}> answered:" in json.dumps(line, ensure_ascii=False)
    assert f"👉 <@{AGENT}>" in json.dumps(line, ensure_ascii=False)


async def test_a_message_that_its_author_marks_is_the_answer_and_talk_is_not(shop: Company) -> None:
    reference, root = await opened(shop, "a2", "Bea")
    await ask(shop, root, "Has it left?")
    thread = (await question(shop, reference))["ts"]
    where = {"channel": LOGISTICS, "thread_ts": thread}
    await shop.sandbox.act(TOM, "post", text="Let me see", **where)
    told = await shop.sandbox.act(TOM, "post", text=f"It left, says <@{TOM}>", **where)
    mark = {"channel": LOGISTICS, "ts": told["ts"], "name": "white_check_mark"}
    await shop.sandbox.act(ADA, "react", **mark)
    await shop.sandbox.act(TOM, "react", **mark)
    await shop.thread_shows(
        root,
        "Bea: Where is my parcel?",
        "app: Has it left?",
        f"app: 🙋 <@{AGENT}> owns this case now.",
        "app: It left, says Tom Okafor",
    )
    more = await shop.sandbox.act(TOM, "post", text="It arrived", **where)
    await shop.sandbox.act(TOM, "react", channel=LOGISTICS, ts=more["ts"], name="white_check_mark")

    async def added() -> bool:
        return "added to the answer" in json.dumps(await shop.sandbox.messages(CHANNEL, root))

    await until(added, 20)
    await shows(shop, LOGISTICS, thread, "2 answers")


async def test_not_us_asks_another_department_and_need_more_asks_back(shop: Company) -> None:
    reference, root = await opened(shop, "a3", "Cid")
    await ask(shop, root, "Is it back?")
    first = (await question(shop, reference))["ts"]
    await shop.sandbox.act(TOM, "click", channel=LOGISTICS, ts=first, action_id="ask_need_more")
    await submit(shop, await view(shop, TOM, "need to know"), TOM, words="Which parcel?")
    await shows(shop, LOGISTICS, first, "1 question back")
    await shop.sandbox.act(TOM, "click", channel=LOGISTICS, ts=first, action_id="ask_not_us")
    form = await view(shop, TOM, "Who should be asked")
    assert "logistics" not in json.dumps(form["blocks"][-1])
    await submit(shop, form, TOM, department="returns")
    await shows(shop, LOGISTICS, first, f"<@{TOM}> passed this on to Returns.")
    second = await question(shop, reference, RETURNS)
    await shows(shop, CHANNEL, root, "Waiting on Returns")
    await shop.sandbox.act(AGENT, "click", channel=RETURNS, ts=second["ts"], action_id="ask_answer")
    await submit(shop, await view(shop, AGENT, "Is it back?"), words="Yes.")
    await shows(shop, CHANNEL, root, "Open: waiting for us")


async def test_later_says_by_when_in_the_thread_on_the_question_and_on_the_card(shop: Company) -> None:
    reference, root = await opened(shop, "a8", "Hal")
    await ask(shop, root, "When does it leave?")
    asked = (await question(shop, reference))["ts"]
    await shop.sandbox.act(TOM, "click", channel=LOGISTICS, ts=asked, action_id="ask_later")
    form = await view(shop, TOM, "You answer by")
    refused = await submit(shop, form, TOM, day="2020-01-01", why="So")
    assert "still to come" in refused["ack"]["errors"]["day"] or "does not work" in str(refused["ack"])
    day = datetime.now(UTC).date() + timedelta(days=30)
    await submit(shop, form, TOM, day=day.isoformat(), time="10:00", why="The carrier <looks> for it")
    await shows(shop, LOGISTICS, asked, "To be answered by")
    await shows(shop, CHANNEL, root, "⏳ answers by")
    await shop.thread_shows(
        root,
        "Hal: Where is my parcel?",
        "app: When does it leave?",
        f"app: 🙋 <@{AGENT}> owns this case now.",
        "app: The carrier <looks> for it",
    )


async def test_a_step_asks_by_itself_as_soon_as_its_process_is_known(shop: Company) -> None:
    reference, root = await opened(shop, "a9", "Kim")
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=root, action_id="case_more")
    menu = await view(shop, AGENT, "menu_sort")
    await shop.sandbox.act(AGENT, "click", view_id=menu["id"], action_id="menu_sort")
    await submit(shop, await view(shop, AGENT, "Priority"), process="claim")
    await close_all(shop)
    asked = await question(shop, reference)
    assert f"Please look for the parcel of {reference}." in asked["text"]
    assert "asked by itself, for the step “Look for it”" in json.dumps(asked, ensure_ascii=False)
    await shows(shop, CHANNEL, root, "Step 1 of 2: Look for it · Logistics")
    told = await shop.sandbox.act(TOM, "post", text="Found", channel=LOGISTICS, thread_ts=asked["ts"])
    await shop.sandbox.act(TOM, "react", channel=LOGISTICS, ts=told["ts"], name="white_check_mark")
    await shows(shop, CHANNEL, root, "Step 2 of 2: Answer")
    found = [one for one in await shop.sandbox.messages(LOGISTICS) if reference in one["text"]]
    assert len(found) == 1


async def test_a_department_is_told_in_a_digest_when_its_day_begins(shop: Company) -> None:
    reference, root = await opened(shop, "c1", "Lea")
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=root, action_id="case_more")
    menu = await view(shop, AGENT, "menu_tell")
    await shop.sandbox.act(AGENT, "click", view_id=menu["id"], action_id="menu_tell")
    form = await view(shop, AGENT, "What did the customer teach us?")
    refused = await submit(shop, form, department="returns", words="Write to lea@example.org")
    assert "lea@example.org" in refused["ack"]["errors"]["words"]
    await submit(shop, form, department="returns", words="The <box> is too small")
    await close_all(shop)
    db = Database(shop.bots[0].database_url)
    await db.open()
    # Told the day before: the day of the department has begun today.
    await db.fetch("UPDATE tellings SET told_at = told_at - interval '1 day'")

    async def posted() -> dict[str, Any] | None:
        found = await shop.sandbox.messages(RETURNS)
        return next((one for one in found if "What customers taught us" in one["text"]), None)

    digest = await until(posted, 60)
    shown = json.dumps(digest, ensure_ascii=False)
    assert "The <box> is too small" in shown
    assert f"{reference} · told by <@{AGENT}>" in shown
    assert "Lea" not in shown
    assert "thread_ts" not in digest

    async def noted() -> list[Any]:  # Slack shows a post before the database knows of it.
        return await db.fetch("SELECT ts FROM posts WHERE digest_id IS NOT NULL AND state = 'posted'")

    (place,) = await until(noted)
    await db.close()
    assert place["ts"] == digest["ts"]


async def test_fault_45_an_answer_belongs_to_the_question_in_whose_thread_it_stands_also_after_close(
    shop: Company,
) -> None:
    first, root = await opened(shop, "b1", "Ina")
    await ask(shop, root, "Has the first left?")
    second, other = await opened(shop, "b2", "Jan")
    await ask(shop, other, "Has the second left?")
    threads = [(await question(shop, each))["ts"] for each in (first, second)]
    form = await shop.open_form(root)
    assert (await shop.submit(form, how="silent", reason="by phone"))["closed"]
    await shows(shop, CHANNEL, root, "✅ Closed")
    for thread, words in zip(threads, (f"Yes, {first}", f"No, it is not {first}"), strict=True):
        told = await shop.sandbox.act(TOM, "post", text=words, channel=LOGISTICS, thread_ts=thread)
        await shop.sandbox.act(TOM, "react", channel=LOGISTICS, ts=told["ts"], name="white_check_mark")
    owned = f"app: 🙋 <@{AGENT}> owns this case now."
    closed = f"app: ✅ Closed by <@{AGENT}> without telling the customer: by phone"
    await shop.thread_shows(
        root, "Ina: Where is my parcel?", "app: Has the first left?", owned, closed, f"app: Yes, {first}"
    )
    await shop.thread_shows(
        other,
        "Jan: Where is my parcel?",
        "app: Has the second left?",
        owned,
        f"app: No, it is not {first}",
    )
    await shows(shop, CHANNEL, root, "✅ Closed")
    # Words elsewhere in the channel, or in the thread of no question, answer nothing.
    stray = await shop.sandbox.act(TOM, "post", text="Yes, both", channel=LOGISTICS)
    await shop.sandbox.act(TOM, "react", channel=LOGISTICS, ts=stray["ts"], name="white_check_mark")
    told = await shop.sandbox.act(TOM, "post", text="Last", channel=LOGISTICS, thread_ts=threads[1])
    await shop.sandbox.act(TOM, "react", channel=LOGISTICS, ts=told["ts"], name="white_check_mark")
    asked = ["Jan: Where is my parcel?", "app: Has the second left?", owned]
    await shop.thread_shows(other, *asked, f"app: No, it is not {first}", "app: Last")
    assert "Yes, both" not in json.dumps(await shop.sandbox.messages(CHANNEL, root))


async def test_who_is_not_in_the_channel_or_no_full_member_does_not_answer(shop: Company) -> None:
    reference, root = await opened(shop, "a4", "Dan")
    await ask(shop, root, "And this?", "returns")
    asked = (await question(shop, reference, RETURNS))["ts"]
    await shop.sandbox.act(GUEST, "click", channel=RETURNS, ts=asked, action_id="ask_answer")
    await shop.whispered(GUEST, "Only full members")
    await shop.sandbox.act(TOM, "click", channel=CHANNEL, ts=root, action_id="case_ask")
    await shop.whispered(TOM, "Only agents and supervisors can ask departments.")
    assert (await shop.sandbox.person(GUEST))["views"] == []


async def test_shared_channels_and_other_customers_are_refused(shop: Company) -> None:
    db = Database(shop.bots[0].database_url)
    await db.open()
    await load(db, WORKSPACE, CUSTOMERS, [EVE], datetime.now(UTC))
    await db.close()
    _reference, root = await opened(shop, "a5", "Eli")
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=root, action_id="case_ask")
    form = await view(shop, AGENT, "By when")
    refused = await submit(shop, form, department="logistics", question="Is eve@example.org on it?")
    assert "eve@example.org" in refused["ack"]["errors"]["question"]
    refused = await submit(shop, form, department="logistics", question="Pay 4111 1111 1111 1111?")
    assert "…1111" in refused["ack"]["errors"]["question"]
    await submit(shop, form, department="quiet", question="Anything?")
    confirmation = await view(shop, AGENT, "Post this to")
    await shop.sandbox.do("share_channel", channel=QUIET, team="T0CARRIER")

    again = await submit(shop, confirmation)
    assert "shared with people from outside" in json.dumps(again["ack"])
    await close_all(shop)
    assert not [one for one in await shop.sandbox.messages(QUIET) if "Anything?" in json.dumps(one)]


async def test_asked_by_a_command_and_confirmed_privately(shop: Company) -> None:
    reference, _root = await opened(shop, "a6", "Fay")
    words = f"ask {reference} Logistics where  is it?"
    await shop.sandbox.act(AGENT, "command", channel=CHANNEL, text=f"/cx {words}")

    async def offered() -> dict[str, Any] | None:
        shown = (await shop.sandbox.person(AGENT))["ephemerals"]
        return next((one for one in shown if "ask_post" in buttons(one)), None)

    offer = await until(offered, 10)
    assert "where  is it?" in json.dumps(offer)
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=offer["ts"], action_id="ask_post")
    assert "where is it?" in (await question(shop, reference))["text"]
    await shop.sandbox.act(AGENT, "command", channel=CHANNEL, text=f"/cx ask {reference} hr so?")
    await shop.whispered(AGENT, "Please name a department that can be asked: logistics, returns, quiet.")


async def test_reminded_put_off_and_done(shop: Company) -> None:
    _reference, root = await opened(shop, "a7", "Gil")
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=root, action_id="case_more")
    menu = await view(shop, AGENT, "Case actions")
    await shop.sandbox.act(AGENT, "click", view_id=menu["id"], action_id="menu_remind")
    form = await view(shop, AGENT, "What about?")
    refused = await submit(shop, form, when="pick", text="Call her")
    assert refused["ack"]["errors"] == {"when": "Please choose the day, too."}
    refused = await submit(shop, form, when="pick", day="2020-01-01", time="10:00", text="Call her")
    assert "still to come" in refused["ack"]["errors"]["when"]
    await submit(shop, form, when="hour", text="Call her")
    db = Database(shop.bots[0].database_url)
    await db.open()
    for again in range(2):
        await db.fetch("UPDATE reminders SET due_at = now() - interval '1 minute' WHERE state = 'waiting'")
        due = await until(partial(reminder, shop, root, again), 20)
        assert f"<@{AGENT}>" in due["text"]
        if not again:
            await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=due["ts"], action_id="remind_snooze")
            await until(lambda: ended(shop, root, "put off until"), 10)
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=due["ts"], action_id="remind_done")
    await until(lambda: ended(shop, root, "✅ done"), 10)
    assert (await db.fetch("SELECT state, gone_why, snoozes FROM reminders")) == [
        {"state": "gone", "gone_why": "done", "snoozes": 1}
    ]
    await db.close()


async def reminder(shop: Company, root: str, number: int) -> dict[str, Any] | None:
    found = [one for one in await shop.sandbox.messages(CHANNEL, root) if "⏰" in one["text"]]
    return found[number] if len(found) > number else None


async def ended(shop: Company, root: str, words: str) -> bool:
    return words in json.dumps(await shop.sandbox.messages(CHANNEL, root), ensure_ascii=False)
