"""The words by which customers say that somebody is in danger, is being cheated, or is losing money now.

A ``-`` at the end of a word stands for all words that begin so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache


def _words(text: str) -> Sequence[str]:
    return tuple(word.strip() for word in text.split(","))


_URGENT: dict[str, Sequence[str]] = {
    "en": _words(
        "caught fire, on fire, exploded, explosion, electric shock, electrocuted, smoke is coming, smoke "
        "came, gas leak, smells of gas, smell of gas, poisoned, poisoning, allergic reaction, injured, got "
        "hurt, in hospital, in the hospital, to hospital, to the hospital, in danger, suicid-, fraud-, "
        "scam, scammed, scammers, phishing, stolen, hacked, identity theft, unauthorised, unauthorized, did "
        "not authorise, did not authorize, didn't authorise, didn't authorize, charged twice, charged me "
        "twice, double charged, keeps charging, still charging, money is gone, "
        "account was emptied"  # not translated
    ),
    "pl": _words(
        "zapalił się, zapaliła się, zapaliło się, pożar-, wybuch-, poraził-, porażeni-, wyciek gazu, czuć "
        "gaz, zatru-, reakcja alergiczna, reakcję alergiczną, ranny, ranna, w szpitalu, do szpitala, w "
        "niebezpieczeństwie, samobój-, oszust-, oszukan-, wyłudz-, phishing-, skradzion-, ukradzion-, "
        "kradzież-, włama-, zhakowan-, nieautoryzowan-, pobrano dwa razy, pobrali dwa razy, obciążona dwa "
        "razy, obciążono dwa razy, podwójnie pobran-, pobrano dwukrotnie, obciążona dwukrotnie, zniknęły "
        "pieniądze, pieniądze zniknęły"  # not translated
    ),
    "cs": _words(
        "začal hořet, začala hořet, začalo hořet, požár-, vybuch-, výbuch-, zásah proudem, kopl proud, "
        "kopla proud, únik plynu, cítit plyn, otrav-, alergická reakce, alergickou reakci, zraněn-, "
        "zranil-, v nemocnici, do nemocnice, v nebezpečí, sebevra-, podvod-, podvedl-, phishing-, ukraden-, "
        "ukradl-, odcizen-, krádež-, hacknut-, neoprávněn-, strhli dvakrát, stržen- dvakrát, strženo "
        "dvakrát, dvakrát stržen-, zmizely peníze, peníze zmizely"  # not translated
    ),
    "hu": _words(
        "kigyulladt, tűz van, tüzet fog-, felrobban-, robban-, áramütés-, megrázott az áram, gázszivárg-, "
        "gázszag-, megmérgez-, mérgezés-, allergiás reakció-, megsérült-, kórházba-, veszélyben, öngyilk-, "
        "csalás-, csaló-, átver-, adathalász-, ellop-, lopás-, feltört-, meghackel-, jogosulatlan-, kétszer "
        "vont-, kétszer terhel-, duplán von-, duplán terhel-, eltűnt a pénz-, "
        "eltűnt a számlámról"  # not translated
    ),
}


@cache
def _pattern() -> re.Pattern[str]:
    words = [_regex(word) for each in _URGENT.values() for word in each]
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})", re.IGNORECASE)


def _regex(word: str) -> str:
    parts = [re.escape(part.rstrip("-")) + (r"\w*" if part.endswith("-") else "") for part in word.split()]
    return r"\s+".join(parts) + r"(?!\w)"


def urgent(text: str) -> bool:
    """Whether the words name danger, fraud, or money that is being lost; in any of the four languages."""
    return _pattern().search(text.replace("’", "'")) is not None
