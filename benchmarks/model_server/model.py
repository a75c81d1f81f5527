"""Who answers, and what is remembered between requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from benchmarks.model_server import hostile, plausible
from benchmarks.model_server.answers import Answer
from benchmarks.model_server.asked import Asked
from benchmarks.model_server.ledger import Ledger, Usage
from benchmarks.model_server.rules import BadRule, Rules
from benchmarks.model_server.tokens import PromptCache

MODES = ("plausible", "refuse", "hostile")
REFUSAL = "I'm sorry, but I can't help with that."


@dataclass(slots=True)
class Model:
    """The one model behind every name."""

    rules: Rules = field(default_factory=Rules)
    outputs: list[str] = field(default_factory=list)
    """Names of the tools that are answers rather than acts."""
    mode: str = "plausible"
    words: list[str] = field(default_factory=list)
    """What hostile answers try among other things."""
    seed: int = 0
    cache: PromptCache = field(default_factory=PromptCache)
    ledger: Ledger = field(default_factory=Ledger)
    hostile_answers: int = 0

    def answer(self, path: str, text: str, asked: Asked) -> Answer:
        """The answer to a request, whose JSON is ``text``, within the client's limit."""
        rule = self.rules.take(path, text, asked)
        if rule is None:
            return self._unscripted(asked).within(asked.most_tokens)
        if rule.answer is None:
            return replace(self._unscripted(asked).within(asked.most_tokens), **rule.faults)
        return rule.answer.within(asked.most_tokens)

    def scripted(self, path: str, text: str) -> Answer | None:
        """What a rule answers where there is no turn to take: models and embeddings."""
        rule = self.rules.take(path, text, None)
        return None if rule is None else rule.answer or Answer(**rule.faults)

    def spend(self, asked: Asked, answer: Answer) -> Usage:
        """The tokens of an answer, which are added to the sums."""
        prompt = asked.prompt()
        usage = Usage(len(prompt), self.cache.read(asked.model, prompt), answer.cost())
        self.ledger.spend(usage)
        return usage

    def put_default(self, given: Mapping[str, Any]) -> None:
        """Take another mode; raises BadRule."""
        if given.get("mode") not in MODES or set(given) - {"mode", "words"}:
            raise BadRule(f"mode is one of {', '.join(MODES)}; words may come with it")
        self.mode, self.words = given["mode"], list(given.get("words") or ())

    def put_outputs(self, given: object) -> None:
        """Take other names of output tools; raises BadRule."""
        if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
            raise BadRule("outputs are a list of names")
        self.outputs = given

    def put_seed(self, given: object) -> None:
        """Begin the hostile answers of this seed; raises BadRule."""
        if not isinstance(given, dict) or not isinstance(given.get("seed"), int):
            raise BadRule("the seed is a whole number")
        self.seed, self.hostile_answers = given["seed"], 0

    def _unscripted(self, asked: Asked) -> Answer:
        if self.mode == "refuse":
            return Answer(refusal=REFUSAL) if asked.schema is not None else Answer(text=REFUSAL)
        if self.mode == "hostile":
            self.hostile_answers += 1
            random = Random(f"{self.seed}:{self.hostile_answers}")
            return hostile.Mallory(random, self.words).answer(asked)
        return plausible.answer(asked, self.outputs)
