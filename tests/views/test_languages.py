"""Each view in each language: Slack accepts it, and nothing in it stays English."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from gettext import NullTranslations
from typing import Any

import pytest

from cases import language as texts
from cases.enums import Channel, DraftKind, HoldReason, NoticeAbout, Priority, Status
from cases.messages import WaitsOn
from cases.promises import Amount, Due, NextStep, Step, Told
from cases.reader import Language, reader_of, use
from cases.roles import Role, Standing
from cases.settings import Change, Kind, Part, Setting, Sheet, Value
from cases.surveys import SurveyKind
from tests.views import limits, samples
from tests.views.samples import POST
from views.admin_notices import admin_notice
from views.asks import (
    answer_form,
    ask_confirmation,
    ask_form,
    ask_line,
    ask_post,
    ask_proposal,
    later_form,
    need_more_form,
    not_us_form,
)
from views.blocks import Block
from views.board import help_text, status_board
from views.brief import brief_note
from views.card import card_blocks
from views.case_menu import assign_form, case_menu
from views.close_form import close_form
from views.corrections import correction, retraction, stays
from views.corrections import write_form as correction_form
from views.customer import Begin, choose_form, find_form, switch_form
from views.customer_sheet import customer_sheet, customers_found, sheet_page
from views.history import catch_up_page, log_page, seen_page
from views.home import Desk, closed_home, home_view
from views.ledger import promises_page
from views.notes import close_note, customer_changed, opened_note, owned_note
from views.preview import preview, sending
from views.problems import LEFT_OUT as LEFT_OUT_OF_PROBLEM
from views.problems import mailing_preview, problem_form, problem_page, problems_list, solve_form, write_form
from views.reminders import put_off_form, remind_form, reminder_ended, reminder_post
from views.settings import part_form, saved_page, settings_form
from views.survey import rating_post
from views.tellings import digest_post, tell_form
from views.thread import Call, Rendered, called, customer_post, notice_post, overtaken_post, sent_post

FILE = {"name": "1.jpg", "size": 1_234_567}
LEFT_OUT = [{"name": "7", "why": why} for why in ("large", "type", "many", "elsewhere", "failed")]
EVENTS: Mapping[str, dict[str, Any]] = {
    "taken": {"by": "U1"},
    "released": {"by": "U1"},
    "assigned": {"by": "U1", "to": "U2", "why": "?"},
    "problem_joined": {"by": "U1", "problem": 7, "title": "?"},
    "problem_left": {"by": "U1", "problem": 7},
    "reopened": {"by": None},
    "reopened by": {"by": "U1"},
    "switched": {"by": "U1", "site": "7", "channel": "mail", "title": None},
    "begun": {"by": "U1", "address": "?", "mailbox": "7", "proven": True},
    "begun unproven": {"by": "U1", "address": "?", "mailbox": "7", "proven": False},
    "closed": {"by": "U1", "reason": "?"},
    "closed_told": {"by": "U1", "at": "2026-03-02T09:00:00+00:00", "words": "?"},
}
BEFORE = samples.NOW - timedelta(days=1)
RATING: dict[str, Any] = {"kind": "csat", "comment": "?"}
DUE_TODAY = {"kind": "note", "text": "?", "due_at": samples.NOW, "snoozed_until": samples.NOW}
REMINDER: dict[str, Any] = {"token": "t", "member": "U1", "text": "?"}
SUPERVISOR = Standing(frozenset(Role), ("7",), ("7",))
HOME_ROW = samples.board_row(subject="?", customer="7", token=samples.TOKEN)
FOUND = {"id": 1, "name": "7", "email": None, "external_id": None, "site": None}
ROW = samples.board_row(subject="?", customer="7")
NOWHERE = {"place": None, "icon": None}
REACHED: list[dict[str, Any]] = [
    {"kind": kind, "value": "?", "verified": proven, "told_by": None if proven else "U1", "many": 9} | NOWHERE
    for kind in ("email", "told", "chat", "visitor")
    for proven in (True, False)
]
SHEET: dict[str, Any] = {
    "name": "7",
    "external_id": "7",
    "language": None,
    "zone": "7",
    "emails": {"7": False, "8": True},
    "phone": "7",
    "created_at": samples.NOW,
    "identities": REACHED,
    "orders": 2,
    "newest_order": {"id": "7", "status": "7"},
}
THEIRS = [
    ROW
    | {"token": samples.TOKEN, "channels": ["mail"], "closed_at": samples.NOW, "fitting": 9}
    | {"rating_kind": "csat", "score": 5}
]
BEGIN = Begin(
    [{"address": "7@7", "proven": True}, {"address": "8@7", "proven": False}],
    [("7", "7"), ("8", "8")],
    "7",
    "?",
)
PLACES = [{"id": 1, "channel": "mail", "site": "7", "title": None}]
PROBLEM: dict[str, Any] = {
    "number": 7,
    "token": "t",
    "title": "?",
    "created_by": "U1",
    "created_at": samples.NOW,
    "solved_by": "U1",
    "solved_at": samples.NOW,
}
_RECIPIENT: dict[str, Any] = {
    "number": 1042,
    "url": None,
    "customer": "7",
    "status": "open",
    "owner": None,
    "channel": "webchat",
    "site": "7",
    "left_out": None,
    "draft": None,
    "delivered_at": None,
    "read_at": None,
}
PROBLEM_CASES: list[dict[str, Any]] = [
    _RECIPIENT,
    *(_RECIPIENT | {"left_out": why} for why in LEFT_OUT_OF_PROBLEM),
    *(_RECIPIENT | {"draft": state} for state in ("approved", "sent", "cancelled")),
    _RECIPIENT | {"read_at": samples.NOW},
    _RECIPIENT | {"delivered_at": samples.NOW},
]


PARTS = [Part(kind, "7", "7") for kind in Kind]
CHANGE = Change(Setting("hours.yml", ("calendars", "7", "week")), {}, "U1", BEFORE, 1)
_SETTINGS: Mapping[Kind, list[tuple[str, ...]]] = {
    Kind.HOURS: [("week",), ("time_zone",)],
    Kind.DAYS: [("holidays",), ("closed",), ("special",)],
    Kind.TIMES: [("first_response",), ("next_update",), ("legal",), ("steps", "7", "time")],
    Kind.TEXTS: [("promise_text", language) for language in Language],
    Kind.ROLES: [("supervisors",), ("agents",), ("lead",)],
}


def sheet_of(part: Part) -> Sheet:
    settings = [Setting("processes.yml", ("processes", "7", *path)) for path in _SETTINGS[part.kind]]
    return Sheet(part, [Value(setting, None, None, CHANGE, 1) for setting in settings])


def card(status: Status, **more: Any) -> list[Block]:
    case = samples.card(status, subject="?", customer="7", site="7", **more)
    return card_blocks(case, f"p:{POST}")


def event(name: str) -> Rendered:
    return notice_post(EVENTS[name] | {"event": name.split(maxsplit=1)[0]}, POST)


def told(about: NoticeAbout, **detail: str) -> Rendered:
    return admin_notice(about, "C1", detail, samples.NOW)


LATE = NextStep(2, 3, Step("7", Amount(days=1), "7"), "7", samples.NOW, samples.NOW)

VIEWS: Mapping[str, Callable[[], Rendered | list[Block] | Block]] = {
    **{f"card, {status}": partial(card, status) for status in Status},
    "card of a known customer": lambda: card(
        Status.CLOSED, owner="U1", close_reason="?", follows=1, orders=2, earlier_cases=5
    ),
    "card beside others": lambda: card(
        Status.NEW, others=[samples.other_case("?")], others_left_out=2, priority=Priority.HIGH
    ),
    "card of somebody whom we may know": lambda: card(
        Status.NEW, suggestion=samples.suggestion("7", customer="7", order="7")
    ),
    **{
        f"held, {reason}": partial(told, NoticeAbout.HELD, reason=reason)
        for reason in HoldReason
        if reason is not HoldReason.TOKEN
    },
    **{
        f"told of, {about}": partial(told, about, reason=HoldReason.SHARED, old="?")
        for about in NoticeAbout
        if about is not NoticeAbout.HELD
    },
    "token accepted again": partial(told, NoticeAbout.RESUMED, reason=HoldReason.TOKEN),
    "customer's words": lambda: customer_post([samples.part("?", author="7", files=[FILE])], POST),
    "customer without words": lambda: customer_post([samples.part("", author="")], POST),
    "sent": lambda: sent_post(samples.part("?"), POST, by="U1", closing=False),
    "closing": lambda: sent_post(samples.part("?"), POST, by="U1", closing=True),
    "sent by itself": lambda: sent_post(samples.part("?"), POST, by="app", closing=False),
    "closing by itself": lambda: sent_post(samples.part("?"), POST, by="app", closing=True),
    **{
        f"rating, {score}": partial(
            rating_post, RATING | {"score": score, "first_contact": first}, ["U1"], "x"
        )
        for score, first in ((1, True), (5, False), (3, None))
    },
    "card of a rated case": lambda: card(Status.CLOSED, rating=(SurveyKind.NPS, 7)),
    "closing form with replies": lambda: close_form(
        1042, "{}", replies=[{"uuid": "7", "text": "?", "created_at": samples.NOW}]
    ),
    "closing by itself soon": lambda: sending("d", "?", 3.0, itself=DraftKind.CLOSING),
    "asked once more soon": lambda: sending("d", "?", 3.0, itself=DraftKind.REPLY),
    "board with silent ones": lambda: status_board({}, [], "https://x", "?", 7),
    "overtaken": lambda: overtaken_post(samples.part("?"), POST, by="U1"),
    "edited": lambda: customer_post([samples.part("?", author="7", edited_at=samples.NOW)], POST),
    "deleted": lambda: customer_post([samples.part("?", author="7", deleted_at=samples.NOW)], POST),
    "corrected": lambda: sent_post(samples.part("?", edited_at=samples.NOW), POST, by="U1", closing=False),
    "taken back": lambda: sent_post(samples.part("?", deleted_at=samples.NOW), POST, by="U1", closing=False),
    "changed meanwhile": lambda: customer_changed("7", "", deleted=False),
    "deleted meanwhile": lambda: customer_changed("7", "", deleted=True),
    "called": lambda: called(customer_post([samples.part("?", author="7")], POST), Call(None)),
    **{f"notice, {name}": partial(event, name) for name in EVENTS},
    "preview": lambda: preview("d", "?", "7", newer=True, left_out=LEFT_OUT),
    "preview with promises": lambda: preview("d", "?", "7", listed=samples.listed("?")),
    "promises": lambda: promises_page(samples.card(Status.OPEN), [samples.promised("?")], "?"),
    "no promises": lambda: promises_page(samples.card(Status.OPEN), []),
    "sending": lambda: sending("d", "?", 3.0),
    "brief": lambda: brief_note(samples.brief("?", "7")),
    "board": lambda: status_board({Status.NEW: (2, 1)}, [ROW | {"fitting": 9}], "https://x", "?"),
    "empty board": lambda: status_board({}, [], "https://x", "?"),
    "help": lambda: help_text([("?", "?")], "7", "7"),
    "note": lambda: owned_note(samples.card(Status.OPEN), None),
    "customer": lambda: customer_sheet(SHEET, THEIRS, "https://7"),
    "customer of a case opened by hand": lambda: customer_sheet(
        SHEET | {"newest_order": None, "name": ""}, [], "?", samples.card(channel=Channel.INTERNAL)
    ),
    "customer's cases": lambda: sheet_page(SHEET, THEIRS, "https://7"),
    "customers who fit": lambda: customers_found([FOUND] * 16),
    "form of another channel": lambda: switch_form("{}", PLACES),
    "form of another channel or a mail": lambda: switch_form("{}", PLACES, BEGIN),
    "form to begin a mail": lambda: switch_form("{}", [], BEGIN),
    "menu": lambda: case_menu(samples.card(Status.OPEN, subject="?", customer="7"), "U1", "?"),
    "Home": lambda: home_view(
        Desk(SUPERVISOR, (), [HOME_ROW], [HOME_ROW], [HOME_ROW], [HOME_ROW | DUE_TODAY]), "https://x"
    ),
    "Home of a guest": lambda: closed_home("?"),
    "customer to find": lambda: find_form(1042, "{}"),
    "customer to choose": lambda: choose_form(1042, "{}", [FOUND]),
    "correction": lambda: correction("d", "?", "?", "7", newer=True),
    "correction that cannot be": lambda: stays("d", "?", "7"),
    "correction to write": lambda: correction_form(1042, "?", "{}"),
    "retraction": lambda: retraction("d", "?", "7", possible=True),
    "retraction that cannot be": lambda: retraction("d", "?", "7", possible=False),
    "log": lambda: log_page(samples.card(Status.OPEN), [], samples.waited("7")),
    "what is new": lambda: catch_up_page(samples.card(Status.OPEN), samples.NOW, [], []),
    "what is new at first": lambda: catch_up_page(samples.card(Status.OPEN), None, [], []),
    "customer's view": lambda: seen_page(samples.card(Status.OPEN), []),
    "note to close": lambda: close_note(samples.card(Status.OPEN), None),
    "note of a new case": lambda: opened_note(samples.card(Status.OPEN), None),
    "closing form": lambda: close_form(1042, "{}", notice="?"),
    "form of a problem": lambda: problem_form(1042, "{}", [PROBLEM]),
    "problem": lambda: problem_page(
        PROBLEM | {"solved_at": None}, PROBLEM_CASES, {"token": "t", "body": "?"}, case="c", undo=True
    ),
    "solved problem": lambda: problem_page(PROBLEM, [], None, notice="?"),
    "text for all": lambda: write_form(7, "{}"),
    "solving": lambda: solve_form(7, "{}"),
    **{
        f"preview of {kind} for all": partial(
            mailing_preview, {"kind": kind, "token": "t", "body": "?"}, 7, PROBLEM_CASES
        )
        for kind in ("reply", "closing")
    },
    "open problems": lambda: problems_list([PROBLEM]),
    "no open problems": lambda: problems_list([]),
    "card of a case that waits": lambda: card(
        Status.WAITING_DEPARTMENT, waits_on=[WaitsOn("7", samples.NOW, "U1", samples.NOW)]
    ),
    "card of a case with a date": lambda: card(
        Status.OPEN, due=Due(samples.NOW, told=Told(BEFORE, BEFORE), legal=samples.NOW)
    ),
    "card of a case that is late": lambda: card(Status.OPEN, due=Due(samples.NOW, next=LATE)),
    "card of a case that is due": lambda: card(Status.OPEN, due=Due(samples.NOW)),
    "card of a case whose clock stands still": lambda: card(Status.WAITING_CUSTOMER, due=Due(stopped=True)),
    **{
        f"card of a closed case, kept {kept}": partial(
            card, Status.CLOSED, due=Due(told=Told(BEFORE, BEFORE, kept))
        )
        for kept in (True, False)
    },
    "form to ask": lambda: ask_form(1042, "{}", [("7", "7")]),
    "question to confirm": lambda: ask_confirmation(samples.asked("?", due_on=samples.NOW.date()), "{}"),
    "question to confirm privately": lambda: ask_proposal(samples.asked("?")),
    **{
        f"question, {state}": partial(ask_post, samples.asked("?", state=state), "p")
        for state in ("open", "answered", "rerouted")
    },
    "form to answer": lambda: answer_form(samples.asked("?"), "{}"),
    "form to answer later": lambda: later_form(samples.asked("?"), "{}"),
    "form to ask back": lambda: need_more_form(samples.asked("?"), "{}"),
    "form to pass on": lambda: not_us_form(samples.asked("?"), "{}", [("7", "7")]),
    **{
        f"question in the thread, {event}{' later' * later}": partial(
            ask_line,
            event,
            samples.asked("?"),
            {"text": "?", "author": "U1", "later": later, "at": samples.NOW},
            0,
            POST,
        )
        for event, later in (
            ("asked", False),
            ("answer", False),
            ("answer", True),
            ("need_more", False),
            ("later", False),
            ("rerouted", False),
        )
    },
    "form to tell a department": lambda: tell_form(1042, "{}", [("7", "7")]),
    "digest for a department": lambda: digest_post(
        {"department_name": "7", "left_over": 2}, [{"text": "?", "told_by": "U1", "number": 1042}] * 20, "p"
    ),
    "question that was not asked by itself": lambda: ask_line(
        "not_asked", samples.asked("?", step="7"), {"why": "foreign", "what": ["7"]}, 0, POST
    ),
    "question that a step asked by itself": lambda: ask_line(
        "asked", samples.asked("?", step="7"), None, 0, POST
    ),
    "form to put off": lambda: put_off_form(1042, "{}"),
    "form to be reminded": lambda: remind_form(1042, "{}"),
    "reminder": lambda: reminder_post(REMINDER, "p"),
    "reminder put off": lambda: reminder_ended(REMINDER, "p", samples.NOW),
    "reminder done": lambda: reminder_ended(REMINDER, "p", None),
    "settings": lambda: settings_form(PARTS, [CHANGE], [CHANGE], "{}"),
    **{f"settings, {part.kind}": partial(part_form, sheet_of(part), "{}") for part in PARTS},
    "settings saved": lambda: saved_page(sheet_of(PARTS[0]), sheet_of(PARTS[0]).values, back=False),
    "settings given back": lambda: saved_page(sheet_of(PARTS[0]), sheet_of(PARTS[0]).values, back=True),
    "form to hand over": lambda: assign_form(1042, "{}"),
}


def blocks_of(shown: Rendered | list[Block] | Block) -> list[Block]:
    if isinstance(shown, list):
        return shown
    found: list[Block] = shown.blocks if isinstance(shown, Rendered) else shown["blocks"]
    return found


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("view", VIEWS)
def test_slack_accepts_every_view_in_every_language(view: str, language: Language) -> None:
    with use(reader_of(language)):
        shown = VIEWS[view]()
    limits.check_blocks(blocks_of(shown))
    if isinstance(shown, dict):
        parts = [shown[part]["text"] for part in ("title", "submit", "close") if part in shown]
        assert all(0 < len(part) <= 24 for part in parts)


class Marking(NullTranslations):
    """Translates nothing, and marks what it was asked for."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def pgettext(self, context: str, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


