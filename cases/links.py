"""Links in a model's words: which there are, which may stay, and how the others are shown harmlessly."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

ROUNDS = 6
"""How often a text is looked through for links that come into being when others are taken apart."""

_COUNTRIES = (
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw "
    "by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et "
    "eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id "
    "ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu "
    "lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np "
    "nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk "
    "sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy "
    "uz va vc ve vg vi vn vu wf ws ye yt za zm zw"  # not translated
)
_OTHERS = (
    "com net org info biz edu gov mil int name pro mobi aero asia cat coop jobs museum post tel travel "
    "xxx app dev page web site website online store shop shopping blog cloud club live life world today "
    "news media email link click zip mov top xyz vip win bid loan men work works world wiki tech "
    "digital agency studio design support help services solutions systems network company group team "
    "center plus space fun games casino bet finance bank money cash credit loans insurance tax legal "
    "health care clinic delivery express parts tools sale deals discount gift gifts promo example test "
    "local localhost onion icu cyou cfd sbs rest monster quest buzz lol ninja rocks social chat video "
    "photos pics london berlin wien paris africa bayern koeln hamburg goog google amazon apple "
    "microsoft"  # not translated
)
_TOP = "|".join(sorted({*_COUNTRIES.split(), *_OTHERS.split()}, key=lambda name: (-len(name), name)))
"""The last labels of names that mail programs and chats turn into links without a scheme before them."""

_LABEL = r"[^\W_][\w-]{0,250}\."
_LAST = (
    rf"(?:(?:{_TOP}|xn--[\w-]{{1,59}}|(?=[^\x00-\x7f])[^\W\d_]{{2,30}})(?![\w-])"
    r"|[^\W\d_][\w-]{1,62}(?=[/?#]|:\d))"
)
_HOST = rf"(?:(?:{_LABEL}){{1,130}}{_LAST}|(?:\d{{1,3}}\.){{3}}\d{{1,3}}(?![\w.]))"
_REST = r"(?::\d{1,5})?(?:[/?#\\][^\s<>\"]*)?"
_SCHEME = (
    r"(?:[a-z][a-z0-9+.-]{0,20}:(?://|\\\\|/\\)"
    r"|(?<![a-z])(?:https?|ftp|javascript|vbscript|data|mailto|tel|sms|file|blob|view-source|callto|skype):)"
)
_BARE = re.compile(
    rf"{_SCHEME}[^\s<>\"]+|(?<![\w.+%'-])[\w.+%'-]{{1,64}}@{_HOST}{_REST}|(?<![\w-])www\.[^\W_][^\s<>\"]*"
    rf"|(?<![\w-])(?<!\w\.){_HOST}{_REST}",
    re.IGNORECASE,
)
_STARTS = re.compile(rf"(?:{_SCHEME})[/\\]*", re.IGNORECASE)
_MARKDOWN = re.compile(
    r"!?\[([^\[\]\n]{0,500})\]\(\s{0,3}<?([^\s()<>]{1,2000}(?:\([^\s()<>]{0,200}\)[^\s()<>]{0,200})?)"
    r">?(?:\s{1,3}[\"'(][^\"')\n]{0,200}[\"')])?\s{0,3}\)"
)
_ANGLED = re.compile(r"<([^<>|\s!@#][^<>|\s]{0,2000})(?:\|([^<>|\n]{0,500}))?>")
_END = ".,;:!?'*_~`…"
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_DOTS = "\u3002\uff0e\uff61\u2024\ufe52"
_ODD = re.compile(r"[^\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class Link:
    """An address in a text that a mail program or a chat may turn into a link."""

    address: str
    """As people read it: without invisible characters, in plain letters where they are only wide."""
    start: int
    end: int
    label: str | None = None
    """The words that stand for it, where it has some."""
    honest: bool = True
    """Whether it is written as it is read."""


def find(text: str) -> list[Link]:
    """The links in ``text`` in their order; of a labelled one its whole markup is the place."""
    bare, places = _seen(text)
    found: list[Link] = []
    taken = 0
    labelled = sorted([*_MARKDOWN.finditer(bare), *_angled(bare)], key=lambda match: match.start())
    for match in labelled:
        if match.start() >= taken:
            found += _plain_links(text, bare, places, taken, match.start())
            address, label = (match[2], match[1]) if match.re is _MARKDOWN else (match[1], match[2])
            found.append(_link(text, bare, places, match.span(), address, label))
            taken = match.end()
    return found + _plain_links(text, bare, places, taken, len(bare))


def allowed(link: Link, hosts: Collection[str]) -> bool:
    """Whether a link may stay: by http or https to one of ``hosts`` or below it, on the usual port.

    One with a user's name in it may not. A mail address at one of the hosts may stay too.
    """
    if not link.honest or re.search(r"[\\\s]", link.address):
        return False
    mail = re.fullmatch(r"(?:mailto:)?[\w.+'-]{1,64}@([\w.-]+)", link.address, re.IGNORECASE)
    if mail:
        return _among(mail[1], hosts)
    parts = _split(link.address)
    return parts is not None and _among(parts.hostname or "", hosts)


def defuse(text: str, hosts: Collection[str]) -> tuple[str, list[str]]:
    """``text`` with links only to ``hosts``, and the addresses that were taken apart: ``evil[.]com/path``.

    Labels stand before their address: ``label (address)``. What was defused once stays as it is.
    """
    defused: list[str] = []
    for _ in range(ROUNDS):
        before, links = text, find(text)
        text = _rewritten(text, links, hosts, defused)
        if text == before:
            break
    else:
        text = _apart(_seen(text)[0])
    return text, list(dict.fromkeys(defused))


def _rewritten(text: str, links: Sequence[Link], hosts: Collection[str], defused: list[str]) -> str:
    parts, place = [], 0
    for link in links:
        parts += [text[place : link.start], _shown(link, hosts, defused)]
        place = link.end
    return "".join([*parts, text[place:]]).replace("](", "] (")


def _shown(link: Link, hosts: Collection[str], defused: list[str]) -> str:
    good = allowed(link, hosts)
    if not good:
        defused.append(link.address)
    address = link.address if good else _harmless(link.address)
    return f"{link.label} ({address})" if link.label and link.label != link.address else address


def _harmless(address: str) -> str:
    while start := _STARTS.match(address):
        address = address[start.end() :]
    return _apart(address)


def _apart(text: str) -> str:
    """``text`` with dots, colons and @ in brackets where they could make a link."""
    text = re.sub(r"(?<=[\w-])\.(?=[\w-])", "[.]", text)
    return re.sub(r"(?<=[\w+.-]):(?=[\w/\\])", "[:]", text).replace("@", "[@]")


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────


def _seen(text: str) -> tuple[str, Sequence[int]]:
    """``text`` as people see it, and where each of its characters stood."""
    places: Sequence[int] = range(len(text))
    if _HIDDEN.search(text):
        places = [place for place, char in enumerate(text) if not _HIDDEN.match(char)]
        text = "".join(text[place] for place in places)
    return _ODD.sub(lambda found: _narrow(found[0]), text), places


def _narrow(char: str) -> str:
    if char in _DOTS:
        return "."
    folded = unicodedata.normalize("NFKC", char)
    return folded if len(folded) == 1 and folded.isascii() else char


def _angled(bare: str) -> list[re.Match[str]]:
    return [match for match in _ANGLED.finditer(bare) if _BARE.match(match[1])]


def _plain_links(text: str, bare: str, places: Sequence[int], start: int, end: int) -> list[Link]:
    found = []
    for match in _BARE.finditer(bare, start, end):
        address = _trimmed(match[0])
        if _BARE.match(address):
            span = (match.start(), match.start() + len(address))
            found.append(_link(text, bare, places, span, address, None))
    return found


def _trimmed(address: str) -> str:
    """``address`` without what only ends the sentence or the bracket around it."""
    while len(address) > 1:
        closing = address[-1] in ")]}" and address.count(address[-1]) > address.count(_OPENS[address[-1]])
        if not closing and address[-1] not in _END:
            break
        address = address[:-1]
    return address


_OPENS = {")": "(", "]": "[", "}": "{"}


def _link(
    text: str, bare: str, places: Sequence[int], span: tuple[int, int], address: str, label: str | None
) -> Link:
    start, end = places[span[0]], places[span[1] - 1] + 1
    return Link(address, start, end, label, honest=text[start:end] == bare[span[0] : span[1]])


def _split(address: str) -> SplitResult | None:
    """The parts of an address of the web; None where it is none, or has a user or an odd port."""
    whole = address if re.match(r"https?://", address, re.IGNORECASE) else f"https://{address}"
    try:
        parts = urlsplit(whole)
        usual = parts.port in (None, 443 if parts.scheme.lower() == "https" else 80)
    except ValueError:
        return None
    return parts if usual and not re.search(r"[@%]", parts.netloc) and parts.hostname else None


def _among(host: str, hosts: Collection[str]) -> bool:
    name = _ascii(host)
    return name is not None and any(
        name == known or name.endswith(f".{known}") for known in map(_ascii, hosts) if known
    )


def _ascii(host: str) -> str | None:
    """A host's name as the network knows it; None for what cannot be one."""
    try:
        return host.strip().rstrip(".").encode("idna").decode().lower() or None
    except UnicodeError:
        return None
