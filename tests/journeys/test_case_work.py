"""What agents do with cases besides answering: each act over the wire, as people do it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from cases.articles import Article
from storage import articles
from storage.db import Database
from storage.imports import CUSTOMERS, ORDERS, load
from tests.support import postgres
from tests.support.office import WORKSPACE
from tests.support.sandbox import until
from tests.support.stack import AGENT, CHANNEL, GUEST, Company, company

TOM = "U0TOM"


@pytest.fixture(scope="module")
async def shop(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    with postgres.fresh_database(postgres_url) as url:
        async with company(tmp_path_factory.mktemp("company"), url) as running:
            yield running


async def view(shop: Company, who: str, holding: str) -> dict[str, Any]:
    """The person's topmost modal, once it holds some words."""

    async def there() -> dict[str, Any] | None:
        views: list[dict[str, Any]] = (await shop.sandbox.person(who))["views"]
        return views[-1] if views and holding in json.dumps(views[-1], ensure_ascii=False) else None

    found: dict[str, Any] = await until(there, 10)
    return found


async def menu(shop: Company, root: str, who: str = AGENT) -> str:
    """Press More on the card; returns the menu's id."""
    await shop.sandbox.act(who, "click", channel=CHANNEL, ts=root, action_id="case_more")
    return str((await view(shop, who, "Case actions"))["id"])


async def choose(shop: Company, root: str, act: str, holding: str, who: str = AGENT) -> dict[str, Any]:
    """Press More, then an act in the menu; returns what opens."""
    await shop.sandbox.act(who, "click", view_id=await menu(shop, root, who), action_id=act)
    return await view(shop, who, holding)


async def close_all(shop: Company, who: str = AGENT) -> None:
    """Close every modal of a person."""
    for shown in reversed((await shop.sandbox.person(who))["views"]):
        await shop.sandbox.try_act(who, "close_view", view_id=shown["id"])


async def submit(shop: Company, shown: dict[str, Any], who: str = AGENT, **fields: Any) -> dict[str, Any]:
    """Fill in and submit a form."""
    values = {block: {block: value} for block, value in fields.items()}
    return await shop.sandbox.act(who, "submit", view_id=shown["id"], values=values)


async def whispered(shop: Company, who: str, action: str) -> dict[str, Any]:
    """The newest private message with a button, once it is there."""

    async def there() -> dict[str, Any] | None:
        shown = (await shop.sandbox.person(who))["ephemerals"]
        fitting = [one for one in shown if f'"{action}"' in json.dumps(one)]
        return fitting[-1] if fitting else None

    found: dict[str, Any] = await until(there, 10)
    return found


async def test_first_act_not_mine_and_handing_over(shop: Company) -> None:
    visitor = await shop.visit("w1", "Ada")
    root = (await shop.card((await visitor.write("Help"))["reference"]))["ts"]
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=root, action_id="case_take")
    note = await whispered(shop, AGENT, "case_release")
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=note["ts"], action_id="case_release")
    form = await choose(shop, root, "menu_assign", "New owner", TOM)
    refused = await submit(shop, form, TOM, to=GUEST)
    assert list(refused["ack"]["errors"]) == ["to"]
    await submit(shop, form, TOM, to=AGENT, why="She knows you.")
    assert (await shop.sandbox.person(TOM))["views"] == []
    await shop.thread_shows(
        root,
        "Ada: Help",
        f"app: 🙋 <@{AGENT}> owns this case now.",
        f"app: 🙌 <@{AGENT}> gave this case back: it is nobody's now.",
        f"app: 🤝 <@{TOM}> hands this case over to <@{AGENT}>. She knows you.",
    )


async def test_the_shortcut_opens_the_menu_from_any_message_of_the_thread(shop: Company) -> None:
    visitor = await shop.visit("w2", "Bea")
    root = (await shop.card((await visitor.write("Help me"))["reference"]))["ts"]
    note = await shop.sandbox.act(TOM, "post", channel=CHANNEL, text="Looking", thread_ts=root)
    shortcut = {"channel": CHANNEL, "callback_id": "case_actions"}
    await shop.sandbox.act(TOM, "message_shortcut", ts=note["ts"], **shortcut)
    shown = await view(shop, TOM, "Bea")
    await shop.sandbox.act(TOM, "click", view_id=shown["id"], action_id="menu_take")
    await view(shop, TOM, "This case is yours.")
    await close_all(shop, TOM)
    alone = await shop.sandbox.act(TOM, "post", channel=CHANNEL, text="No case")
    await shop.sandbox.act(TOM, "message_shortcut", ts=alone["ts"], **shortcut)
    await shop.whispered(TOM, "Case actions work on the messages of a case")


