"""The words by which a sentence tells what was, or what will be, in the languages that a company writes.

Verbs are named, not guessed from their endings: many other words end like them, and a promise that nobody is
reminded of is worse than a reminder too many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tenses:
    """Patterns of one language."""

    past: str
    """Verbs of what was."""
    ahead: str
    """What makes it something still to come, or a plan, whatever else is said there."""
    aim: str
    """What stands before a day that is meant as a limit or an aim."""
    joints: str
    """Words with which another part of the sentence begins."""


_PL_PAST = (
    "wysła nada otrzyma dosta dzwoni zadzwoni pisa napisa odpisa odpowiedzia odebra dostarczy zwróci opuści "
    "wyjecha przyjecha zapłaci zamówi by mia rozmawia sprawdzi przekaza spakowa zosta doręczy próbowa "
    "skontaktowa poinformowa zostawi trafi dota kupi zgłosi wpłynę"
)  # not translated
_CS_PAST = (
    "odesla posla vysla zasla odje dosta obdrže obdržela volal vola zavola psa napsa odpověděl odpově doruči "
    "předa vráti zaplati objedna by mě mluvi zkouše zkusi zabali vyzved převza expedova vyexpedova zjisti "
    "dorazi vyrazi informova nahlási koupi přije"
)  # not translated
_HU_PAST = (
    "indult érkezett küldt küldött adtu adtá adtam adott szállított kapt kapott hívtu hívtá hívtam hívott "
    "írt utalt beszélt próbált fizett fizetett rendelt történt jelezt válaszolt hagyt hagyott volt vett "
    "kézbesített csomagolt vásárolt"
)  # not translated
_NO_CLAUSE = r"(?!(?:on|about|by|this|last|in|at|so|again|already)\b)\w"  # not translated
_EN_ORDERED = (
    r"(?:told|asked|instructed|advised|requested|informed|notified|reminded|ordered)(?=.{1,80}\bto\b)|"
    rf"(?:was|were|been) (?:told|asked)(?= {_NO_CLAUSE})|"
    rf"told (?:\w+ ){{0,3}}(?:you|we|it|he|she|they)(?= {_NO_CLAUSE})"
)  # not translated
"""Somebody was told to do something, or that something is so: when that is, comes after it."""
TENSES: Mapping[str, Tenses] = {
    "en": Tenses(
        past=(
            r"left|sent|went|came|arrived|shipped|dispatched|posted|received|got|was|were|had|did|called|rang|"
            r"wrote|emailed|replied|answered|delivered|returned|collected|packed|paid|handed|placed|ordered|"
            r"bought|tried|happened|checked|noticed|spoke|talked|told|said|started|began|closed|reached|"
            r"signed|reported|contacted|asked|passed|forwarded|refunded|issued"
        ),
        ahead=(
            r"will|ll|shall|going|would|can|could|should|may|might|must|is|are|be|being|let|please|once|when|"
            r"until|as soon as|if|plan\w*|schedul\w*|book\w*|arrang\w*|promis\w*|agreed|postpon\w*|"
            r"reschedul\w*|expect\w*|reserv\w*|get|gets|arrives?|comes?|aim|mov\w*|delay\w*|push\w*|"
            rf"put (?:back|off)|chang\w*|shift\w*|{_EN_ORDERED}"
        ),  # not translated
        aim=r"by|until|till|before|within|in|for|to|due|no later than",  # not translated
        joints=r"and|but|so|which|that|because|while|then",
    ),
    "pl": Tenses(
        past=(
            rf"(?:{'|'.join(_PL_PAST.split())})(?:ł|ła|ło|li|ły|łem|łam|łeś|łaś|liśmy|łyśmy|liście)|"
            r"wy?(?:szedł|szła|szło|szły|szli)|przy(?:szedł|szła|szło|szły|szli)|do(?:szedł|szła|szło|tarł\w?)|"
            r"(?:wysła|nada|otrzyma|odebra|przekaza)no|(?:dostar|dorę)czono|zwrócono|zapłacono"
        ),
        ahead=(
            r"będ\w+|zosta(?:nie|ną)|mo(?:że|żemy|gą|gła|głaby)|powin\w+|proszę|gdy|kiedy|jeśli|jeżeli|aż|zaplan\w+|"
            r"planuj\w+|umówi\w+|przesun\w+|przełoż\w+|zarezerw\w+|ustali\w+|obieca\w+|jest|są|"
            r"\w{2,}[eiya]my|\w+(?:dzie|trze|śle)|otrzyma|dostanie|wyjedzie|zadzwoni|odpisze|da|"
            r"poleceni\w*|zleceni\w*"
        ),
        aim=r"do|na|przed|najpóźniej|w ciągu|za",
        joints=r"i|a|ale|więc|oraz|któr\w+|że|bo|dlatego",
    ),
    "cs": Tenses(
        past=(
            rf"(?:{'|'.join(_CS_PAST.split())})(?:l|la|lo|li|ly)|"
            r"(?:ode|při|do|vy|po)š(?:el|la|lo|li|ly)|byl\w?|(?:odesl|předá|zasl|posl|vrác)(?:áno|ano|no|eno)|"
            r"doručeno|zaplaceno"
        ),
        ahead=(
            r"bud\w+|půjd\w+|může\w*|moh\w+|by|bych\w*|byste|prosím|až|jakmile|pokud|když|naplánov\w+|"
            r"plánuj\w+|domluv\w+|posun\w+|přesun\w+|rezerv\w+|slíb\w+|je|jsou|\w{2,}(?:eme|íme|áme)|přijde|dorazí|"
            r"dojde|pošle|dostane\w*|přijdou|odejde|zavolá|doručí|pokyn\w*|příkaz\w*|přelož\w*|odlož\w*"
        ),
        aim=r"do|na|před|nejpozději|během|za",
        joints=r"a|ale|takže|kter\w+|že|protože|proto",
    ),
    "hu": Tenses(
        past=rf"(?:el|meg|ki|fel|vissza|át|le|be)?(?:{'|'.join(_HU_PAST.split())})\w*",
        ahead=(
            r"lesz\w*|fog\w*|majd|lehet\w*|kell\w*|kérjük|ha|amint|amikor|tervez\w*|ütemez\w*|foglal\w*|ígér\w*|"
            r"megbeszél\w*|elhalaszt\w*|van|vannak|\w+(?:juk|jük|ják|jék)|(?!nek|nál|vel|től|ról)\w+(?<!t)(?:unk|ünk)|"
            r"(?:meg)?érkez(?:ik|nek)|indul|indulnak|\w*kapja|jön|jönnek|utasítás\w*|megbízás\w*|áthelyez\w*|halaszt\w*"
        ),
        aim=r"legkésőbb",
        joints=r"és|de|ezért|ami|amely\w*|hogy|mert|így",
    ),
}
