"""From what somebody typed after ``/cx`` to the word that answers."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cases.language import later
from cases.roles import Act
from commands.acts import (
    run_ask,
    run_assign,
    run_close,
    run_link,
    run_merge,
    run_open,
    run_reopen,
    run_take,
    run_withdraw,
)
from commands.away import run_away
from commands.customer import run_customer
from commands.kb import run_kb
from commands.log import run_log
from commands.mine import run_case, run_find, run_mine
from commands.problems import run_problem
from commands.reminders import run_remind, run_snooze
from commands.request import Request
from commands.settings import run_settings
from commands.status import run_status
from views.board import help_text
from views.thread import Rendered


@dataclass(frozen=True, slots=True)
class Word:
    """One word of ``/cx``: how to type it, what it does, which act it is, who answers."""

    usage: str
    what: later
    act: Act
    run: Callable[[Request], Awaitable[Rendered]]


async def run_help(_request: Request) -> Rendered:
    """``/cx help``."""
    return _help(None, None)


WORDS: dict[str, Word] = {
    "status": Word(
        "status [mine | unclaimed | CX-1042 | @person | #channel]",
        later("the open cases, those waiting longest for us first"),
        Act.LOOK,
        run_status,
    ),
    "mine": Word(
        "mine", later("the cases you own, those whose customer waits for you first"), Act.LOOK, run_mine
    ),
    "find": Word(
        "find words",  # not translated
        later("cases in which these words stand, in a message or in the customer's name"),
        Act.LOOK,
        run_find,
    ),
    "case": Word(
        "case CX-1042",  # not translated
        later("one case in short"),
        Act.LOOK,
        run_case,
    ),
    "kb": Word(
        "kb words | kb gaps",  # not translated
        later("what the knowledge base says; which articles were missing"),
        Act.LOOK,
        run_kb,
    ),
    "away": Word(
        "away until DAY [cover @person] | away off",  # not translated
        later("say that you are not here, and who covers for you"),
        Act.TAKE,
        run_away,
    ),
    "open": Word(
        "open what it is about",  # not translated
        later("open a case without a message"),
        Act.OPEN,
        run_open,
    ),
    "log": Word(
        "log call CX-1042 what was said | log call Anna Nowak: what was said",  # not translated
        later("keep what was said by phone in the customer's case"),
        Act.ARRANGE,
        run_log,
    ),
    "take": Word("take CX-1042", later("own a case"), Act.TAKE, run_take),  # not translated
    "assign": Word(
        "assign CX-1042 @person [why]",  # not translated
        later("hand a case over"),
        Act.TAKE,
        run_assign,
    ),
    "ask": Word(
        "ask CX-1042 department question",  # not translated
        later("ask a department; you see the question before it is posted"),
        Act.ASK,
        run_ask,
    ),
    "remind": Word(
        "remind CX-1042 WHEN what",  # not translated
        later("be reminded of a case: in `2h`, `tomorrow`, `friday 14:00`, on `2026-03-05`"),
        Act.LOOK,
        run_remind,
    ),
    "snooze": Word(
        "snooze CX-1042 [WHEN]",  # not translated
        later("put off what reminds of a case, by an hour unless you say when"),
        Act.LOOK,
        run_snooze,
    ),
    "close": Word("close CX-1042", later("close a case"), Act.CLOSE, run_close),  # not translated
    "reopen": Word("reopen CX-1042", later("reopen a case"), Act.ARRANGE, run_reopen),  # not translated
    "withdraw": Word(
        "withdraw CX-1042",  # not translated
        later("have the link to the case's page work no more"),
        Act.ARRANGE,
        run_withdraw,
    ),
    "merge": Word(
        "merge CX-1042 CX-1007",  # not translated
        later("let the first case go on in the second"),
        Act.ARRANGE,
        run_merge,
    ),
    "link": Word("link CX-1042 CX-1007", later("link two cases"), Act.ARRANGE, run_link),  # not translated
    "problem": Word(
        "problem [CX-1042] [PR-7 | what is wrong]",  # not translated
        later("one cause behind many cases: name it, and write to all their customers"),
        Act.ARRANGE,
        run_problem,
    ),
    "customer": Word(
        "customer CX-1042 | anna@example.com | name",  # not translated
        later("who a customer is, and all their cases on every channel"),
        Act.LOOK,
        run_customer,
    ),
    "settings": Word(
        "settings",
        later("change hours, days off, times, texts and roles, in this workspace"),
        Act.SETTINGS,
        run_settings,
    ),
    "help": Word("help", later("this list"), Act.HELP, run_help),
}


def act_of(text: str) -> Act:
    """What somebody wants to do who types ``text`` after ``/cx``; help is for everybody."""
    words = text.split()
    word = WORDS.get(words[0].lower()) if words else None
    return word.act if word else Act.HELP


async def dispatch(request: Request) -> Rendered:
    """Answer a command; an unknown word gets the nearest one and the help."""
    words = request.text.split()
    word = words[0].lower() if words else "help"
    if word in WORDS:
        return await WORDS[word].run(request)
    nearest = difflib.get_close_matches(word, WORDS, n=1, cutoff=0.5)
    return _help(word, nearest[0] if nearest else None)


def _help(unknown: str | None, nearest: str | None) -> Rendered:
    return help_text([(word.usage, str(word.what)) for word in WORDS.values()], unknown, nearest)
