"""Odd and hostile mails by the hundred, each with what must become of it: the same ones for the same seed."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from random import Random


class Verdict(StrEnum):
    """What must become of a mail."""

    JOINS = "joins"
    """The customer wrote it, however odd it is: it belongs to their case."""
    OTHER = "other"
    """A case of its own, or none: never the customer's."""
    AUTOMATIC = "automatic"
    """A program wrote it: no case."""
    QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True)
class Target:
    """The case that is attacked."""

    mailbox: str = "support@shop.example"
    customer: str = "jan@example.com"
    sent: str = "<7d1.CX-1042@shop.example>"
    """The Message-ID of our last mail to the customer."""
    reply_to: str = "support+aaaaaaaaaaaaaaaaaaaaaaaa@shop.example"
    """Our address with the case's token."""


@dataclass(frozen=True, slots=True)
class HostileMail:
    """One mail, and what must become of it."""

    name: str
    raw: bytes
    verdict: Verdict
    sender: str | None = None
    """Whose it is, where it is let in."""


Made = tuple[str, bytes, Verdict, str | None]
Family = Callable[[Random, Target], Made]


def hostile_mails(target: Target | None = None, many: int = 500, seed: int = 6) -> list[HostileMail]:
    """``many`` mails, of each family as many."""
    target = target or Target()
    made = []
    for number in range(many):
        family = FAMILIES[number % len(FAMILIES)]
        name, raw, verdict, sender = family(Random(f"{seed} {number}"), target)
        made.append(HostileMail(f"{number}: {name}", raw, verdict, sender))
    return made


def library_mails() -> Iterator[tuple[str, bytes]]:
    """The mails that Python's own parser is tested with, where this Python has its tests."""
    found = find_spec("test.test_email")
    for place in found.submodule_search_locations or [] if found else []:
        for file in sorted(Path(place, "data").glob("*.txt")):
            yield file.name, file.read_bytes()


# ── Building ─────────────────────────────────────────────────────────────────────────────────────────────

_WORDS = [
    *("where", "is", "my", "parcel", "żółć", "příliš", "árvíztűrő", "荷物", "\u202e", "\u200b", "<!channel>"),
    *("<@U1>", "&", "'", '"', "\\", "%", "{x}", "\0"),
]


def _text(random: Random, most: int = 60) -> str:
    return " ".join(random.choice(_WORDS) for _ in range(random.randrange(1, most)))


def _eve(random: Random) -> str:
    return f"eve{random.randrange(10_000)}@evil.example"


def _threaded(target: Target) -> str:
    """Everything that names the customer's case."""
    return f"In-Reply-To: {target.sent}\nReferences: <0@x.example> {target.sent}\nTo: {target.reply_to}\n"


def _mail(sender: str, head: str, body: str | bytes = "Hello") -> bytes:
    content = body if isinstance(body, bytes) else body.encode("utf-8", "replace")
    return f"From: {sender}\n{head}".encode("utf-8", "surrogateescape") + b"\n" + content


def _customers(random: Random, target: Target, head: str, body: str | bytes) -> bytes:
    odd = random.choice(
        [
            target.customer,
            f"Jan <{target.customer}>",
            f"<{target.customer.upper()}>",
            f"{target.customer} (Jan)",
        ]
    )
    return _mail(
        odd, f"Message-ID: <{random.getrandbits(64):x}@example.com>\n{_threaded(target)}{head}", body
    )


# ── Who pretends to be somebody ──────────────────────────────────────────────────────────────────────────


