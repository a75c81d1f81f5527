"""files.*"""

from __future__ import annotations

import base64
import json

import aiohttp

from benchmarks.conformance.checks import check, event, method
from benchmarks.conformance.verdicts import has, same, true
from benchmarks.conformance.workspace import ANN, BOT, BOT_TOKEN, CLOSED, DESK
from benchmarks.conformance.world import World


@method("files.getUploadURLExternal", "gives an address and an id; knows the limits")
async def _(w: World) -> None:
    ticket = await w.client.files_getUploadURLExternal(filename="a.txt", length=1)
    true(str(ticket["upload_url"]).startswith("http") and str(ticket["file_id"]).startswith("F"), "no ticket")
    await w.refused(w.client.files_getUploadURLExternal(filename="a", length=0), "missing_argument")
    await w.control("limits", file_bytes=4)
    large = w.client.files_getUploadURLExternal(filename="a", length=5)
    await w.refused(large, "file_upload_size_restricted")


@method("files.completeUploadExternal", "shares what files_upload_v2 sent as one file_share message")
async def _(w: World) -> None:
    root = (await w.client.chat_postMessage(channel=DESK, text="root"))["ts"]
    answer = await w.client.files_upload_v2(
        file_uploads=[{"content": "a", "filename": "a.txt"}, {"content": "b", "filename": "b.txt"}],
        channel=DESK,
        thread_ts=root,
        initial_comment="two",
    )
    same([each["name"] for each in answer["files"]], ["a.txt", "b.txt"])
    message = (await w.messages(DESK, root))[-1]
    has(message, subtype="file_share", text="two", thread_ts=root, user=BOT)
    same([each["name"] for each in message["files"]], ["a.txt", "b.txt"])


@method("files.completeUploadExternal", "wants the bytes first, and completes once")
async def _(w: World) -> None:
    ticket = await w.client.files_getUploadURLExternal(filename="a.txt", length=1)
    files: list[dict[str, str | None]] = [{"id": str(ticket["file_id"])}]
    await w.refused(w.client.files_completeUploadExternal(files=files), "file_not_found")
    async with aiohttp.ClientSession() as web, web.post(ticket["upload_url"], data=b"a") as answer:
        same((answer.status, await answer.text()), (200, "OK - 1"))
    await w.client.files_completeUploadExternal(files=files)
    await w.refused(w.client.files_completeUploadExternal(files=files), "file_not_found")


@method("files.info", "tells where a file was shared, and hides what the app cannot see")
async def _(w: World) -> None:
    file = (await w.client.files_upload_v2(content="a", filename="a.txt", channel=DESK))["file"]
    info = (await w.client.files_info(file=file["id"]))["file"]
    has(info, channels=[DESK], is_public=True, size=1)
    same([each["ts"] for each in info["shares"]["public"][DESK]], [(await w.messages(DESK))[-1]["ts"]])
    part = {"name": "x.txt", "content": base64.b64encode(b"x").decode()}
    theirs = (await w.act(ANN, "upload", channel=CLOSED, files=[part]))["file"]
    await w.refused(w.client.files_info(file=theirs["id"]), "file_not_found")


@method("files.list", "lists what the app can see")
async def _(w: World) -> None:
    await w.client.files_upload_v2(content="a", filename="a.txt", channel=DESK)
    same([each["name"] for each in (await w.client.files_list(channel=DESK))["files"]], ["a.txt"])


@method("files.delete", "deletes the app's own files")
async def _(w: World) -> None:
    file = (await w.client.files_upload_v2(content="a", filename="a.txt", channel=DESK))["file"]
    await w.client.files_delete(file=file["id"])
    await w.refused(w.client.files_info(file=file["id"]), "file_deleted")
    has((await w.messages(DESK))[-1]["files"][0], mode="tombstone")


@check("delivery", "url_private", "is read with the bot token; without it one lands on a sign-in page")
async def _(w: World) -> None:
    file = (await w.client.files_upload_v2(content="abc", filename="a.txt", channel=DESK))["file"]
    async with aiohttp.ClientSession() as web:
        head = {"Authorization": f"Bearer {BOT_TOKEN}"}
        for address in (file["url_private"], file["url_private_download"]):
            async with web.get(address, headers=head) as answer:
                same((answer.status, await answer.read(), answer.content_type), (200, b"abc", "text/plain"))
        async with web.get(file["url_private"]) as answer:
            same((answer.history[0].status, answer.content_type), (302, "text/html"))


@event("file_created", "tells a file that the app made")
async def _(w: World) -> None:
    file = (await w.client.files_upload_v2(content="a", filename="a.txt", channel=DESK))["file"]
    await w.event("file_created", file_id=file["id"])


@event("file_shared", "tells a shared file, beside the message with subtype file_share")
async def _(w: World) -> None:
    part = {"name": "note.txt", "content": base64.b64encode(b"x").decode()}
    sent = await w.act(ANN, "upload", channel=DESK, text="here", files=[part])
    has(await w.event("file_shared"), file_id=sent["file"]["id"], channel_id=DESK, user_id=ANN)
    message = await w.event("message", subtype="file_share")
    has(message, ts=sent["ts"], text="here", user=ANN)
    true(message["files"][0]["url_private_download"], "no address to download from")


@event("file_deleted", "tells a deleted file")
async def _(w: World) -> None:
    file = (await w.client.files_upload_v2(content="a", filename="a.txt", channel=DESK))["file"]
    await w.client.files_delete(file=file["id"])
    await w.event("file_deleted", file_id=file["id"])


@check("refusal", "files.completeUploadExternal", "not_in_channel")
async def _(w: World) -> None:
    ticket = await w.client.files_getUploadURLExternal(filename="a.txt", length=1)
    async with aiohttp.ClientSession() as web, web.post(ticket["upload_url"], data=b"a") as answer:
        same(answer.status, 200)
    asked = {"files": json.dumps([{"id": ticket["file_id"]}]), "channel_id": CLOSED}
    await w.refused(w.client.api_call("files.completeUploadExternal", params=asked), "not_in_channel")
