"""Whatever a customer writes: nobody is pinged, nothing becomes a link, and Slack accepts the message."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.brief import KnownOrder, Promised
from cases.enums import Status
from cases.messages import WaitsOn
from cases.text import show_turns, split
from cases.triage import Triaged
from tests.support.texts import HOSTILE, TEXTS
from tests.views import limits, samples
from views.answers import answer_post, help_in_thread, internal, orders_answer, state_answer, with_source
from views.asks import ask_line, ask_post, ask_proposal
from views.blocks import sections
from views.board import help_text, status_board
from views.brief import brief_note
from views.card import card_blocks, card_text
from views.ledger import promise_lines, promises_page
from views.preview import preview, sending
from views.reminders import reminder_post
from views.survey import rating_post
from views.tellings import digest_post
from views.thread import Rendered, customer_post, notice_post, overtaken_post, sent_post

OURS = re.compile(
    r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|[0-9A-Za-z:, ]+ UTC>|<@U1ANNA>|<#C1>"
    r"|<https://shop\.slack\.com/archives/C1/p1700000000000100\|CX-1042>"
)


def a_card(text: str) -> Rendered:
    others = [samples.other_case(text)]
    waits = [WaitsOn(text, samples.NOW, "U1ANNA", samples.NOW)]
    shown = samples.card(
        customer=text, subject=text[:80], site=text, owner="U1ANNA", others=others, waits_on=waits
    )
    known = samples.suggestion(text, customer=text, order=text)
    shown = replace(shown, suggestion=known, triaged=Triaged(text, 0.94, text))
    return Rendered(card_text(shown), card_blocks(shown, "card:1"))


def a_closed_card(text: str) -> Rendered:
    shown = samples.card(Status.CLOSED, close_reason=text[:300])
    return Rendered(card_text(shown), card_blocks(shown, "card:1"))


def a_customer_post(text: str) -> Rendered:
    files = [{"name": text, "size": 5}]
    return customer_post([samples.part(text, author=text, files=files)], samples.POST)


def a_sent_post(text: str) -> Rendered:
    return sent_post(samples.part(text or "x"), samples.POST, by="U1ANNA", closing=True)


def an_overtaken_post(text: str) -> Rendered:
    return overtaken_post(samples.part(text or "x"), samples.POST, by="U1ANNA")


def a_notice(text: str) -> Rendered:
    return notice_post({"event": "closed", "by": "U1ANNA", "reason": text[:300]}, samples.POST)


def a_board(text: str) -> Rendered:
    row = samples.board_row(customer=text, subject=text[:80])
    return status_board({Status.NEW: (1, 1)}, [row], "https://shop.slack.com/", "Open cases")


def an_answer(text: str) -> Rendered:
    """Orders, in the thread of a case, under somebody's question."""
    asked = internal(orders_answer("Orders", [KnownOrder(text, text, [text])] * 20), "U1ANNA", text)
    return answer_post({"text": asked.text, "blocks": asked.blocks}, samples.POST)


def an_answer_on_what_is_open(text: str) -> Rendered:
    shown = samples.card(customer=text, subject=text[:80], owner="U1ANNA")
    return with_source(state_answer(shown, samples.brief(text, text), ["U1ANNA"]))


def a_question(text: str) -> Rendered:
    return ask_post(samples.asked(text), "p:1")


def an_answered_question(text: str) -> Rendered:
    return ask_post(samples.asked(text, state="answered"), "p:1")


def a_question_elsewhere(text: str) -> Rendered:
    return ask_post(samples.asked(text, state="rerouted"), "p:1")


def a_departments_answer(text: str) -> Rendered:
    said = {"text": text or "x", "author": "U1ANNA", "later": False}
    return ask_line("answer", samples.asked(text), said, 0, samples.POST)


def a_digest(text: str) -> Rendered:
    row = {"text": text[:400] or "x", "told_by": "U1ANNA", "number": 1042}
    return digest_post({"department_name": text, "left_over": 1}, [row] * 2, "p:1")


def a_question_by_itself(text: str) -> Rendered:
    return ask_post(samples.asked(text, step=text or "x"), "p:1")


