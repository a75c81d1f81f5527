"""Two agents in two windows side by side, and the customer's chat: what people do with a case."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.journeys.side_by_side.conftest import TOM
from tests.support.stack import CHANNEL, Company
from tests.support.windows import Chat, Desk, both_open

pytestmark = pytest.mark.browser


async def test_take_look_back_give_away_and_take_by_eyes(maya: Desk, tom: Desk, chat: Chat) -> None:
    subject = "My kettle does not boil."
    await chat.say(subject)
    await both_open(subject, maya, tom)
    await maya.card(subject).get_by_role("button", name="Take", exact=True).click()
    await tom.sees("@Maya Lindqvist owns this case now.")
    await expect(tom.card(subject).get_by_role("button", name="Take over")).to_be_visible()
    await maya.sees("so it is yours now.")

    await tom.write("The fuse of this model is weak")
    await maya.sees("The fuse of this model is weak")
    await maya.act(subject, "Catch me up")
    await expect(maya.dialog).to_contain_text("The fuse of this model is weak")
    await maya.done()
    await maya.act(subject, "Customer's view")
    await expect(maya.dialog).to_contain_text(subject)
    await expect(maya.dialog).not_to_contain_text("fuse")
    await maya.done()
    await maya.act(subject, "Log")
    await expect(maya.dialog).to_contain_text("took the case")
    await maya.done()

    await maya.press("Not mine")
    await tom.sees("gave this case back")
    await tom.react(tom.card(subject), "eyes")
    await maya.sees("@Tom Okafor owns this case now.")
    await expect(maya.card(subject)).to_contain_text("@Tom Okafor")


async def test_two_replies_at_once_and_what_follows_an_edit_and_a_deletion(
    maya: Desk, tom: Desk, chat: Chat
) -> None:
    subject = "When do you open?"
    await chat.say(subject)
    await both_open(subject, maya, tom)
    await tom.write("At nien.")
    await tom.choose(tom.said("At nien."), "Send to customer")
    await tom.sees("Send this to")
    await maya.write("Early.")
    await maya.put_outbox_on("Early.")
    await maya.sees("@Tom Okafor is preparing a reply in this case, too.", "Send this to")
    await tom.sees("@Maya Lindqvist is preparing a reply in this case, too.")
    await tom.press("Send")
    await chat.shows(subject, "At nien.")
    await maya.press("Cancel")
    await maya.sees("Not sent. The message stays among us.")

    own = tom.thread.get_by_role("article").filter(has_text="At nien.").first
    await tom.choose(own, "Edit message")
    editor = tom.page.get_by_role("textbox", name="Edit message")
    await editor.fill("At nine.")
    await editor.press("Enter")
    await tom.sees("With your correction it would say:")
    await chat.shows(subject, "At nien.")
    await tom.press("Send correction")
    await chat.shows(subject, "At nine.")
    await maya.sees("sent the customer a correction")

    own = tom.thread.get_by_role("article").filter(has_text="At nine.").first
    await tom.choose(own, "Delete message")
    await tom.dialog.get_by_role("button", name="Delete").click()
    await tom.press("Take it back")
    await maya.sees("took a message back")
    await chat.shows(subject, "Tom Okafor took back this message")


async def test_the_customer_edits_and_deletes_and_both_see_it(maya: Desk, tom: Desk, chat: Chat) -> None:
    subject = "Is the jug gren?"
    await chat.say(subject)
    await chat.say("My card is 4711")
    await both_open(subject, maya, tom)
    for desk in (maya, tom):
        await desk.sees("My card is 4711")
    await chat.edit_first("Is the jug green?")
    await chat.delete_last()
    for desk in (maya, tom):
        await desk.sees("Is the jug green?", "Deleted by the customer")
        await expect(desk.said("Is the jug green?")).to_contain_text("edited")
        await expect(desk.thread.get_by_text("4711")).to_have_count(0)


async def test_close_by_check_mark_and_the_customer_reopens(maya: Desk, tom: Desk, chat: Chat) -> None:
    subject = "Please cancel my order."
    await chat.say(subject)
    await both_open(subject, maya, tom)
    await maya.react(maya.card(subject), "white_check_mark")
    await maya.press("Close…")
    form = maya.page.get_by_role("dialog", name=re.compile("Close CX-"))
    await form.get_by_role("textbox", name="Closing message").fill("It is cancelled.")
    await form.get_by_role("button", name="Close case").click()
    await chat.shows(subject, "It is cancelled.")
    await tom.sees("Closing message sent to the customer")
    await expect(tom.card(subject)).to_contain_text("✅ Closed")
    await chat.say("No, wait! Only half of it.")
    await tom.sees("No, wait! Only half of it.", "The customer wrote again: reopened.")
    await expect(tom.card(subject)).to_contain_text("Open: waiting for us")
    await maya.open_form(maya.card(subject).get_by_role("button", name="Close", exact=True))
    await form.get_by_role("radio", name="Close without telling").check()
    await form.get_by_role("textbox", name="Reason").fill("A test")
    await form.get_by_role("button", name="Close case").click()
    await tom.sees("without telling the customer: A test")
    await tom.act(subject, "Reopen")
    await maya.sees("Reopened by @Tom Okafor.")


async def test_sort_hand_over_link_move_and_merge(maya: Desk, tom: Desk, shop: Company) -> None:
    visitor = await shop.visit("b1", "Ines Duarte")
    subject, other = "My tea towel has a hole.", "And I never got my invoice."
    first = (await visitor.write(subject))["reference"]
    await both_open(subject, maya, tom)
    await maya.act(subject, "Status, priority, department")
    await maya.pick("Priority", "Urgent")
    await maya.dialog.get_by_role("textbox", name="Tags").fill("towel #vip")
    await maya.press("Save")
    await expect(tom.card(subject)).to_contain_text("Urgent")
    await expect(tom.card(subject)).to_contain_text("#towel #vip")

    await maya.act(subject, "Hand over")
    await maya.pick("New owner", "Tom Okafor")
    await maya.dialog.get_by_role("textbox", name="Anything they should know").fill("You know towels.")
    await maya.press("Hand over")
    await tom.sees("hands this case over to @Tom Okafor. You know towels.")

    await visitor.write(other)
    await tom.sees(other)
    await tom.choose(tom.said(other), "New matter")
    await tom.press("Split")
    await maya.sees("moved 1 message to")
    await expect(maya.card(other)).to_be_visible()

    await maya.act(other, "Link")
    await maya.dialog.get_by_role("textbox", name="The other case").fill(first)
    await maya.press("Link")
    await expect(tom.card(other)).to_contain_text(f"linked to {first}", ignore_case=True)
    await tom.act(other, "Merge")
    await tom.dialog.get_by_role("textbox", name="The other case").fill("CX-9999")
    await tom.press("Merge")
    await expect(tom.dialog.get_by_role("alert").filter(has_text="CX-9999")).to_be_visible()
    await tom.dialog.get_by_role("textbox", name="The other case").fill(first)
    await tom.press("Merge")
    await maya.sees("into this case.")
    await expect(maya.card(other)).to_contain_text(f"goes on in {first}", ignore_case=True)

    await tom.choose(tom.said(subject), "Case actions")
    await expect(tom.dialog).to_contain_text("Ines Duarte")
    await tom.dialog.get_by_role("button", name="Not mine").click()
    await expect(tom.dialog).to_contain_text("nobody's now")
    await tom.done()


async def test_a_ticket_on_talk_elsewhere_becomes_a_case(maya: Desk, tom: Desk, shop: Company) -> None:
    visitor = await shop.visit("b2", "Otto Brandl")
    await visitor.write("Hello from Otto")
    await shop.sandbox.act(TOM, "post", channel="C0RETURNS", text="Otto's chair came back broken")
    await maya.go("C0RETURNS")
    talk = maya.channel.get_by_role("article").filter(has_text="Otto's chair came back broken")
    await maya.react(talk.first, "ticket")
    await maya.press("Customer…")
    await maya.dialog.get_by_role("textbox", name="Find a customer").fill("brandl")
    await maya.dialog.get_by_role("button", name="Next").click()
    await expect(maya.dialog).to_contain_text("Otto Brandl")
    await maya.pick("Customer", "Otto Brandl")
    await maya.dialog.get_by_role("button", name="Link").click()
    await both_open("Otto's chair came back broken", tom)
    await tom.sees("linked the customer of this case; answers reach them now.")
    await tom.write("A new chair is on its way.")
    await tom.put_outbox_on("A new chair is on its way.")
    await tom.press("Send")
    await visitor.sees(("customer", "Hello from Otto"), ("agent", "A new chair is on its way."))


async def test_home_pane_and_command_show_ones_own_cases(maya: Desk, tom: Desk, chat: Chat) -> None:
    subject = "The lid does not fit."
    await chat.say(subject)
    await expect(maya.card(subject)).to_be_visible()
    await both_open(subject, tom)
    await maya.page.get_by_role("navigation", name="Channels").get_by_role("link", name="CX Copilot").click()
    home = maya.page.get_by_role("region", name="Home")
    await expect(home.get_by_role("heading", name="My cases")).to_be_visible()
    await expect(home).to_contain_text(subject)
    await home.get_by_role("button", name="Take", exact=True).last.click()
    await tom.sees("@Maya Lindqvist owns this case now.")
    await expect(home).to_contain_text(re.compile("customers? waits? for you"))
    await maya.open_form(home.get_by_role("button", name="Summary").first)
    await expect(maya.dialog).to_contain_text("Asked first")
    await maya.done()

    await maya.go("app/messages")
    prompts = maya.page.get_by_role("group", name="What would you like to know")
    await prompts.get_by_role("button").first.click()
    await expect(maya.thread).to_contain_text(subject)
    await maya.go(CHANNEL)
    field = maya.page.get_by_role("textbox", name="Message #support")
    await field.fill("/cx mine")
    await field.press("Enter")
    await expect(maya.channel).to_contain_text("My cases")
