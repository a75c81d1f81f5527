"""Addresses of mails: who wrote it, strictly; who else it went to, as far as that can be read.

``parseaddr`` takes ``alice@example.org)bob@evil.com`` for Alice. Here a sender is one address in one of the
few forms that nobody can read in two ways, or the mail is set aside.
"""

from __future__ import annotations

import re
import unicodedata

from cases.text import show_invisible
from channels.errors import Flaw, Quarantine
from channels.mail import Address
from channels.mail_parts import Headers
from channels.mail_words import header, one_line

MAX_NAME = 200
MAX_RECIPIENTS = 100
"""Of each of To and Cc; whoever comes after is left out."""
_MAX_LIST = 32_000

_ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
# A quoted string (to the end where nothing closes it), a bracketed address, or a sign; the rest is text.
_TOKEN = re.compile(r'"((?:[^"\\]|\\.?)*)("|\Z)|<([^<>]*)>|([()<>,;:])|([^()<>,;:"]+)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_WORD = re.compile(r"\w+")
_ANY_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


def address(text: str) -> str | None:
    """The address that ``text`` is, in lower case and plain ASCII; None if we could not write to it."""
    local, at, domain = text.strip().rpartition("@")
    if not at or len(text) > 320 or not local.isascii() or "=?" in local:
        return None
    domain = _in_ascii(domain)
    plain = f"{local}@{domain}".lower()
    fits = len(local) <= 64 and len(plain) <= 254 and _ADDRESS.fullmatch(plain)
    return plain if fits else None


def _in_ascii(domain: str) -> str:
    """A domain for mail servers; empty for one whose spelling would be changed on the way to another."""
    if domain.isascii():
        return domain
    try:
        encoded = domain.encode("idna")
        return encoded.decode() if encoded.decode("idna") == domain.lower() else ""
    except UnicodeError:
        return ""


def sender(headers: Headers) -> Address:
    """Who a mail is from. Raises Quarantine unless there is one From with exactly one clear address."""
    found = headers.all("from")
    if not found or not found[0]:
        raise Quarantine(Flaw.NO_SENDER)
    if len(found) > 1:
        raise Quarantine(Flaw.SEVERAL_SENDERS)
    return _single(found[0])


def reply_to(headers: Headers, writer: Address) -> Address | None:
    """Where answers are wanted, if that is one clear address other than the sender's."""
    for value in headers.all("reply-to")[:1]:
        try:
            wanted = _single(value)
        except Quarantine:
            return None
        return wanted if wanted.email != writer.email else None
    return None


def everybody(headers: Headers, name: str) -> tuple[Address, ...]:
    """The clear addresses in the headers ``name``; what is odd is left out."""
    found: dict[str, Address] = {}
    for value in headers.all(name)[:20]:
        for entry in _entries(value[:_MAX_LIST]):
            try:
                one = _single(entry)
            except Quarantine:
                continue
            found.setdefault(one.email, one)
    return tuple(found.values())[:MAX_RECIPIENTS]


def _single(value: str) -> Address:
    """``a@b``, ``a@b (Name)`` or ``Name <a@b>``, and nothing else. Raises Quarantine."""
    if len(value) > 2_000 or any(
        unicodedata.category(char) in {"Cc", "Cs"} and char != "\t" for char in value
    ):
        raise Quarantine(Flaw.ODD_SENDER)
    before, bracketed, comment = _pieces(value)
    if bracketed is None:
        email, name = address(before), comment
        if email is None and before.count("@") > 1 and "," in before:
            raise Quarantine(Flaw.SEVERAL_SENDERS)
    else:
        email, name = address(bracketed), before or comment
        if "@" in before and ("," in before or ";" in before):
            raise Quarantine(Flaw.SEVERAL_SENDERS)
    if email is None:
        raise Quarantine(Flaw.ODD_SENDER)
    return Address(header(name)[:MAX_NAME].strip(" \"'"), email)


def _pieces(value: str) -> tuple[str, str | None, str]:
    """What stands before the bracketed address, that address, and the comments. Raises Quarantine."""
    before, comments, bracketed, depth, quoted = [], [], None, 0, False
    for found in _TOKEN.finditer(value):
        string, closed, angle, sign, text = found.groups()
        if sign == "(":
            depth += 1
        elif sign == ")" and depth:
            depth -= 1
        elif depth and (sign or text):
            comments.append(found[0])
        elif depth or closed == "" or (text and "\\" in text):
            raise Quarantine(Flaw.ODD_SENDER)  # Where a comment or string ends, others may read differently.
        elif angle is not None:
            if bracketed is not None:
                raise Quarantine(Flaw.SEVERAL_SENDERS)
            bracketed = angle
        elif bracketed is not None and found[0].strip():
            raise Quarantine(Flaw.SEVERAL_SENDERS if "@" in value[found.start() :] else Flaw.ODD_SENDER)
        elif sign in {")", "<", ">"}:
            raise Quarantine(Flaw.ODD_SENDER)
        elif string is not None:
            quoted = True
            before.append(_ESCAPED.sub(r"\1", string))
        else:
            before.append(sign or text)
    if depth or (quoted and bracketed is None):
        raise Quarantine(Flaw.ODD_SENDER)
    return "".join(before).strip(), bracketed, " ".join(comments).strip()


def _entries(value: str) -> list[str]:
    """A list of addresses at its commas, groups opened; commas in names, brackets and comments are kept."""
    entries, current, depth = [], "", 0
    for found in _TOKEN.finditer(value):
        sign = found[4]
        depth = depth + (sign == "(") - (sign == ")" and depth > 0)
        if sign in {",", ";"} and not depth:
            entries.append(current)
            current = ""
        elif sign == ":" and not depth:
            current = ""
        else:
            current += found[0]
    return [entry.strip() for entry in [*entries, current] if entry.strip()]


# ── Names that pretend ───────────────────────────────────────────────────────────────────────────────────


def is_strange(name: str) -> bool:
    """Whether a name holds characters that nobody sees, or words in look-alike letters of two scripts."""
    return show_invisible(name) != name or any(_is_mixed(word) for word in _WORD.findall(name))


def _is_mixed(word: str) -> bool:
    if word.isascii():
        return False
    scripts = {unicodedata.name(char, "").partition(" ")[0] for char in word if char.isalpha()}
    return len(scripts & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}) > 1


def spelled(name: str) -> str:
    """``name`` with what is strange in it spelled out: ‹U+202E›, and letters that look like Latin ones."""
    shown = show_invisible(name)
    return _WORD.sub(lambda word: _unmixed(word[0]) if _is_mixed(word[0]) else word[0], shown)


def _unmixed(word: str) -> str:
    return "".join(
        f"‹U+{ord(char):04X}›"
        if not unicodedata.name(char, "").startswith("LATIN") and char.isalpha()
        else char
        for char in word
    )


def names_another(writer: Address) -> bool:
    """Whether a sender's name is or holds an address that is not theirs."""
    return any(
        found.lower() != writer.email
        for found in _ANY_ADDRESS.findall(unicodedata.normalize("NFKC", one_line(writer.name)))
    )
