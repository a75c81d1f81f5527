"""``POST /v1/embeddings``: vectors of hashed words, so that texts that share words are near each other."""

from __future__ import annotations

import math
import re
import struct
from base64 import b64encode
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

from benchmarks.model_server import tokens
from benchmarks.model_server.asked import Json, Refused, model_of

DIMENSIONS = 384
_WORD = re.compile(r"\w+")
_PLACES = 4
"""Numbers of the vector that a word touches."""


def embed(body: Json) -> tuple[Json, int]:
    """The answer's body and how many tokens were read; raises Refused."""
    model, texts = model_of(body), _texts(body.get("input"))
    size, packed = body.get("dimensions") or DIMENSIONS, body.get("encoding_format") == "base64"
    vectors = [vector(words, size) for words in texts]
    data = [
        {"object": "embedding", "index": index, "embedding": _packed(each) if packed else each}
        for index, each in enumerate(vectors)
    ]
    spent = sum(tokens.count(" ".join(words)) for words in texts)
    usage = {"prompt_tokens": spent, "total_tokens": spent}
    return {"object": "list", "data": data, "model": model, "usage": usage}, spent


def vector(words: Iterable[str], size: int = DIMENSIONS) -> list[float]:
    """The normalised vector of a text's words; without a word it points along the first axis."""
    found = [0.0] * size
    for word in words:
        for place, sign in _spots(word, size):
            found[place] += sign
    length = math.sqrt(sum(number * number for number in found))
    return [number / length for number in found] if length else [1.0, *found[1:]]


@lru_cache(maxsize=50_000)
def _spots(word: str, size: int) -> tuple[tuple[int, float], ...]:
    digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=4 * _PLACES).digest()
    numbers = struct.unpack(f"<{_PLACES}I", digest)
    return tuple((number // 2 % size, 1.0 if number % 2 else -1.0) for number in numbers)


def _texts(given: object) -> list[list[str]]:
    """The words of each text; lists of numbers are tokens of a client that counts them itself."""
    if isinstance(given, str):
        given = [given]
    if isinstance(given, list) and given and isinstance(given[0], int):
        given = [given]
    if not isinstance(given, list) or not given or len(given) > 2_048 or not all(given):
        raise Refused("'$.input' is invalid: a text, or 1 to 2,048 of them, none of them empty.", "input")
    return [_words(each) for each in given]


def _words(text: object) -> list[str]:
    if isinstance(text, str):
        return _WORD.findall(text.lower())
    if isinstance(text, list):
        return [str(token) for token in text]
    raise Refused("'$.input' is invalid: each text is a string or a list of tokens.", "input")


def _packed(numbers: list[float]) -> str:
    return b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
