"""One mailbox is read: each new mail is written down first, then taken in, then marked as read there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from time import monotonic

import structlog

from bot import crashpoints
from bot.mail.errors import LoginRefused, Trouble
from bot.mail.imap import Folder, since
from bot.mail.logins import Login
from bot.mail.taking import Taking
from bot.web.uploads import FileStore
from cases.clock import Clock
from cases.errors import CxError
from cases.mailboxes import Mailbox
from channels.mail import MAX_RAW
from storage import mailbox_rows, mails
from storage.db import Database, DatabaseError, Row

LOOK_SECONDS = 60.0
"""A server that says nothing of new mails is asked that often."""
SOON_SECONDS = 2.0
"""And sooner after one came: some servers do not tell of what comes at the moment when we begin to listen."""
FIRST_DAYS = 7
"""Of what was in a mailbox before us, the unread mails of so many days are taken."""
AT_ONCE = 50
"""Mails that are written down before they are taken in."""
MOST_TRIES = 3
"""A mail that the server does not hand out is given up after so many tries."""
_FIRST_WAIT, _LONGEST_WAIT = 2.0, 300.0
_REFUSED_WAIT = 60.0
"""Servers lock out who tries wrong passwords too often."""
_CHUNK = 1024 * 1024

log = structlog.get_logger(__name__)


class Reader:
    """Reads one mailbox; there is only one at a time."""

    def __init__(
        self,
        db: Database,
        workspace: int,
        mailbox: Mailbox,
        login: Login,
        raws: FileStore,
        taking: Taking,
        clock: Clock,
    ) -> None:
        """``raws`` is where mails lie as they came."""
        self._db = db
        self._workspace = workspace
        self._mailbox = mailbox
        self._login = login
        self._raws = raws
        self._taking = taking
        self._clock = clock
        self._calm = SOON_SECONDS

    async def run(self) -> None:
        """Read until cancelled; whatever is wrong is noted, and tried again with patience."""
        wait = _FIRST_WAIT
        while True:
            begun = monotonic()
            least = await self._try()
            wait = _FIRST_WAIT if monotonic() - begun > _LONGEST_WAIT else wait
            await asyncio.sleep(max(wait, least))
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _try(self) -> float:
        """One session, to its end; for how many seconds the server must be left alone at least."""
        try:
            row = await mailbox_rows.of(self._db, self._workspace, self._mailbox.key)
            try:
                await self._session(row)
            except Trouble as error:
                log.warning("mail.trouble", mailbox=self._mailbox.key, error=error.sentence)
                await mailbox_rows.failed(self._db, row["id"], str(error), self._clock.now())
                if isinstance(error, LoginRefused):
                    self._login.forget()
                    return _REFUSED_WAIT
        except (CxError, DatabaseError, OSError) as error:
            log.warning("mail.failed", mailbox=self._mailbox.key, error=type(error).__name__)
        except Exception:
            log.exception("mail.broken", mailbox=self._mailbox.key)
        return 0.0

    async def _session(self, row: Row) -> None:
        """One connection, for as long as it lasts."""
        # What was written down does not need the server.
        await self._taking.take_all()
        folder = Folder(self._mailbox)
        await folder.open(self._login)
        try:
            if row["uid_validity"] != folder.validity:
                await self._begin(row, folder)
            while True:
                await self._look(folder)
        finally:
            folder.close()

    async def _look(self, folder: Folder) -> None:
        fetched = await self._fetch_new(folder)
        waiting = await self._taking.take_all()
        await self._mark(folder)
        await self._note_answer()
        if fetched or waiting:
            self._calm = SOON_SECONDS
        if not fetched:
            await folder.wait(self._calm)
            self._calm = min(self._calm * 2, LOOK_SECONDS)

    async def _note_answer(self) -> None:
        row = await mailbox_rows.of(self._db, self._workspace, self._mailbox.key)
        await mailbox_rows.answered(self._db, row["id"], self._clock.now())

    async def _begin(self, row: Row, folder: Folder) -> None:
        """The first look, or the server has numbered its mails anew: what is old is searched by its day."""
        now = self._clock.now()
        if row["uid_validity"] is None:
            old = since((now - timedelta(days=FIRST_DAYS)).date(), unseen=True)
        else:
            # We marked some as read ourselves. A mail that is here already is known again by its content.
            looked = row["looked_at"] or now
            old = since((looked - timedelta(days=FIRST_DAYS)).date(), unseen=False)
        log.info("mail.begins", mailbox=self._mailbox.key, validity=folder.validity, old=old)
        await mailbox_rows.begin(self._db, row["id"], folder.validity, folder.next_uid - 1, old)

    async def _fetch_new(self, folder: Folder) -> int:
        """Write some of what has come down; how many mails that were."""
        row = await mailbox_rows.of(self._db, self._workspace, self._mailbox.key)
        last, old_until = row["last_uid"], row["old_until"]
        if last < old_until:
            found = await folder.matching(row["old_search"])
            old = [uid for uid in found if last < uid <= old_until]
            await self._fetch_some(folder, row["id"], old)
            if len(old) > AT_ONCE:
                return AT_ONCE
            await mailbox_rows.skip(self._db, row["id"], folder.validity, old_until)
        new = await folder.after(max(last, old_until))
        return await self._fetch_some(folder, row["id"], new)

    async def _fetch_some(self, folder: Folder, row: int, uids: Sequence[int]) -> int:
        for uid in uids[:AT_ONCE]:
            await self._fetch(folder, row, uid)
        return len(uids[:AT_ONCE])

    async def _fetch(self, folder: Folder, row: int, uid: int) -> None:
        now = self._clock.now()
        if await mailbox_rows.try_uid(self._db, row, uid) > MOST_TRIES:
            why = "The mail server does not hand it out."
            await mailbox_rows.store(self._db, row, folder.validity, uid, now, raw=None, size=0, why=why)
            return
        content = await folder.fetch(uid, MAX_RAW + 1)
        if content is None:
            if uid in await folder.after(uid - 1):
                raise Trouble(f"{self._mailbox.imap.host} does not hand out the mail {uid}.")
            await mailbox_rows.skip(self._db, row, folder.validity, uid)
            return
        stored = await self._raws.keep(_pieces(content), "mail.eml", "message/rfc822")
        crashpoints.reach("mail.after_raw")
        await mailbox_rows.store(self._db, row, folder.validity, uid, now, raw=stored.uuid, size=len(content))
        crashpoints.reach("mail.after_store")

    async def _mark(self, folder: Folder) -> None:
        """Mark as read what is done; nothing is ever deleted."""
        where = (self._workspace, self._mailbox.key, folder.validity)
        while uids := await mails.to_mark(self._db, *where):
            await folder.mark_seen(uids)
            await mails.marked(self._db, *where, uids)


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), _CHUNK):
        yield content[start : start + _CHUNK]