async def test_a_burst_calls_the_owner_and_an_unowned_case_the_channel(shop: Company) -> None:
    visitor = await shop.visit("w3", "Cid")
    root = (await shop.card((await visitor.write("One"))["reference"]))["ts"]
    await shop.reply(root, "Answer")
    await visitor.sees(("customer", "One"), ("agent", "Answer"))
    await visitor.write("Two")
    await visitor.write("Three")

    async def calls() -> list[bool]:
        thread = await shop.sandbox.messages(CHANNEL, root)
        return [
            f"👉 <@{AGENT}>" in json.dumps(one, ensure_ascii=False) for one in thread if one.get("username")
        ]

    async def there() -> bool:
        return "Cid: Three" in await shop.thread(root)

    await until(there, 10)
    assert (await calls())[:2] == [False, True]
    assert sum(await calls()) == 1


async def test_reactions_take_offer_to_close_and_open(shop: Company) -> None:
    visitor = await shop.visit("w4", "Dan")
    root = (await shop.card((await visitor.write("Broken"))["reference"]))["ts"]
    await shop.sandbox.act(TOM, "react", channel=CHANNEL, ts=root, name="eyes")
    await shop.thread_shows(root, "Dan: Broken", f"app: 🙋 <@{TOM}> owns this case now.")
    await shop.sandbox.act(AGENT, "react", channel=CHANNEL, ts=root, name="eyes")
    await shop.whispered(AGENT, f"<@{TOM}> owns CX-")
    await shop.sandbox.act(TOM, "react", channel=CHANNEL, ts=root, name="white_check_mark")
    offer = await whispered(shop, TOM, "case_close")
    await shop.sandbox.act(TOM, "click", channel=CHANNEL, ts=offer["ts"], action_id="case_close")
    form = await view(shop, TOM, "Closing message")
    await shop.submit(form["id"], TOM, how="silent", reason="Test")
    await shop.thread_shows(
        root,
        "Dan: Broken",
        f"app: 🙋 <@{TOM}> owns this case now.",
        f"app: ✅ Closed by <@{TOM}> without telling the customer: Test",
    )


async def test_a_message_elsewhere_becomes_a_case_that_can_be_answered(shop: Company) -> None:
    visitor = await shop.visit("w5", "Elsa Novak")
    first = await shop.sandbox.act(TOM, "post", channel="C0RETURNS", text="Elsa's parcel came back")
    asked = await shop.sandbox.act(
        AGENT, "post", channel="C0RETURNS", text="Damaged, <@U0TOM>?", thread_ts=first["ts"]
    )
    await shop.sandbox.act(TOM, "post", channel="C0RETURNS", text="Later", thread_ts=first["ts"])
    await shop.sandbox.act(AGENT, "react", channel="C0RETURNS", ts=asked["ts"], name="ticket")
    note = await whispered(shop, AGENT, "menu_customer")
    reference = note["text"].split("|")[1].split(">")[0]
    root = (await shop.card(reference))["ts"]
    await shop.thread_shows(root, "app: Elsa's parcel came back", "app: Damaged, @Tom Okafor?")
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=root, action_id="case_more")
    shown = await view(shop, AGENT, "Case actions")
    await shop.sandbox.act(AGENT, "click", view_id=shown["id"], action_id="menu_customer")
    form = await view(shop, AGENT, "Find a customer")
    assert "errors" in (await submit(shop, form, words="Nobody at all"))["ack"]
    await submit(shop, form, words="novak")
    form = await view(shop, AGENT, "Elsa Novak")
    chosen = form["blocks"][0]["element"]["options"][0]["value"]
    await submit(shop, form, customer=chosen)
    await shop.thread_shows(
        root,
        "app: Elsa's parcel came back",
        "app: Damaged, @Tom Okafor?",
        f"app: 👤 <@{AGENT}> linked the customer of this case; answers reach them now.",
    )
    await shop.reply(root, "Your parcel came back to us.")
    await visitor.sees(("agent", "Your parcel came back to us."))