def a_question_not_asked(text: str) -> Rendered:
    said = {"why": "foreign", "what": [text] * 5}
    return ask_line("not_asked", samples.asked(text, step=text or "x"), said, 0, samples.POST)


def a_later_answer(text: str) -> Rendered:
    said = {"text": text or "x", "author": "U1ANNA", "at": samples.NOW}
    return ask_line("later", samples.asked(text), said, 0, samples.POST)


def a_reminder(text: str) -> Rendered:
    return reminder_post({"token": samples.TOKEN, "member": "U1ANNA", "text": text or "x"}, "p:1")


def a_rating(text: str) -> Rendered:
    rated = {"kind": "csat", "score": 1, "comment": text, "first_contact": False}
    return rating_post(rated, ["U1ANNA"], "p:1")


def a_case_closed_by_a_reply(text: str) -> Rendered:
    told = {"event": "closed_told", "by": "U1ANNA", "at": samples.NOW.isoformat(), "words": text[:300]}
    return notice_post(told, samples.POST)


def promises(text: str) -> Rendered:
    page = promises_page(samples.card(Status.OPEN), [samples.promised(text or "x")])
    lines = promise_lines([Promised(text or "x", samples.NOW)])
    return Rendered("Promises", [*page["blocks"], *sections(lines)])


RENDERINGS: list[Callable[[str], Rendered]] = [
    a_rating,
    a_case_closed_by_a_reply,
    a_card,
    a_closed_card,
    a_later_answer,
    a_digest,
    a_question_by_itself,
    a_question_not_asked,
    a_customer_post,
    a_sent_post,
    an_overtaken_post,
    a_notice,
    a_board,
    lambda text: preview("draft", text or "x", text),
    lambda text: sending("draft", text, 3),
    lambda text: brief_note(samples.brief(text, text)),
    lambda text: help_text([("status", "the board")], text, None),
    an_answer,
    an_answer_on_what_is_open,
    a_question,
    an_answered_question,
    a_question_elsewhere,
    a_departments_answer,
    a_reminder,
    lambda text: ask_proposal(samples.asked(text)),
    lambda text: help_in_thread(unknown=text),
    lambda text: preview("draft", "x", "Maria", listed=samples.listed(text or "x")),
    promises,
]
NAMES = [
    "rating",
    "closed by a reply",
    "card",
    "closed",
    "later answer",
    "digest",
    "question by itself",
    "question not asked",
    "post",
    "sent",
    "overtaken",
    "notice",
    "board",
    "preview",
    "sending",
    "brief",
    "help",
    "answer",
    "state",
    "question",
    "answered question",
    "question elsewhere",
    "department's answer",
    "reminder",
    "proposed question",
    "help in a thread",
    "listed promises",
    "open promises",
]


def assert_harmless(rendered: Rendered) -> None:
    limits.check(rendered)
    for text in limits.markup_of(rendered):
        left = OURS.sub("", text)
        assert "<" not in left
        assert ">" not in left
        assert not re.search(r"&(?!amp;|lt;|gt;)", left)


@pytest.mark.parametrize("render", RENDERINGS, ids=NAMES)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_known_attacks(render: Callable[[str], Rendered], text: str) -> None:
    assert_harmless(render(text))


@pytest.mark.parametrize("render", RENDERINGS, ids=NAMES)
def test_any_text(render: Callable[[str], Rendered]) -> None:
    @given(TEXTS)
    def check(text: str) -> None:
        assert_harmless(render(text))

    check()


@given(st.lists(TEXTS.filter(bool), min_size=1, max_size=8), st.uuids())
def test_a_post_shows_the_words_to_the_letter(texts: list[str], post: UUID) -> None:
    rendered = customer_post([samples.part(text, uuid=uuid4()) for text in texts], post)
    assert limits.words_of(rendered.blocks) == [show_turns(text) for text in texts]


@given(TEXTS.map(lambda text: "x" + text * 60))
def test_the_parts_of_a_long_message_show_all_of_it(text: str) -> None:
    parts = [samples.part(text, number=number) for number in range(len(split(text)))]
    blocks = [block for part in parts for block in customer_post([part], samples.POST).blocks]
    assert "".join(limits.words_of(blocks)) == show_turns(text)
