from __future__ import annotations

import re

import pytest
from hypothesis import given

from cases.text import escape
from tests.support.texts import TEXTS
from views.plain import mentioned_users, noted, to_plain, with_mentions

NAMES = {"U1ANNA": "Anna", "W2BORIS": "Boris"}


def plain(markup: str) -> str:
    return to_plain(markup, lambda user: NAMES.get(user, user))


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("Ask <@U1ANNA> or <@W2BORIS|boris>.", "Ask Anna or Boris."),
        ("<@U9UNKNOWN>", "U9UNKNOWN"),
        ("See <#C1|shipping> and <#C2>", "See #shipping and #C2"),
        ("<!here> <!channel|channel>", "here channel"),
        ("<!subteam^S1|@logistics>", "@logistics"),
        ("<!date^1700000000^{date}|14 Nov 2023>", "14 Nov 2023"),
        ("<https://shop.example/a?b=1&amp;c=2>", "https://shop.example/a?b=1&c=2"),
        ("<https://shop.example|shop.example>", "https://shop.example"),
        ("<https://shop.example/returns|our form>", "our form (https://shop.example/returns)"),
        ("<mailto:help@shop.example|help@shop.example>", "help@shop.example"),
        ("<mailto:help@shop.example>", "help@shop.example"),
        ("<tel:+48221234567|+48 22 123 45 67>", "+48 22 123 45 67"),
        ("Tom &amp; Eva &lt;3", "Tom & Eva <3"),
        ("&amp;lt;b&amp;gt; stays as typed", "&lt;b&gt; stays as typed"),
        ("5 > 3 and < 4", "5 > 3 and < 4"),
        ("line\nline", "line\nline"),
        ("Thanks :wave:", "Thanks 👋"),
        (":+1::tada:", "👍🎉"),
        ("Thanks:wave:, bye", "Thanks👋, bye"),
        (":heart:", "❤️"),
        ("<@U1ANNA>:wave:<@U1ANNA>", "Anna👋Anna"),
        (":wave::skin-tone-3:", "👋🏼"),
        (":wave::skin-tone-6: :wave:", "👋🏿 👋"),
        (":point_up::skin-tone-2:", "☝🏻"),
        (":man-shrugging::skin-tone-4:", "🤷🏽\u200d♂️"),
        ("Note:Please:no_such_emoji:wave: :no_such:", "Note:Please:no_such_emoji👋 :no_such:"),
        ("10:30:15 10:100:15 00:1a:ab:3c :15:", "10:30:15 10:100:15 00:1a:ab:3c :15:"),
        ("<https://shop.example/:wave:/a>", "https://shop.example/:wave:/a"),
        (":Poland: : wave : :wave", ":Poland: : wave : :wave"),
        ("*Bold*, _italic_ and *_both_*.", "Bold, italic and both."),
        ("*<@U1ANNA> says* (_really_)", "Anna says (really)"),
        ("`a_b *c*` then ```\nx * _y_ * z\n``` end", "a_b *c* then x * _y_ * z end"),
        ("2*3*4 = 2 * 12, snake_case_name, * item", "2*3*4 = 2 * 12, snake_case_name, * item"),
        ("~20 EUR~ 10 EUR", "~20 EUR~ 10 EUR"),
        ("<https://shop.example/_a_/*b*> _c_", "https://shop.example/_a_/*b* c"),
        ("*over\ntwo lines* :arrow_up: *", "*over\ntwo lines* ⬆️ *"),
    ],
)
def test_markup_becomes_what_a_customer_reads(markup: str, words: str) -> None:
    assert plain(markup) == words


WITHOUT_MARKS = TEXTS.map(lambda text: re.sub("[:*_`]", ";", text))


@given(WITHOUT_MARKS)
def test_what_was_typed_without_markup_comes_back_to_the_letter(text: str) -> None:
    assert plain(escape(text)) == text


@given(WITHOUT_MARKS, WITHOUT_MARKS)
def test_pieces_are_translated_each_for_itself(before: str, after: str) -> None:
    assert plain(f"{escape(before)}<@U1ANNA>{escape(after)}") == f"{before}Anna{after}"


@given(TEXTS)
def test_any_markup_can_be_read(markup: str) -> None:
    assert isinstance(plain(markup), str)


def test_a_name_that_looks_like_markup_is_not_read_as_markup() -> None:
    assert to_plain("<@U1ANNA>", lambda _: "<!channel>") == "<!channel>"


def test_mentioned_people_are_found_once() -> None:
    assert mentioned_users("<@U1ANNA> <@U1ANNA> <@W2BORIS|b> <#C1> @U3 &lt;@U4&gt;") == set(NAMES)


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("<@U1ANNA> *look*: a &lt; b &amp; c", "<@U1ANNA> look: a &lt; b &amp; c"),
        ("<!here> <@W2BORIS|boris>, please", "here <@W2BORIS>, please"),
        ("me@UBER.example and @UP", "me@UBER.example and @UP"),
    ],
)
def test_talk_is_shown_to_us_with_those_it_mentions(markup: str, shown: str) -> None:
    assert with_mentions(escape(noted(markup))) == shown


def test_a_mention_that_was_cut_off_is_none() -> None:
    assert with_mentions("Ask @U1AN…") == "Ask @U1AN…"
