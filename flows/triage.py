"""What a look at a new case found becomes part of it; people say better, and that is learnt."""

from __future__ import annotations

from datetime import datetime

from cases.actor import Actor
from cases.routing import Choice, Desk
from cases.triage import Claim, Look
from storage import triage
from storage.db import Connection, Database, Row


async def keep(tx: Connection, claim: Claim, look: Look, now: datetime) -> bool:
    """Write down what was found, with what follows from it; what people said stays as it is.

    False, without effect, when a person chose the department meanwhile, or the lease ended.
    """
    if not await triage.keep(tx, claim, look, now):
        return False
    if look.language is not None:
        await triage.set_language(tx, claim.case_id, look.language, now)
    if look.priority is not None:
        await triage.raise_priority(tx, claim.case_id, look.priority, now)
    if look.process is not None:
        await triage.set_process(tx, claim.case_id, look.process, look.process_name, now)
    return True


async def choose_department(db: Database, case: Row, desk: Desk, actor: Actor, now: datetime) -> bool:
    """Say whom a case needs; False when that was said already."""
    async with db.transaction() as tx:
        await triage.lock(tx, case["id"])
        chosen = await triage.choose(tx, case["id"], desk.key, actor, now, anew=True)
        if chosen:
            await triage.say(tx, case["id"], desk.name, actor, now)
    return chosen


async def choose_process(db: Database, case: Row, process: Choice, actor: Actor, now: datetime) -> bool:
    """Say what a case is about; False when it is that already."""
    return await triage.choose_process(db, case["id"], process.key, process.name, actor, now)
