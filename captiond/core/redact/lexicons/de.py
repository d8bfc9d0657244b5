"""German. Data only; what each field means stands in `core.redact.lexicon`."""

from itertools import product
from typing import Final

from captiond.core.redact.table import Table

_UNITS: Final = {
    "ein": 1, "zwei": 2, "zwo": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9,
}  # fmt: skip
_TENS: Final = {
    "zwanzig": 20, "dreißig": 30, "vierzig": 40, "fünfzig": 50, "sechzig": 60, "siebzig": 70, "achtzig": 80,
    "neunzig": 90,
}  # fmt: skip
_TEENS: Final = {
    "zehn": 10, "elf": 11, "zwölf": 12, "dreizehn": 13, "vierzehn": 14, "fünfzehn": 15, "sechzehn": 16, "siebzehn": 17,
    "achtzehn": 18, "neunzehn": 19,
}  # fmt: skip
LAST_DAY: Final = 31  # of a month
_SINGLE: Final = {"null": 0, "eins": 1, **{word: value for word, value in _UNITS.items() if word != "ein"}}


def _compounds() -> dict[str, str]:
    """ "siebenunddreißig" and "doppelvier": German writes them as one word, case-folded ("ß" is "ss")."""
    words: dict[str, str] = {}
    for (unit, one), (tens, value) in product(_UNITS.items(), _TENS.items()):
        words[f"{unit}und{tens}"] = str(value + one)
    for word, value in {**_SINGLE, "ein": 1}.items():  # "doppelein": half of "doppeleins" tells as much
        words[f"doppel{word}"] = str(value) * 2
        words[f"dreifach{word}"] = str(value) * 3
    return {word.casefold().replace("ü", umlaut): said for word, said in words.items() for umlaut in ("ü", "ue")}


def _below_hundred() -> dict[str, int]:
    words = {f"{unit}und{tens}": value + one for (unit, one), (tens, value) in product(_UNITS.items(), _TENS.items())}
    return {**words, **_TENS, **_TEENS, **{word: value for word, value in _SINGLE.items() if value}}


def _hundreds() -> dict[str, str]:
    """ "vierhundertelf", "hundertzwanzig", "zweihundertundeins": as telephone numbers are read out in threes."""
    words: dict[str, str] = {}
    for head, hundreds in {"": 1, **_UNITS}.items():
        if head:
            words[f"{head}hundert"] = str(hundreds * 100)
        for (word, value), glue in product(_below_hundred().items(), ("", "und")):
            words[f"{head}hundert{glue}{word}"] = str(hundreds * 100 + value)
    return {word.casefold().replace("ü", umlaut): said for word, said in words.items() for umlaut in ("ü", "ue")}


def _years() -> dict[str, str]:
    """ "neunzehnhundertachtzig", "zweitausendsechs": the years in which people alive were born."""
    words = {"neunzehnhundert": "1900", "zweitausend": "2000"}
    for (word, value), glue in product(_below_hundred().items(), ("", "und")):
        words[f"neunzehnhundert{glue}{word}"] = str(1900 + value)
        words[f"zweitausend{glue}{word}"] = str(2000 + value)
    return {year.replace("ü", umlaut): digits for year, digits in words.items() for umlaut in ("ü", "ue")}


def _ordinals() -> str:
    """The days of a month in all their endings: "dritten", "einundzwanzigster"."""
    stems = ["erst", "dritt", "siebt", "siebent", "acht"]
    for word, value in _below_hundred().items():
        if value <= LAST_DAY and word not in ("eins", "drei", "sieben", "acht"):
            stems.append(word + ("t" if value < _TENS["zwanzig"] else "st"))
    return " ".join(stem + ending for stem in stems for ending in ("e", "en", "er", "es"))