def said(node: Any) -> Iterator[str]:
    """Every text that a reader sees in some blocks."""
    if isinstance(node, Rendered):
        yield node.text
        yield node.username or ""
        yield from said(node.blocks)
    elif isinstance(node, list):
        for each in node:
            yield from said(each)
    elif isinstance(node, dict):
        if isinstance(node.get("text"), str):
            yield node["text"]
        for each in node.values():
            yield from said(each)


def unmarked(text: str) -> str:
    """What of ``text`` no translator was asked for, but for names that Slack fills in, and references."""
    text = re.sub(r"<[!@#h][^<>]*>|(?:CX|PR)-\d+|`[^`]*`|\b[kM]B\b|jpg|3 seconds", "", text)
    while (bare := re.sub(r"⟦[^⟦⟧]*⟧", "", text)) != text:
        text = bare
    return text


@pytest.mark.parametrize("view", VIEWS)
def test_no_word_of_a_view_escapes_translation(view: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "catalogue", lambda language: Marking())
    shown = VIEWS[view]()
    left = {text for text in said(shown) if re.search(r"[^\W\d_]{2,}", unmarked(text))}
    assert not left


@pytest.mark.parametrize(
    ("tag", "zone", "words"),
    [
        ("en-GB", "UTC", ["Waiting on the customer", "opened <!date^", "2 Mar 2026, 09:00 UTC"]),
        ("pl-PL", "Europe/Warsaw", ["Czeka na klienta", "2 zamówienia", "2 mar 2026, 10:00 CET"]),
        ("cs-CZ", "Europe/Prague", ["Čeká na zákazníka", "2 objednávky", "2. 3. 2026 10:00 CET"]),
        ("hu-HU", "Europe/Budapest", ["Az ügyfélre vár", "2 rendelés", "2026. márc. 2. 10:00 CET"]),
    ],
)
def test_a_card_as_its_reader_sees_it(tag: str, zone: str, words: list[str]) -> None:
    with use(reader_of(tag, zone)):
        shown = str(card(Status.WAITING_CUSTOMER, orders=2)).replace("Opened", "opened")
    assert [word for word in words if word not in shown] == []


@pytest.mark.parametrize(
    ("tag", "size", "left"),
    [
        ("en", "1.2 MB", "Sending in 0.5 seconds"),
        ("pl", "1,2 MB", "pozostało 0,5 sekundy"),
        ("cs", "1,2 MB", "zbývá 0,5 sekundy"),
        ("hu", "1,2 MB", "hátravan 0,5 másodperc"),
    ],
)
def test_numbers_in_a_thread(tag: str, size: str, left: str) -> None:
    with use(reader_of(tag)):
        assert size in str(customer_post([samples.part("", files=[FILE])], POST).blocks)
        assert left in str(sending("d", "?", 0.5).blocks)


def test_a_time_far_away_is_written_in_the_zone_of_its_reader() -> None:
    from views.blocks import when

    with use(reader_of("hu", "America/New_York")):
        assert when(datetime(2026, 1, 1, 2, 0, tzinfo=UTC)).endswith("|2025. dec. 31. 21:00 EST>")
