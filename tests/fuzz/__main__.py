"""``python -m tests.fuzz TARGET [options of libFuzzer]``: what outsiders can send, until something breaks.

    pip install atheris
    python -m tests.fuzz mail -max_total_time=600 -max_len=20000

Whatever a parser raises beyond what it promises is written to a file ``crash-…`` and ends the run. Without
atheris, ``python -m tests.fuzz TARGET FILE…`` reads these files again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

# The parsers, and what they are made of, are watched while they run: they must be imported by atheris.
PARSERS = ("channels.mail_reading", "channels.webchat", "channels.api")


def mail(data: bytes) -> None:
    """A mail as IMAP gives it."""
    from channels.errors import Flaw, Quarantine
    from channels.mail import Own
    from channels.mail_reading import read

    own = Own(frozenset({"support@shop.example"}), frozenset({"mx.shop.example"}))
    for raw in (data, b"From: a@b.example\n" + data):
        try:
            read(raw, own)
        except Quarantine as error:
            if error.flaw is Flaw.UNREADABLE:
                raise


def webchat(data: bytes) -> None:
    """What a browser sends to the chat."""
    from cases.errors import InvalidInput
    from channels import webchat as chat

    for parse in (chat.parse_message, chat.parse_session, chat.parse_edit):
        with suppress(InvalidInput):
            parse(data)


def api(data: bytes) -> None:
    """What another system sends to the channel API, once its signature is right."""
    from cases.errors import InvalidInput
    from channels import api as channel

    message = partial(channel.parse_message, now=datetime(2026, 11, 2, tzinfo=UTC))
    for parse in (message, channel.parse_delivery, channel.parse_call):
        with suppress(InvalidInput):
            parse(data)


TARGETS: dict[str, Callable[[bytes], None]] = {"mail": mail, "webchat": webchat, "api": api}


def main(arguments: list[str]) -> None:
    """Fuzz the target that the first argument names."""
    if not arguments or arguments[0] not in TARGETS:
        sys.exit(f"python -m tests.fuzz {'|'.join(TARGETS)} [options of libFuzzer, or files]")
    target, rest = TARGETS[arguments[0]], arguments[1:]
    if not find_spec("atheris"):
        for name in rest:
            target(Path(name).read_bytes())
        return
    import atheris

    with atheris.instrument_imports(include=["channels"]):
        for parser in PARSERS:
            import_module(parser)
    atheris.Setup([sys.argv[0], *rest], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
