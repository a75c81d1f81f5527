"""What a company says of its CRM or shop: where a customer's orders and profile stand in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ORDER_FIELDS = ("external_id", "status", "items", "placed", "total")
PLACEHOLDERS = ("external_id", "email")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Source:
    """Where one kind of facts stands."""

    path: str
    """Below the base, with ``{external_id}`` or ``{email}``."""
    fields: Mapping[str, str]
    """Our name of a field → where it stands in theirs, such as ``state.name``."""
    within: str = ""
    """Where in the answer it begins; empty = the answer itself."""

    @property
    def placeholders(self) -> Sequence[str]:
        """The names in braces of the path."""
        return PLACEHOLDER.findall(self.path)


@dataclass(frozen=True, slots=True)
class Crm:
    """What ``crm.yml`` says."""

    base_url: str
    token_name: str | None = None
    """The environment variable that has the token; None where none is needed."""
    orders: Source | None = None
    profile: Source | None = None
