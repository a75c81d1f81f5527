"""What is new in a mail's text, and what is quoted or signed below it.

Mail programs introduce quotes in the language of whoever uses them. ``quotequail`` knows some of
them; here are those of our readers, answers between quotes, signatures, and what is passed on and so
new to us.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_LINES = 3_000
"""Lines in which quotes are looked for; what follows stays as it is."""
_MAX_LINE = 500
_WRAPPED = 4
"""Lines over which an introduction may be spread."""
_UNWRAPPED_LINES = 300
"""Lines that are shown to quotequail, whose time grows with their square."""
_SIGNATURE_LINES = 15

_WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb|hat geschrieben|a écrit|escribió|ha scritto|schreef|skrev|escreveu|pisze|"
    r"napisał(?:a|\(a\))?|napsala?|napsal\(a\)|napísala?|napísal\(a\)|odesílatel|ezt írta|írta|написала?|"
    r"napisana przez|написал\(а\))(?=\W|$)",
    re.IGNORECASE,
)
_WHEN = re.compile(r"\d{1,2}[:.h]\d{2}|\S@\S")
_DAY = re.compile(r"\d{1,4}\D{1,25}\d{1,4}")
# Apple's in Czech, which has no verb: a day, a time and a person's address.
_NO_VERB = re.compile(r"\d{1,2}\. ?\d{1,2}\. ?\d{2,4} (?:v|o) \d{1,2}[:.]\d{2}, .{1,200}<[^<>\s]+@[^<>\s]+>:")

_LABELS = {
    "from": "from|von|od|feladó|de|da|van|från|mittente",
    "date": (
        "sent|date|gesendet|datum|wysłano|wysłane|data|odesláno|odoslané|dátum|küldve|elküldve|küldés ideje|"
        "enviado|envoyé|fecha|verzonden|inviato"  # not translated
    ),
    "to": "to|an|do|komu|pro|címzett|para|à|aan|till|a",
    "subject": "subject|betreff|temat|předmět|predmet|tárgy|asunto|objet|oggetto|onderwerp|ämne",
}
_LABEL = re.compile(
    r"[*_ >]{0,6}(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in _LABELS.items())
    + r")[*_]{0,2}\s?:",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"[-_ ]{2,40}(?:original message|original appointment|ursprüngliche nachricht|originalnachricht|"
    r"oryginalna wiadomość|wiadomość oryginalna|původní zpráva|původní e-mail|eredeti üzenet|pôvodná správa|"
    r"message d'origine|mensaje original|messaggio originale|oorspronkelijk bericht)[-_ ]{2,40}",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"[-_ ]{0,40}(?:begin forwarded message|forwarded message|weitergeleitete nachricht|"
    r"anfang der weitergeleiteten (?:nachricht|e-mail)|treść przekazanej wiadomości|przekazana wiadomość|"
    r"wiadomość przekazana dalej|początek przekazywanej wiadomości|přeposlaná zpráva|"
    r"začátek přeposílané zprávy|továbbított (?:üzenet|levél)|a továbbított levél kezdete|"
    r"preposlaná správa|message transféré|mensaje reenviado|messaggio inoltrato|doorgestuurd bericht)"
    r"[-_ :]{1,40}",
    re.IGNORECASE,
)
_FORWARD_SUBJECT = re.compile(
    r"\s*(?:fwd?|wg|pd|přeposláno|fw|tov|továbbítás|i|tr|rv|enc)\s*:", re.IGNORECASE
)
_SENT_FROM = re.compile(
    r"(?:sent from (?:my |outlook|mail |yahoo|samsung)|get outlook for|sent via |von meinem .{1,40} gesendet|"
    r"gesendet von |outlook für .{1,20} (?:beziehen|herunterladen)|wysłan[eoy] z |"
    r"pobierz (?:aplikację )?outlook|odesláno z |odoslané z |získat outlook|"
    r"az? .{1,30} küldve|.{1,30}(?:omról|emről|ömről|ról|ről) küldve|"
    r"(?:az )?outlook .{0,30}(?:letöltése|beszerzése)|envoyé de mon |inviato da |enviado desde )",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Split:
    """A text in two."""

    new: str
    folded: str


def split(text: str, subject: str = "") -> Split:
    """What is new in ``text``, and the rest. What was passed on is new; if nothing is, all of it counts."""
    lines = text.split("\n")
    looked, rest = lines[:MAX_LINES], lines[MAX_LINES:]
    begin = _intro([line[:_MAX_LINE].strip() for line in looked], subject)
    if begin is None:
        return _signed(text)
    if begin.forwarded:
        return Split(text.strip(), "")
    kept, folded = _answers(looked[: begin.first], looked[begin.first : begin.end], looked[begin.end :])
    signed = _signed("\n".join(kept))
    parts = [signed.folded, "\n".join([*folded, *rest]).strip("\n")]
    if not signed.new.strip():
        return Split(text.strip(), "")
    return Split(signed.new, "\n\n".join(part for part in parts if part.strip()))


# ── Where a quote begins ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Intro:
    first: int
    end: int
    """The line after the introduction."""
    forwarded: bool = False


def _intro(lines: list[str], subject: str) -> _Intro | None:
    for number, line in enumerate(lines):
        if not line:
            continue
        if _FORWARDED.fullmatch(line):
            return _Intro(number, number + 1, forwarded=True)
        if line.startswith(">") or _ORIGINAL.fullmatch(line):
            return _Intro(number, number + (not line.startswith(">")))
        if end := _said(lines, number) or _block(lines, number):
            passed_on = end.block and (_FORWARD_SUBJECT.match(subject) or not any(lines[:number]))
            return _Intro(_above(lines, number), end.line, forwarded=bool(passed_on))
    return _other_languages(lines)


@dataclass(frozen=True, slots=True)
class _End:
    line: int
    block: bool = False


def _said(lines: list[str], number: int) -> _End | None:
    """The end of "On …, … wrote:", which mail programs break into lines."""
    joined = ""
    for end in range(number, min(number + _WRAPPED, len(lines))):
        if not lines[end]:
            return None
        joined = f"{joined} {lines[end]}".strip()[:_MAX_LINE]
        if joined.endswith(":"):
            return _End(end + 1) if _is_said(joined, lines[end + 1 :]) else None
    return None


def _is_said(line: str, below: list[str]) -> bool:
    if _NO_VERB.fullmatch(line):
        return True
    if not _WHEN.search(line):
        return False
    following = next((line for line in below[:5] if line), "")
    signs = (_WROTE.search(line), _DAY.search(line), following.startswith(">"))
    return sum(map(bool, signs)) >= 2


def _block(lines: list[str], number: int) -> _End | None:
    """The end of From, Sent, To, Subject as Outlook puts them above what it quotes."""
    found = _LABEL.match(lines[number])
    if not found or found.lastgroup != "from":
        return None
    seen, last = {"from"}, number
    for place in range(number + 1, min(number + 12, len(lines))):
        match = _LABEL.match(lines[place])
        if match and match.lastgroup:
            seen.add(match.lastgroup)
            last = place
        elif not lines[place] and "subject" in seen:
            break
    return _End(last + 1, block=True) if len(seen) >= 3 else None


def _above(lines: list[str], number: int) -> int:
    """The line that belongs to an introduction above it, if there is one: a rule."""
    above = number - 1
    while above >= 0 and not lines[above]:
        above -= 1
    is_rule = above >= 0 and len(lines[above]) >= 5 and not lines[above].strip("-_=")
    return above if is_rule else number


def _other_languages(lines: list[str]) -> _Intro | None:
    """The introductions that quotequail knows and we do not."""
    shown = lines[:_UNWRAPPED_LINES]
    if not any(line.endswith((":", ">")) or line.startswith("--") for line in shown):
        return None
    import quotequail

    found = quotequail.unwrap("\n".join(shown))
    if not found or found["type"] not in {"reply", "forward"}:
        return None
    top = found.get("text_top", "")
    if found["type"] == "forward":
        return _Intro(0, 1, forwarded=True) if "text" in found else None
    begin = next(n for n in range(len(shown) + 1) if "\n".join(shown[:n]).strip() == top)
    named = any(_DAY.search(line) or _WHEN.search(line) for line in shown[begin : begin + 3])
    return _Intro(begin, begin) if named else None


# ── What is new around quotes ────────────────────────────────────────────────────────────────────────────


def _answers(top: list[str], intro: list[str], below: list[str]) -> tuple[list[str], list[str]]:
    """The new lines and the others. Answers between quotes keep what they answer."""
    first = next((line for line in below if line.strip()), "")
    if not first.startswith(">"):
        return top, [*intro, *below]
    runs = _runs(below)
    answers = [run for run in runs if not run.quoted]
    if not answers:
        return top, [*intro, *below]
    if len(answers) == 1 and runs[-1] is answers[0]:
        quoted = [line for run in runs if run.quoted for line in run.lines]
        return [*top, "", *answers[0].lines] if any(top) else answers[0].lines, [*intro, *quoted]
    last = max(number for number, run in enumerate(runs) if not run.quoted)
    between = [line for run in runs[: last + 1] for line in run.lines]
    after = [line for run in runs[last + 1 :] for line in run.lines]
    return [*top, *between], [*intro, *after]


@dataclass(slots=True)
class _Run:
    quoted: bool
    lines: list[str]


def _runs(lines: list[str]) -> list[_Run]:
    """Quoted and other lines in turn; empty lines belong to what stands above them."""
    runs: list[_Run] = []
    for line in lines:
        quoted = line.startswith(">") or not (runs or line.strip())
        if runs and (not line.strip() or runs[-1].quoted == quoted):
            runs[-1].lines.append(line)
        else:
            runs.append(_Run(quoted, [line]))
    return runs


# ── Signatures ───────────────────────────────────────────────────────────────────────────────────────────


def _signed(text: str) -> Split:
    """The text above a signature (RFC 3676, 4.3), or above "Sent from my …"."""
    lines = text.rstrip().split("\n")
    for number in range(max(0, len(lines) - _SIGNATURE_LINES), len(lines)):
        line = lines[number].strip()
        ends = line == "--" or (number >= len(lines) - 3 and len(line) < 200 and _SENT_FROM.match(line))
        if ends and any(above.strip() for above in lines[:number]):
            new = "\n".join(lines[:number]).strip("\n").rstrip()
            return Split(new, "\n".join(lines[number:]))
    return Split(text.strip("\n").rstrip(), "")
