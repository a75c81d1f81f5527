"""Two agents in two windows side by side: files, taking back, splitting, problems, away, the board."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from tests.journeys.side_by_side.conftest import window
from tests.support.stack import Company
from tests.support.windows import Chat, Desk, both_open

pytestmark = pytest.mark.browser

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf"
    "c0f01f0005fe02fea7569e5d0000000049454e44ae426082"
)


async def test_files_go_both_ways_and_the_answer_shows_that_it_was_read(
    maya: Desk, tom: Desk, chat: Chat
) -> None:
    subject = "The lamp came like this."
    await chat.attach("lamp.png", PNG)
    await chat.say(subject)
    await both_open(subject, maya, tom)
    for desk in (maya, tom):
        await expect(desk.thread.get_by_role("button", name="Open lamp.png")).to_be_visible()
    await maya.attach("label.pdf", b"%PDF")
    await maya.write("Here is your label")
    await tom.sees("Here is your label")
    await maya.put_outbox_on("Here is your label")
    await maya.sees("label.pdf")
    await maya.press("Send")
    await expect(chat.log.get_by_role("link", name=re.compile("label"))).to_be_visible()
    answer = tom.said("Here is your label")
    await expect(answer.get_by_role("button", name=re.compile("^1 incoming envelope"))).to_be_visible()
    await expect(answer.get_by_role("button", name=re.compile("^1 eye"))).to_be_visible()


async def test_without_the_outbox_nothing_goes(maya: Desk, tom: Desk, chat: Chat) -> None:
    subject = "Is the blue one in stock?"
    await chat.say(subject)
    await both_open(subject, maya, tom)
    await maya.write("No, never again.")
    await maya.put_outbox_on("No, never again.")
    await maya.sees("Send this to")
    own = maya.thread.get_by_role("article").filter(has_text="No, never again.").first
    outbox = own.get_by_role("button", name=re.compile("^1 outbox tray"))
    await outbox.click()
    await expect(outbox).to_have_count(0)
    await tom.write("Yes, it is.")
    await tom.put_outbox_on("Yes, it is.")
    await tom.sees("Send this to")
    await tom.press("Send")
    await chat.shows(subject, "Yes, it is.")
    await maya.press("Send")
    await maya.sees("This message was taken back; put 📤 on it again to send it.")
    await chat.shows(subject, "Yes, it is.")


async def test_splitting_a_case_and_one_person_on_two_sites(maya: Desk, tom: Desk, shop: Company) -> None:
    work, home = await shop.visit("s1", "Nora Berg"), await shop.visit("s2", "Nora B. at home", "outlet")
    subject, other = "My oven smokes.", "And where is my vase?"
    await work.write(subject)
    await work.write(other)
    await home.write("It is me, from home.")
    await both_open(subject, maya, tom)
    await maya.sees(other)
    await maya.act(subject, "Split")
    await maya.pick("Messages that go there", other)
    await maya.press("Split")
    await tom.sees("moved 1 message to")
    await expect(tom.card(other)).to_be_visible()

    await tom.act(subject, "Merge customers")
    await tom.dialog.get_by_role("textbox", name="Find a customer").fill("at home")
    await tom.dialog.get_by_role("button", name="Next").click()
    await tom.pick("The same person", "Nora B. at home")
    await tom.dialog.get_by_role("button", name="Merge").click()
    await expect(tom.dialog).to_have_count(0)
    await maya.act(subject, "Log")
    await expect(maya.dialog).to_contain_text("merged another customer into this one")
    await maya.done()
    await maya.act(subject, "Another channel")
    await maya.pick("Go on over", "outlet")
    await maya.press("Save")
    await expect(maya.dialog).to_have_count(0)
    await tom.write("Turn it off, please.")
    await tom.put_outbox_on("Turn it off, please.")
    await tom.press("Send")
    await home.sees(("customer", "It is me, from home."), ("agent", "Turn it off, please."))
    await work.sees(("customer", subject), ("customer", other))
    await maya.act(subject, "Split customers")
    await maya.pick("Somebody else after all", "Nora B. at home")
    await maya.press("Split")
    await expect(maya.dialog).to_have_count(0)
    await tom.act(subject, "Log")
    await expect(tom.dialog).to_contain_text("split another customer off again")
    await tom.done()


async def test_one_text_for_everybody_with_the_same_problem(maya: Desk, tom: Desk, chat: Chat) -> None:
    subject = "The checkout hangs."
    await chat.say(subject)
    await both_open(subject, maya, tom)
    await maya.act(subject, "Problem")
    await maya.dialog.get_by_role("textbox", name=re.compile("What is the problem")).fill("Checkout down")
    await maya.press("Save")
    await expect(maya.dialog.last).to_contain_text("Problem PR-")
    await maya.press("Write to all")
    await maya.dialog.last.get_by_role("textbox", name="Message").fill("We are on it.")
    await maya.press("Preview")
    await expect(maya.dialog.last).to_contain_text("We are on it.")
    await maya.press("Send")
    await chat.shows(subject, "We are on it.")
    await tom.sees("We are on it.")
    await maya.done()


async def test_away_and_back(maya: Desk, tom: Desk, chat: Chat) -> None:
    subject = "Do you deliver on Sundays?"
    await chat.say(subject)
    await both_open(subject, maya, tom)
    await tom.card(subject).get_by_role("button", name="Take", exact=True).click()
    await maya.sees("@Tom Okafor owns this case now.")
    await tom.command("/cx away until tomorrow")
    await expect(tom.channel).to_contain_text("meanwhile your cases show as unclaimed")
    await maya.command("/cx away until someday")
    await expect(maya.channel).to_contain_text("Please name a day")
    await tom.command("/cx away off")
    await expect(tom.channel).to_contain_text("your cases are yours again")


async def test_the_board_of_a_supervisor(maya: Desk, chat: Chat, shop: Company, browser: Browser) -> None:
    subject = "My parcel is wet."
    await chat.say(subject)
    await expect(maya.card(subject)).to_be_visible()
    problems: list[str] = []
    page = await window(browser, shop, "U0ADA", problems)
    try:
        await page.get_by_role("navigation", name="Channels").get_by_role("link", name="CX Copilot").click()
        home = page.get_by_role("region", name="Home")
        await expect(home.get_by_role("heading", name="Everybody's cases")).to_be_visible()
        await expect(home).to_contain_text(subject)
        await home.get_by_role("button", name="More", exact=True).last.click()
        await expect(page.get_by_role("dialog")).to_contain_text("Case actions")
    finally:
        await page.context.close()
    assert problems == []
