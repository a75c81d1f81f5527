"""What `cx doctor` says of mailboxes: it logs in at both servers of each, and sends nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bot.finding import Finding, State
from bot.mail.errors import Trouble
from bot.mail.imap import Folder
from bot.mail.logins import Login
from bot.mail.smtp import greet
from bot.settings import Settings
from cases.errors import ConfigError
from cases.mailboxes import Mailbox, MailSecrets, secrets_of
from storage import mailbox_rows
from storage.db import Database
from storage.mailboxes import read_mailboxes


async def servers(settings: Settings) -> AsyncIterator[Finding]:
    """Whether the mailboxes of ``mailboxes.yml``, where there is one, can be read and sent from."""
    try:
        mailboxes = read_mailboxes(settings.mailboxes_file)
    except ConfigError as error:
        yield Finding("mailboxes", State.BLOCKED, error.sentence, "Mend the file.")
        return
    for key in sorted(_owners(settings) - {mailbox.key for mailbox in mailboxes}):
        what = f"CX_MAIL_SECRETS names {key}, which is not in mailboxes.yml."
        yield Finding(f"mailbox {key}", State.FAILED, what, "Correct one of the two.")
    for mailbox in mailboxes:
        secrets = secrets_of(mailbox.key, settings.mail_secrets)
        if secrets is None:
            mend = f"Add {mailbox.key}=<secret> to CX_MAIL_SECRETS."
            yield Finding(f"mailbox {mailbox.key}", State.BLOCKED, "It has no secret.", mend)
            continue
        yield await _incoming(mailbox, secrets)
        yield await _outgoing(mailbox, secrets)
        if not mailbox.authserv_ids:
            yield _unproven(mailbox)


def _owners(settings: Settings) -> set[str]:
    """Whose secrets there are."""
    return {key.removesuffix(".client").removesuffix(".smtp") for key in settings.mail_secrets}


async def _incoming(mailbox: Mailbox, secrets: MailSecrets) -> Finding:
    check = f"mailbox {mailbox.key}: in"
    folder = None
    try:
        folder = Folder(mailbox)
        await folder.open(Login(mailbox, secrets))
        idle = "tells of new mails at once" if folder.tells else "is asked for new mails every 15 s"
        await folder.log_out()
    except Trouble as error:
        return Finding(check, State.FAILED, str(error), error.mend)
    what = f"{mailbox.imap.host} lets us into {mailbox.folder} and {idle}."
    return Finding(check, State.GOOD, what)


async def _outgoing(mailbox: Mailbox, secrets: MailSecrets) -> Finding:
    check = f"mailbox {mailbox.key}: out"
    try:
        await greet(mailbox, Login(mailbox, secrets))
    except Trouble as error:
        return Finding(check, State.FAILED, str(error), error.mend)
    return Finding(check, State.GOOD, f"{mailbox.smtp.host} takes mails of {mailbox.address}.")


def _unproven(mailbox: Mailbox) -> Finding:
    what = "No `authserv_ids`: no mail proves who it is from, so customers are never known by their address."
    mend = "Look at “Authentication-Results” in a mail that came in, and name the server it begins with."
    return Finding(f"mailbox {mailbox.key}: proof", State.NOTE, what, mend)


async def rows(db: Database) -> AsyncIterator[Finding]:
    """What the readers of mailboxes noted, and what was put aside."""
    for row in await mailbox_rows.listed(db):
        check = f"mailbox {row['key']}"
        if row["trouble"]:
            what = f"Not read since {row['trouble_since']:%Y-%m-%d %H:%M} UTC: {row['trouble']}"
            yield Finding(check, State.FAILED, what, "Mend what it says; it is tried again by itself.")
        if row["quarantined"]:
            what = f"{row['quarantined']:,} mails were put aside."
            yield Finding(check, State.FAILED, what, "`cx mail quarantine` lists them, and says why.")
        if row["waiting"]:
            yield Finding(check, State.NOTE, f"{row['waiting']:,} mails wait to be taken in.")
