"""Reading prompts: Markdown with ``version:`` in its head and ``$name`` for what is filled in.

What is filled in comes from the company's own configuration and rows of ours; what customers, articles and
departments say never becomes part of a prompt: it is handed to the model as data, apart.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

_HERE = Path(__file__).parent


class PromptError(Exception):
    """A prompt is missing, has no version, or was not given what it names: a mistake of ours."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as its file says it."""

    name: str
    version: str
    """``NUMBER-DIGEST``: the number of its head, and the beginning of the SHA-256 of its words, so that no
    change goes unrecorded where somebody forgot the number."""
    words: str

    @property
    def label(self) -> str:
        """Name and version, as recorded with each output."""
        return f"{self.name} {self.version}"

    def fill(self, **values: str) -> str:
        """The words with each ``$name`` replaced; raises PromptError for one that is missing or unknown."""
        template = Template(self.words)
        wanted = set(template.get_identifiers())
        if not template.is_valid() or wanted != set(values):
            raise PromptError(f"{self.name}.md names {sorted(wanted)} and was given {sorted(values)}")
        return template.substitute(values)


@cache
def load(name: str) -> Prompt:
    """The prompt ``name``; raises PromptError."""
    path = _HERE / f"{name}.md"
    try:
        head, _, words = path.read_text(encoding="utf-8").partition("\n---\n")
    except FileNotFoundError:
        raise PromptError(f"there is no prompt {name}.md") from None
    number = head.removeprefix("---\nversion:").strip()
    if not number.isdigit() or not words.strip():
        raise PromptError(f"{name}.md does not begin with its version")
    digest = hashlib.sha256(words.encode()).hexdigest()[:8]
    return Prompt(name, f"{number}-{digest}", words.strip() + "\n")
