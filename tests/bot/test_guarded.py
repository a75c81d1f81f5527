"""Files from addresses that strangers name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_address

import pytest
from aiohttp import web

from bot.guarded import Guarded, is_public
from cases.errors import Unavailable
from channels.errors import AddressRefused

HERE = frozenset({"http", "https"})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A server that gives a file, sends onward, or refuses."""

    async def file(_request: web.Request) -> web.Response:
        return web.Response(body=b"content")

    async def onward(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": request.query["to"]})

    app = web.Application()
    app.router.add_get("/file", file)
    app.router.add_get("/onward", onward)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield int(runner.addresses[0][1])
    await runner.cleanup()


async def fetched(guarded: Guarded, address: str) -> bytes:
    return b"".join([chunk async for chunk in guarded.content(address)])


async def look(host: str, _port: int) -> Sequence[str]:
    """Names of this test: ``files.example`` is here."""
    return {"files.example": ["127.0.0.1"], "mixed.example": ["93.184.216.34", "10.0.0.1"]}[host]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("64:ff9b::5db8:d822", True),
        *(
            (address, False)
            for address in (
                "127.0.0.1",
                "127.9.9.9",
                "10.1.2.3",
                "172.16.0.1",
                "192.168.1.1",
                "169.254.169.254",
                "100.64.0.1",
                "0.0.0.0",
                "224.0.0.1",
                "255.255.255.255",
                "198.18.0.1",
                "::1",
                "::",
                "fe80::1",
                "fc00::1",
                "ff02::1",
                "::ffff:127.0.0.1",
                "::ffff:10.0.0.1",
                "::127.0.0.1",
                "64:ff9b::7f00:1",
                "64:ff9b::a9fe:a9fe",
                "2002:7f00:1::",
                "2001:db8::1",
            )
        ),
    ],
)
def test_what_is_public(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://169.254.169.254/latest/meta-data",
        "http://93.184.216.34/x",
        "ftp://93.184.216.34/x",
        "file:///etc/passwd",
        "https://user:password@93.184.216.34/x",
        "https://",
        "//example.com",
        "https://exa mple.com:99999/",
    ],
)
async def test_fault_37_an_address_of_our_own_network_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        await fetched(Guarded(), address)


@pytest.mark.parametrize("host", ["a..b.example", "a" * 64 + ".example", "xn--a.example", "ü" * 64])
async def test_a_name_that_nothing_can_be_called_is_a_file_that_cannot_be_had(host: str) -> None:
    with pytest.raises(Unavailable):
        await fetched(Guarded(), f"https://{host}/x")


async def test_fault_37_a_name_that_leads_into_our_network_is_refused(port: int) -> None:
    with pytest.raises(AddressRefused):
        await fetched(Guarded(look=look, schemes=HERE), f"http://files.example:{port}/file")
    with pytest.raises(AddressRefused):
        await fetched(Guarded(look=look, schemes=HERE), f"http://mixed.example:{port}/file")


async def test_fault_37_what_was_looked_up_is_connected_to(port: int) -> None:
    """A name that is public when it is checked and loopback a moment later finds no second look-up."""
    answers = [["127.0.0.1"], ["127.0.0.2"]]
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return answers.pop(0)

    only_first = Guarded(lambda address: str(address) == "127.0.0.1", rebinding, HERE)
    assert await fetched(only_first, f"http://files.example:{port}/file") == b"content"
    assert asked == ["files.example"]
    with pytest.raises(AddressRefused):
        await fetched(only_first, f"http://files.example:{port}/file")


async def test_fault_37_a_redirect_into_our_network_is_refused(port: int) -> None:
    here = Guarded(lambda address: str(address) == "127.0.0.1", look, HERE)
    start = f"http://files.example:{port}/onward?to="
    assert await fetched(here, f"{start}/file") == b"content"
    for onward in ("http://127.0.0.2/x", "http://[::1]/x", "file:///etc/passwd", "http://mixed.example/x"):
        with pytest.raises(AddressRefused):
            await fetched(here, start + onward)


async def test_circles_and_what_is_not_there(port: int) -> None:
    here = Guarded(lambda _address: True, look, HERE)
    with pytest.raises(AddressRefused):
        await fetched(here, f"http://files.example:{port}/onward?to=/onward?to=/onward?to=/onward?to=/onward")
    with pytest.raises(Unavailable):
        await fetched(here, f"http://files.example:{port}/nothing")
    with pytest.raises(Unavailable):
        await fetched(here, "http://files.example:1/file")
