"""One mailbox is read: each new mail is written down first, then taken in, then marked as read there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from uuid import UUID

import structlog

from bot import crashpoints
from bot.mail.errors import LoginRefused, NotDone, Trouble
from bot.mail.imap import Folder, since
from bot.mail.logins import Login
from bot.mail.patience import Patience
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
MOST_TRIES = 5
"""A mail that the server does not hand out, or over which it hangs up, is given up after so many tries; all
but the first count only right after it has handed out another mail.
"""
_KEPT_BACK = "The mail server does not hand it out, or hangs up over it."  # not translated
_GONE = "It is not where it lay in the mailbox."  # not translated
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
        self._patience = Patience()
        self._owed: int | None = None
        """The number of the mail whose last try does not count, which the database does not know yet."""

    async def run(self) -> None:
        """Read until cancelled; whatever is wrong is noted, and tried again soon."""
        while True:
            refused = await self._try()
            await asyncio.sleep(self._patience.seconds(refused=refused))

    async def _try(self) -> bool:
        """One session, to its end; whether that was because the server refused our login."""
        try:
            row = await mailbox_rows.of(self._db, self._workspace, self._mailbox.key)
            try:
                await self._session(row)
            except Trouble as error:
                log.warning("mail.trouble", mailbox=self._mailbox.key, error=error.sentence)
                await mailbox_rows.failed(self._db, row["id"], str(error), self._clock.now())
                if isinstance(error, LoginRefused):
                    self._login.forget()
                    return True
        except (CxError, DatabaseError, OSError) as error:
            log.warning("mail.failed", mailbox=self._mailbox.key, error=type(error).__name__)
        except Exception:
            log.exception("mail.broken", mailbox=self._mailbox.key)
        return False

    async def _session(self, row: Row) -> None:
        """One connection, for as long as it lasts."""
        # What was written down does not need the server.
        await self._taking.take_all()
        folder = Folder(self._mailbox)
        await folder.open(self._login)
        try:
            if (row["place"], row["uid_validity"]) != (self._mailbox.place, folder.validity):
                await self._begin(row, folder)
            while True:
                await self._look(folder)
        finally:
            folder.close()

    async def _look(self, folder: Folder) -> None:
        await self._fetch_wanted(folder)
        fetched = await self._fetch_new(folder)
        waiting = await self._taking.take_all()
        await self._mark(folder)
        await self._note_answer()
        self._patience.begin_anew()
        if fetched or waiting:
            self._calm = SOON_SECONDS
        if not fetched:
            await folder.wait(self._calm)
            self._calm = min(self._calm * 2, LOOK_SECONDS)

    async def _note_answer(self) -> None:
        row = await mailbox_rows.of(self._db, self._workspace, self._mailbox.key)
        await mailbox_rows.answered(self._db, row["id"], self._clock.now())

    async def _begin(self, row: Row, folder: Folder) -> None:
        """The first look at this place, or the server has numbered its mails anew: old ones are searched by
        their day.
        """
        # A mail that is here already is known again by its content.
        begun = (row["looked_at"] or self._clock.now()) - timedelta(days=FIRST_DAYS)
        # Where we were before, some are read because we marked them.
        old = since(begun.date(), unseen=row["place"] != self._mailbox.place)
        log.info("mail.begins", mailbox=self._mailbox.key, validity=folder.validity, old=old)
        await mailbox_rows.begin(
            self._db, row["id"], self._mailbox.place, folder.validity, folder.next_uid - 1, old
        )

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
        """Write one mail down. Only what its server does about it, and what kills us, counts as a try."""
        now = self._clock.now()
        if self._owed == uid:
            await self._uncount(row, uid)
        tries = await mailbox_rows.try_uid(self._db, row, uid)
        if tries > MOST_TRIES:
            await mailbox_rows.store(
                self._db, row, folder.validity, uid, now, raw=None, size=0, why=_KEPT_BACK
            )
            return
        if tries > 1:
            async with self._uncounted(row, uid, Trouble):
                await folder.try_other(uid)
        async with self._uncounted(row, uid):
            await self._write_down(folder, row, uid)

    @asynccontextmanager
    async def _uncounted(self, row: int, uid: int, *also: type[Trouble]) -> AsyncIterator[None]:
        """What goes wrong meanwhile is not the mail's fault; a server's Trouble only where that is said."""
        try:
            yield
        except (CxError, DatabaseError, OSError, asyncio.CancelledError) as error:
            if not isinstance(error, Trouble) or isinstance(error, also):
                with suppress(CxError, DatabaseError, OSError):
                    await self._uncount(row, uid)
            raise

    async def _uncount(self, row: int, uid: int) -> None:
        self._owed = uid
        await mailbox_rows.untry_uid(self._db, row, uid)
        self._owed = None

    async def _write_down(self, folder: Folder, row: int, uid: int) -> None:
        content = await folder.fetch(uid, MAX_RAW + 1)
        if content is None:
            await mailbox_rows.skip(self._db, row, folder.validity, uid)
            return
        stored = await self._keep(content)
        now = self._clock.now()
        await mailbox_rows.store(self._db, row, folder.validity, uid, now, raw=stored, size=len(content))
        crashpoints.reach("mail.after_store")

    async def _fetch_wanted(self, folder: Folder) -> None:
        """Fetch what the server kept back before and a person wants nevertheless."""
        while (row := await mails.wanted(self._db, self._workspace, self._mailbox.key)) is not None:
            try:
                why = await self._try_wanted(folder, row)
            except NotDone:
                why = _KEPT_BACK
            except Trouble:
                raise
            except (CxError, DatabaseError, OSError, asyncio.CancelledError):
                await mails.untry(self._db, row["id"])
                raise
            if why is not None:
                await mails.end(self._db, row["id"], "quarantined", self._clock.now(), why=why)

    async def _try_wanted(self, folder: Folder, row: Row) -> str | None:
        """Why it must stay aside, if it must."""
        if row["tries"] > MOST_TRIES:
            return _KEPT_BACK
        here = (row["place"], row["uid_validity"]) == (self._mailbox.place, folder.validity)
        content = await folder.fetch(row["uid"], MAX_RAW + 1) if here else None
        if content is None:
            return _GONE
        await mails.fetched(self._db, row["id"], await self._keep(content), len(content))
        return None

    async def _keep(self, content: bytes) -> UUID:
        stored = await self._raws.keep(_pieces(content), "mail.eml", "message/rfc822")
        crashpoints.reach("mail.after_raw")
        return stored.uuid

    async def _mark(self, folder: Folder) -> None:
        """Mark as read what is done; nothing is ever deleted."""
        where = (self._workspace, self._mailbox.key, self._mailbox.place, folder.validity)
        while uids := await mails.to_mark(self._db, *where):
            await folder.mark_seen(uids)
            await mails.marked(self._db, *where, uids)


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), _CHUNK):
        yield content[start : start + _CHUNK]
