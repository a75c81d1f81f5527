"""Faults by script: rules that say which calls and deliveries go wrong, how often and how."""

import random
from dataclasses import dataclass
from typing import Any

from sandbox.errors import ActError

API_KINDS = frozenset({"drop_reply", "error_429", "error_500", "timeout", "delay", "unreadable"})
DELIVERY_KINDS = frozenset({"duplicate_delivery", "reorder_delivery", "swallow_ack", "delay_delivery"})


@dataclass(slots=True)
class Rule:
    """One fault. `method` is a Web API method or, for deliveries, an event or envelope type."""

    kind: str
    method: str | None = None
    channel: str | None = None
    probability: float | None = None
    times: int | None = None
    delay_ms: int = 0
    retry_after: int = 1

    def strikes(self, method: str, channel: str | None) -> bool:
        """Decides once; a rule with `times` counts down."""
        if (self.method and self.method != method) or (self.channel and self.channel != channel):
            return False
        if self.times is not None:
            if self.times <= 0:
                return False
            if self.probability is not None and random.random() >= self.probability:
                return False
            self.times -= 1
            return True
        return self.probability is None or random.random() < self.probability

    def shown(self) -> dict[str, Any]:
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in fields.items() if value is not None}


class Faults:
    """The rules in force."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def replace(self, raw: Any) -> None:
        """Raises ActError(invalid_rules) with the reason; then the old rules stay."""
        if not isinstance(raw, list):
            raise ActError("invalid_rules", detail="rules must be a list")
        self.rules = [_rule(each) for each in raw]

    def struck(self, kind: str, method: str, channel: str | None = None) -> Rule | None:
        for rule in self.rules:
            if rule.kind == kind and rule.strikes(method, channel):
                return rule
        return None

    def hidden_seconds(self, method: str, channel: str) -> float:
        """How long a post of this moment stays unreadable."""
        rule = self.struck("unreadable", method, channel) if self.rules else None
        return rule.delay_ms / 1000 if rule else 0.0


def _rule(raw: Any) -> Rule:
    if not isinstance(raw, dict) or raw.get("kind") not in API_KINDS | DELIVERY_KINDS:
        raise ActError("invalid_rules", detail="a rule needs one of the known kinds")
    unknown = set(raw) - set(Rule.__dataclass_fields__)
    if unknown:
        raise ActError("invalid_rules", detail=f"unknown field {sorted(unknown)[0]}")
    return Rule(**raw)
