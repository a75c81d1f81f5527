"""Doctor tries mailboxes, and tokens of OAuth stand in a password's place."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.doctor_mail import servers
from bot.finding import Finding, State
from bot.mail.errors import LoginRefused
from bot.mail.imap import Folder
from bot.mail.logins import Login
from bot.mail.office import check
from bot.mail.smtp import greet
from bot.settings import Settings
from cases.errors import ConfigError
from cases.mailboxes import MailSecrets
from storage.mailboxes import read_mailboxes
from tests.support.mail import PASSWORD, USER, MailProvider, provider


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[MailProvider]:
    """A mail provider for these tests."""
    async with provider() as running:
        yield running


async def found(folder: Path, **secrets: str) -> list[Finding]:
    """What doctor says of the mailboxes of a folder."""
    settings = Settings.model_validate({}).model_copy(
        update={"config_dir": folder, "mail_secrets": secrets, "demo": False}
    )
    return [finding async for finding in servers(settings)]


async def test_doctor_logs_in_at_both_servers(server: MailProvider, tmp_path: Path) -> None:
    assert await found(tmp_path) == []
    server.write_config(tmp_path)
    incoming, outgoing = await found(tmp_path, support=PASSWORD)
    assert (incoming.state, outgoing.state) == (State.GOOD, State.GOOD)
    assert "tells of new mails at once" in incoming.what
    assert server.handed == []


async def test_doctor_says_how_to_mend(server: MailProvider, tmp_path: Path) -> None:
    server.write_config(tmp_path)
    (missing,) = await found(tmp_path)
    assert (missing.state, missing.mend) == (State.BLOCKED, "Add support=<secret> to CX_MAIL_SECRETS.")
    for finding in await found(tmp_path, support="wrong"):
        assert finding.state is State.FAILED
        assert "refuses the login" in finding.what
        assert "CX_MAIL_SECRETS" in finding.mend
    stray, *_ = await found(tmp_path, support=PASSWORD, other="x")
    assert "other, which is not in mailboxes.yml" in stray.what
    server.write_config(tmp_path, authserv_ids=[])
    *_, unproven = await found(tmp_path, support=PASSWORD)
    assert unproven.state is State.NOTE


async def test_doctor_names_a_folder_that_is_not_there(server: MailProvider, tmp_path: Path) -> None:
    imap = {"host": "127.0.0.1", "port": server.imap_port, "security": "none", "user": USER, "folder": "Nope"}
    server.write_config(tmp_path, imap=imap)
    incoming, _ = await found(tmp_path, support=PASSWORD)
    assert (incoming.state, incoming.mend) == (State.FAILED, "Correct `folder` in mailboxes.yml.")


async def test_doctor_names_a_server_that_is_not_there(server: MailProvider, tmp_path: Path) -> None:
    nobody = {"host": "127.0.0.1", "port": 1, "security": "none", "user": USER}
    server.write_config(tmp_path, imap=nobody, smtp=nobody)
    for finding in await found(tmp_path, support=PASSWORD):
        assert finding.state is State.FAILED
        assert "cannot be reached" in finding.what


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    async with provider(certificate(tmp_path)) as secure:
        place = {"host": "localhost", "user": USER}
        imap, smtp = place | {"port": secure.imap_port}, place | {"port": secure.smtp_port}
        secure.write_config(tmp_path, imap=imap, smtp=smtp)
        for finding in await found(tmp_path, support=PASSWORD):
            assert finding.state is State.FAILED
            assert "certificate that is not trusted" in finding.what


def certificate(folder: Path) -> ssl.SSLContext:
    """A server's context whose certificate nobody else signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "server.pem"
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


