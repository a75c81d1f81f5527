"""Facts of a case's customer from the company's CRM, and from our own rows while it does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from time import monotonic
from typing import TypeVar

import aiohttp
import structlog

from bot.outside import Limits, Outside, base_of
from bot.settings import Settings, environment
from cases.brief import KnownOrder
from cases.crm import Crm, Source
from cases.customer_data import CustomerData, Known, Orders, Profile
from cases.errors import ConfigError, CxError, Unavailable
from channels import crm as shape
from channels.fetch import Refused
from storage.crm import read_crm
from storage.customer_data import StoredData, known
from storage.db import Database

LIMITS = Limits(seconds=3.0, max_bytes=1_000_000, tries=1, redirects=False)
_KEPT_SECONDS = 60.0
_REST_SECONDS = 10.0
"""How long nobody asks again what the CRM did not answer: each try costs a reader three seconds."""
_MOST_KEPT = 2_000
_MOST_IDS = 3
"""Of a customer who was several."""

log = structlog.get_logger(__name__)
_T = TypeVar("_T")


@asynccontextmanager
async def knowing(settings: Settings, db: Database) -> AsyncIterator[CustomerData | None]:
    """The CRM of ``crm.yml``, before our own rows; None without one. Raises ConfigError."""
    crm = read_crm(settings.crm_file)
    if crm is None:
        yield None
        return
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield CrmData(crm, db, session, environment())


class CrmData:
    """Implements ``cases.customer_data.CustomerData``."""

    def __init__(
        self, crm: Crm, db: Database, session: aiohttp.ClientSession, environment: Mapping[str, str]
    ) -> None:
        """Raises ConfigError for an address that cannot be used, or a token that is not there."""
        self._crm, self._db, self._stored = crm, db, StoredData(db)
        base = base_of(crm.base_url, "`base_url` of crm.yml")
        token = environment.get(crm.token_name, "") if crm.token_name else ""
        if crm.token_name and not token:
            raise ConfigError(f"{crm.token_name} is not set; crm.yml names it for the CRM's token.")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._outside = Outside(session, base, "The CRM", headers, LIMITS)
        self._kept: dict[tuple[str, int], tuple[float, object]] = {}

    async def orders(self, case: int, limit: int = 5) -> Orders:
        """Their orders, the latest first; our stored ones, said to be stale, when the CRM does not answer."""
        source, who = self._crm.orders, await known(self._db, case)
        if source is None or who is None or not list(shape.asked(source, who)):
            return await self._stored.orders(case, limit)
        found = await self._from_crm("orders", who, lambda: self._orders(source, who))
        if found is None:
            return replace(await self._stored.orders(case, limit), stale=True)
        return Orders(found[:limit])

    async def profile(self, case: int) -> Profile | None:
        """What is known of them; our stored row, said to be stale, when the CRM does not answer."""
        stored, source, who = await self._stored.profile(case), self._crm.profile, await known(self._db, case)
        if stored is None or source is None or who is None or not list(shape.asked(source, who)):
            return stored
        found = await self._from_crm("profile", who, lambda: self._profile(source, who))
        if found is None:
            return replace(stored, stale=True)
        return Profile(found.name or stored.name, {**stored.fields, **found.fields})

    async def _from_crm(self, what: str, who: Known, ask: Callable[[], Awaitable[_T]]) -> _T | None:
        """What the CRM says, or said within the last minute; None when it does not answer."""
        key = (what, who.customer)
        until, kept = self._kept.get(key, (0.0, None))
        if until > monotonic():
            return kept  # type: ignore[return-value]
        try:
            async with asyncio.timeout(LIMITS.seconds):
                found: _T | None = await ask()
        except (CxError, TimeoutError, ValueError, RecursionError) as error:
            log.warning("crm.failed", what=what, error=f"{type(error).__name__}: {error}")
            found = None
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[key] = (monotonic() + (_REST_SECONDS if found is None else _KEPT_SECONDS), found)
        return found

    async def _orders(self, source: Source, who: Known) -> list[KnownOrder]:
        answers = await asyncio.gather(*(self._ask(each) for each in _addresses(source, who)))
        found = [
            order for answer in answers if answer is not None for order in shape.orders_of(source, answer)
        ]
        dated = sorted(
            (order for order in found if order.placed),
            key=lambda order: order.placed or date.min,
            reverse=True,
        )
        return [*dated, *(order for order in found if not order.placed)]

    async def _profile(self, source: Source, who: Known) -> Profile:
        for each in _addresses(source, who):
            if (answer := await self._ask(each)) is not None:
                return shape.profile_of(source, answer)
        return Profile("")

    async def _ask(self, asked: shape.Asked) -> object | None:
        """The CRM's answer; None when it does not know that customer. Raises CxError."""
        try:
            value: object = (await self._outside(*asked)).value
        except Refused as error:
            if error.status == 404:
                return None
            raise Unavailable(error.sentence) from None
        return value


def _addresses(source: Source, who: Known) -> list[shape.Asked]:
    return list(shape.asked(source, who))[:_MOST_IDS]
