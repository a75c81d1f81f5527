"""The words by which texts name money, times and what a company grants, in the languages that it writes.

A word that ends in ``-`` stands for all words that begin so: that is how languages that bend their words keep
lists short. A ``?`` says that the letter before it may be missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def _words(text: str) -> Sequence[str]:
    return tuple(word.strip() for word in text.split(","))


CURRENCIES: Mapping[str, Sequence[str]] = {
    "EUR": _words("€, eur, euro, euros, eura, eurami, eurech, euró, eurót"),  # not translated
    "USD": _words("us$, $, usd, dollar, dollars, dolar-, dolár-, dollár-"),  # not translated
    "GBP": _words("£, gbp, pound, pounds, funt-, liber, libra, libry, font"),  # not translated
    "PLN": _words("zł, zl, pln, złot-, zloty, zlotys"),  # not translated
    "CZK": _words("kč, czk, korun-, crowns"),  # not translated
    "HUF": _words("ft, huf, forint-"),  # not translated
    "CHF": _words("chf"),  # not translated
}
"""Currencies by their ISO 4217 code: signs, codes and words."""
TIMES: Mapping[str, Sequence[str]] = {
    "en": _words(
        "today, tonight, tomorrow, the day after tomorrow, this week, next week, this month, next month, "
        "immediately, right away, straight away, shortly, end of the day, end of the "
        "week, asap"  # not translated
    ),
    "pl": _words(
        "dziś, dzisiaj, jutro, jutra, pojutrze, w tym tygodniu, w przyszłym tygodniu, w przyszłym "
        "miesiącu, natychmiast, niezwłocznie, wkrótce, do końca dnia, do końca tygodnia"  # not translated
    ),
    "cs": _words(
        "dnes, zítra, zítřka, zítřejší-, pozítří, tento týden, příští týden, příštího týdne, příští "
        "měsíc, okamžitě, ihned, neprodleně, brzy, do konce dne, do konce týdne"  # not translated
    ),
    "hu": _words(
        "ma, holnap-, holnapután-, ezen a héten, a jövő héten, jövő hét-, jövő héten, jövő hónap-, "
        "azonnal, haladéktalanul, hamarosan, a nap végéig, a hét végéig"  # not translated
    ),
}
"""Times that need no number."""
DAYS: Mapping[str, Sequence[str]] = {
    "en": _words(
        "mondays?, tuesdays?, wednesdays?, thursdays?, fridays?, saturdays?, sundays?"  # not translated
    ),
    "pl": _words(
        "poniedział-, wtorek, wtork-, środa, środy, środę, środą, środzie, środow-, śród, czwartek, "
        "czwartk-, piątek, piątk-, sobot-, sobót, niedziel-"  # not translated
    ),
    "cs": _words(
        "pondělí, pondělk-, úter-, středa, středy, středu, středou, středě, středeční, čtvrtek, čtvrtk-, "
        "pátek, pátk-, sobot-, neděl-"  # not translated
    ),
    "hu": _words(
        "hétfő-, kedd-, szerda, szerdá-, csütörtök-, péntek-, szombat-, vasárnap-"
    ),  # not translated
}
"""Days of the week."""
BEFORE_DAYS: Mapping[str, Sequence[str]] = {
    "en": _words("by, on, next, this, until, before, by next"),  # not translated
    "pl": _words("do, w, we, w przyszły, w najbliższy, od"),  # not translated
    "cs": _words("do, v, ve, v příští, příští, od"),  # not translated
    "hu": _words("jövő, a jövő, most, legkésőbb"),  # not translated
}
"""What stands before a day of the week and belongs to it."""
MONTHS: Mapping[str, Sequence[str]] = {
    "en": _words(
        "january, february, march, april, may, june, july, august, september, october, november, "
        "december, jan, feb, mar, apr, jun, jul, aug, sept?, oct, nov, dec"  # not translated
    ),
    "pl": _words(
        "stycz-, lut-, marca, kwiet-, maja, czerwca, lipca, sierp-, wrześ-, paździer-, "
        "listopada, grud-"  # not translated
    ),
    "cs": _words(
        "ledna, února, března, dubna, května, června, července, srpna, září, října, "
        "listopadu, prosince"  # not translated
    ),
    "hu": _words(
        "január-, február-, március-, április-, május-, június-, július-, augusztus-, szeptember-, "
        "október-, november-, december-"  # not translated
    ),
}
"""Months, as they stand in dates."""
UNITS: Mapping[str, Sequence[str]] = {
    "en": _words("minute-, hour-, day-, week-, month-"),  # not translated
    "pl": _words(
        "minut-, godzin-, dni, dnia, dzień, dniach, tygodni-, tydzień, tygodniu, miesi-"  # not translated
    ),
    "cs": _words("minut-, hodin-, den, dny, dnů, dní, dnech, týdn-, týden, měsí-"),  # not translated
    "hu": _words("perc-, óra, órá-, nap-, munkanap-, hét, hete-, héten, hónap-"),  # not translated
}
"""Units of time."""
WITHIN: Mapping[str, Sequence[str]] = {
    "en": _words("within, in, by, after, under, at most, no later than, for"),  # not translated
    "pl": _words("w ciągu, w przeciągu, za, do, po, najpóźniej za, nie później niż"),  # not translated
    "cs": _words("do, během, za, po, nejpozději do, v průběhu"),  # not translated
    "hu": (),
}
"""What makes a number of units a promise; in Hungarian any number does."""
SMALL: Mapping[str, Sequence[str]] = {
    "en": _words("one, two, three, four, five, six, seven, ten, a, an, few"),  # not translated
    "pl": _words(
        "jednego, dwóch, trzech, czterech, pięciu, kilku, dwa, trzy, cztery, pięć"
    ),  # not translated
    "cs": _words("jednoho, dvou, tří, čtyř, pěti, několika, dva, tři, čtyři, pět"),  # not translated
    "hu": _words("egy, két, kettő, három, négy, öt, néhány"),  # not translated
}
"""Numbers in words that stand before units."""
POLICY: Mapping[str, Sequence[str]] = {
    "en": _words(
        "refund-, reimburse-, money back, replacement-, replace, replaced, warrant-, guarant-, free of "
        "charge, free shipping, for free, at no cost, no charge, no extra charge, compensat-, discount-, "
        "voucher-, credit note, store credit, cancel-, exchang-, waive-, promis-, we will call, we'll "
        "call, we will send, we'll send, we will make sure, make an exception, our fault, "
        "liab-"  # not translated
    ),
    "pl": _words(
        "zwrot-, zwróc-, zwrac-, refund-, wymian-, wymieni-, gwaranc-, gwarant-, rękojm-, bezpłatn-, za "
        "darmo, darmow-, rekompens-, odszkodowan-, zadośćuczyn-, rabat-, zniżk-, upust-, bon-, anulow-, "
        "anuluj-, odstąpi-, obiec-, obiecu-, zobowiąz-, zadzwonimy, oddzwonimy, wyślemy, prześlemy, "
        "nasza wina, z naszej winy"  # not translated
    ),
    "cs": _words(
        "vrát-, vrac-, vrácen-, refund-, náhrad-, nahrad-, výměn-, vyměn-, záruk-, záruč-, garan-, "
        "zdarma, bezplatn-, kompenz-, odškodn-, slev-, poukaz-, dobropis-, zruš-, storn-, slib-, zavaz-, "
        "zavoláme, ozveme se, pošleme, zašleme, naše vina, naší vinou"  # not translated
    ),
    "hu": _words(
        "visszatérít-, visszafizet-, visszautal-, pénzvisszafiz-, csere-, cserél-, kicserél-, garanci-, "
        "garantál-, jótáll-, szavatos-, ingyen-, díjmentes-, térítésmentes-, kártérít-, kárpótol-, "
        "kárpótl-, kompenz-, kedvezmén-, utalvány-, jóváír-, lemond-, törl-, töröl-, visszavon-, ígér-, "
        "megígér-, vállal-, felhívjuk, visszahívjuk, elküldjük, küldünk, a mi hibánk, "
        "hibánkból"  # not translated
    ),
}
"""Words by which something is granted or promised."""
OFF: Sequence[str] = _words(
    "off, discount-, refund-, rabat-, zniżk-, taniej, slev-, kedvezmén-"
)  # not translated
"""What makes a percentage a discount, in all languages."""