def _two_readings_of_the_sender(random: Random, target: Target) -> Made:
    eve, jan = _eve(random), target.customer
    sender = random.choice(
        [
            f"{jan}){eve}",
            f"{jan}(<{eve}>",
            f'{jan} (") <{eve}> (")',
            f"<{jan}> <{eve}>",
            f"{jan}, {eve}",
            f"<{jan}>{eve}",
            f'"{jan}',
            f"{jan}\x00{eve}",
            f"=?utf-8?b?{base64.b64encode(jan.encode()).decode()}?=",
            f"{jan}\r\n {eve}",
            f"<{jan}",
            f"a)b@{random.choice(['evil.example', 'example.com'])}",
            f"{jan}>",
            f"Jan: {jan};",
        ]
    )
    return "two readings", _mail(sender, _threaded(target)), Verdict.QUARANTINE, None


def _two_senders(random: Random, target: Target) -> Made:
    first, second = random.sample([target.customer, _eve(random)], 2)
    raw = _mail(first, f"Subject: x\nfrom : {second}\n{_threaded(target)}")
    return "two senders", raw, Verdict.QUARANTINE, None


def _no_sender(random: Random, target: Target) -> Made:
    head = random.choice(
        ["", f"Sender: {target.customer}\n", f"Reply-To: {target.customer}\n", "From:\n", "\n"]
    )
    return "no sender", f"{head}{_threaded(target)}\nHello".encode(), Verdict.QUARANTINE, None


def _a_name_that_is_the_customer(random: Random, target: Target) -> Made:
    eve, jan = _eve(random), target.customer
    encoded = base64.b64encode(f"{jan} <{jan}>".encode()).decode()
    name = random.choice(
        [f'"{jan}"', f'"Jan <{jan}>"', f"=?utf-8?b?{encoded}?=", f"({jan})", f'"{jan}\u202e"']
    )
    return "another's name", _mail(f"{name} <{eve}>", _threaded(target)), Verdict.OTHER, eve


def _a_stranger_with_references_and_token(random: Random, target: Target) -> Made:
    eve = _eve(random)
    head = _threaded(target) + f"Delivered-To: {target.reply_to}\nSender: {target.customer}\n"
    head += f"Reply-To: {target.customer}\nMessage-ID: {target.sent}\nCc: {target.customer}\n"
    return "a stranger's answer", _mail(eve, head, _text(random)), Verdict.OTHER, eve


def _look_alike(random: Random, target: Target) -> Made:
    jan = target.customer
    sender = random.choice(
        [
            jan.replace("a", "а"),
            jan.replace("@", "@\u200b"),
            f"{jan}.evil.example",
            f"x{jan}",
            jan.replace("@", "+x@"),
        ]
    )
    asked = sender if sender.isascii() else None
    verdict = Verdict.OTHER if asked else Verdict.QUARANTINE
    return "a look-alike", _mail(sender, _threaded(target)), verdict, asked


def _nothing_as_a_reference(random: Random, target: Target) -> Made:
    eve = _eve(random)
    nothing = random.choice(
        ["", "<>", "null", "<null>", "<@>", "undefined", "(null)", "<a>", "@", "<\x00@x>"]
    )
    head = f"In-Reply-To: {nothing}\nReferences: {nothing}\nMessage-ID: {nothing}\nTo: {target.mailbox}\n"
    return "nothing", _mail(eve, head), Verdict.OTHER, eve


# ── What no program should choke on ──────────────────────────────────────────────────────────────────────


def _too_deep(random: Random, target: Target) -> Made:
    levels = random.choice([21, 50, 1_000])
    body = "".join(f"--b{n}\nContent-Type: multipart/mixed; boundary=b{n + 1}\n\n" for n in range(levels))
    head = _threaded(target) + "Content-Type: multipart/mixed; boundary=b0\n"
    return "too deep", _customers(random, target, head, body), Verdict.QUARANTINE, None


def _too_many_parts(random: Random, target: Target) -> Made:
    head = "Content-Type: multipart/mixed; boundary=b\n"
    body = "--b\n\nx\n" * random.choice([201, 5_000])
    return "too many parts", _customers(random, target, head, body), Verdict.QUARANTINE, None


