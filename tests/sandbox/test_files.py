"""Files: the SDK's own upload, what people upload, private downloads, and what goes wrong."""

import base64
import json
import struct
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.conftest import Listening
from tests.sandbox.test_posting import refusal
from tests.support.sandbox import BOT_TOKEN, SandboxProcess, until

SUPPORT = "C0SUPPORT"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 640, 400)


async def posted(sandbox: SandboxProcess, thread_ts: str | None = None) -> dict[str, Any]:
    return (await sandbox.messages(SUPPORT, thread_ts))[-1]


async def test_the_sdk_uploads_a_file_into_a_thread(
    sandbox: SandboxProcess, client: AsyncWebClient, listening: Listening
) -> None:
    root = await client.chat_postMessage(channel=SUPPORT, text="root")
    answer = await client.files_upload_v2(
        content=PNG,
        filename="a picture/é.png",
        title="The parcel",
        alt_txt="A broken box",
        channel=SUPPORT,
        thread_ts=root["ts"],
        initial_comment="<@U0MAYA> look",
    )
    file = answer["file"]
    assert (file["name"], file["title"], file["alt_txt"]) == ("a picture/é.png", "The parcel", "A broken box")
    assert (file["mimetype"], file["filetype"], file["size"]) == ("image/png", "png", len(PNG))
    assert (file["original_w"], file["original_h"], file["shares"]) == (640, 400, {})
    message = await posted(sandbox, root["ts"])
    assert (message["subtype"], message["text"], message["thread_ts"]) == (
        "file_share",
        "<@U0MAYA> look",
        root["ts"],
    )
    assert (message["user"], message["parent_user_id"]) == ("U0COPILOT", "U0COPILOT")
    assert [each["id"] for each in message["files"]] == [file["id"]]
    assert not set(message["files"][0]) & {"shares", "channels"}
    info = (await client.files_info(file=file["id"]))["file"]
    assert info["shares"]["public"][SUPPORT][0]["ts"] == message["ts"]
    assert (info["channels"], info["is_public"]) == ([SUPPORT], True)
    await listening.until("file_shared")
    await until(lambda: listening.events("message", "file_share"))
    (event,) = listening.events("message", "file_share")
    assert event["files"][0]["url_private_download"] == file["url_private_download"]
    assert listening.events("file_shared")[0]["channel_id"] == SUPPORT


async def test_several_files_come_in_one_message(sandbox: SandboxProcess, client: AsyncWebClient) -> None:
    uploads: list[dict[str, Any]] = [{"content": "a", "filename": "a.txt"}, {"content": "b", "title": "B"}]
    await client.files_upload_v2(file_uploads=uploads, channel=SUPPORT)
    message = await posted(sandbox)
    assert [each["title"] for each in message["files"]] == ["a.txt", "B"]
    assert (message["text"], "blocks" in message) == ("", False)


async def test_a_private_file_is_downloaded_with_the_token_only(
    sandbox: SandboxProcess, client: AsyncWebClient
) -> None:
    file = (await client.files_upload_v2(content=b"%PDF", filename="receipt.pdf", channel=SUPPORT))["file"]
    async with aiohttp.ClientSession() as web:
        for address in (file["url_private"], file["url_private_download"]):
            async with web.get(address, headers={"Authorization": f"Bearer {BOT_TOKEN}"}) as answer:
                assert (answer.status, await answer.read()) == (200, b"%PDF")
                assert answer.headers["Content-Type"] == "application/pdf"
            async with web.get(address, headers={"Authorization": "Bearer xoxb-wrong"}) as answer:
                assert answer.history[0].status == 302
                assert (answer.status, answer.content_type) == (200, "text/html")


async def test_what_people_upload_is_told_and_read_only_where_the_app_is(
    sandbox: SandboxProcess, client: AsyncWebClient, listening: Listening
) -> None:
    parts = [{"name": "note.txt", "content": base64.b64encode(b"hi").decode()}]
    secret = await sandbox.act("U0MAYA", "upload", channel="C0QUIET", files=parts)
    assert (await refusal(client.files_info(file=secret["file"]["id"])))["error"] == "file_not_found"
    seen = await sandbox.act("U0MAYA", "upload", channel=SUPPORT, text="*see* this", files=parts * 2)
    await until(lambda: listening.events("message", "file_share"))
    (event,) = listening.events("message", "file_share")
    assert (event["user"], event["text"], len(event["files"])) == ("U0MAYA", "*see* this", 2)
    assert (await client.files_info(file=seen["file"]["id"]))["file"]["user"] == "U0MAYA"
    assert (await refusal(client.files_delete(file=seen["file"]["id"])))["error"] == "cant_delete_file"
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {BOT_TOKEN}"}) as web:
        async with web.get(secret["file"]["url_private"], allow_redirects=False) as answer:
            assert answer.status == 302
        async with web.get(seen["file"]["url_private"], allow_redirects=False) as answer:
            assert await answer.read() == b"hi"


