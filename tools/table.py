"""All tools of the model, in one table. What is not in it does not exist for a model."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tools.departments import departments
from tools.desk import find_in_my_cases, my_case, my_cases
from tools.history import history_of_customer
from tools.knowledge import search_knowledge
from tools.orders import orders
from tools.profile import profile
from tools.propose import propose_ask, propose_draft, propose_reminder, propose_status
from tools.similar import similar_cases


class Kind(StrEnum):
    """What a tool may do."""

    READ = "read"
    """Look at rows of its own case, customer and workspace."""
    PROPOSE = "propose"
    """Note what a person may do; only work that somebody asked for in words has these."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function of this room as a model may call it: its docstring is what the model reads."""

    run: Callable[..., Awaitable[Any]]
    """Takes the scope, then what the model gives."""
    kind: Kind = Kind.READ

    @property
    def name(self) -> str:
        """The name by which the model calls it."""
        return self.run.__name__

    @property
    def contract(self) -> str:
        """What the model is told of it: the first paragraph of the docstring."""
        return " ".join((self.run.__doc__ or "").split("\n\n", maxsplit=1)[0].split())


TABLE: tuple[Tool, ...] = (
    Tool(orders),
    Tool(profile),
    Tool(history_of_customer),
    Tool(search_knowledge),
    Tool(similar_cases),
    Tool(departments),
    Tool(propose_ask, Kind.PROPOSE),
    Tool(propose_draft, Kind.PROPOSE),
    Tool(propose_reminder, Kind.PROPOSE),
    Tool(propose_status, Kind.PROPOSE),
)
"""The model's tools. None sends, closes, erases or changes anything: by contract none could."""

DESK: tuple[Tool, ...] = (Tool(my_cases), Tool(find_in_my_cases), Tool(my_case))
"""The tools of a question that somebody asks over all their own cases: they read those, and nothing else."""
