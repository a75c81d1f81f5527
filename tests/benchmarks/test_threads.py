"""Reading a thread from outside."""

from __future__ import annotations

from typing import Any

from benchmarks.replay import threads

CASE = "1700000000.000100"
MINE = "0f8fad5b-d9cb-469f-a165-70867728950e"
NEXT = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def words(mark: str, text: str) -> dict[str, Any]:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "block_id": mark, "elements": [section]}


def app_post(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"bot_id": "B1", "user": "U0", "ts": "1.1", "thread_ts": CASE, "text": "", "blocks": list(blocks)}


def person_post(text: str, **more: Any) -> dict[str, Any]:
    return {"user": "U1", "ts": "1.2", "thread_ts": CASE, "text": text, **more}


def test_merged_messages_are_told_apart() -> None:
    post = app_post(words(f"m:{MINE}:0:post", "One"), words(f"m:{NEXT}:0", "Two"))
    assert threads.entries([post]) == [("customer", "One"), ("customer", "Two")]


def test_parts_of_a_long_message_are_joined_across_posts() -> None:
    first, second = app_post(words(f"m:{MINE}:0:a", "Long ")), app_post(words(f"m:{MINE}:1:b", "text"))
    assert threads.entries([first, second]) == [("customer", "Long text")]


def test_a_post_that_stands_there_twice_is_two_messages() -> None:
    post = app_post(words(f"m:{MINE}:0:a", "Hello"))
    assert threads.entries([post, post]) == [("customer", "Hello")] * 2


def test_closing_text_and_agents_words_are_agents() -> None:
    header = {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": "📨 *Sent to the customer* by <@U1>"}],
    }
    closing = app_post(header, words(f"m:{MINE}:0", "Bye"))
    person = person_post("a &lt; b, see <https://shop.example/?a=1&amp;b=2>")
    assert threads.entries([person, closing]) == [
        ("agent", "a < b, see https://shop.example/?a=1&b=2"),
        ("agent", "Bye"),
    ]


def test_the_apps_remarks_are_not_part_of_the_conversation() -> None:
    notice = app_post({"type": "section", "block_id": "p:x", "text": {"type": "mrkdwn", "text": "Owned"}})
    assert threads.entries([{**notice, "ts": CASE}, notice]) == []


def test_a_sent_message_needs_the_apps_own_mark() -> None:
    marked = person_post("a", reactions=[{"name": threads.SENT_MARK, "users": ["U1", "U0"]}])
    by_a_person = person_post("b", reactions=[{"name": threads.SENT_MARK, "users": ["U1"]}])
    assert threads.unmarked([marked, by_a_person, person_post("c"), app_post()], "U0") == 2
