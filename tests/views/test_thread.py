from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from bot.workspace import METADATA_EVENT, post_of
from cases.text import split
from tests.views import limits, samples
from tests.views.samples import POST
from views.blocks import Block
from views.card import card_blocks
from views.thread import Rendered, customer_post, notice_post, overtaken_post, sent_post

FILE = {"name": "photo.jpg", "size": 1_234_567}

POSTS: dict[str, Rendered] = {
    "customer": customer_post([samples.part()], POST),
    "merged": customer_post([samples.part("a"), samples.part("b", uuid=uuid4())], POST),
    "files": customer_post([samples.part("", files=[FILE])], POST),
    "empty": customer_post([samples.part("")], POST),
    "sent": sent_post(samples.part(), POST, by="U1", closing=False),
    "closing": sent_post(samples.part(), POST, by="U1", closing=True),
    "overtaken": overtaken_post(samples.part(), POST, by="U1"),
    "notice": notice_post({"event": "taken", "by": "U1"}, POST),
    "root": Rendered("card", card_blocks(samples.card(), f"p:{POST}")),
}


@pytest.mark.parametrize("post", POSTS.values(), ids=POSTS)
def test_each_post_can_be_found_again_by_its_first_block(post: Rendered) -> None:
    limits.check(post)
    assert post_of({"blocks": post.blocks}) == POST


def test_the_metadata_says_which_post_it_is() -> None:
    metadata = {"event_type": METADATA_EVENT, "event_payload": {"post": str(POST)}}
    assert post_of({"metadata": metadata, "blocks": [{"block_id": f"p:{uuid4()}"}]}) == POST


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"blocks": []},
        {"blocks": [{"block_id": "card:7"}]},
        {"blocks": [{"type": "section"}]},
        {"metadata": {"event_type": METADATA_EVENT, "event_payload": {}}},
        {"metadata": {"event_type": "other", "event_payload": {"post": str(POST)}}},
    ],
)
def test_other_messages_are_no_posts(message: dict[str, Any]) -> None:
    assert post_of(message) is None


def message_ids(blocks: list[Block]) -> list[tuple[UUID, int]]:
    """Which message parts the blocks carry, read from outside."""
    marks = [block["block_id"].split(":") for block in blocks if block.get("block_id", "").startswith("m:")]
    return [(UUID(mark[1]), int(mark[2])) for mark in marks]


def test_each_message_of_a_merged_post_has_its_own_block() -> None:
    uuids = [uuid4() for _ in range(3)]
    parts = [samples.part(f"text {uuid}", uuid=uuid) for uuid in uuids]
    blocks = customer_post(parts, POST).blocks
    assert message_ids(blocks) == [(uuid, 0) for uuid in uuids]
    assert limits.words_of(blocks) == [f"text {uuid}" for uuid in uuids]


def test_a_long_message_is_cut_into_parts_that_each_know_their_place() -> None:
    text = "one paragraph of words " * 400
    posts = [customer_post([samples.part(text, number=number, files=[FILE])], POST) for number in range(3)]
    assert [message_ids(post.blocks) for post in posts] == [
        [(samples.MESSAGE, number)] for number in range(3)
    ]
    assert "".join(words for post in posts for words in limits.words_of(post.blocks)) == text
    assert ["📎" in str(post.blocks) for post in posts] == [False, False, True]


def test_a_post_of_the_customer_stands_under_their_name() -> None:
    post = customer_post([samples.part(author="Ma\u202eria\nX")], POST)
    assert post.username == "Ma‹U+202E›ria X"
    assert post.icon


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("invoice\u202egpj.exe", "invoice‹U+202E›gpj.exe"),
        ("\u2066a\u2069", "‹U+2066›a‹U+2069›"),
        ("👩\u200d🚀 ❤\ufe0f \u200fשלום\u200e", "👩\u200d🚀 ❤\ufe0f \u200fשלום\u200e"),
    ],
)
def test_what_turns_the_reading_direction_is_spelled_out(written: str, shown: str) -> None:
    post = customer_post([samples.part(written)], POST)
    assert limits.words_of(post.blocks) == [shown]
    assert post.text == shown


def test_spelled_out_it_still_fits_into_posts() -> None:
    text = "\u202e" * 3_000
    parts = [samples.part(text, number=number) for number in range(len(split(text)))]
    shown = [words for part in parts for words in limits.words_of(customer_post([part], POST).blocks)]
    # Slack refuses posts whose blocks hold about 13,200 characters in all.
    assert max(map(len, shown)) < 10_000
    assert "".join(shown) == "‹U+202E›" * 3_000


def test_a_file_is_shown_with_name_and_size() -> None:
    assert "photo.jpg · 1.2 MB" in str(POSTS["files"].blocks)


@pytest.mark.parametrize(("closing", "says"), [(True, "✅ Closed by <@U1>"), (False, None)])
def test_only_the_last_part_of_a_closing_text_says_closed(closing: bool, says: str | None) -> None:
    text = "x" * 4_000
    first, last = (sent_post(samples.part(text, number=n), POST, by="U1", closing=closing) for n in (0, 1))
    assert "Closed by" not in str(first.blocks)
    assert ("Closed by" in str(last.blocks)) is closing
    assert says is None or says in str(last.blocks)


def test_an_overtaken_closing_text_says_that_the_case_stays_open() -> None:
    assert "stays open" in str(POSTS["overtaken"].blocks)
    assert "✅" not in str(POSTS["overtaken"].blocks)


@pytest.mark.parametrize(
    ("payload", "line"),
    [
        ({"event": "taken", "by": "U1"}, "🙋 <@U1> owns this case now."),
        ({"event": "reopened"}, "🔁 The customer wrote again: reopened."),
        ({"event": "reopened", "by": "U1"}, "🔁 Reopened by <@U1>."),
        ({"event": "released", "by": "U1"}, "🙌 <@U1> gave this case back: it is nobody's now."),
        (
            {"event": "assigned", "by": "U1", "to": "U2", "why": "<!here> & call"},
            "🤝 <@U1> hands this case over to <@U2>. &lt;!here&gt; &amp; call",
        ),
        (
            {"event": "closed", "by": "U1", "reason": "spam & <!here>"},
            "✅ Closed by <@U1> without telling the customer: spam &amp; &lt;!here&gt;",
        ),
    ],
)
def test_notices(payload: dict[str, Any], line: str) -> None:
    assert notice_post(payload, POST).text == line
