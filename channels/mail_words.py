"""Words of mails: bytes in some charset, encoded words of headers, parameters. Nothing here ever fails."""

from __future__ import annotations

import binascii
import codecs
import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

MAX_PARAMETERS = 4_096
"""Characters of a header that are looked through for parameters."""

_TEXT_CODECS = re.compile(
    r"ascii|utf-8|utf-16(-[bl]e)?|utf-32(-[bl]e)?|utf-7|iso8859-\d+|cp\d+|koi8-[rutk]\w*|kz1048|ptcp154|"
    r"big5(hkscs)?|gb2312|gbk|gb18030|hz|euc_\w+|shift_jis\w*|iso2022_\w+|mac-\w+|johab|tis-620"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BLANKS = re.compile(r"\s+")
# RFC 2047, and RFC 2231 for the language after an asterisk.
_ENCODED = re.compile(r"=\?([\w.:+-]{1,40})(?:\*[\w-]{0,20})?\?([bBqQ])\?([^?]*)\?=")
_PARAMETER = re.compile(r""";\s*([^\s=;"]{1,60})\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)""", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@lru_cache(maxsize=256)
def _codec(charset: str) -> str | None:
    """Python's name of a charset; None for unknown ones, and for codecs that are none (rot13, punycode …)."""
    try:
        name = codecs.lookup(charset.strip().strip("'\"")).name
    except (LookupError, ValueError):
        return None
    return name if _TEXT_CODECS.fullmatch(name) else None


def decoded(content: bytes, charset: str | None) -> str:
    """``content`` as text: in its charset if that fits, else as UTF-8, else as Western Europeans write."""
    for name in dict.fromkeys((_codec(charset[:60]) if charset else None, "utf-8")):
        if name is not None:
            try:
                return content.decode(name)
            except (UnicodeError, ValueError):
                continue
    return content.decode("cp1252", "replace")


def clean(text: str) -> str:
    """``text`` with ``\\n`` line ends and without control characters, except newline and tab."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text)


def one_line(text: str) -> str:
    """``text`` on one line, without control characters."""
    return _CONTROL.sub("", _BLANKS.sub(" ", text)).strip()


def header(value: str) -> str:
    """A header as people read it: encoded words decoded, on one line."""
    return one_line("".join(_pieces(value))) if "=?" in value else one_line(value)


def _pieces(value: str) -> list[str]:
    """The parts of a header; neighbouring words of one charset are one, as senders cut them anywhere."""
    pieces: list[str] = []
    place, waiting, charset = 0, b"", ""
    for found in _ENCODED.finditer(value):
        between, place = value[place : found.start()], found.end()
        apart = bool(between.strip()) or found[1].lower() != charset
        if apart and waiting:
            pieces.append(decoded(waiting, charset))
            waiting = b""
        if between.strip() or not charset:
            pieces.append(between)
        charset = found[1].lower()
        waiting += _word(found[2], found[3])
    return [*pieces, decoded(waiting, charset), value[place:]]


def _word(encoding: str, content: str) -> bytes:
    raw = content.encode("utf-8", "replace")
    return from_base64(raw) if encoding in "bB" else binascii.a2b_qp(raw, header=True)


def from_base64(content: bytes) -> bytes:
    """What Base64 stands for, as far as it can be read."""
    try:
        return binascii.a2b_base64(content)
    except binascii.Error:
        sound = re.sub(rb"[^A-Za-z0-9+/]", b"", content)
        return binascii.a2b_base64(sound[: len(sound) - (len(sound) % 4 == 1)] + b"==")


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """A header such as Content-Type: its value in lower case, and its parameters (RFC 2231, and laxer)."""
    value = value[:MAX_PARAMETERS]
    found: dict[str, str] = {}
    for match in _PARAMETER.finditer(value):
        found.setdefault(match[1].lower(), _unquoted(match[2].strip()))
    return value.partition(";")[0].strip().lower(), _joined(found)


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        return _ESCAPED.sub(r"\1", value[1:-1])
    return value


def _joined(raw: dict[str, str]) -> dict[str, str]:
    """``name*0*=``, ``name*1=`` … put together; extended values decoded."""
    names = dict.fromkeys(name.partition("*")[0] for name in raw)
    return {name: raw[name] if name in raw else _continued(raw, name) for name in names}


def _continued(raw: dict[str, str], name: str) -> str:
    charset, content, number = "utf-8", b"", 0
    if f"{name}*" in raw:
        charset, content = _extended(raw[f"{name}*"])
    while (plain := raw.get(f"{name}*{number}")) is not None or f"{name}*{number}*" in raw:
        if plain is not None:
            content += plain.encode("utf-8", "replace")
        elif number == 0:
            charset, content = _extended(raw[f"{name}*0*"])
        else:
            content += unquote_to_bytes(raw[f"{name}*{number}*"].encode("utf-8", "replace"))
        number += 1
    return decoded(content, charset)


def _extended(value: str) -> tuple[str, bytes]:
    charset, first, rest = value.partition("'")
    _language, second, text = rest.partition("'")
    encoded = text if first and second else value
    return charset if first and second else "utf-8", unquote_to_bytes(encoded.encode("utf-8", "replace"))