def _too_long_headers(random: Random, target: Target) -> Made:
    head = random.choice(["Subject: " + "x" * 70_000 + "\n", "X-Spam: y\n" * 40_000])
    return "long headers", _customers(random, target, head, "Hello"), Verdict.QUARANTINE, None


def _odd_references(random: Random, target: Target) -> Made:
    value = random.choice(
        [
            f"{target.sent}, <x>, null",
            f"<{target.sent}>",
            f"{target.sent[1:-1]}",
            f"Your mail of Monday {target.sent}",
            f"<null> {target.sent}\n\t<>",
            f"{target.sent}{target.sent}",
        ]
    )
    raw = _mail(
        target.customer, f"In-Reply-To: {value}\nIn-Reply-To: <>\nTo: {target.mailbox}\n", _text(random)
    )
    return "odd references", raw, Verdict.JOINS, target.customer


def _odd_words(random: Random, target: Target) -> Made:
    charset = random.choice(
        ["utf-8", "iso-8859-2", "utf-16", "rot13", "undefined", "punycode", "x\x00y", "'", ""]
    )
    encoding = random.choice(["base64", "quoted-printable", "8bit", "x-uuencode", "", "binary\x00"])
    content = random.randbytes(random.randrange(2_000)) + _text(random).encode("utf-8", "replace")
    head = "".join(f"{name}: {_odd_header(random)}\n" for name in ("Subject", "Date", "Content-Language"))
    head += f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {encoding}\n"
    return "odd words", _customers(random, target, head, content), Verdict.JOINS, target.customer


def _odd_header(random: Random) -> str:
    return random.choice(
        [
            "=?utf-8?b?////?=",
            "=?utf-8?q?=0D=0ABcc:_x@evil.example?=",
            "=?undefined?q?x?=",
            "=?utf-8?b?" * 50,
            "=?" * 500,
            "\udcff\udcfe",
            "a\x00b",
            "a\rBcc: x@evil.example",
            "Mon, 99 Jan 99999999999 99:99:99 +9999",
            '"' * 99,
            "(" * 999,
            _text(random),
        ]
    )


def _odd_parts(random: Random, target: Target) -> Made:
    boundary = random.choice(["b", "a b", "--", "b" * 199, "(.*)+$", "\\", "é"])
    kinds = [
        "text/plain",
        "text/html",
        "message/rfc822",
        "multipart/alternative",
        "image/png",
        "x",
        "",
        "/",
        "text/",
    ]
    body = "Preamble\n"
    for _part in range(random.randrange(12)):
        name = random.choice(
            ["../../etc/passwd", "a\u202efdp.exe", "=?utf-8?q?=00?=", "x" * 3_000, "CON", ".", ""]
        )
        disposition = random.choice(["attachment", "inline", "", "form-data", ";;;"])
        body += f"--{boundary}{random.choice(['', ' ', chr(9), 'x'])}\n"
        body += f'Content-Type: {random.choice(kinds)}; boundary={boundary}; name="{name}"\n'
        body += f"Content-Disposition: {disposition}; filename*0*=utf-8''{name}; filename=\"{name}\n"
        body += f"Content-ID: <{name}>\n\n{_text(random)}\n"
    body += random.choice([f"--{boundary}--\n", f"--{boundary}", "", f"--{boundary}--\nEpilogue"])
    head = f"Content-Type: multipart/{random.choice(['mixed', 'related', 'report', 'signed', 'digest'])}; "
    return (
        "odd parts",
        _customers(random, target, f'{head}boundary="{boundary}"\n', body),
        Verdict.JOINS,
        target.customer,
    )


def _odd_page(random: Random, target: Target) -> Made:
    piece = random.choice(
        [
            "<a ",
            "<div>",
            "<blockquote>",
            "<!--",
            "<![CDATA[",
            '<a href="',
            "&#x110000;",
            "<table><tr><td>",
            "<pre>",
            "</p>",
        ]
    )
    body = (
        piece * random.randrange(1, 16_000)
        + _text(random)
        + "<script>alert(1)</script><img src=cid:x onerror=x>"
    )
    head = "Content-Type: text/html; charset=utf-8\n"
    return "an odd page", _customers(random, target, head, body), Verdict.JOINS, target.customer


