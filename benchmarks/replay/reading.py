"""Reading both sides from outside when everything was played."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from typing import Any

from benchmarks.replay.audit import Evidence, Verdict, judge
from benchmarks.replay.board import Board
from benchmarks.replay.players import Played
from benchmarks.replay.threads import (
    card_says_closed,
    entries,
    goes_on_in,
    is_card_of,
    reference_of,
    unmarked,
)
from benchmarks.slack import Sandbox

Threads = dict[tuple[str, str], list[dict[str, Any]]]
"""(channel, ts) → its messages, the root first."""

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
    threads: Threads = defaultdict(list)
    for channel, messages in state["messages"].items():
        for message in messages:
            threads[channel, message.get("thread_ts") or message["ts"]].append(message)
    return [await _evidence(board, each, threads) for each in played]


async def _evidence(board: Board, played: Played, threads: Threads) -> Evidence:
    customer, own = played.customer, threads[played.channel, played.thread_ts]
    everywhere = sorted(
        [message for place in played.merged for message in threads[place]] + own,
        key=lambda message: float(message["ts"]),
    )
    reference = reference_of(own[0]) if own else ""
    return Evidence(
        id=f"{played.id} {reference}",
        said=played.said,
        places={**await customer.places(), "thread": entries(everywhere)},
        wanted=customer.wanted(),
        cards=_cards(reference, played, threads) if own else 1,
        unmarked=unmarked(everywhere, board.bot_user),
        closed=bool(own) and card_says_closed(own[0]) and await customer.closed(),
        loose=sum(not goes_on_in(threads[place][0], reference) for place in played.merged if threads[place]),
    )


def _cards(reference: str, played: Played, threads: Threads) -> int:
    """How many cards the case has, and what those it absorbed have beyond one."""
    merged = [reference_of(threads[place][0]) for place in played.merged if threads[place]]
    roots = [thread[0] for thread in threads.values() if thread]
    return sum(is_card_of(root, each) for root in roots for each in (reference, *merged)) - len(merged)
