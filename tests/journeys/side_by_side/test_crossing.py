"""Two agents in two windows side by side, when one acts while the other, or the customer, does too."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.support.windows import Chat, Desk, both_open

pytestmark = pytest.mark.browser


async def test_the_customer_writes_while_an_answer_waits(maya: Desk, tom: Desk, chat: Chat) -> None:
    subject = "Can I still change the colour?"
    await chat.say(subject)
    await both_open(subject, maya, tom)
    await maya.write("No, it has left.")
    await maya.put_outbox_on("No, it has left.")
    await maya.sees("Send this to")
    await chat.say("Never mind, blue is fine!")
    await tom.sees("Never mind, blue is fine!")
    await maya.press("Send")
    await maya.sees("The customer wrote in the meantime.")
    await chat.shows(subject, "Never mind, blue is fine!")
    await maya.press("Send")
    await chat.shows(subject, "Never mind, blue is fine!", "No, it has left.")


async def test_one_takes_over_from_the_other_and_is_covered(maya: Desk, tom: Desk, chat: Chat) -> None:
    subject = "The drawer is stuck."
    await chat.say(subject)
    await both_open(subject, maya, tom)
    await maya.card(subject).get_by_role("button", name="Take", exact=True).click()
    await tom.sees("@Maya Lindqvist owns this case now.")
    await tom.card(subject).get_by_role("button", name="Take over", exact=True).click()
    await maya.sees("@Tom Okafor owns this case now.")
    await tom.command("/cx away until tomorrow cover @maya")
    # The first Enter took the name that is offered.
    await tom.page.get_by_role("textbox", name="Message #support").press("Enter")
    await expect(maya.card(subject)).to_contain_text(re.compile("Maya Lindqvist covers for @Tom Okafor"))
    await tom.command("/cx away off")
    await expect(maya.card(subject)).not_to_contain_text("covers for")


async def test_whose_turn_it_is_after_an_answer_that_promises_another(
    maya: Desk, tom: Desk, chat: Chat
) -> None:
    subject = "How many are left?"
    await chat.say(subject)
    await both_open(subject, maya, tom)
    await maya.write("I will count them.")
    await maya.put_outbox_on("I will count them.")
    await maya.sees("Send this to")
    await maya.press("Send")
    await expect(tom.card(subject)).to_contain_text("Waiting on the customer")
    await maya.act(subject, "Status, priority, department")
    await maya.pick("Status", "Open: waiting for us")
    await maya.press("Save")
    await expect(tom.card(subject)).to_contain_text("Open: waiting for us")
