"""Whether our own mail server vouches for a sender's domain (RFC 8601, 7489)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from channels.mail import Address
from channels.mail_parts import Headers

_MAX = 16_000
# A quoted string (to the end where nothing closes it), a comment's bracket, an end, or a run of other signs.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.?)*(?:"|\Z)|[()]|;|[^"();]+', re.DOTALL)
_PAIR = re.compile(r"([\w.-]{1,60})\s*=\s*([^\s;]{1,320})")


@dataclass(slots=True)
class _Finding:
    method: str
    result: str
    properties: dict[str, str] = field(default_factory=dict)


def authenticated(headers: Headers, writer: Address, authserv_ids: frozenset[str]) -> bool | None:
    """Whether the topmost finding of our own servers proves that ``writer.domain`` sent this.

    None where they said nothing: findings of others, and those below ours, are the sender's to invent.
    """
    for value in headers.all("authentication-results"):
        name, _, _rest = _without_comments(value[:_MAX]).partition(";")
        if (name.split() or [""])[0].lower() in authserv_ids:
            return _proven(_findings(value[:_MAX]), writer.domain)
    return None


def _proven(findings: list[_Finding], domain: str) -> bool:
    """DMARC decides where it was looked at; else a signature or SPF of the very domain, or one above it."""
    dmarc = [finding for finding in findings if finding.method == "dmarc"]
    if dmarc and dmarc[0].result != "none":
        return len(dmarc) == 1 and dmarc[0].result == "pass" and _of(dmarc[0], "header.from") in {"", domain}
    return any(
        finding.result == "pass" and _covers(_signed_for(finding), domain)
        for finding in findings
        if finding.method in {"dkim", "spf"}
    )


def _signed_for(finding: _Finding) -> str:
    if finding.method == "spf":
        return _of(finding, "smtp.mailfrom")
    return _of(finding, "header.d") or _of(finding, "header.i")


def _of(finding: _Finding, name: str) -> str:
    """The domain that a property names, if it names one plainly."""
    value = finding.properties.get(name, "").lower()
    return "" if '"' in value else value.rpartition("@")[2].rstrip(".")


def _covers(proven: str, domain: str) -> bool:
    """A domain speaks for itself and for those below it; which ones above are its own, only lists know."""
    return proven == domain or ("." in proven and domain.endswith(f".{proven}"))


def _findings(value: str) -> list[_Finding]:
    findings = []
    for clause in _clauses(value)[1:]:
        pairs = _PAIR.findall(clause)
        if pairs:
            (method, result), *properties = pairs
            findings.append(_Finding(method.lower(), result.lower(), {}))
            for name, said in properties:
                findings[-1].properties.setdefault(name.lower(), said)
    return findings


def _clauses(value: str) -> list[str]:
    """The clauses of a header; a quoted string is a single word, so nothing in it counts as a finding."""
    clauses = [""]
    for found in _TOKEN.findall(_without_comments(value)):
        if found == ";":
            clauses.append("")
        else:
            clauses[-1] += '""' if found[0] == '"' else found
    return clauses


def _without_comments(value: str) -> str:
    kept, depth = [], 0
    for found in _TOKEN.findall(value):
        if found in {"(", ")"}:
            depth = max(0, depth + (1 if found == "(" else -1))
        elif not depth:
            kept.append(found)
    return "".join(kept)