def _odd_quotes(random: Random, target: Target) -> Made:
    pieces = [
        ">",
        "> > ",
        "On 1/1/25, 10:12 a@b.example wrote:\n",
        "From: x\nSent: y\nSubject: z\n",
        "-- \n",
        "\n",
    ]
    body = "".join(random.choice(pieces) * random.randrange(1, 200) for _ in range(20)) + _text(random)
    return "odd quotes", _customers(random, target, "", body), Verdict.JOINS, target.customer


def _odd_lines(random: Random, target: Target) -> Made:
    raw = _customers(random, target, "Subject: x\n", _text(random))
    ends = random.choice(["\r\n", "\n"])
    head = random.choice(
        [b"", b"From jan@example.com Mon Mar  3 10:12:00 2025\n", b"garbage without a colon\n", b":\n"]
    )
    return "odd lines", (head + raw).replace(b"\n", ends.encode()), Verdict.JOINS, target.customer


def _an_archive(random: Random, target: Target) -> Made:
    bomb = base64.b64encode(b"PK\x03\x04" + bytes(random.randrange(100_000))).decode()
    head = "Content-Type: multipart/mixed; boundary=b\n"
    body = "--b\n\nSee below\n--b\nContent-Type: application/zip; name=a.zip\n"
    body += f"Content-Transfer-Encoding: base64\n\n{bomb}\n--b--"
    return "an archive", _customers(random, target, head, body), Verdict.JOINS, target.customer


# ── What programs send ───────────────────────────────────────────────────────────────────────────────────


def _a_forged_bounce(random: Random, target: Target) -> Made:
    head = f"Return-Path: <>\nTo: {target.mailbox}\nSubject: Undelivered Mail Returned to Sender\n"
    head += "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n"
    body = "--b\n\nSorry\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
    body += f"Final-Recipient: rfc822; {_odd_header(random)}\nAction: {random.choice(['failed', 'x', ''])}\n"
    body += f"Diagnostic-Code: smtp; {_odd_header(random)}\n\n--b\nContent-Type: message/rfc822\n\n"
    body += f"Message-ID: {random.choice([target.sent, '<>', 'null'])}\n\n--b--\n"
    sender = f"MAILER-DAEMON@{random.choice(['evil.example', 'mx.example.com'])}"
    return "a bounce", _mail(sender, head, body), Verdict.AUTOMATIC, sender.lower()


def _a_program(random: Random, target: Target) -> Made:
    head = random.choice(
        [
            "Auto-Submitted: auto-replied\n",
            "Precedence: bulk\n",
            "Return-Path: <>\n",
            "List-Id: <x.evil.example>\n",
        ]
    )
    eve = _eve(random)
    return "a program", _mail(eve, head + _threaded(target), _text(random)), Verdict.AUTOMATIC, eve


def _ourselves(random: Random, target: Target) -> Made:
    sender = random.choice([target.mailbox, target.mailbox.upper(), target.reply_to])
    return "ourselves", _mail(f"Jan <{sender}>", _threaded(target)), Verdict.AUTOMATIC, sender.lower()


FAMILIES: tuple[Family, ...] = (
    _two_readings_of_the_sender,
    _two_senders,
    _no_sender,
    _a_name_that_is_the_customer,
    _a_stranger_with_references_and_token,
    _look_alike,
    _nothing_as_a_reference,
    _too_deep,
    _too_many_parts,
    _too_long_headers,
    _odd_references,
    _odd_words,
    _odd_parts,
    _odd_page,
    _odd_quotes,
    _odd_lines,
    _an_archive,
    _a_forged_bounce,
    _a_program,
    _ourselves,
)
