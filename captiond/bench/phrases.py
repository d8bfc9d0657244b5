"""What the people of `bench.speech` say, by language: tables as data, written for the measure alone.

A pause has at most three words, none of them a digit, a cue or a word that makes numbers harmless; with a digit that is
misheard for a word after it they are four, the most that a number survives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language.

    Attributes:
        digits: the ten number words; `zero` another word for 0; `twice` the word that doubles the next digit.
        misheard: what a recogniser takes a digit for, for the moment.
        cued: by kind, what comes before a number and names it; `uncued` what names nothing.
        email: what comes before an address; `at`, `dot` its connectors, `tld` its end.
        harmless: (class, what comes before, the thing). {n6} is a number of 6 to 10 digits, {big} an amount with
            separators, {small} a number below 1000, {year}, {hour}, {minute}, {day}, {percent}, {version}.
        pairs: numbers are said two digits at a time as well.
    """

    digits: tuple[str, ...]
    zero: str
    twice: str
    misheard: Mapping[str, str]
    pauses: Sequence[str]
    cued: Mapping[str, Sequence[str]]
    uncued: Sequence[str]
    after: Sequence[str]
    ask: str
    agent: Sequence[str]
    plain: Sequence[str]
    again: Sequence[str]
    codes: Sequence[str]
    email: Sequence[str]
    at: str
    dot: str
    tld: str
    iban: str
    harmless: Sequence[tuple[str, str, str]]
    pairs: bool = False


