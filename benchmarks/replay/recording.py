"""Recorded conversations: JSON lines with a customer and turns; ``lookup`` turns are not said aloud."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from benchmarks.chat import Visitor
from benchmarks.demo import NotReady

Role = Literal["customer", "agent"]


@dataclass(frozen=True, slots=True)
class Turn:
    """Something somebody said."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """A recorded conversation of one customer."""

    id: str
    visitor: Visitor
    turns: tuple[Turn, ...]


def read_conversations(path: Path, customers: Path | None = None) -> list[Conversation]:
    """The conversations of a file; ``customers`` adds their names and addresses. Raises NotReady."""
    known = {row["customer_id"]: row for row in _rows(customers)} if customers else {}
    try:
        found = [_conversation(row, known) for row in _rows(path)]
    except (KeyError, TypeError) as error:
        raise NotReady(f"{path} does not hold recorded conversations: {error} is missing in one.") from None
    if not found:
        raise NotReady(f"{path} holds no conversations.")
    return found


def check_addresses(conversations: list[Conversation], *, made_up: bool) -> list[Conversation]:
    """The conversations of people who all have a mail address, which is ``made_up`` where there is none.

    Raises NotReady when somebody has none, or two have the same.
    """
    owners: dict[str, str] = {}
    found = []
    for each in conversations:
        visitor = each.visitor
        if visitor.email is None and made_up:
            name = re.sub(r"[^a-z0-9]+", "-", visitor.user_id.lower()).strip("-")
            visitor = replace(visitor, email=f"{name}@customers.example")
        if not visitor.email:
            raise NotReady(f"--channels needs a mail address of each customer; {visitor.user_id} has none.")
        if owners.setdefault(visitor.email.lower(), visitor.user_id) != visitor.user_id:
            raise NotReady(f"--channels needs an own mail address of each customer, also {visitor.user_id}.")
        found.append(replace(each, visitor=visitor))
    return found


def _rows(path: Path) -> list[dict[str, Any]]:
    rows = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise NotReady(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise NotReady(f"{path} is not UTF-8 text.") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                rows.append(json.loads(line))
            except ValueError:
                raise NotReady(f"{path}, line {number}, is not JSON.") from None
    return rows


def _conversation(row: dict[str, Any], known: dict[str, dict[str, Any]]) -> Conversation:
    customer = known.get(row["customer_id"], {})
    turns = tuple(
        Turn(turn["role"], turn["text"].strip())
        for turn in row["turns"]
        if turn["role"] in ("customer", "agent") and turn["text"].strip()
    )
    if not turns or turns[0].role != "customer":
        raise NotReady(f"Conversation {row['conversation_id']} does not begin with its customer.")
    visitor = Visitor(row["customer_id"], customer.get("name"), customer.get("email") or row.get("email"))
    return Conversation(row["conversation_id"], visitor, turns)