async def test_sorting_looking_back_and_reopening(shop: Company) -> None:
    visitor = await shop.visit("w6", "Fay")
    reference = (await visitor.write("Where is it?"))["reference"]
    root = (await shop.card(reference))["ts"]
    form = await choose(shop, root, "menu_sort", "Separated by spaces.")
    await submit(shop, form, priority="urgent", tags="#vip parcel")

    async def shown() -> bool:
        card = json.dumps(await shop.card(reference), ensure_ascii=False)
        return "🚨 Urgent" in card and "#parcel #vip" in card and f"<@{AGENT}>" in card

    await until(shown, 10)
    await shop.reply(root, "Tomorrow.")
    await visitor.sees(("customer", "Where is it?"), ("agent", "Tomorrow."))
    form = await choose(shop, root, "menu_sort", "Separated by spaces.")
    await submit(shop, form, status="open", priority="urgent", tags="#vip parcel")

    async def ours() -> bool:
        return "Open: waiting for us" in json.dumps(await shop.card(reference), ensure_ascii=False)

    await until(ours, 10)
    await shop.sandbox.act(TOM, "post", channel=CHANNEL, text="The van broke down", thread_ts=root)
    await choose(shop, root, "menu_catch_up", "The van broke down")
    await close_all(shop)
    seen = await choose(shop, root, "menu_seen", "Tomorrow.")
    assert "The van broke down" not in json.dumps(seen)
    await close_all(shop)
    await choose(shop, root, "menu_log", "answered the customer")
    await close_all(shop)
    await shop.submit(await shop.open_form(root), how="silent", reason="Done")
    await choose(shop, root, "menu_reopen", "This case is open again.")
    await close_all(shop)

    async def reopened() -> bool:
        return f"app: 🔁 Reopened by <@{AGENT}>." in await shop.thread(root)

    await until(reopened, 10)
    await shop.sandbox.act(AGENT, "command", channel=CHANNEL, text=f"/cx away until friday cover <@{TOM}>")
    await shop.whispered(AGENT, f"<@{TOM}> covers for you")
    await visitor.write("Which van?")

    async def called() -> bool:
        return f"👉 <@{TOM}>" in json.dumps(await shop.sandbox.messages(CHANNEL, root), ensure_ascii=False)

    await until(called, 10)
    await shop.sandbox.act(AGENT, "command", channel=CHANNEL, text="/cx away off")
    await shop.whispered(AGENT, "Welcome back")


async def test_a_new_matter_and_merging_it_back(shop: Company) -> None:
    visitor = await shop.visit("w7", "Gus Maier")
    reference = (await visitor.write("Where is my lamp?"))["reference"]
    root = (await shop.card(reference))["ts"]
    await shop.thread_shows(root, "Gus Maier: Where is my lamp?")
    post = (await shop.sandbox.messages(CHANNEL, root))[-1]
    shortcut = {"channel": CHANNEL, "callback_id": "new_matter"}
    await shop.sandbox.act(AGENT, "message_shortcut", ts=post["ts"], **shortcut)
    form = await view(shop, AGENT, "Messages that go there")
    assert form["blocks"][0]["element"]["initial_options"][0]["text"]["text"].endswith("Where is my lamp?")
    await submit(shop, form)

    async def moved() -> str | None:
        lines = await shop.thread(root)
        found = [line for line in lines if line.startswith("app: ✂️")]
        return found[0].split("|")[1].split(">")[0] if found else None

    other = str(await until(moved, 10))
    new_root = (await shop.card(other))["ts"]
    again = await visitor.write("The blue one")
    assert again["reference"] == other
    form = await choose(shop, new_root, "menu_merge", "lands in that one")
    assert "errors" in (await submit(shop, form, other="CX-9"))["ack"]
    await submit(shop, form, other=reference)

    async def merged() -> bool:
        return any(line.startswith("app: 🔀") for line in await shop.thread(new_root))

    await until(merged, 10)
    assert (await visitor.write("Hello?"))["reference"] == reference
    await shop.sandbox.act(AGENT, "command", channel=CHANNEL, text=f"/cx take {other}")
    await shop.whispered(AGENT, f"|{reference}>")
    await shop.sandbox.act(AGENT, "message_shortcut", ts=root, **shortcut)
    await shop.whispered(AGENT, "New matter works on")


