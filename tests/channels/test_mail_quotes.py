"""What is new in a mail, as the programs of our customers write it."""

from __future__ import annotations

import time

import pytest

from channels.mail_quotes import split

NEW = "It has not come yet.\n\nWhere is it?"
INTROS = {
    "Gmail, en": "On Mon, Mar 3, 2025 at 10:12 AM Support <support@shop.example> wrote:",
    "Gmail, en, wrapped": "On Mon, Mar 3, 2025 at 10:12 AM Support Team <\nsupport@shop.example> wrote:",
    "Gmail, pl": "pon., 3 mar 2025 o 10:12 Support <support@shop.example> napisał(a):",
    "Gmail, cs": "po 3. 3. 2025 v 10:12 odesílatel Support <support@shop.example>\nnapsal:",
    "Gmail, hu": "Support <support@shop.example> ezt írta (időpont: 2025. márc. 3., H,\n10:12):",
    "Gmail, de": "Am Mo., 3. März 2025 um 10:12 Uhr schrieb Support <\nsupport@shop.example>:",
    "Apple Mail, en": "On 3 Mar 2025, at 10:12, Support <support@shop.example> wrote:",
    "Apple Mail, pl": (
        "Wiadomość napisana przez Support <support@shop.example> w dniu 3 mar 2025, o godz. 10:12:"
    ),
    "Apple Mail, cs": "3. 3. 2025 v 10:12, Support <support@shop.example>:",
    "Apple Mail, hu": "Support <support@shop.example> írta (2025. márc. 3. dátummal, 10:12):",
    "Apple Mail, de": "Am 03.03.2025 um 10:12 schrieb Support <support@shop.example>:",
    "Thunderbird, en": "On 03/03/2025 10:12, Support wrote:",
    "Thunderbird, pl": "W dniu 3.03.2025 o 10:12, Support pisze:",
    "Thunderbird, cs": "Dne 03. 03. 25 v 10:12 Support napsal(a):",
    "Thunderbird, hu": "2025. 03. 03. 10:12 keltezéssel, Support írta:",
    "Thunderbird, de": "Am 03.03.25 um 10:12 schrieb Support:",
    "Gmail, fr": "Le lun. 3 mars 2025 à 10:12, Support <support@shop.example> a écrit :",
    "Apple Mail, nl": "Op 3 mrt. 2025 om 10:12 heeft Support <support@shop.example> het volgende geschreven:",
}
OUTLOOK = {
    "en": (
        "From: Support <support@shop.example>\nSent: Monday, March 3, 2025 10:12 AM\n"
        "To: Jan Nowak <jan@example.com>\nSubject: Re: Parcel"
    ),
    "pl": (
        "Od: Support <support@shop.example>\nWysłano: poniedziałek, 3 marca 2025 10:12\n"
        "Do: Jan Nowak <jan@example.com>\nTemat: RE: Paczka"
    ),
    "cs": (
        "Od: Support <support@shop.example>\nOdesláno: pondělí 3. března 2025 10:12\n"
        "Komu: Jan Nowak <jan@example.com>\nPředmět: RE: Balík"
    ),
    "hu": (
        "Feladó: Support <support@shop.example>\nElküldve: 2025. március 3., hétfő 10:12\n"
        "Címzett: Jan Nowak <jan@example.com>\nTárgy: RE: Csomag"
    ),
    "de": (
        "Von: Support <support@shop.example>\nGesendet: Montag, 3. März 2025 10:12\n"
        "An: Jan Nowak <jan@example.com>\nCc: Ann <ann@example.com>\nBetreff: AW: Paket"
    ),
    "from HTML": (
        "**From:** Support <support@shop.example>\n**Sent:** Monday, March 3, 2025 10:12 AM\n"
        "**To:** Jan Nowak\n**Subject:** Re: Parcel"
    ),
}
QUOTED = "> Good morning,\n>\n> it left on Friday.\n> > Where is my parcel?"


@pytest.mark.parametrize("program", INTROS)
def test_what_stands_above_a_quote_is_new(program: str) -> None:
    found = split(f"{NEW}\n\n{INTROS[program]}\n\n{QUOTED}\n")
    assert found.new == NEW
    assert found.folded == f"{INTROS[program]}\n\n{QUOTED}"


@pytest.mark.parametrize("program", INTROS)
def test_what_stands_below_a_quote_is_new(program: str) -> None:
    found = split(f"{INTROS[program]}\n{QUOTED}\n\n{NEW}\n")
    assert found.new == NEW
    assert "it left on Friday" in found.folded


