"""Files: streamed under a cap, whole or not at all, and harmless when they come back."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientError, ClientResponse

from bot.web import uploads
from bot.web.context import AddressRates, WebContext
from bot.web.limits import Rate
from bot.web.uploads import FileStore
from cases.errors import Unavailable
from channels.errors import BadRequest
from tests.support.webchat import FILE_LIMIT, ChatClient, refusal, web_chat

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100


def on_disk(web: WebContext) -> list[Path]:
    return [path for path in web.files_dir.rglob("*") if path.is_file()]


async def download(chat: ChatClient, url: str) -> tuple[ClientResponse, bytes]:
    answer = await chat.http.get(chat.address + url)
    return answer, await answer.read()


async def test_a_file_travels_with_its_message(chat: ChatClient) -> None:
    await chat.open()
    content = os.urandom(3 * 2**20)
    stored = await chat.upload(content, "receipt.pdf", "application/pdf")
    assert (stored["name"], stored["size"]) == ("receipt.pdf", len(content))
    sent = await chat.say("", file_ids=[stored["file_id"]])
    [file] = sent["message"]["files"]
    assert (file["id"], file["name"], file["size"], file["type"]) == (
        stored["file_id"], "receipt.pdf", len(content), "application/pdf",
    )  # fmt: skip
    answer, body = await download(chat, file["url"])
    assert body == content
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_a_picture_is_shown_in_place_if_it_is_one(chat: ChatClient) -> None:
    await chat.open()
    real = await chat.upload(PNG, "lamp.png", "image/png")
    false = await chat.upload(b"<script>alert(1)</script>", "lamp.png", "image/png")
    files = (await chat.say("Look", file_ids=[real["file_id"], false["file_id"]]))["message"]["files"]
    shown, _ = await download(chat, files[0]["url"])
    assert shown.headers["Content-Type"] == "image/png"
    assert shown.headers["Content-Disposition"].startswith("inline")
    saved, _ = await download(chat, files[1]["url"])
    assert saved.headers["Content-Type"] == "application/octet-stream"
    assert saved.headers["Content-Disposition"].startswith("attachment")


async def test_names_are_cleaned(chat: ChatClient) -> None:
    await chat.open()
    stored = await chat.upload(b"x", "../../\u202eexe.pdf", "text/html")
    assert stored["name"] == "exe.pdf"


@pytest.mark.parametrize("name", ["setup.exe", "a.PDF.Js", "run.bat. ", "x.\u202ecmd"])
async def test_programs_and_scripts_are_refused_and_leave_nothing(
    chat: ChatClient, web: WebContext, name: str
) -> None:
    await chat.open()
    assert (await refusal(await chat.upload_raw(b"x", name)))[:2] == (415, "file_type")
    assert [path for path in web.files_dir.rglob("*") if path.is_file()] == []


async def test_a_file_is_only_for_its_conversation(chat: ChatClient) -> None:
    await chat.open()
    stored = await chat.upload(b"mine", "a.txt")
    url = f"/chat/shop/files/{stored['file_id']}"
    answer = await chat.http.get(chat.address + url, headers=chat.headers)
    assert await answer.read() == b"mine"
    await chat.open()
    answer = await chat.http.get(chat.address + url, headers=chat.headers)
    assert (await refusal(answer))[:2] == (404, "unknown_file")
    assert (await refusal((await download(chat, url))[0]))[:2] == (401, "bad_token")
    assert (await refusal(await chat.post("Steal", file_ids=[stored["file_id"]])))[1] == "unknown_file"


async def test_an_address_never_carries_a_sessions_token(chat: ChatClient) -> None:
    await chat.open()
    stored = await chat.upload(b"mine", "a.txt")
    answer, _ = await download(chat, f"/chat/shop/files/{stored['file_id']}?token={chat.token}")
    assert (await refusal(answer))[:2] == (401, "bad_token")
    [file] = (await chat.say("", file_ids=[stored["file_id"]]))["message"]["files"]
    assert (await download(chat, file["url"]))[1] == b"mine"


async def test_a_file_goes_with_one_message_only(chat: ChatClient) -> None:
    await chat.open()
    stored = await chat.upload(b"x", "a.txt")
    first = await chat.say("Here", "m-1", file_ids=[stored["file_id"]])
    assert await refusal(await chat.post("Again", "m-2", file_ids=[stored["file_id"]])) == (
        404,
        "unknown_file",
        "This file has gone with another message already. Please attach it again.",
    )
    again = await chat.say("Here", "m-1", file_ids=[stored["file_id"]])
    assert again == {**first, "duplicate": True}
    assert len((await chat.read())["messages"]) == 1


@pytest.mark.parametrize("file", ["x", "..", "00000000000000000000000000000000", "%2e%2e%2fetc"])
async def test_what_is_no_file_is_not_found(chat: ChatClient, file: str) -> None:
    await chat.open()
    answer = await chat.http.get(f"{chat.at('files')}/{file}", headers=chat.headers)
    assert (await refusal(answer))[0] == 404


async def test_sixty_megabytes_are_refused_at_once(chat: ChatClient, web: WebContext) -> None:
    await chat.open()
    sent = 0

    async def sixty_megabytes() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(60):
            sent += 1
            yield b"x" * 2**20
            await asyncio.sleep(0.01)

    headers = {
        **chat.headers,
        "Content-Type": "multipart/form-data; boundary=b",
        "Content-Length": str(60 * 2**20),
    }
    answer = await chat.http.post(chat.at("files"), data=sixty_megabytes(), headers=headers)
    status, code, sentence = await refusal(answer)
    assert (status, code, sentence) == (
        413,
        "file_too_large",
        "This file is too large: at most 5 MB can be sent.",
    )
    assert sent < 30, "the answer did not wait for the whole file"
    assert on_disk(web) == []


async def test_a_file_of_unknown_length_is_cut_off_at_the_limit(chat: ChatClient, web: WebContext) -> None:
    await chat.open()

    async def endless() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n\r\n'
        for _ in range(60):
            yield b"x" * 2**20

    headers = {**chat.headers, "Content-Type": "multipart/form-data; boundary=b"}
    answer = await chat.http.post(chat.at("files"), data=endless(), headers=headers)
    assert (await refusal(answer))[:2] == (413, "file_too_large")
    assert on_disk(web) == []


async def test_the_largest_file_fits(chat: ChatClient) -> None:
    await chat.open()
    assert (await chat.upload(b"x" * FILE_LIMIT, "exact.bin"))["size"] == FILE_LIMIT
    answer = await chat.upload_raw(b"x" * (FILE_LIMIT + 1), "more.bin")
    assert (await refusal(answer))[:2] == (413, "file_too_large")


async def test_an_upload_that_breaks_off_leaves_nothing(chat: ChatClient, web: WebContext) -> None:
    await chat.open()

    async def broken() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
        yield b"x" * 2**20
        raise ClientError

    headers = {**chat.headers, "Content-Type": "multipart/form-data; boundary=b"}
    with pytest.raises(ClientError):
        await chat.http.post(chat.at("files"), data=broken(), headers=headers)
    await chat.upload(b"whole", "b.txt")
    async with asyncio.timeout(5):
        while len(on_disk(web)) != 1:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=" + "b" * 300, b""),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"nonsense"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nhalf',
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--b--\r\n',
        ),
    ],
)
async def test_a_form_without_a_whole_file_is_refused(
    chat: ChatClient, web: WebContext, content_type: str, body: bytes
) -> None:
    await chat.open()
    headers = {**chat.headers, "Content-Type": content_type}
    answer = await chat.http.post(chat.at("files"), data=body, headers=headers)
    assert (await refusal(answer))[:2] == (400, "bad_request")
    assert on_disk(web) == []


async def test_uploads_need_a_session_and_patience(chat: ChatClient, web: WebContext) -> None:
    assert (await refusal(await chat.upload_raw(b"x", "a.txt")))[:2] == (401, "bad_token")
    async with web_chat(replace(web, upload_rate=Rate(1, 60))) as hurried:
        await hurried.open()
        await hurried.upload(b"x", "a.txt")
        assert (await refusal(await hurried.upload_raw(b"x", "b.txt")))[:2] == (429, "rate_limited")


@pytest.mark.parametrize("rates", [AddressRates(files=Rate(1, 60)), AddressRates(file_bytes=Rate(2_500, 60))])
async def test_an_address_uploads_only_so_much_whatever_its_sessions(
    web: WebContext, rates: AddressRates
) -> None:
    async with web_chat(replace(web, per_address=rates)) as chat:
        await chat.open()
        await chat.upload(b"x" * 2_000, "a.txt")
        await chat.open()
        status, code, sentence = await refusal(await chat.upload_raw(b"x" * 2_000, "b.txt"))
    assert (status, code) == (429, "rate_limited")
    assert "from your network" in sentence
    assert len(on_disk(web)) == 1


async def test_a_file_of_unknown_length_counts_as_the_largest(web: WebContext) -> None:
    rates = AddressRates(file_bytes=Rate(FILE_LIMIT, 600))
    async with web_chat(replace(web, per_address=rates)) as chat:
        await chat.open()
        await chat.upload(b"x" * 100_000, "a.txt")

        async def endless() -> AsyncIterator[bytes]:
            yield b"x"

        headers = {**chat.headers, "Content-Type": "multipart/form-data; boundary=b"}
        answer = await chat.http.post(chat.at("files"), data=endless(), headers=headers)
        assert (await refusal(answer))[:2] == (429, "rate_limited")


async def test_a_disk_that_is_almost_full_takes_no_files(
    chat: ChatClient, web: WebContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    await chat.open()
    monkeypatch.setattr(uploads, "MIN_FREE_BYTES", 2**62)
    answer = await chat.upload_raw(b"x", "a.txt")
    assert await refusal(answer) == (
        507,
        "no_room",
        "There is no room for files at the moment. Please send your message without it.",
    )
    assert on_disk(web) == []
    assert (await chat.say("Without"))["message"]["seq"] == 1


async def _body(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_a_form_may_arrive_byte_by_byte(tmp_path: Path) -> None:
    store = FileStore(tmp_path, 100)
    form = (
        b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nskip me\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="\xc5\xbc.txt"\r\n'
        b"Content-Type: text/plain\r\n\r\nline\r\n--bline\r\n--b--\r\n"
    )
    upload = await store.receive(
        _body(*(form[at : at + 1] for at in range(len(form)))), "multipart/form-data; boundary=b"
    )
    assert (upload.name, upload.mime) == ("ż.txt", "text/plain")
    assert store.path(upload.uuid).read_bytes() == b"line\r\n--bline"


async def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("a file where the folder should be")
    store = FileStore(tmp_path / "files", 100)
    with pytest.raises(Unavailable, match="could not be stored"):
        await store.receive(_body(b"--b"), "multipart/form-data; boundary=b")


async def test_half_files_of_killed_processes_are_swept(tmp_path: Path) -> None:
    store = FileStore(tmp_path, 100)
    old, young, whole = (tmp_path / "aa" / name for name in ("old.part", "young.part", "whole"))
    old.parent.mkdir()
    for path in (old, young, whole):
        path.write_bytes(b"x")
    for path in (old, whole):
        os.utime(path, (time.time() - 7_200, time.time() - 7_200))
    await store.sweep()
    assert sorted(os.listdir(tmp_path / "aa")) == ["whole", "young.part"]


async def test_a_form_with_no_body_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest):
        await FileStore(tmp_path, 100).receive(_body(), "multipart/form-data; boundary=b")
