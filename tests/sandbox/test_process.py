"""The process itself: what survives kill -9, what it refuses to start with, who may talk to it."""

import socket
import subprocess
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.support.sandbox import BOT_TOKEN, ROOT, SandboxProcess

SUPPORT = "C0SUPPORT"


async def test_everything_answered_survives_kill_9(fresh_folder: Path) -> None:
    sandbox = SandboxProcess(fresh_folder, strict=False)
    sandbox.start()
    try:
        client = AsyncWebClient(token=BOT_TOKEN, base_url=sandbox.api_url)
        metadata = {"event_type": "cx_post", "event_payload": {"id": "1"}}
        root = await client.chat_postMessage(channel=SUPPORT, text="root", metadata=metadata)
        reply = await sandbox.act("U0MAYA", "post", channel=SUPPORT, text="rply", thread_ts=root["ts"])
        gone = await sandbox.act("U0MAYA", "post", channel=SUPPORT, text="gone", thread_ts=root["ts"])
        await sandbox.act("U0MAYA", "edit", channel=SUPPORT, ts=reply["ts"], text="reply")
        await sandbox.act("U0MAYA", "delete", channel=SUPPORT, ts=gone["ts"])
        await sandbox.act("U0TOM", "react", channel=SUPPORT, ts=reply["ts"], name="eyes")
        await sandbox.act("U0TOM", "react", channel=SUPPORT, ts=reply["ts"], name="wave")
        await sandbox.act("U0TOM", "unreact", channel=SUPPORT, ts=reply["ts"], name="eyes")
        await client.conversations_join(channel="C0QUIET")
        await sandbox.do("archive", channel="C0RETURNS")
        direct = await sandbox.act("U0TOM", "open_dm")
        await client.chat_postMessage(channel=direct["channel"], text="hi")
        before = await sandbox.state()
        for _ in range(2):
            sandbox.kill()
            sandbox.start()
            after = await sandbox.state()
            assert after["messages"] == before["messages"]
            assert after["channels"] == before["channels"]
        later = await client.chat_postMessage(channel=SUPPORT, text="later", thread_ts=root["ts"])
        assert later["ts"] > gone["ts"]
    finally:
        await sandbox.close()


async def test_a_torn_last_line_is_left_out(fresh_folder: Path) -> None:
    sandbox = SandboxProcess(fresh_folder, strict=False)
    sandbox.start()
    try:
        client = AsyncWebClient(token=BOT_TOKEN, base_url=sandbox.api_url)
        await client.chat_postMessage(channel=SUPPORT, text="kept")
        sandbox.kill()
        with (fresh_folder / "data" / "journal.jsonl").open("ab") as journal:
            journal.write(b'{"op":"post","channel":"C0SUPP')
        sandbox.start()
        assert [each["text"] for each in await sandbox.messages(SUPPORT)] == ["kept"]
        await client.chat_postMessage(channel=SUPPORT, text="next")
        sandbox.kill()
        sandbox.start()
        assert [each["text"] for each in await sandbox.messages(SUPPORT)] == ["kept", "next"]
    finally:
        await sandbox.close()


def complaint(sandbox: SandboxProcess) -> str:
    """What it says on stderr when it must not start."""
    ended = subprocess.run(
        sandbox.command(), cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )
    assert ended.returncode == 2, ended
    assert ended.stdout == ""
    lines = ended.stderr.strip().splitlines()
    assert len(lines) == 1, ended.stderr
    return lines[0]


def test_a_port_in_use_is_named(fresh_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        sandbox = SandboxProcess(fresh_folder, strict=False)
        sandbox.port = taken.getsockname()[1]
        assert complaint(sandbox) == (
            f"The sandbox cannot listen on port {sandbox.port} of 127.0.0.1: it is already in use."
        )


def test_a_broken_file_is_named(fresh_folder: Path) -> None:
    sandbox = SandboxProcess(fresh_folder, strict=False)
    sandbox.manifest_file.unlink()
    assert complaint(sandbox) == (
        f"The app manifest {sandbox.manifest_file} cannot be read: No such file or directory."
    )


async def test_one_folder_is_for_one_sandbox(fresh_folder: Path) -> None:
    sandbox = SandboxProcess(fresh_folder, strict=False)
    sandbox.start()
    try:
        second = SandboxProcess(fresh_folder, strict=False)
        assert "Another sandbox already uses the data folder" in complaint(second)
    finally:
        await sandbox.close()


async def test_only_this_machine_and_its_own_page_may_talk_to_it(sandbox: SandboxProcess) -> None:
    paths = {"/control/state": 403, "/client/boot": 403, "/": 403}
    for path, status in paths.items():
        url = f"http://127.0.0.1:{sandbox.port}{path}"
        async with sandbox.session.get(url, headers={"Host": "evil.example"}) as response:
            assert response.status == status
    for headers, status in (
        ({"Origin": "http://evil.example"}, 403),
        ({"Authorization": "Bearer guess"}, 401),
    ):
        async with sandbox.session.get(sandbox.control_url + "/state", headers=headers) as response:
            assert response.status == status
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((_own_address(), sandbox.port), timeout=1)


def _own_address() -> str:
    """An address of this machine that is not its loopback's first one."""
    return "127.0.0.2"
