"""All tools of the model, in one table. What is not in it does not exist for a model."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tools.departments import departments
from tools.history import history_of_customer
from tools.knowledge import search_knowledge
from tools.orders import orders
from tools.profile import profile
from tools.similar import similar_cases


@dataclass(frozen=True, slots=True)
class Tool:
    """A function of this room as a model may call it: its docstring is what the model reads."""

    run: Callable[..., Awaitable[Any]]
    """Takes the scope, then what the model gives."""

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
)
"""The model's tools. All read; none sends, closes, erases or changes anything: by contract none could."""