async def test_a_card_points_at_the_case_that_looks_the_same_and_lets_this_one_go_on_there(
    shop: Company,
) -> None:
    first = (await (await shop.visit("w30", "Mia Berg")).write("Where is my lamp?"))["reference"]
    address = (await shop.card(first))["ts"].replace(".", "")
    again = await shop.visit("w30", "Mia Berg")
    second = (await again.write("My lamp did not come"))["reference"]
    root = (await shop.card(second))["ts"]

    async def pointed() -> bool:
        card = json.dumps(await shop.card(second), ensure_ascii=False)
        return f"/archives/{CHANNEL}/p{address}|{first}> · Where is my lamp?" in card

    await until(pointed, 10)
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=root, action_id="case_merge")
    form = await view(shop, AGENT, "lands in that one")
    assert form["blocks"][0]["element"]["initial_value"] == first
    await submit(shop, form, other=first)
    assert (await again.write("Hello?"))["reference"] == first

    async def gone() -> bool:
        card = json.dumps(await shop.card(second), ensure_ascii=False)
        return "case_merge" not in card and f"oes on in {first}" in card

    await until(gone, 10)


async def test_who_names_an_order_and_its_customers_name_is_suggested_and_a_person_decides(
    shop: Company,
) -> None:
    db = Database(shop.bots[0].database_url)
    await db.open()
    person = '{"customer_id": "zofia", "name": "Zofia Żółć", "email": "z@example.org"}'
    await load(db, WORKSPACE, CUSTOMERS, [person.encode()], datetime.now(UTC))
    order = b'{"order_id": "#Z77", "customer_id": "zofia", "status": "sent"}'
    await load(db, WORKSPACE, ORDERS, [order], datetime.now(UTC))

    async def card(reference: str) -> str:
        return json.dumps(await shop.card(reference), ensure_ascii=False)

    async def suggested(reference: str) -> bool:
        return "customer_same" in await card(reference)

    async def decided(reference: str) -> bool:
        return not await suggested(reference)

    async def decide(reference: str, action: str) -> None:
        """Press a button twice, as impatient people do."""
        await until(lambda: suggested(reference), 15)
        click = {"channel": CHANNEL, "ts": (await shop.card(reference))["ts"], "action_id": action}
        await shop.sandbox.act(AGENT, "click", **click)
        await shop.sandbox.try_act(AGENT, "click", **click)
        await until(lambda: decided(reference), 15)

    visitor, other = await shop.stranger(), await shop.stranger()
    first = (await visitor.write("Zofia Zolc here, where is Z77?"))["reference"]
    second = (await other.write("zofia zolc, #z77"))["reference"]
    await decide(first, "customer_same")
    assert "*Customer*\\nZofia Żółć" in await card(first)
    await decide(second, "customer_not_same")
    assert "Żółć" not in await card(second)
    rows = await db.fetch("SELECT same, decided_by FROM customer_suggestions ORDER BY id")
    merges = await db.fetch(
        """SELECT r.merged_by FROM customer_merges r JOIN customers u ON u.id = r.into_id
           WHERE u.external_id = 'zofia'"""
    )
    await db.close()
    assert rows == [{"same": True, "decided_by": AGENT}, {"same": False, "decided_by": AGENT}]
    assert merges == [{"merged_by": AGENT}]
    assert "Żółć" not in str(await other.transcript())


async def test_two_people_prepare_a_reply_and_one_wants_to_close(shop: Company) -> None:
    visitor = await shop.visit("w8", "Hal")
    reference = (await visitor.write("Two of you?"))["reference"]
    root = (await shop.card(reference))["ts"]
    for who in (AGENT, TOM):
        said = await shop.sandbox.act(who, "post", channel=CHANNEL, text=f"By {who}", thread_ts=root)
        await shop.sandbox.act(who, "react", channel=CHANNEL, ts=said["ts"], name="outbox_tray")
        await shop.preview(who, root, f"By {who}")
    await shop.whispered(AGENT, f"<@{TOM}> is preparing a reply")
    await shop.whispered(TOM, f"<@{AGENT}> is preparing a reply")
    await shop.open_form(root)
    await view(shop, AGENT, f"being prepared by <@{TOM}>")
    await close_all(shop)
    await shop.sandbox.act(TOM, "command", channel=CHANNEL, text=f"/cx assign {reference} <@{AGENT}> please")
    await shop.whispered(TOM, f"is <@{AGENT}>'s now")
    await shop.sandbox.act(TOM, "command", channel=CHANNEL, text="/cx open The door is broken")
    offer = await whispered(shop, TOM, "menu_customer")
    assert "The door is broken" in (await shop.card(offer["text"].split()[0]))["text"]


