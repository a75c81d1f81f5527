"""Reading from other systems' HTTP APIs: one host each, patient with 429, never larger than allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any

import aiohttp
import orjson
from yarl import URL

from cases.errors import ConfigError, Unavailable
from channels.fetch import Answer, Refused, Unreadable

_REDIRECTS = 5
_LONGEST_WAIT = 120.0
"""Seconds that we wait for another system at a time, whatever it asks for."""
_BUSY = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of our time and memory another system may take."""

    seconds: float = 30.0
    """For one answer."""
    max_bytes: int = 16_000_000
    tries: int = 5
    """How often a busy system is asked; 1 = only once."""
    redirects: bool = True
    """Whether redirects inside the same host are followed."""


@dataclass(frozen=True, slots=True)
class Outside:
    """One system's API below ``base``; implements ``channels.fetch.Fetch``."""

    session: aiohttp.ClientSession
    base: URL
    name: str
    """What to call it in errors."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    limits: Limits = field(default_factory=Limits)

    async def __call__(self, path: str, query: Mapping[str, str]) -> Answer:
        """The JSON at ``path`` below the base; raises Refused, Unreadable or Unavailable."""
        url = self.base.joinpath(path, encoded=True).with_query(dict(query))
        for attempt in range(1, self.limits.tries + 1):
            answer = await self._ask(url)
            if isinstance(answer, Answer):
                return answer
            if attempt < self.limits.tries:
                await asyncio.sleep(min(2.0**attempt if answer is None else answer, _LONGEST_WAIT))
        raise Unavailable(f"{self.name} does not answer, or has no time for us; please try again later.")

    async def _ask(self, url: URL) -> Answer | float | None:
        """The answer; else in how many seconds to ask again, or None where that is left to us."""
        try:
            for _hop in range(_REDIRECTS):
                async with self._get(url) as response:
                    if response.status in {301, 302, 303, 307, 308}:
                        url = self._onward(url, response)
                        continue
                    if response.status in _BUSY:
                        return _wait(response.headers.get("Retry-After"))
                    return await self._read(response)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None
        raise Unreadable(f"{self.name} sends us in circles.")

    def _get(self, url: URL) -> Any:
        timeout = aiohttp.ClientTimeout(total=self.limits.seconds)
        headers = {"Accept": "application/json", **self.headers}
        return self.session.get(url, headers=headers, timeout=timeout, allow_redirects=False)

    def _onward(self, url: URL, response: aiohttp.ClientResponse) -> URL:
        """Where a redirect leads; raises Unreadable when that is another host, or any is too much."""
        try:
            onward = url.join(URL(response.headers.get("Location", "")))
        except ValueError:
            raise Unreadable(f"{self.name} sends us to an address that is none.") from None
        if not self.limits.redirects or onward.origin() != self.base.origin():
            there = f"{onward.host}" if onward.host else "elsewhere"
            raise Unreadable(f"{self.name} sends us to {there}, where we do not go; name the right address.")
        return onward

    async def _read(self, response: aiohttp.ClientResponse) -> Answer:
        if 400 <= response.status < 500:
            raise Refused(_refusal(self.name, response.status), response.status)
        if response.status != 200:
            raise Unreadable(f"{self.name} answers with status {response.status}.")
        content = bytearray()
        async for chunk in response.content.iter_chunked(65_536):
            content += chunk
            if len(content) > self.limits.max_bytes:
                raise Unreadable(f"{self.name} answers more than {self.limits.max_bytes:,} bytes at once.")
        try:
            value = orjson.loads(content)
        except orjson.JSONDecodeError:
            raise Unreadable(
                f"{self.name} answered something else than JSON; is the address right?"
            ) from None
        return Answer(value, {name.lower(): text for name, text in response.headers.items()})


def _refusal(name: str, status: int) -> str:
    match status:
        case 401 | 403:
            return f"{name} refuses our credentials (status {status})."
        case 404:
            return f"{name} has nothing there (status 404); is the address right?"
        case _:
            return f"{name} refuses the request (status {status})."


def _wait(said: str | None) -> float | None:
    """Seconds that Retry-After asks for, which may also name a time (RFC 9110, 10.2.3)."""
    if said is None:
        return None
    if said.strip().isdecimal():
        return float(said)
    try:
        return max((parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None


def base_of(address: str, what: str) -> URL:
    """The address of another system; raises ConfigError.

    Plain HTTP is for this machine only: what we read and our credentials would lie open.
    """
    try:
        url = URL(address)
    except ValueError:
        url = URL()
    if url.scheme not in {"https", "http"} or not url.host or url.user is not None or url.query_string:
        raise ConfigError(f"{what} needs an address such as https://example.com, without user and query.")
    if url.scheme == "http" and not _is_here(url.host):
        raise ConfigError(f"{what} needs an address with https://, so that nobody reads along.")
    return url


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
