"""What a mail says: the words among its parts, what of them is new, and its files."""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass

from cases.language import _
from channels import mail_html, mail_quotes
from channels.mail import MAX_FOLDED, MAX_TEXT, WHOLE_TEXT, Part
from channels.mail_parts import Node
from channels.mail_words import clean, header, parameters
from channels.webchat import clean_file_name, file_type

_MAX_WORDS = 400_000
"""Characters of all bodies of a mail, in HTML or not; what follows is in the raw mail only."""
_WORD = re.compile(r"\w")
# What mail programs put for readers without HTML, instead of the words.
_INSTEAD = re.compile(
    r"\s*(?:this (?:is an? )?(?:e-?mail|message) (?:requires|is in|contains|is best viewed)|"
    r"(?:your|this) (?:e-?mail|mail) (?:client|program|reader) (?:does|cannot|can't)|"
    r"to view this (?:e-?mail|message)|please (?:view|enable) .{0,40}html|"
    r"if you (?:can(?:no|')t|are unable)).{0,400}",
    re.IGNORECASE | re.DOTALL,
)
_SIGNATURES = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)
_WHOLE_MAILS = frozenset({"message/rfc822", "message/global"})


@dataclass(frozen=True, slots=True)
class Said:
    """The words and files of a mail."""

    text: str
    folded: str
    attachments: tuple[Part, ...]


def body(root: Node) -> str:
    """All the words of a mail, quotes too: plain ones where there are such, else what its HTML shows."""
    return clean("\n\n".join(words for words in _Bodies().of(root) if words.strip()))[:_MAX_WORDS]


def said(root: Node, words: str, subject: str) -> Said:
    """What is new in ``words``, the body, and the files; too long words end in a note and are a file, too."""
    parts = mail_quotes.split(words, subject)
    files = _files(root)
    text = parts.new
    if len(text) > MAX_TEXT:
        files.append(Part(WHOLE_TEXT, "text/plain", words.encode()))
        note = _("(This is the beginning of a long mail; all of it is in {file}.)", file=WHOLE_TEXT)
        text = f"{text[: MAX_TEXT - len(note) - 2]}\n\n{note}"
    return Said(text, parts.folded[:MAX_FOLDED], tuple(files))


# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────


class _Bodies:
    """Reads the bodies of one mail, until as much of them was read as is ever shown."""

    def __init__(self) -> None:
        self._left = _MAX_WORDS

    def of(self, node: Node) -> list[str]:
        """The words of a part, body by body."""
        if node.mime_type == "multipart/alternative":
            return self._alternative(node)
        if node.mime_type in {"multipart/related", "multipart/signed"}:
            return self.of(node.children[0]) if node.children else []
        if node.mime_type.startswith("multipart/"):
            return [words for child in node.children for words in self.of(child)]
        return [self._words(node)] if self._left and _is_words(node) else []

    def _alternative(self, node: Node) -> list[str]:
        """The plain one of several versions, unless it only says that one should read another."""
        plain = {
            n: self.of(child) for n, child in enumerate(node.children) if child.mime_type == "text/plain"
        }
        for words in plain.values():
            if _tells(words) and not _INSTEAD.fullmatch(words[0][:2_000]):
                return words
        # The last one is the richest (RFC 2046, 5.1.4); the others are not even read.
        for n, child in reversed(list(enumerate(node.children))):
            words = plain[n] if n in plain else self.of(child)
            if _tells(words):
                return words
        return []

    def _words(self, node: Node) -> str:
        text = node.text[: self._left]
        self._left -= len(text)
        return mail_html.text(text) if node.mime_type == "text/html" else _unflowed(text, node.parameters)


def _tells(bodies: list[str]) -> bool:
    return any(map(_WORD.search, bodies))


def _unflowed(text: str, parameters: dict[str, str]) -> str:
    """Plain words; lines that were broken only to fit are put together again (RFC 3676)."""
    text = text.replace("\r\n", "\n")
    if parameters.get("format", "").lower() != "flowed":
        return text
    joins_words = parameters.get("delsp", "").lower() == "yes"
    paragraphs: list[list[str]] = []
    flowing = False
    for stuffed in text.split("\n"):
        line = stuffed.removeprefix(" ")
        if not flowing or line.startswith(">") or line == "-- ":
            paragraphs.append([])
        elif joins_words:
            paragraphs[-1][-1] = paragraphs[-1][-1][:-1]
        paragraphs[-1].append(line)
        flowing = line.endswith(" ") and line != "-- " and not line.startswith(">")
    return "\n".join(map("".join, paragraphs))


def _is_words(node: Node) -> bool:
    return (
        node.mime_type in {"text/plain", "text/html"} and node.disposition != "attachment" and not _name(node)
    )


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────


def _files(root: Node) -> list[Part]:
    """Every part that is not its words, as it came: nothing is unpacked."""
    files: list[Part] = []
    for node in root.walk():
        if _is_file(node):
            files.append(_file(node, len(files) + 1))
    return files


def _is_file(node: Node) -> bool:
    if node.mime_type.startswith("multipart/") or node.mime_type in _SIGNATURES:
        return False
    return not _is_words(node) and node.start < node.end


def _file(node: Node, number: int) -> Part:
    content = node.content
    mime = file_type(content[:64], node.mime_type)
    content_id = node.headers.first("content-id").strip().strip("<>")[:250] or None
    inline = node.disposition == "inline" or (content_id is not None and node.disposition != "attachment")
    return Part(_name(node) or _made_up(mime, number), mime, content, content_id, inline)


def _name(node: Node) -> str:
    """What a part's file is called, made harmless; empty where it has no name."""
    _disposition, found = parameters(node.headers.first("content-disposition"))
    name = header(found.get("filename", "") or node.parameters.get("name", ""))
    return clean_file_name(name) if name else ""


def _made_up(mime: str, number: int) -> str:
    ending = ".eml" if mime in _WHOLE_MAILS else mimetypes.guess_extension(mime) or ".bin"
    return f"file-{number}{ending}"
