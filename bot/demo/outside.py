"""How the demo's customers reach the shop from outside: by mail and by text message, on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec

import yaml

from bot.demo.plan import HOST, MAILBOX, SOURCE, Options, Spec, url
from cases.errors import ConfigError

ADDRESS = "hello@harbour-hill.example"
_SERVER = "mx.harbour-hill.example"
"""By which name the mail server says whom it has checked; see ``carriers.config``."""
_CHANNEL = "support"


def write(options: Options) -> None:
    """Say in files, as a company does, where mails are read and to whom text messages go."""
    for name, content in (("mailboxes", [_mailbox(options)]), ("sources", [_source(options)])):
        text = yaml.safe_dump({name: content}, allow_unicode=True, sort_keys=False)
        (options.data / f"{name}.yml").write_text(text, encoding="utf-8")


def carriers(options: Options, secrets: Mapping[str, str]) -> Spec:
    """The mail provider and the telephone company. Raises ConfigError when their libraries are missing."""
    if any(find_spec(name) is None for name in ("aiosmtpd", "pymap")):
        raise ConfigError("The demo's mail servers are not installed: pip install 'cx-copilot[demo]'.")
    port, imap, smtp = options.carriers_ports
    words = ["--data", str(options.data / "carriers"), "--port", str(port)]
    words += ["--imap-port", str(imap), "--smtp-port", str(smtp), "--shop", ADDRESS]
    for bot in options.ports():
        words += ["--source", f"{url(bot)}/api/v1/sources/{SOURCE}"]
    environment = dict(os.environ) | {
        "CARRIERS_CONTROL": secrets["control"],
        "CARRIERS_MAIL_SECRET": secrets["mail"],
        "CARRIERS_PHONE_SECRET": secrets["phone"],
    }
    return Spec("mail", "mail", [sys.executable, "-m", "carriers", *words], environment, url(port))


def _mailbox(options: Options) -> dict[str, object]:
    _, imap, smtp = options.carriers_ports
    return {
        "key": MAILBOX,
        "address": ADDRESS,
        "name": "Harbour & Hill",
        "slack_channel": _CHANNEL,
        "imap": {"host": HOST, "port": imap, "security": "none", "user": ADDRESS},
        "smtp": {"host": HOST, "port": smtp, "security": "none", "user": ADDRESS},
        "authserv_ids": [_SERVER],
        "receipts": True,
        "signature": "Harbour & Hill\nQuay 4, Gdynia",
    }


def _source(options: Options) -> dict[str, object]:
    return {
        "key": SOURCE,
        "title": "Text message",
        "icon": ":iphone:",
        "slack_channel": _CHANNEL,
        "deliver_to": f"{url(options.carriers_ports[0])}/replies",
        "receipts": True,
    }
