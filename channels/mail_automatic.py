"""Which mails no person wrote (RFC 3834, 3464), and whom no program may answer."""

from __future__ import annotations

import re

from channels.mail import Address, Automatic, Bounce, Kind, Outcome, Own
from channels.mail_parts import Headers, Node
from channels.mail_parts import headers as read_headers
from channels.mail_senders import address
from channels.mail_threading import ids, references
from channels.mail_tokens import without_token
from channels.mail_words import clean, header, one_line

MAX_HOPS = 50
"""Servers that a mail may have passed; one with more goes round."""
MAX_REASON = 300
_LOOKED_AT = 64_000
_MAX_RECIPIENTS = 50

_PROGRAMS = re.compile(
    r"mailer-daemon|postmaster|(?:no|do-?not)[._-]?reply|noreply.*|bounces?(?:[+-].*)?|"
    r"(?:owner-.*|.*-(?:request|bounces))",
    re.IGNORECASE,
)
_DAEMON = re.compile(r"mailer-daemon|postmaster", re.IGNORECASE)
_OUT_OF_OFFICE = re.compile(
    r"auto(?:matic)?[ -]?(?:reply|response|answer)|out of (?:the )?office|automatyczna odpowied[źz]|"
    r"autoodpowied[źz]|odpowied[źz] automatyczna|automatick[áa] odpov[ěe][ďd]|automatikus v[áa]lasz|"
    r"automatische antwort|abwesenheits(?:notiz|nachricht)|réponse automatique|respuesta automática",
    re.IGNORECASE,
)
# As programs write it, and nobody who tells of it.
_BEGINS_AS_ANSWER = re.compile(rf"\s*(?:{_OUT_OF_OFFICE.pattern})(?: auto-?reply)?\s*:", re.IGNORECASE)
_NOT_DELIVERED = re.compile(
    r"undeliver|delivery (?:status|failure|has failed|report)|mail delivery (?:failed|system)|failure notice|"
    r"returned (?:mail|to sender)|delivery incomplete|unzustellbar|nie dostarczono|niedostarcz|nedoručiteln|"
    r"kézbesíthetetlen|kézbesítési hiba",
    re.IGNORECASE,
)
_RETURNED_ID = re.compile(r"^[> \t]{0,8}Message-ID:[ \t]*(<[^<>\s]{1,250}>)", re.IGNORECASE | re.MULTILINE)
_PRECEDENCES = frozenset({"bulk", "junk", "list"})
_OUTCOMES = {
    "failed": Outcome.FAILED,
    "delayed": Outcome.DELAYED,
    "delivered": Outcome.DELIVERED,
    "relayed": Outcome.DELIVERED,
    "expanded": Outcome.DELIVERED,
}


def automatic(root: Node, sender: Address, text: str, own: Own) -> Automatic | None:
    """What kind of program sent a mail; None when a person may have written it.

    ``text`` is its body, where old mail servers name the mail that they give back.
    """
    headers = root.headers
    if without_token(sender.email)[0] in own.addresses:
        return Automatic(Kind.OWN, "from")
    report = _report(root)
    if why := "content-type" if report else _old_bounce(headers, sender):
        return Automatic(Kind.BOUNCE, why, _bounce(root, report, text))
    if len(headers.all("received")) > MAX_HOPS:
        return Automatic(Kind.LOOP, "received")
    if why := _auto_reply(root):
        return Automatic(Kind.AUTO_REPLY, why)
    why = _bulk(headers)
    return Automatic(Kind.BULK, why) if why else None


def may_answer(headers: Headers, sender: Address, found: Automatic | None) -> bool:
    """Whether an automatic receipt may go: never to a program, nor where the sender asks for none.

    Outlook puts X-Auto-Response-Suppress into mails of people, too: those become cases without a receipt.
    """
    if found is not None or _PROGRAMS.fullmatch(sender.email.rpartition("@")[0]):
        return False
    asked = headers.first("x-auto-response-suppress").lower()
    return {word.strip() for word in asked.split(",")}.isdisjoint({"all", "autoreply", "oof"})


