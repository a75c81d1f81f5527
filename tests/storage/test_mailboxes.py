"""``mailboxes.yml``: what it says, and how its mistakes are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.errors import ConfigError
from cases.mailboxes import Grant, MailServer, OAuth, Security, secrets_of
from storage.mailboxes import read_mailboxes
from tests.support.sandbox import ROOT

GOOD = """mailboxes:
  - key: support
    address: Support@shop.example
    name: Harbour & Hill
    slack_channel: "#support"
    aliases: [info@shop.example]
    authserv_ids: [mx.shop.example]
    receipts: true
    imap: {host: imap.shop.example, user: support}
    smtp: {host: smtp.shop.example, security: starttls, user: support}
    oauth:
      token_url: https://login.example/token
      client_id: "7"
      grant: client_credentials
"""


def test_what_it_says(tmp_path: Path) -> None:
    file = tmp_path / "mailboxes.yml"
    assert read_mailboxes(file) == ()
    file.write_text(GOOD)
    (box,) = read_mailboxes(file)
    assert (box.key, box.address, box.slack_channel) == ("support", "Support@shop.example", "support")
    assert box.addresses == {"support@shop.example", "info@shop.example"}
    assert box.imap == MailServer("imap.shop.example", 993, Security.TLS, "support")
    assert box.smtp == MailServer("smtp.shop.example", 587, Security.STARTTLS, "support")
    assert (box.folder, box.receipts, box.authserv_ids) == ("INBOX", True, frozenset({"mx.shop.example"}))
    assert box.oauth == OAuth("https://login.example/token", "7", "", Grant.CLIENT_CREDENTIALS)


def test_the_one_that_comes_along_can_be_read() -> None:
    assert len(read_mailboxes(ROOT / "config" / "mailboxes.sample.yml")) == 1


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("    name: Harbour & Hill\n", "", 2, "this mailbox needs `name`"),
        ("receipts: true", "receipts: maybe", 8, "`true` or `false`"),
        ("receipts", "reciepts", 8, "did you mean `receipts`?"),
        ("Support@shop.example", "support", 3, "a mail address is needed"),
        ("host: imap.shop.example", "host: 'imap shop'", 9, "the name of a server"),
        ("user: support}\n    smtp", "port: 70000, user: support}\n    smtp", 9, "number of a port"),
        ("security: starttls", "security: none", 10, "only for this machine"),
        ("security: starttls", "security: ssl", 10, "none of tls, starttls, none"),
        (", user: support}\n    smtp", ", user: support, folder: Bücher}\n    smtp", 9, "UTF-7"),
        ("https://login", "http://login", 12, "https://"),
        ("client_credentials", "password", 14, "none of refresh_token"),
        ("[info@shop.example]", "[support@shop.example, x@y.example, X@y.example", 6, "YAML"),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path: Path, old: str, new: str, line: int, what: str) -> None:
    file = tmp_path / "mailboxes.yml"
    file.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        read_mailboxes(file)
    assert what in caught.value.sentence
    assert f"line {line}" in caught.value.sentence or what == "YAML"


def test_no_address_belongs_to_two(tmp_path: Path) -> None:
    file = tmp_path / "mailboxes.yml"
    file.write_text(GOOD + GOOD.removeprefix("mailboxes:\n").replace("key: support", "key: sales"))
    with pytest.raises(ConfigError, match="address of the mailbox `support` already"):
        read_mailboxes(file)


def test_secrets_are_found_by_key() -> None:
    known = {"a": "password", "a.smtp": "other", "b": ""}
    found = secrets_of("a", known)
    assert found is not None
    assert (found.secret, found.smtp, found.client_secret) == ("password", "other", "")
    assert "password" not in repr(found)
    assert secrets_of("b", known) is None
