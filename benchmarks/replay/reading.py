"""Reading both sides from outside when everything was played."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from typing import Any

from benchmarks.replay.audit import Evidence, Verdict, judge
from benchmarks.replay.board import Board
from benchmarks.replay.players import Played
from benchmarks.replay.threads import card_says_closed, entries, is_card_of, unmarked
from benchmarks.slack import Sandbox

QUIET_SECONDS = 90.0
"""At most so long both sides are read again until they agree."""
SETTLE_SECONDS = 3.0
"""After they agree: whatever is doubled late still shows."""


async def read_until_quiet(board: Board, sandbox: Sandbox, played: list[Played]) -> Verdict:
    """Read both sides until they agree with what was said, or until that takes too long."""
    deadline = time.monotonic() + QUIET_SECONDS
    while True:
        verdict = judge(await _read(board, sandbox, played))
        if verdict.right:
            await asyncio.sleep(SETTLE_SECONDS)
            return judge(await _read(board, sandbox, played))
        if time.monotonic() > deadline:
            return verdict
        await asyncio.sleep(2)


async def _read(board: Board, sandbox: Sandbox, played: list[Played]) -> list[Evidence]:
    state = await sandbox.state()
    threads: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for channel, messages in state["messages"].items():
        for message in messages:
            threads[channel, message.get("thread_ts") or message["ts"]].append(message)
    roots = [thread[0] for thread in threads.values()]
    return [await _evidence(board, each, threads[each.channel, each.thread_ts], roots) for each in played]


async def _evidence(
    board: Board, played: Played, thread: list[dict[str, Any]], roots: list[dict[str, Any]]
) -> Evidence:
    customer = played.customer
    transcript, status = await customer.transcript() if customer.token else ([], "new")
    reference = customer.reference
    return Evidence(
        id=f"{played.id} {reference}",
        said=played.said,
        places={
            "transcript": [(author, text.strip()) for author, text in transcript],
            "screen": [(shown.author, shown.text.strip()) for shown in customer.screen],
            "thread": entries(thread),
        },
        cards=sum(is_card_of(root, reference) for root in roots) if reference else 1,
        unmarked=unmarked(thread, board.bot_user),
        closed=status == "closed" and bool(thread) and card_says_closed(thread[0]),
    )