class Issuer:
    """An authorization server."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.refuses = False

    async def token(self, request: web.Request) -> web.Response:
        """Give a token."""
        self.asked.append(dict(await request.post()))
        if self.refuses:
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response({"access_token": f"token-{len(self.asked)}", "expires_in": 3600})


@pytest.fixture
async def issuer() -> AsyncIterator[tuple[Issuer, str]]:
    """An authorization server and the address at which it gives tokens."""
    made = Issuer()
    app = web.Application()
    app.router.add_post("/token", made.token)
    async with TestServer(app) as running:
        yield made, str(running.make_url("/token"))


async def test_a_token_stands_in_a_passwords_place(
    server: MailProvider, issuer: tuple[Issuer, str], tmp_path: Path
) -> None:
    made, url = issuer
    server.write_config(tmp_path, oauth={"token_url": url, "client_id": "7", "scope": "mail"})
    (mailbox,) = read_mailboxes(tmp_path / "mailboxes.yml")
    login = Login(mailbox, MailSecrets("refresh", "hush"))
    server.tokens = {"token-1"}
    await greet(mailbox, login)
    await greet(mailbox, login)
    assert made.asked == [
        {
            "grant_type": "refresh_token",
            "client_id": "7",
            "refresh_token": "refresh",
            "client_secret": "hush",
            "scope": "mail",
        }
    ], "it is asked for once"
    server.tokens = {"token-2"}
    with pytest.raises(LoginRefused):
        await greet(mailbox, login)
    await greet(mailbox, login)
    assert len(made.asked) == 2


async def by_token(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An IMAP server that lets in whoever shows token-1, as Google and Microsoft do it."""
    writer.write(b"* OK hello\r\n")
    while line := (await reader.readline()).decode():
        tag, command, *words = line.split()
        if command == "CAPABILITY":
            writer.write(b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR\r\n")
        elif command == "AUTHENTICATE" and "Bearer token-1\x01" not in b64decode(words[1]).decode():
            writer.write(b"+ eyJzdGF0dXMiOiI0MDEifQ==\r\n")
            assert await reader.readline() == b"\r\n"
            writer.write(f"{tag} NO refused\r\n".encode())
            continue
        elif command == "SELECT":
            writer.write(b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 5] ok\r\n")
        writer.write(f"{tag} OK done\r\n".encode())
    writer.close()


async def test_mails_are_read_with_a_token(issuer: tuple[Issuer, str], tmp_path: Path) -> None:
    made, url = issuer
    async with await asyncio.start_server(by_token, "127.0.0.1", 0) as running:
        port = running.sockets[0].getsockname()[1]
        imap = {"host": "127.0.0.1", "port": port, "security": "none", "user": USER}
        oauth = {"token_url": url, "client_id": "7", "grant": "client_credentials"}
        nobody = MailProvider()
        nobody.smtp_port = 1
        nobody.write_config(tmp_path, imap=imap, oauth=oauth)
        (mailbox,) = read_mailboxes(tmp_path / "mailboxes.yml")
        login = Login(mailbox, MailSecrets("hush"))
        folder = Folder(mailbox)
        await folder.open(login)
        assert (folder.validity, folder.next_uid) == (7, 5)
        await folder.log_out()
        login.forget()
        with pytest.raises(LoginRefused):
            await Folder(mailbox).open(login)
    assert made.asked[0] == {"grant_type": "client_credentials", "client_id": "7", "client_secret": "hush"}


async def test_an_issuer_that_gives_no_token_is_said(issuer: tuple[Issuer, str], tmp_path: Path) -> None:
    made, url = issuer
    made.refuses = True
    with pytest.raises(LoginRefused, match="invalid_grant"):
        await _login(tmp_path, url).token()


def _login(folder: Path, url: str) -> Login:
    nobody = MailProvider()
    nobody.imap_port = nobody.smtp_port = 1
    nobody.write_config(folder, oauth={"token_url": url, "client_id": "7"})
    (mailbox,) = read_mailboxes(folder / "mailboxes.yml")
    return Login(mailbox, MailSecrets("refresh"))


async def test_nothing_starts_without_a_secret(server: MailProvider, tmp_path: Path) -> None:
    server.write_config(tmp_path)
    settings = Settings.model_validate({}).model_copy(update={"config_dir": tmp_path, "demo": False})
    with pytest.raises(ConfigError, match="no secret for the mailbox “support”"):
        check(settings)
