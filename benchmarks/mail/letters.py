"""Mails as customers' programs write them: words and HTML, answers with quotes, a picture now and then."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from random import Random

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OURS = "support@shop.example"
LENGTH_OF_EXCHANGE = 3
"""Mails of one customer about one matter."""

_SENTENCES = (
    "Where is my parcel?",
    "I ordered it on Monday and have heard nothing since.",
    "Číslo objednávky je 7741, děkuji předem.",
    "Czy mogę jeszcze zmienić adres dostawy?",
    "Mikor érkezik meg a csomag?",
    "The lamp flickers, and the box was open when it came.",
)


def letters(many: int, seed: int = 6) -> list[bytes]:
    """``many`` mails; each is from one of a third as many customers."""
    random = Random(seed)
    return [_letter(random, number) for number in range(many)]


def _letter(random: Random, number: int) -> bytes:
    exchange, turn = divmod(number, LENGTH_OF_EXCHANGE)
    words = "\n\n".join(random.choice(_SENTENCES) for _ in range(random.randrange(2, 9)))
    below = words.replace("\n", "\n> ")
    quoted = f"On 2 Mar 2026, at 09:{turn:02}, Support <{OURS}> wrote:\n\n> {below}"
    mail = EmailMessage()
    mail["From"] = f"Anna Żółć {exchange} <anna{exchange}@example.com>"
    mail["To"] = OURS
    mail["Subject"] = f"{'Re: ' if turn else ''}Zamówienie {exchange}"
    mail["Date"] = format_datetime(NOW)
    mail["Message-ID"] = f"<{exchange}.{turn}@example.com>"
    if turn:
        mail["In-Reply-To"] = mail["References"] = f"<{exchange}.0@example.com>"
    mail.set_content(f"{words}\n\n{quoted if turn else ''}\n")
    mail.add_alternative(_page(words, quoted if turn else ""), subtype="html")
    if number % 5 == 0:
        mail.add_attachment(random.randbytes(60_000), "image", "jpeg", filename="lamp.jpg")
    return bytes(mail)


def _page(words: str, quoted: str) -> str:
    paragraphs = "".join(f"<p style='margin:0'>{part}</p>" for part in words.split("\n\n"))
    return f"<html><body>{paragraphs}<blockquote type='cite'>{quoted}</blockquote></body></html>"
