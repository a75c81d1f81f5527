"""The parts of a replay over several channels: what a customer's side holds, and where a reply belongs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.chat import Shown, Visitor
from benchmarks.replay.__main__ import app
from benchmarks.replay.audit import Entry, Evidence, Faults, judge
from benchmarks.replay.board import Board
from benchmarks.replay.customer import Customer
from benchmarks.replay.lines import MailLine, Place, Sighting
from benchmarks.replay.mails import ADDRESS, Mail
from benchmarks.replay.post import PostOffice
from benchmarks.replay.threads import goes_on_in
from benchmarks.signals import Signal
from benchmarks.slack import Sandbox

FILE = Path(__file__).parent.parent / "data" / "conversations.jsonl"


class Silent:
    """A line on which nothing comes back."""

    async def write(self, text: str, thread: Place | None) -> Sighting:
        return lambda: None

    def answers(self) -> Sequence[Shown]:
        return ()

    async def places(self) -> dict[str, list[Entry]]:
        return {}

    async def closed(self) -> bool:
        return True

    def cut(self) -> None: ...

    async def close(self) -> None: ...


async def test_an_answer_belongs_where_the_customer_wrote_last() -> None:
    customer = Customer(("mail",), random.Random(1), lambda _channel: Silent())
    await customer.write("By mail", None)
    customer.note("agent", "To the mail")
    customer.channels = ("chat",)
    await customer.write("By chat", None)
    customer.note("agent", "To the chat")
    chat = [("customer", "By chat"), ("agent", "To the chat")]
    assert customer.wanted() == {
        "mailbox": [("agent", "To the mail")],
        "transcript": chat,
        "screen": chat,
    }


SAID: list[Entry] = [("customer", "By mail"), ("agent", "An answer")]


def evidence(mailbox: list[Entry], screen: list[Entry], loose: int = 0) -> Evidence:
    """A conversation of which everything was said by mail, after a chat in which nothing is open."""
    places = {"mailbox": mailbox, "screen": screen, "thread": SAID}
    return Evidence("one", SAID, places, 1, 0, True, wanted={"mailbox": SAID[1:], "screen": []}, loose=loose)


def test_an_answer_on_another_channel_is_lost_here_and_elsewhere_there() -> None:
    assert judge([evidence(SAID[1:], [])]).right
    verdict = judge([evidence([], SAID[1:])])
    assert verdict.total == Faults(lost=1, elsewhere=1)
    assert not verdict.right


def test_a_second_case_that_does_not_go_on_in_the_first_is_wrong() -> None:
    assert not judge([evidence(SAID[1:], [], loose=1)]).right


def test_a_card_names_the_case_in_which_it_goes_on() -> None:
    card = {"blocks": [{"type": "context", "elements": [{"text": "opened today · goes on in CX-104"}]}]}
    assert goes_on_in(card, "CX-104")
    assert not goes_on_in(card, "CX-10")


def line(office: PostOffice) -> MailLine:
    visitor = Visitor("anna", "Anna Nowak", "Anna@Example.org")
    return MailLine(office, Board(Sandbox(None, "", ""), Signal()), visitor, "Where is my lamp?")  # type: ignore[arg-type]


def reply(references: str, text: str) -> Mail:
    """A mail of the company."""
    message = EmailMessage()
    message["Message-ID"], message["References"] = "<reply@x.example>", references
    message["Reply-To"], message["From"] = "support+token@replay.example", "Harbour & Hill <support@x>"
    message["Date"] = datetime(2026, 11, 27, 12, tzinfo=UTC)
    message.set_content(text)
    return Mail("anna@example.org", message, 1.0)


def test_mails_answer_what_came_and_only_new_words_count() -> None:
    office = PostOffice(Signal())
    mine, other = line(office), line(office)
    first = mine._mail("Where is it?")
    assert first["To"] == ADDRESS
    assert "In-Reply-To" not in first
    other._mail("Something else")
    text = "It left.\n\n-- \nHarbour & Hill\n\nOn Friday, Anna wrote:\n> Where is it?\n"
    office.sent.append(reply(str(first["Message-ID"]), text))
    assert [shown.text for shown in mine.answers()] == ["It left."]
    assert other.answers() == []
    second = mine._mail("Thank you")
    assert (second["To"], second["In-Reply-To"]) == ("support+token@replay.example", "<reply@x.example>")
    assert str(second["Subject"]).startswith("Re: Where is my lamp? (")
    assert "\n> It left.\n" in str(second.get_content())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--channels", "chat,fax"], "takes chat, mail and api, not “fax”"),
        (["--channels", "mail", "--customers", str(FILE)], "needs a mail address of each customer; bela"),
    ],
)
def test_what_it_cannot_play_is_said(words: list[str], sentence: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, [str(FILE), "--home", str(tmp_path), *words])
    assert done.exit_code == 2, done.output
    assert sentence in done.stderr
