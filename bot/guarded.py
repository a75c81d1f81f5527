"""Fetching files from addresses that strangers name: never from our own network, however they lead there."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from cases.errors import Unavailable
from channels.errors import AddressRefused

Address = IPv4Address | IPv6Address
Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""(host, port) → its addresses."""

_REDIRECTS = 3
_SECONDS = 15.0
_CHUNK = 64 * 1024
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet, also when an IPv6 one holds an IPv4 one.

    Loopback, link-local (the cloud's metadata), private, shared and reserved ones are not (RFC 6890).
    """
    if isinstance(address, IPv6Address):
        if any(address in network for network in _NAT64):
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is not None:
            return is_public(inner)
        if int(address) >> 32 == 0:
            return False
    return address.is_global and not address.is_multicast


async def look_up(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, by the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


class _Resolver(AbstractResolver):
    """Gives out addresses that may be asked. What it gives out is connected to: no second look-up."""

    def __init__(self, look: Lookup, allowed: Callable[[Address], bool]) -> None:
        self._look = look
        self._allowed = allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """All addresses of ``host``; raises AddressRefused when any of them is not for us."""
        addresses = [ip_address(each.partition("%")[0]) for each in await self._look(host, port)]
        if not addresses or not all(self._allowed(each) for each in addresses):
            raise AddressRefused
        return [
            ResolveResult(
                hostname=host,
                host=str(each),
                port=port,
                family=socket.AF_INET if each.version == 4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for each in addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""


class Guarded:
    """Fetches what strangers name."""

    def __init__(
        self,
        allowed: Callable[[Address], bool] = is_public,
        look: Lookup = look_up,
        schemes: frozenset[str] = frozenset({"https"}),
    ) -> None:
        self._allowed = allowed
        self._look = look
        self._schemes = schemes

    async def content(self, address: str) -> AsyncGenerator[bytes]:
        """The bytes at ``address``, at most three redirects away.

        Raises AddressRefused for what is none of the open internet, Unavailable when nothing comes. Neither
        cookies nor anything of ours goes along. How much may come is for the caller to say.
        """
        url = self._checked(address)
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        connector = aiohttp.TCPConnector(resolver=_Resolver(self._look, self._allowed), use_dns_cache=False)
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(
            connector=connector, timeout=timeout, cookie_jar=jar, trust_env=False, auto_decompress=False
        ) as session:
            try:
                # Whoever has enough ends this here, not when garbage is collected.
                async with aclosing(self._follow(session, url)) as chunks:
                    async for chunk in chunks:
                        yield chunk
            except (aiohttp.ClientError, TimeoutError, OSError, UnicodeError) as error:
                # UnicodeError: names that no look-up can take, such as a..b.example.
                if isinstance(error.__cause__, AddressRefused):
                    raise error.__cause__ from None
                raise Unavailable("This file could not be fetched.") from None

    async def _follow(self, session: aiohttp.ClientSession, url: URL) -> AsyncGenerator[bytes]:
        headers = {"Accept-Encoding": "identity"}  # not translated
        for _hop in range(_REDIRECTS + 1):
            async with session.get(url, headers=headers, allow_redirects=False) as answer:
                if answer.status in {301, 302, 303, 307, 308}:
                    url = self._checked(answer.headers.get("Location", ""), url)  # not translated
                    continue
                if answer.status != 200:
                    raise Unavailable("This file could not be fetched.")
                async for chunk in answer.content.iter_chunked(_CHUNK):
                    yield chunk
                return
        raise AddressRefused

    def _checked(self, address: str, base: URL | None = None) -> URL:
        """The address, if it may be asked as far as it says itself; raises AddressRefused or Unavailable."""
        try:
            url = URL(address) if base is None else base.join(URL(address))
            host = url.host
        except UnicodeError:
            raise Unavailable("This file could not be fetched.") from None  # No name of a host is like that.
        except ValueError:
            raise AddressRefused from None
        if url.scheme not in self._schemes or not host or url.user is not None or url.password is not None:
            raise AddressRefused
        try:
            literal = ip_address(host.partition("%")[0])
        except ValueError:
            if host.rstrip(".").rpartition(".")[2][:1].isdigit():
                raise AddressRefused from None  # An IPv4 address in disguise, such as 0x7f.1 (WHATWG URL).
            return url  # A name: the resolver looks.
        if not self._allowed(literal):
            raise AddressRefused
        return url