async def test_one_text_for_all_customers_of_a_problem_and_solving_it(shop: Company) -> None:
    ida = await shop.visit("w9", "Ida")
    jan = await shop.visit("w10", "Jan")
    first = (await shop.card((await ida.write("The shop is down"))["reference"]))["ts"]
    second_reference = (await jan.write("I cannot pay"))["reference"]
    second = (await shop.card(second_reference))["ts"]
    await submit(
        shop, await choose(shop, first, "menu_problem", "What is the problem?"), title="Payments fail"
    )
    shown = await view(shop, AGENT, "Write to all")
    assert shown["title"]["text"] == "Problem PR-1"
    await close_all(shop)
    await shop.sandbox.act(AGENT, "command", channel=CHANNEL, text=f"/cx problem {second_reference} PR-1")
    offer = await whispered(shop, AGENT, "problem_open")
    await shop.sandbox.act(AGENT, "click", channel=CHANNEL, ts=offer["ts"], action_id="problem_open")
    shown = await view(shop, AGENT, "2 cases")
    await shop.sandbox.act(AGENT, "click", view_id=shown["id"], action_id="problem_write")
    await submit(shop, await view(shop, AGENT, "You see the text"), text="We are on it.")
    preview = await view(shop, AGENT, "problem_send")
    assert [who for who in ("Ida", "Jan", "We are on it.") if who not in json.dumps(preview)] == []
    await jan.write("Hello?")
    await shop.sandbox.act(AGENT, "click", view_id=preview["id"], action_id="problem_send")
    await view(shop, AGENT, "left out: the customer wrote in the meantime")
    await ida.sees(("customer", "The shop is down"), ("agent", "We are on it."))
    await close_all(shop)

    async def sent(root: str, words: str) -> bool:
        return words in json.dumps(await shop.sandbox.messages(CHANNEL, root), ensure_ascii=False)

    await until(lambda: sent(first, "We are on it."), 10)
    assert not await sent(second, "We are on it.")
    shown = await choose(shop, first, "menu_problem", "Payments fail")
    await shop.sandbox.act(AGENT, "click", view_id=shown["id"], action_id="problem_solve")
    await submit(shop, await view(shop, AGENT, "Closing message"), how="tell", text="All works again.")
    preview = await view(shop, AGENT, "close their cases")
    await shop.sandbox.act(AGENT, "click", view_id=preview["id"], action_id="problem_send")
    await view(shop, AGENT, "solved by")
    await until(lambda: sent(second, "Closed by"), 10)
    await until(lambda: sent(first, "Closed by"), 10)
    await close_all(shop)


async def test_knowledge_for_a_case_is_read_and_marked(shop: Company) -> None:
    given = [
        Article("label", "Return labels", "The label is in the pocket on the lid."),
        Article("bulbs", "Bulbs", "At most 40 W."),
    ]
    db = Database(shop.bots[0].database_url)
    await db.open()
    await articles.replace(db, WORKSPACE, "handbook", given, datetime.now(UTC))
    await db.close()
    visitor = await shop.visit("w20", "Kay")
    root = (await shop.card((await visitor.write("Where is my return label?"))["reference"]))["ts"]
    shown = await choose(shop, root, "menu_knowledge", "Return labels")
    assert "Bulbs" not in json.dumps(shown)
    await shop.sandbox.act(AGENT, "click", view_id=shown["id"], action_id="kb_read")
    article = await view(shop, AGENT, "handbook")
    assert "pocket on the lid" in json.dumps(article)
    await shop.sandbox.act(AGENT, "click", view_id=article["id"], action_id="kb_helped")
    await view(shop, AGENT, "Noted: it helped.")
    await close_all(shop)

    lost = await shop.visit("w21", "Lou")
    root = (await shop.card((await lost.write("Do you ship to the moon?"))["reference"]))["ts"]
    shown = await choose(shop, root, "menu_knowledge", "No article has anything")
    await shop.sandbox.act(AGENT, "click", view_id=shown["id"], action_id="kb_none")
    await view(shop, AGENT, "an article is missing")
    await close_all(shop)
    await shop.sandbox.act(AGENT, "command", channel=CHANNEL, text="/cx kb gaps")
    await shop.whispered(AGENT, "Do you ship to the moon?")
