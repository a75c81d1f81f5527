"""How fast one caller may go: a token bucket per key, kept in this process."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from time import monotonic

from starlette.types import Scope

from bot.web.body import network
from bot.web.errors import TooFast
from cases.language import later
from channels.tokens import Session

_SWEEP_ABOVE = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """``count`` at once, and as many again over ``seconds``."""

    count: int
    seconds: float


class RateLimit:
    """Token buckets by key. Without a rate everything passes; ``what`` says what was too much.

    Each replica counts for itself: with n replicas a caller may reach n times the rate.
    """

    def __init__(self, what: later, rate: Rate | None) -> None:
        self._what = what
        self._rate = rate
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def take(self, key: Hashable, cost: float = 1, now: float | None = None) -> None:
        """Take ``cost`` tokens of ``key``; raises TooFast when there are fewer.

        What costs more than the whole bucket takes the whole bucket. ``now`` is monotonic seconds.
        """
        if self._rate is None:
            return
        now = monotonic() if now is None else now
        per_second = self._rate.count / self._rate.seconds
        tokens, at = self._buckets.get(key, (float(self._rate.count), now))
        tokens = min(self._rate.count, tokens + (now - at) * per_second)
        cost = min(cost, self._rate.count)
        if tokens < cost:
            raise TooFast(self._what, max(1, math.ceil((cost - tokens) / per_second)))
        self._buckets[key] = (tokens - cost, now)
        if len(self._buckets) > _SWEEP_ABOVE:
            self._sweep(now)

    def give(self, key: Hashable, cost: float = 1) -> None:
        """Give tokens back that were taken for what turned out to be harmless."""
        if self._rate is not None and key in self._buckets:
            tokens, at = self._buckets[key]
            self._buckets[key] = (min(self._rate.count, tokens + cost), at)

    def _sweep(self, now: float) -> None:
        """Forget the buckets that are full again."""
        assert self._rate is not None
        full_since = now - self._rate.seconds
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if bucket[1] > full_since}


@dataclass(frozen=True, slots=True)
class ConversationLimit:
    """What a conversation may do, and what one network address may do in all its conversations."""

    own: RateLimit
    network: RateLimit

    def take(self, conversation_id: int, scope: Scope) -> None:
        """Take a token of both; raises TooFast."""
        self.own.take(conversation_id)
        self.network.take(network(scope))


class OpeningLimit:
    """How many new cases somebody may open: each costs posts of a channel that takes one a second.

    An anonymous visitor is as good as the next one, so they are counted by network. Whom the host site
    has signed in is counted alone: behind one proxy there may be all its customers, and whoever wants
    to be many needs as many accounts of the site.
    """

    def __init__(self, rate: Rate | None) -> None:
        self._anonymous = RateLimit(later("Too many new conversations at once from your network."), rate)
        self._signed = RateLimit(later("Too many new conversations at once."), rate)

    def take(self, session: Session, scope: Scope) -> None:
        """Count a case that is about to be opened; raises TooFast."""
        if session.signed:
            self._signed.take((session.workspace_id, session.site, session.visitor))
        else:
            self._anonymous.take(network(scope))