ENGLISH: Final = Phrases(
    digits=("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    zero="oh",
    twice="double",
    misheard={"four": "for", "two": "to", "one": "won", "eight": "ate", "three": "tree", "five": "hive"},
    pauses=(
        "um", "uh", "er um", "hold on", "let me see", "sorry", "and then", "okay", "where is it",
        "just a moment", "wait", "I think", "you know",
    ),
    cued={
        "CARD": ("the card is", "take my card please", "my visa is", "new credit card", "paying by card yes"),
        "SSN": ("my social is", "social security", "the ssn would be"),
        "PHONE": ("my phone is", "best phone for me is", "my mobile is"),
        "IBAN": ("my iban is", "the iban reads"),
        "CVV": ("the security code is", "cvv is", "and the cvc reads"),
        "ACCOUNT": ("my account number is", "I see account"),
        "DOB": ("my date of birth is", "I was born on", "the birthday is"),
        "NATIONAL_ID": ("my passport number is", "the national insurance number is"),
    },
    uncued=("yes it's", "so that's", "right", "sure", "that would be", "here goes", ""),
    after=("", "", "thank you", "does that help", "got it", "is that fine", "thanks so much for waiting today"),
    ask="what exactly",
    agent=("okay", "mm hm", "go ahead", "thank you", "right", "I see"),
    plain=(
        "I wanted to ask about the delivery", "the screen stays dark since yesterday",
        "could you look into that for me", "we talked about it last week", "it never arrived at all",
        "that sounds good to me", "let me know what happens next",
    ),
    again=("sorry again", "no wait"),
    codes=("and the security code is", "cvv", "the cvc is"),
    email=("my email is", "the email is", "send it to", "you can write to"),
    at="at",
    dot="dot",
    tld="com",
    iban="GB",
    harmless=(
        ("ORDER", "your order number is", "{n6}"),
        ("TICKET", "I opened ticket", "{n6}"),
        ("INVOICE", "it is on invoice", "{n6}"),
        ("PRICE", "that comes to", "${big}"),
        ("PRICE", "they charged me", "{small} dollars"),
        ("PRICE", "it was", "{pair} dollars and {pair} cents"),
        ("YEAR", "we moved here in", "{year}"),
        ("YEAR", "I joined in", "twenty {teen}"),
        ("TIME", "come by around", "{hour}:{minute} PM"),
        ("TIME", "they open at", "{spoken_hour} {spoken_minute}"),
        ("DATE", "it was shipped on", "March {day}, {year}"),
        ("PERCENT", "it went down by", "{percent}%"),
        ("QTY", "we still have", "{small} of them"),
        ("VERSION", "it runs version", "{version}"),
        ("ROUTE", "take", "Route {day}, exit {hour}"),
    ),
    pairs=True,
)  # fmt: skip

SPANISH: Final = Phrases(
    digits=("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
    zero="cero",
    twice="doble",
    misheard={"dos": "los", "seis": "sales", "uno": "humo"},
    pauses=("eh", "este", "a ver", "espere", "espere por favor", "bueno", "pues", "déjeme ver", "perdón"),
    cued={
        "CARD": ("mi tarjeta es", "el número de la tarjeta es", "pago con tarjeta sí"),
        "PHONE": ("mi teléfono es", "mi móvil es"),
        "IBAN": ("mi iban es", "el iban es"),
        "CVV": ("el código de seguridad es", "el cvv es"),
        "ACCOUNT": ("mi número de cuenta es", "veo la cuenta"),
        "DOB": ("mi fecha de nacimiento es el", "nací el"),
        "NATIONAL_ID": ("mi DNI es", "el documento es"),
    },
    uncued=("sí es", "pues es", "claro", "sería el", "ahí va", ""),
    after=("", "", "gracias", "le sirve", "muchas gracias por la espera de hoy"),
    ask="por favor",
    agent=("vale", "sí", "de acuerdo", "gracias", "entiendo"),
    plain=(
        "quería preguntar por el envío", "la pantalla sigue negra desde ayer", "puede mirar eso por favor ahora",
        "hablamos de eso la semana pasada", "me parece muy bien así",
    ),
    again=("perdón otra vez", "no espere"),
    codes=("y el código de seguridad es", "el cvv es"),
    email=("mi correo es", "el correo electrónico es", "escríbame a"),
    at="arroba",
    dot="punto",
    tld="es",
    iban="ES",
    harmless=(
        ("ORDER", "su número de pedido es", "{n6}"),
        ("INVOICE", "está en la factura", "{n6}"),
        ("PRICE", "son en total", "{small} euros"),
        ("YEAR", "nos mudamos aquí en", "{year}"),
        ("TIME", "venga hacia las", "{hour}:{minute}"),
        ("PERCENT", "ha bajado un", "{percent}%"),
        ("QTY", "todavía tenemos", "{small} unidades"),
        ("VERSION", "tiene la versión", "{version}"),
    ),
)  # fmt: skip

FRENCH: Final = Phrases(
    digits=("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
    zero="zéro",
    twice="double",
    misheard={"deux": "de", "sept": "cette", "cinq": "saint", "neuf": "neuve"},
    pauses=("euh", "ben", "attendez", "voyons", "s'il vous plaît", "pardon", "alors", "je regarde"),
    cued={
        "CARD": ("ma carte est le", "le numéro de ma carte est le", "je paie par carte oui"),
        "PHONE": ("mon téléphone est le", "mon portable est le"),
        "IBAN": ("mon iban est", "l'iban est"),
        "CVV": ("le code de sécurité est", "le cvv est"),
        "ACCOUNT": ("mon numéro de compte est le", "je vois le compte"),
        "DOB": ("ma date de naissance est le", "je suis née le"),
        "NATIONAL_ID": ("mon numéro de sécurité sociale est le", "la carte d'identité est"),
    },
    uncued=("oui c'est le", "alors c'est", "bien sûr", "ce serait le", "voilà", ""),
    after=("", "", "merci", "ça vous va", "merci beaucoup pour votre patience"),
    ask="s'il vous plaît",
    agent=("d'accord", "oui", "très bien", "merci", "je vois"),
    plain=(
        "je voulais des nouvelles de la livraison", "l'écran reste noir depuis hier soir",
        "vous pouvez regarder ça pour moi",
        "on en a parlé la semaine dernière", "ça me semble très bien ainsi",
    ),
    again=("pardon je reprends", "non attendez"),
    codes=("et le code de sécurité est", "le cvv est"),
    email=("mon mail est", "l'adresse mail est", "écrivez à"),
    at="arobase",
    dot="point",
    tld="fr",
    iban="FR",
    harmless=(
        ("ORDER", "votre numéro de commande est le", "{n6}"),
        ("INVOICE", "c'est sur la facture", "{n6}"),
        ("PRICE", "ça fait en tout", "{small} euros"),
        ("YEAR", "nous avons emménagé en", "{year}"),
        ("TIME", "passez vers", "{hour}h{minute}"),
        ("PERCENT", "ça a baissé de", "{percent}%"),
        ("QTY", "il nous reste", "{small} pièces"),
        ("VERSION", "il a la version", "{version}"),
    ),
)  # fmt: skip

GERMAN: Final = Phrases(
    digits=("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"),
    zero="null",
    twice="doppel",
    misheard={"zwei": "zwar", "drei": "dreh", "vier": "für", "acht": "macht"},
    pauses=("äh", "ähm", "Moment", "warten Sie", "einen Moment bitte", "also", "mal sehen", "Entschuldigung"),
    cued={
        "CARD": ("meine Karte ist die", "die Kartennummer ist", "ich zahle mit Karte ja"),
        "PHONE": ("mein Telefon ist", "meine Handynummer ist"),
        "IBAN": ("meine IBAN ist", "die IBAN lautet"),
        "CVV": ("die Prüfnummer ist", "der Sicherheitscode ist"),
        "ACCOUNT": ("meine Kontonummer ist", "ich sehe das Konto"),
        "DOB": ("mein Geburtsdatum ist der", "ich bin geboren am"),
        "NATIONAL_ID": ("meine Steuer-ID ist", "der Ausweis hat"),
    },
    uncued=("ja das ist", "also", "gerne", "das wäre die", "bitte schön", ""),
    after=("", "", "danke", "reicht das so", "vielen Dank für Ihre Geduld heute"),
    ask="bitte",
    agent=("gut", "ja", "in Ordnung", "danke", "verstehe"),
    plain=(
        "ich wollte nach der Lieferung fragen", "der Bildschirm bleibt seit gestern schwarz",
        "könnten Sie bitte für mich nachsehen", "wir haben letzte Woche darüber gesprochen",
        "das klingt für mich sehr gut",
    ),
    again=("Entschuldigung noch mal", "nein Moment"),
    codes=("und die Prüfnummer ist", "der Sicherheitscode ist"),
    email=("meine E-Mail ist", "die E-Mail ist", "schreiben Sie an"),
    at="at",
    dot="punkt",
    tld="de",
    iban="DE",
    harmless=(
        ("ORDER", "Ihre Bestellnummer ist", "{n6}"),
        ("INVOICE", "das steht auf der Rechnung", "{n6}"),
        ("PRICE", "das macht zusammen", "{small} Euro"),
        ("YEAR", "wir sind umgezogen im Jahr", "{year}"),
        ("TIME", "kommen Sie gegen", "{hour}:{minute} Uhr"),
        ("PERCENT", "das sank um", "{percent}%"),
        ("QTY", "wir haben noch", "{small} Stück"),
        ("VERSION", "da läuft Version", "{version}"),
    ),
)  # fmt: skip

ITALIAN: Final = Phrases(
    digits=("zero", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"),
    zero="zero",
    twice="doppio",
    misheard={"nove": "dove", "tre": "te", "sei": "lei", "due": "tue"},
    pauses=("ehm", "eh", "allora", "un attimo", "aspetti", "mi scusi", "vediamo", "dunque", "per favore", "mi pare"),
    cued={
        "CARD": ("la mia carta è la", "il numero della carta è", "pago con carta sì"),
        "PHONE": ("il mio telefono è", "il mio cellulare è", "il mio recapito è lo"),
        "IBAN": ("il mio iban è", "l'iban è"),
        "CVV": ("il codice di sicurezza è", "il cvv è"),
        "ACCOUNT": ("il numero di conto è", "vedo il conto"),
        "DOB": ("la mia data di nascita è il", "sono nata il"),
        "NATIONAL_ID": ("il mio codice fiscale è", "il documento è"),
    },
    uncued=("sì è", "allora", "certo", "sarebbe il", "ecco qua", ""),
    after=("", "", "grazie", "va bene così", "grazie mille per la pazienza"),
    ask="per cortesia",
    agent=("va bene", "sì", "d'accordo", "grazie", "capisco"),
    plain=(
        "volevo sapere qualcosa della consegna", "lo schermo resta nero da ieri sera",
        "può guardare lei per favore", "ne abbiamo parlato la settimana scorsa", "per me va benissimo così",
        "lei sei sicura di averlo spedito",
    ),
    again=("scusi ripeto", "no aspetti"),
    codes=("e il codice di sicurezza è", "il cvv è"),
    email=("la mia mail è", "l'indirizzo email è", "mi scriva a"),
    at="chiocciola",
    dot="punto",
    tld="it",
    iban="IT",
    harmless=(
        ("ORDER", "il suo numero d'ordine è", "{n6}"),
        ("INVOICE", "è scritto sulla fattura", "{n6}"),
        ("PRICE", "in tutto sono", "{small} euro"),
        ("YEAR", "ci siamo trasferiti nel", "{year}"),
        ("TIME", "passi verso le", "{hour}:{minute}"),
        ("PERCENT", "è sceso del", "{percent}%"),
        ("QTY", "ce ne restano", "{small} pezzi"),
        ("VERSION", "ha la versione", "{version}"),
        ("DATE", "è partito il", "{day} marzo {year}"),
    ),
    pairs=True,
)  # fmt: skip

LANGUAGES: Final[Mapping[str, Phrases]] = {
    "en-US": ENGLISH,
    "es-ES": SPANISH,
    "fr-FR": FRENCH,
    "de-DE": GERMAN,
    "it-IT": ITALIAN,
}
