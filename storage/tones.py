"""Reading the folder ``tone``: how the company wants its customers to be written to."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cases.enums import Channel
from cases.errors import ConfigError
from cases.reader import Language
from cases.tone import Tone, Tones
from storage.yaml_places import nearest

MAX_TONE = 4_000
"""Characters of a policy: it goes with every call of the model."""
_ALL = "all"


def read_tones(folder: Path) -> Tones:
    """The policies of the folder; without it, or with an empty one, there are none.

    A file is called `all.md`, or after a language (`pl.md`), a channel (`webchat.md`), or both
    (`pl.webchat.md`). Raises ConfigError that names the file.
    """
    if not folder.is_dir():
        return Tones()
    found = {}
    for path in sorted(folder.glob("*.md")):
        place = _place(path)
        if place in found:
            raise ConfigError(f"{path}: another file in this folder is for the same language and channel.")
        found[place] = _tone(path)
    return Tones(found)


def _place(path: Path) -> tuple[Language | None, Channel | None]:
    language: Language | None = None
    channel: Channel | None = None
    names = path.name.removesuffix(".md").split(".")
    for name in names:
        if name in set(Language) and language is None:
            language = Language(name)
        elif name in set(Channel) and channel is None:
            channel = Channel(name)
        elif names != [_ALL]:
            known = [_ALL, *map(str, Language), *map(str, Channel)]
            raise ConfigError(f"{path}: `{name}` is no language and no channel; {nearest(name, known)}")
    return language, channel


def _tone(path: Path) -> Tone:
    try:
        words = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    if not 0 < len(words) <= MAX_TONE:
        raise ConfigError(f"{path}: a policy has between 1 and {MAX_TONE:,} characters, not {len(words):,}.")
    digest = hashlib.sha256(words.encode()).hexdigest()[:8]
    return Tone(f"{path.name.removesuffix('.md')}-tone {digest}", words)