def test_quotequail_knows_more_of_them() -> None:
    found = split(f"{NEW}\n\nLe 3 mars 2025, le magasin a écrit :\n\nBonjour")
    assert found.new == NEW
    assert found.folded == "Le 3 mars 2025, le magasin a écrit :\n\nBonjour"


@pytest.mark.parametrize("language", OUTLOOK)
@pytest.mark.parametrize("rule", ["", "_" * 32 + "\n", "-----Original Message-----\n"])
def test_outlook_quotes_without_signs(language: str, rule: str) -> None:
    found = split(
        f"{NEW}\n\n{rule}{OUTLOOK[language]}\n\nGood morning,\n\nit left on Friday.\n", "RE: Parcel"
    )
    assert found.new == NEW
    assert found.folded.startswith(rule + OUTLOOK[language][:5])
    assert found.folded.endswith("it left on Friday.")


@pytest.mark.parametrize(
    "marker",
    [
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "-------- Weitergeleitete Nachricht --------",
        "-------- Treść przekazanej wiadomości --------",
        "Początek przekazywanej wiadomości:",
        "-------- Přeposlaná zpráva --------",
        "-------- Továbbított üzenet --------",
    ],
)
def test_what_is_passed_on_is_kept(marker: str) -> None:
    text = f"Please look at this.\n\n{marker}\n{OUTLOOK['en']}\n\nYour invoice is attached."
    assert split(text, "Fwd: Invoice").new == text
    assert split(text, "Fwd: Invoice").folded == ""


@pytest.mark.parametrize("subject", ["FW: Invoice", "WG: Rechnung", "PD: Faktura", "Fwd: Faktura"])
def test_outlook_says_only_in_the_subject_that_it_passes_on(subject: str) -> None:
    text = f"Please look at this.\n\n{OUTLOOK['en']}\n\nYour invoice is attached."
    assert split(text, subject).new == text


def test_a_mail_that_only_passes_on_is_kept() -> None:
    text = f"{OUTLOOK['pl']}\n\nFaktura w załączniku."
    assert split(text, "Faktura").new == text


def test_answers_between_quotes_keep_what_they_answer() -> None:
    text = (
        f"{INTROS['Thunderbird, en']}\n> Which size?\n\nA 42.\n\n> And which colour?\n\nRed.\n\n"
        "> With regards\n> Support"
    )
    found = split(text)
    assert found.new == "> Which size?\n\nA 42.\n\n> And which colour?\n\nRed."
    assert found.folded.endswith("> With regards\n> Support")


def test_a_greeting_above_and_an_answer_below_are_both_new() -> None:
    found = split(f"Hello,\n\n{INTROS['Gmail, en']}\n{QUOTED}\n\nIt came today.\n")
    assert found.new == "Hello,\n\n\nIt came today."


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nJan Nowak\n+48 22 555 01 23",
        "--\nJan",
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Wysłane z iPhone'a",
        "Odesláno z iPhonu",
        "Az iPhone-omról küldve",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "Pobierz aplikację Outlook dla systemu Android",
    ],
)
def test_signatures_are_folded(signature: str) -> None:
    assert split(f"{NEW}\n\n{signature}").new == NEW
    assert split(f"{NEW}\n\n{signature}").folded == signature
    both = split(f"{NEW}\n\n{signature}\n\n{INTROS['Gmail, pl']}\n{QUOTED}")
    assert both.new == NEW
    assert both.folded.startswith(signature)


@pytest.mark.parametrize(
    "text",
    [
        "Hello,\nOn Monday your colleague wrote:\nthat it would come. It did not.",
        "From: Prague\nI would like to order two of them.",
        "Am Freitag um 10:00 war niemand da.",
        "To: whom it may concern\n\nSubject: none of this is a quote",
        "I paid on 3 March 2025 at 10:12 and you wrote nothing.",
        "a -- b\n1) one\n2) two",
        "Kind regards\nJan",
        "> only a quote\n> and nothing else",
        "-- \nonly a signature",
    ],
)
def test_what_only_looks_like_a_quote_stays(text: str) -> None:
    assert split(text).new == text
    assert split(text).folded == ""


@pytest.mark.parametrize(
    "piece",
    [
        "> > ",
        ">\n",
        "a:\n",
        "From: x\n",
        "On 1/1/25 10:12 a@b wrote\n",
        "Am 1.1. schrieb ",
        "-- \n",
        "-----\n",
        "W dniu 10:12 ",
        "Von meinem ",
        "x\n> y\n",
    ],
)
def test_fault_34_no_quote_takes_long(piece: str) -> None:
    started = time.process_time()
    split(piece * (400_000 // len(piece)))
    assert time.process_time() - started < 10