async def test_a_deleted_file_leaves_a_tombstone(
    sandbox: SandboxProcess, client: AsyncWebClient, listening: Listening
) -> None:
    file = (await client.files_upload_v2(content="x", filename="x.txt", channel=SUPPORT))["file"]
    await client.files_delete(file=file["id"])
    message = await posted(sandbox)
    assert (message["files"][0]["mode"], "edited" in message) == ("tombstone", False)
    assert (await refusal(client.files_info(file=file["id"])))["error"] == "file_deleted"
    await listening.until("file_deleted")
    await until(lambda: listening.events("message", "message_changed"))
    (changed,) = listening.events("message", "message_changed")
    assert changed["previous_message"]["files"][0]["id"] == file["id"]
    assert (await client.files_list())["files"] == []


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"channel_id": "C0NOWHERE"}, "channel_not_found"),
        ({"channel_id": "C0QUIET"}, "not_in_channel"),
        ({"channel_id": SUPPORT, "thread_ts": "1.000001"}, "thread_not_found"),
        ({"channel_id": SUPPORT, "files": '[{"id": "F0NO"}]'}, "file_not_found"),
        ({"channel_id": SUPPORT, "files": "[]"}, "invalid_arguments"),
        ({"channel_id": SUPPORT, "blocks": '[{"type": "confetti"}]'}, "invalid_blocks"),
    ],
)
async def test_what_cannot_be_completed(client: AsyncWebClient, more: dict[str, str], error: str) -> None:
    ticket = await client.files_getUploadURLExternal(filename="x.txt", length=1)
    async with aiohttp.ClientSession() as web, web.post(ticket["upload_url"], data=b"x") as answer:
        assert (answer.status, await answer.text()) == (200, "OK - 1")
    asked = {"files": json.dumps([{"id": ticket["file_id"]}]), **more}
    call = client.api_call("files.completeUploadExternal", params=asked)
    assert (await refusal(call))["error"] == error
    done = await client.files_completeUploadExternal(files=[{"id": ticket["file_id"]}], channel_id=SUPPORT)
    assert done["files"][0]["id"] == ticket["file_id"]
    again = client.files_completeUploadExternal(files=[{"id": ticket["file_id"]}], channel_id=SUPPORT)
    assert (await refusal(again))["error"] == "file_not_found"


async def test_sizes_are_held_to(sandbox: SandboxProcess, client: AsyncWebClient) -> None:
    none = client.files_getUploadURLExternal(filename="x", length=0)
    assert (await refusal(none))["error"] == "missing_argument"
    alt = client.files_getUploadURLExternal(filename="x", length=1, alt_txt="x" * 1001)
    assert (await refusal(alt))["error"] == "alt_txt_too_large"
    ticket = await client.files_getUploadURLExternal(filename="x", length=3)
    async with aiohttp.ClientSession() as web:
        for wrong in (b"xx", b"xxxx"):
            async with web.post(ticket["upload_url"], data=wrong) as answer:
                assert answer.status == 400
    unsent = client.files_completeUploadExternal(files=[{"id": ticket["file_id"]}])
    assert (await refusal(unsent))["error"] == "file_not_found"
    async with sandbox.session.post(f"{sandbox.control_url}/limits", json={"file_bytes": 4}) as answer:
        assert (await answer.json())["file_bytes"] == 4
    large = client.files_getUploadURLExternal(filename="x", length=5)
    assert (await refusal(large))["error"] == "file_upload_size_restricted"
    part = {"name": "x", "content": base64.b64encode(b"12345").decode()}
    refused = await sandbox.try_act("U0MAYA", "upload", channel=SUPPORT, files=[part])
    assert refused["error"] == "file_too_large"


async def test_uploads_and_downloads_fail_by_order(sandbox: SandboxProcess, client: AsyncWebClient) -> None:
    await sandbox.faults({"kind": "error_500", "method": "files.upload", "times": 1})
    with pytest.raises(SlackRequestError):
        await client.files_upload_v2(content="x", filename="x.txt", channel=SUPPORT)
    file = (await client.files_upload_v2(content="x", filename="x.txt", channel=SUPPORT))["file"]
    await sandbox.faults({"kind": "error_429", "method": "files.download", "times": 1, "retry_after": 2})
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {BOT_TOKEN}"}) as web:
        async with web.get(file["url_private"]) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (429, "2")
        async with web.get(file["url_private"]) as answer:
            assert await answer.read() == b"x"


async def test_an_upload_under_way_survives_kill(fresh_folder: Any) -> None:
    process = SandboxProcess(fresh_folder, strict=False)
    process.start()
    client = AsyncWebClient(token=BOT_TOKEN, base_url=process.api_url)
    ticket = await client.files_getUploadURLExternal(filename="x.txt", length=1)
    process.kill()
    process.start()
    async with aiohttp.ClientSession() as web, web.post(ticket["upload_url"], data=b"x") as answer:
        assert answer.status == 200
    process.kill()
    process.start()
    await client.files_completeUploadExternal(files=[{"id": ticket["file_id"]}], channel_id=SUPPORT)
    assert (await client.files_info(file=ticket["file_id"]))["file"]["channels"] == [SUPPORT]
    await process.close()
