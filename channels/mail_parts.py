"""The shape of a mail: headers, and parts in parts (RFC 5322, 2045, 2046), within limits.

Python's parser goes line by line through the open parts, and one call deeper for each: a few kilobytes make
it run out of stack. This one looks for boundaries only, as deep as ``MAX_DEPTH``.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from channels.errors import Flaw, Quarantine
from channels.mail import MAX_DEPTH, MAX_HEAD, MAX_HEADER, MAX_PARTS, MAX_RAW
from channels.mail_words import decoded, from_base64, parameters

_FOLDED = re.compile(r"\r?\n(?=[ \t])")
_NAME = re.compile(r"[!-9;-~]{1,200}")


@dataclass(frozen=True, slots=True)
class Headers:
    """The headers of a mail or part, as they stand there but unfolded; names in lower case."""

    fields: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        """Every header of this name, topmost first."""
        return [value for key, value in self.fields if key == name]

    def first(self, name: str) -> str:
        """The topmost header of this name; empty where there is none."""
        return next((value for key, value in self.fields if key == name), "")


@dataclass(slots=True)
class Node:
    """A part, and the parts in it."""

    headers: Headers
    mime_type: str
    parameters: dict[str, str]
    raw: bytes
    start: int
    end: int
    children: list[Node] = field(default_factory=list)

    @property
    def content(self) -> bytes:
        """What it holds, without its transfer encoding."""
        body = self.raw[self.start : self.end]
        encoding = self.headers.first("content-transfer-encoding").strip().lower()
        if encoding == "base64":
            return from_base64(body)
        return binascii.a2b_qp(body) if encoding == "quoted-printable" else body

    @property
    def text(self) -> str:
        """What it holds, as text."""
        return decoded(self.content, self.parameters.get("charset"))

    @property
    def disposition(self) -> str:
        """``attachment``, ``inline`` or nothing."""
        return parameters(self.headers.first("content-disposition"))[0]

    def walk(self) -> Iterator[Node]:
        """This part and all parts in it, from the top down."""
        yield self
        for child in self.children:
            yield from child.walk()


def headers(head: bytes) -> Headers:
    """The headers in ``head``, but for lines that are none. Raises Quarantine where they are too long."""
    if len(head) > MAX_HEAD:
        raise Quarantine(Flaw.LONG_HEADERS)
    fields = []
    for line in _FOLDED.sub("", decoded(head, None)).split("\n"):
        name, colon, value = line.partition(":")
        if len(value) > MAX_HEADER:
            raise Quarantine(Flaw.LONG_HEADERS)
        name = name.rstrip()
        if colon and _NAME.fullmatch(name):
            fields.append((name.lower(), value.strip()))
    return Headers(tuple(fields))


def parse(raw: bytes) -> Node:
    """A mail with its parts. Raises Quarantine above MAX_RAW, MAX_DEPTH, MAX_PARTS, MAX_HEAD, MAX_HEADER."""
    if len(raw) > MAX_RAW:
        raise Quarantine(Flaw.TOO_LARGE)
    return _Parser(raw).node(0, len(raw), 0)


class _Parser:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._parts = 0

    def node(self, start: int, end: int, depth: int, *, default: str = "text/plain") -> Node:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise Quarantine(Flaw.TOO_MANY_PARTS)
        head, body = self._head(start, end)
        known = headers(self._raw[start:head])
        mime, params = parameters(known.first("content-type"))
        node = Node(known, mime if "/" in mime else default, params, self._raw, body, end)
        if node.mime_type.startswith("multipart/"):
            self._fill(node, depth)
        return node

    def _head(self, start: int, end: int) -> tuple[int, int]:
        """Where the headers end, and where the body begins: around the first empty line."""
        for empty in (b"\n", b"\r\n"):
            if self._raw.startswith(empty, start, end):
                return start, start + len(empty)
        places = [
            (found, found + len(line))
            for line in (b"\n\n", b"\n\r\n")
            if (found := self._raw.find(line, start, min(end, start + MAX_HEAD + 4))) >= 0
        ]
        return min(places, default=(end, end))

    def _fill(self, node: Node, depth: int) -> None:
        if depth >= MAX_DEPTH:
            raise Quarantine(Flaw.TOO_DEEP)
        inner = "message/rfc822" if node.mime_type == "multipart/digest" else "text/plain"
        for start, end in self._between(node):
            node.children.append(self.node(start, end, depth + 1, default=inner))
        if not node.children:
            node.mime_type = "text/plain"

    def _between(self, node: Node) -> Iterator[tuple[int, int]]:
        """Where the parts stand: between their boundaries, without the line break before each."""
        boundary = node.parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
        if not boundary or len(boundary) > 200:
            return
        line = re.compile(rb"\n--" + re.escape(boundary) + rb"(--)?[ \t]*\r?(?=\n|\Z)")
        begun: int | None = None
        for found in line.finditer(self._raw, max(0, node.start - 1), node.end):
            if begun is not None:
                ends_in_cr = self._raw.endswith(b"\r", begun, found.start())
                yield begun, max(begun, found.start() - ends_in_cr)
            begun = min(found.end() + 1, node.end)
            if found[1]:
                return
        if begun is not None:
            yield begun, node.end
