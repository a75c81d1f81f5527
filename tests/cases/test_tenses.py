"""What was is no promise: sentences of both kinds, in each language."""

from __future__ import annotations

import pytest

from tests.cases.test_moments import read

WAS = {
    "en": [
        "It left on Monday.",
        "Your parcel left our warehouse on Monday.",
        "We sent it to you on Friday.",
        "It was handed to the carrier on Tuesday, as you asked.",
        "On Monday, we received your parcel.",
        "You ordered it on Thursday.",
        "We called you today, but nobody answered.",
        "The carrier tried to reach you on Friday.",
        "Your refund was paid on Monday.",
        "We got your message on Sunday evening.",
        "It arrived this week.",
        "The parcel came back on Saturday. Have a nice day!",
        "We told you on Friday.",
        "We told you about it on Friday.",
        "You asked us on Monday.",
        "The carrier was asked about it on Tuesday.",
    ],
    "pl": [
        "Paczka wyszła w poniedziałek.",
        "Wysłaliśmy ją w piątek.",
        "Została nadana we wtorek.",
        "Paczkę nadano w środę.",
        "W poniedziałek otrzymaliśmy Pani zwrot.",
        "Dzwoniliśmy do Pana dzisiaj, ale nikt nie odebrał.",
        "Zwrot dotarł do nas w czwartek.",
        "Kurier był u Pani w piątek.",
        "Pieniądze zwróciliśmy w tym tygodniu.",
        "Zamówiła ją Pani w sobotę.",
    ],
    "cs": [
        "Zásilka odešla v pondělí.",
        "Poslali jsme ji v pátek.",
        "Byla předána dopravci v úterý.",
        "Balík byl doručen ve středu.",
        "V pondělí jsme obdrželi vaši reklamaci.",
        "Volali jsme vám dnes, ale nikdo to nebral.",
        "Peníze jsme vrátili ve čtvrtek.",
        "Kurýr u vás byl v sobotu.",
        "Objednala jste ji v neděli.",
        "Zboží dorazilo v pátek.",
    ],
    "hu": [
        "A csomag hétfőn indult el.",
        "Pénteken elküldtük Önnek.",
        "Kedden átadtuk a futárnak.",
        "A csomag szerdán érkezett vissza.",
        "Hétfőn megkaptuk a levelét.",
        "Ma hívtuk Önt, de nem vette fel.",
        "A pénzt csütörtökön visszautaltuk.",
        "Szombaton rendelte meg.",
        "A futár pénteken próbálta kézbesíteni.",
        "Vasárnap írt nekünk.",
    ],
}
WILL_BE = {
    "en": [
        "It leaves on Monday.",
        "It will leave on Monday.",
        "It is sent on Friday.",
        "It was late, but it will be there on Friday.",
        "We had a problem and will call you on Friday.",
        "We received your parcel and pay you back on Friday.",
        "We have planned it for Monday.",
        "The courier was booked for Friday.",
        "You will have it by Friday, as we wrote.",
        "It was lost. We send another one on Monday.",
        "We'll call you today.",
        "I called the carrier: it arrives on Friday.",
        "We arranged a new delivery on Tuesday.",
        "Your refund should be there this week.",
        "Once we got it, we answer on Friday.",
        "We sent it, so please expect it on Monday.",
        "Your delivery was moved to Friday.",
        "Delivery was delayed to Friday.",
        "Your repair was put back to 6 March.",
        "Your repair was shifted on Friday.",
        "The courier was told to deliver on Friday.",
        "We asked the carrier to collect it on Friday.",
        "We were told you have it on Friday.",
        "We were told the carrier has it on Friday.",
        "They told us it leaves on Friday.",
    ],
    "pl": [
        "Paczka wyjdzie w poniedziałek.",
        "Zadzwonimy w piątek.",
        "Wyślemy ją jutro.",
        "Zaplanowaliśmy odbiór na piątek.",
        "Otrzymaliśmy zwrot i oddamy pieniądze w piątek.",
        "Pieniądze zostały zlecone, dotrą do piątku.",
        "Będziemy dzwonili w środę.",
        "Umówiliśmy kuriera na wtorek.",
        "Był błąd, ale paczka dotrze w czwartek.",
        "Gdy sprawdziliśmy magazyn, odpowiemy w piątek.",
        "Kurier przyjedzie w sobotę.",
        "Kurier dostał polecenie dostarczenia w piątek.",
        "Kurier otrzymał zlecenie odbioru w piątek.",
    ],
    "cs": [
        "Zásilka odejde v pondělí.",
        "Zavoláme vám v pátek.",
        "Bude odeslána v úterý.",
        "Naplánovali jsme vyzvednutí na pátek.",
        "Obdrželi jsme balík a peníze vrátíme v pátek.",
        "Domluvili jsme kurýra na středu.",
        "Byla to naše chyba, nová přijde ve čtvrtek.",
        "Peníze jsme odeslali, budou u vás do pátku.",
        "Měli bychom to mít v pondělí.",
        "Kurýr přijede v sobotu.",
        "Kurýr dostal pokyn doručit v pátek.",
    ],
    "hu": [
        "A csomag hétfőn indul.",
        "Pénteken felhívjuk Önt.",
        "Kedden lesz Önnél.",
        "A megrendelt csomag pénteken érkezik.",
        "Megkaptuk a csomagot, és pénteken visszautaljuk a pénzt.",
        "A futárt péntekre foglaltuk.",
        "Hiba történt, de csütörtökön megkapja.",
        "Péntekig elküldtük volna.",
        "Szerdán fogjuk küldeni.",
        "Ma válaszolunk.",
        "A futár utasítást kapott a kézbesítésre pénteken.",
    ],
}


def each(kind: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(language, text) for language, texts in kind.items() for text in texts]


@pytest.mark.parametrize(("language", "text"), each(WAS))
def test_what_was_is_no_promise(language: str, text: str) -> None:
    assert read(text, language) is None


@pytest.mark.parametrize(("language", "text"), each(WILL_BE))
def test_what_is_to_come_stays_one(language: str, text: str) -> None:
    assert read(text, language) is not None


@pytest.mark.parametrize("piece", ["was ", "and ", "a, ", ". ", "mě", "wysła", "küldt "])
def test_hostile_texts_come_to_an_end(piece: str) -> None:
    read(f"{piece * 30_000} on Monday {piece * 30_000}", "en")