def _auto_reply(root: Node) -> str:
    headers = root.headers
    submitted = headers.first("auto-submitted").lower().partition(";")[0].strip()
    if submitted.startswith("auto-replied"):
        return "auto-submitted"
    for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from"):
        if headers.first(name).lower() not in {"", "no"}:
            return name
    if headers.first("precedence").lower() in {"auto_reply", "auto-reply"}:
        return "precedence"
    if _kind_of_report(root) == "disposition-notification":
        return "content-type"
    if submitted.startswith("auto-") and _OUT_OF_OFFICE.search(_subject(headers)):
        return "auto-submitted"
    if _no_return_path(headers):
        return "return-path"
    # Outlook puts that header into mails of people, too, who may tell of automatic answers.
    suppressed = headers.first("x-auto-response-suppress")
    return "subject" if suppressed and _BEGINS_AS_ANSWER.match(_subject(headers)) else ""


def _bulk(headers: Headers) -> str:
    if headers.first("precedence").lower() in _PRECEDENCES:
        return "precedence"
    if headers.first("auto-submitted").lower().partition(";")[0].strip() not in {"", "no"}:
        return "auto-submitted"
    for name in ("list-id", "list-unsubscribe", "feedback-id"):
        if headers.first(name):
            return name
    return ""


def _no_return_path(headers: Headers) -> bool:
    return headers.first("return-path").replace(" ", "") == "<>"


def _subject(headers: Headers) -> str:
    return header(headers.first("subject")[:1_000])


# ── Bounces ──────────────────────────────────────────────────────────────────────────────────────────────


def _kind_of_report(root: Node) -> str:
    return root.parameters.get("report-type", "").lower()


def _report(root: Node) -> Node | None:
    """The part that says in a program's words what became of a mail (RFC 3464)."""
    if root.mime_type != "multipart/report":
        return None
    wanted = {"message/delivery-status", "message/global-delivery-status"}
    return next((node for node in root.children if node.mime_type in wanted), None)


def _old_bounce(headers: Headers, sender: Address) -> str:
    """By what one is known that is no report; ``subject`` is weak: a postmaster may be a person."""
    if headers.first("x-failed-recipients"):
        return "x-failed-recipients"
    if not _NOT_DELIVERED.search(_subject(headers)):
        return ""
    if _no_return_path(headers):
        return "return-path"
    return "subject" if _DAEMON.fullmatch(sender.email.rpartition("@")[0]) else ""


def _bounce(root: Node, report: Node | None, text: str) -> Bounce:
    blocks = _blocks(report) if report else []
    failed = [block for block in blocks if block.first("action").lower() == "failed"]
    told = failed or [block for block in blocks if block.first("action")]
    outcome = _OUTCOMES.get(told[0].first("action").lower(), Outcome.FAILED) if told else Outcome.FAILED
    return Bounce(outcome, _returned(root, text), _recipients(root.headers, told), _reason(told, root))


def _blocks(report: Node) -> list[Headers]:
    content = report.content[:_LOOKED_AT].replace(b"\r\n", b"\n")
    return [read_headers(block) for block in content.split(b"\n\n")[: _MAX_RECIPIENTS + 1]]


def _recipients(headers: Headers, told: list[Headers]) -> tuple[str, ...]:
    said = [block.first("original-recipient") or block.first("final-recipient") for block in told]
    named = [value.rpartition(";")[2] for value in said]
    named += headers.first("x-failed-recipients")[:_LOOKED_AT].split(",")
    found = (address(value.strip().strip("<>")) for value in named)
    return tuple(dict.fromkeys(email for email in found if email))[:_MAX_RECIPIENTS]


def _reason(told: list[Headers], root: Node) -> str:
    for block in told:
        if said := block.first("diagnostic-code") or block.first("status"):
            return one_line(said.partition(";")[2] or said)[:MAX_REASON]
    return _subject(root.headers)[:MAX_REASON]


def _returned(root: Node, text: str) -> tuple[str, ...]:
    """The Message-IDs of what came back: of the mail that is attached, quoted in words, or answered."""
    found: list[str] = []
    for node in root.walk():
        if node.mime_type in {
            "message/rfc822",
            "text/rfc822-headers",
            "message/rfc822-headers",
            "message/global",
        }:
            found += _RETURNED_ID.findall(clean(node.text[:_LOOKED_AT]))[:1]
    found = found or _RETURNED_ID.findall(text[:_LOOKED_AT])[:5]
    found = [one for value in found for one in ids(value)]
    return tuple(dict.fromkeys([*found, *references(root.headers)]))
