from __future__ import annotations

from cases.enums import CloseHow
from tests.views import limits, samples
from views.blocks import Block
from views.close_form import close_form

FORM = close_form(1042, "metadata")


def field(block_id: str) -> Block:
    found: Block = next(block for block in FORM["blocks"] if block["block_id"] == block_id)
    return found


def test_slack_accepts_it() -> None:
    assert FORM["type"] == "modal"
    assert FORM["private_metadata"] == "metadata"
    limits.check_blocks(FORM["blocks"])
    for kind in ("title", "submit", "close"):
        assert 1 <= len(FORM[kind]["text"]) <= 24
    assert len(close_form(10**12, "")["title"]["text"]) <= 24


def test_telling_the_customer_is_chosen_at_first() -> None:
    element = field("how")["element"]
    assert [option["value"] for option in element["options"]] == ["tell", "silent"]
    assert element["initial_option"]["value"] == "tell"


def test_the_reply_that_told_them_is_offered_where_there_is_one() -> None:
    replies = [
        {"uuid": samples.MESSAGE, "text": "It is\non its way. " * 20, "created_at": samples.NOW},
        {"uuid": samples.TOKEN, "text": "", "created_at": samples.NOW},
    ]
    form = close_form(1042, "", how=CloseHow.TOLD, replies=replies, told=str(samples.TOKEN), text="Bye.")
    limits.check_blocks(form["blocks"])
    fields = {block["block_id"]: block for block in form["blocks"]}
    how, told = fields["how"]["element"], fields["told"]["element"]
    assert [option["value"] for option in how["options"]] == ["tell", "told", "silent"]
    assert how["initial_option"]["value"] == "told"
    assert [option["value"] for option in told["options"]] == [str(samples.MESSAGE), str(samples.TOKEN)]
    assert told["options"][0]["text"]["text"].startswith("2 Mar 2026, 09:00 · It is on its way.")
    assert told["initial_option"]["value"] == str(samples.TOKEN)
    assert fields["text"]["element"]["initial_value"] == "Bye."


def test_text_and_reason_are_fields_of_which_either_may_stay_empty() -> None:
    assert [
        (field(name)["element"]["action_id"], field(name)["optional"]) for name in ("text", "reason")
    ] == [
        ("text", True),
        ("reason", True),
    ]