GERMAN = Table(
    digits="null:0 eins:1 zwei:2 zwo:2 drei:3 vier:4 fünf:5 fuenf:5 sechs:6 sieben:7 acht:8 neun:9",
    teens=(
        "zehn:10 elf:11 zwölf:12 zwoelf:12 dreizehn:13 vierzehn:14 fünfzehn:15 fuenfzehn:15 fuffzehn:15 sechzehn:16 "
        "siebzehn:17 achtzehn:18 neunzehn:19"
    ),
    tens=(
        "zwanzig:20 dreißig:30 dreissig:30 vierzig:40 fünfzig:50 fuenfzig:50 fuffzig:50 sechzig:60 siebzig:70 "
        "achtzig:80 neunzig:90"
    ),
    compounds={**_hundreds(), **_compounds()},
    scales="hundert:2 tausend:3 million:6 millionen:6",
    multiples="doppel:2 doppelt:2 doppelte:2 zweimal:2 dreifach:3 dreimal:3",
    articles="ein:1 eine:1 einen:1",
    copulas="ist sind lautet wäre die hier nummer",
    misheard="nul:0 ains:1 einz:1 zwai:2 drai:3 dry:3 fier:4 fiel:4 füm:5 sex:6 sieb:7 siem:7 ach:8 neu:9 noin:9",
    fillers="äh ähm öh hm also und dann ja gut so komma",
    interjections=(
        "vielen dank;ich schaue nach;ich sehe nach;ich suche;moment;einen moment;moment mal;warten sie;warte;sekunde;"
        "eine sekunde;entschuldigung;mal sehen;ich schaue;genau;danke;bitte;richtig;das ist;weiter;"
        "zwar;danach;dann kommt;jetzt kommt;es folgt;gefolgt von;weiter geht's;ich wiederhole;nochmal;"
        "verzeihung;quatsch"
    ),
    waits=(
        "ich schaue nach;ich sehe nach;ich suche;moment;einen moment;moment mal;warten sie;warte;sekunde;"
        "eine sekunde;entschuldigung;mal sehen;ich schaue;bitte"
    ),
    acknowledgements=(
        "ja jawohl klar gerne gern gut okay ok danke bitte natürlich moment einen eine sekunde augenblick warten sie "
        "äh ähm hallo guten tag sicher selbstverständlich genau nein ich schaue nach mal"
    ),
    at="at ät @ klammeraffe affenschwanz affenklammer at-zeichen ät-zeichen",
    dot="punkt dot",
    joins="minus bindestrich unterstrich tiefstrich strich underscore",
    introduces="ist lautet wäre",
    particles="von van der den de zu zur zum vom",
    asides=(
        "alles klein kleingeschrieben großgeschrieben geschrieben zusammen zusammengeschrieben wort ohne leerzeichen"
    ),
    spellers="wie",
    silent="minus bindestrich strich punkt komma leerzeichen schrägstrich",
    plus="plus",
    cues={
        "CC": (
            "karte;karten;kreditkarte;kartennummer;kreditkartennummer;debitkarte;ec-karte;girocard;visa;mastercard;"
            "amex;american express"
        ),
        "CVV": (
            "cvv;cvc;prüfnummer;prüfziffer;kartenprüfnummer;sicherheitscode;sicherheitsnummer;drei ziffern;"
            "dreistellige;auf der rückseite"
        ),
        "SSN": "ssn;social security",
        "PHONE": (
            "telefon;telefonnummer;handy;handynummer;mobil;mobilnummer;mobiltelefon;festnetz;rufnummer;rückrufnummer;"
            "unter welcher nummer;erreichen sie mich unter;erreichbar unter;rufen sie mich unter;mich unter;"
            "sie unter;meine nummer;meine nummer ist;ihre nummer;welcher nummer erreiche;whatsapp"
        ),
        "IBAN": "iban;bankverbindung",
        "PIN": (
            "pin;geheimzahl;geheimnummer;tan;tans;mtan;sms-code;sms-tan;einmalcode;einmalpasswort;bestätigungscode;"
            "zugangscode;freischaltcode;aktivierungscode;verifizierungscode"
        ),
        "EMAIL": (
            "e-mail;email;mail;mailadresse;e-mail-adresse;emailadresse;e-mail adresse;e-mail ist;welche e-mail;emails"
        ),
        "ACCOUNT": "konto;kontonummer",
        "DOB": "geburtsdatum;geboren;geburtstag",
        "NATIONAL_ID": (
            "steuer-id;steueridentifikationsnummer;steuernummer;ausweis;personalausweis;ausweisnummer;reisepass;"
            "sozialversicherungsnummer;rentenversicherungsnummer"
        ),
    },
    postcodes="postleitzahl;plz",
    keeps=(
        "bestellung;bestellungen;bestellnummer;auftrag;auftragsnummer;vorgang;vorgangsnummer;referenz;referenznummer;"
        "ticket;ticketnummer;fall;fallnummer;aktenzeichen;rechnung;rechnungsnummer;buchung;buchungsnummer;"
        "reservierung;reservierungsnummer;flug;zimmer;zimmernummer;version;modell;seriennummer;"
        "sendung;sendungsnummer;sendungsverfolgung;paket;paketnummer;seite;kapitel;bundesstraße;autobahn;ausfahrt;"
        "hausnummer;stock;schaden;schadennummer;angebot;angebotsnummer;artikel;artikelnummer;zug;gleis;platz;test;"
        "einwahlcode;besprechungscode;police;mitgliedsnummer;port;iso;breitengrad;längengrad;kilometer;formular;"
        "kundennummer;durchwahl;vertrag;vertragsnummer;policennummer;"
        "paragraf;paragraph;gesetz;psalm;lottozahlen;gewinnzahlen;postfach;fehler;fehlercode"
    ),
    endings=(
        "letzten vier;letzte vier;letzten 4;letzten ziffern;letzten stellen;endet auf;endet mit;endend auf;endziffern"
    ),
    months=(
        "januar jänner februar märz april mai juni juli august september oktober november dezember jan feb mär apr "
        "jun jul aug sep okt nov dez"
    ),
    clock_words="uhr mittags nachts morgens abends",
    units=(
        "euro euros cent cents dollar franken pfund prozent punkt punkte stück einheiten artikel person personen mal "
        "minute minuten sekunde sekunden stunde stunden tag tage tagen woche wochen monat monate monaten jahr jahre "
        "jahren kilometer meter kilo gramm grad million millionen tausend eur usd nächte "
        "erwachsene kinder schüler mitarbeiter kalorien schritte volt ampere watt zentimeter millimeter milligramm "
        "liter tabletten seiten kapitel tore spiele etagen stockwerke bytes karten menschen leute quadratmeter ziffern"
    ),
    ordinals=_ordinals(),
    years=_years(),
    of="des im jahres",
    before_years="in seit im von bis vor ab nach jahr",
    before_times="nach ab",
    before_amounts="etwa ungefähr rund circa ca fast knapp",
    at_times="um",
    no_domains="der die das den dem ein eine mein ihr",
    between="zwischen",
    remainders=(
        "rest letzte letzten letzter nächste nächsten danach dann weiter nummer nummern ziffer ziffern teil hälfte "
        "ende endet schluss übrigen"
    ),
    linkers="und",
    inverted="und",
    telephones="11 12",
    mobiles="015 016 017",
    ranges="bis zu auf mal gegen von",
    street_endings="straße strasse str allee gasse platz weg ring ufer damm",
    times="mal",
    determiners="der die das diese dieser dieses kein keine jede jeder irgendeine noch",
    common=(
        "ab aber alle allem allen alles als am an andere anderen auch auf aus bei beim bekommen beste besten bin bis "
        "bisschen bist bitte brauche buchstabe buchstabieren da dabei dafür daher damit danach daran darauf darf "
        "darum das dass davon dazu dein dem den denn der deren des deshalb die dies diese diesem diesen dieser "
        "dieses dir doch dort du durch dürfen eben ein eine einem einen einer eines einfach eigentlich er erreiche "
        "erst es etwa etwas euch euer fall falls fast finden frage frau für ganz gar geben gegen geht gehen gehört "
        "genau gerade gern gerne gesagt gewesen gibt groß großbuchstabe guten habe haben hallo hast hat hatte hatten "
        "heiße heißt helfen her herr heute hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer in "
        "inklusive ins ist ja je jede jeder jetzt kam kann kannst kein keine kleinbuchstabe kleingeschrieben komme "
        "kommen können könnte kunde kurz lang lange lassen laut lautet machen macht mal man mehr mein meine meinem "
        "meinen meiner mich mir mit möchte möglich morgen muss müssen nach nachname name namen natürlich neben "
        "nehmen nein nennen neu nicht nichts noch nun nur ob oder ohne problem rufen sage sagen schicken schicke "
        "schon schreiben sehen sehr sei sein seine seit selbst senden sich sicher sie sind so sofort soll sollen "
        "sollte sondern sonst steuer tun über um und uns unser unter verstehe viel viele vielen vielleicht vom von "
        "vor vorname wann war waren warum was weil weiß weiter welche welchem welcher wenig wenn wer werde werden "
        "wie wieder wiederhole will wir wird wirklich wissen wo wohl wollen worden wurde würde zu zum zur zusammen "
        "zwar zwischen auflegen kleines großes tag"
    ),
)
