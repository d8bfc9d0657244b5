"""Italian, the fifth language: what is said so in calls, with the exact caption. And that only its tag turns it on."""

import pytest

from tests.core.redact.conftest import closed  # type: ignore[import-not-found,unused-ignore]

PRIVATE = [
    ("la mia carta è la quarantuno undici undici undici undici undici undici undici", "la mia carta è la [CC]"),
    ("quattro uno uno uno, un attimo, uno uno uno uno, ehm, uno uno uno uno uno uno uno uno",
     "[CC], un attimo, [CC], ehm, [CC]"),
    ("sono quattro doppio uno due, tre quattro cinque sei, sette otto nove zero, uno due tre quattro",
     "sono [CC]"),
    ("il mio numero è trecentoventotto quarantacinque sessantasette ottantanove zero", "il mio numero è [PHONE]"),
    ("mi chiami al tre due otto, doppio quattro, cinque sei sette otto nove grazie", "mi chiami al [PHONE] grazie"),
    ("il mio cellulare è 347 1234567 per favore", "il mio cellulare è [PHONE] per favore"),
    ("è il 347 123 4567 va bene", "è il [PHONE] va bene"),
    ("può richiamarmi allo zero due 12 34 56 78 per cortesia", "può richiamarmi allo [PHONE] per cortesia"),
    ("più trentanove tre quattro sette uno due tre quattro cinque sei sette", "[PHONE]"),
    ("+39 347 1234567", "[PHONE]"),
    ("il codice dell'iban è IT60 X054 2811 1010 0000 0123 456", "il codice dell'iban è [IBAN]"),
    ("sull'iban IT60X0542811101000000123456 grazie", "sull'iban [IBAN] grazie"),
    ("il pin è quattro sette uno otto", "il pin è [NUMBER]"),
    ("il codice di sicurezza è tre due sei", "il codice di sicurezza è [CVV]"),
    ("il cvv è trecentoventisei", "il cvv è [CVV]"),
    ("la mia mail è mario punto rossi chiocciola libero punto it", "la mia mail è [EMAIL]"),
    ("scriva a giulia trattino basso verdi chiocciola gmail punto com grazie", "scriva a [EMAIL] grazie"),
    ("m a r i o chiocciola example punto it", "[EMAIL]"),
]  # fmt: skip

HARMLESS = [
    "sei sicuro che tu sei in casa alle sei e trenta",
    "lei dice che sei tu, ma chi sei, dove sei, che ore sono",
    "ci vediamo alle sette e trentacinque del venti marzo duemilaventisei",
    "costa trecentoventi euro e cinquanta centesimi",
    "costa 1.250,50 euro, anzi 1.300 euro",
    "l'ordine è il 12345678901",
    "il numero dell'ordine è il 12345678901",
    "il suo riferimento è 4155550132 e la fattura 4111222233334444",
    "la pratica è la 2024556677 e la prenotazione è 88123456",
    "sono nato nel millenovecentottanta",
    "ci siamo trasferiti nel 1998 e poi nel 2019",
    "abito in via Roma 15 20121 Milano",
    "sono le dieci e trenta, verso le 11 e 45",
    "a questo punto non so se sei d'accordo",
    "uno sconto del venti per cento su tutto, uno due tre prova",
    "ho due figli di sei e nove anni e una di tre",
    "ne voglio cinque, anzi sei o sette, non otto",
    "la versione è la 10.15.7 e il modello X200 da 1999 euro",
    "chiami il 112 o il 118",
    "ti chiamo tra tre giorni oppure tra 15 minuti",
    "treno 9612 binario 4 carrozza 7 posto 12",
    "il volo è AZ 1234 delle 10:30",
    "dal 3 al 15 agosto 2026 siamo chiusi",
    "la temperatura è di 38 gradi, ieri erano 35",
    "abbiamo vinto tre a due, anzi quattro a due",
    "resti in linea, ci sono due persone prima di lei",
]


@pytest.mark.parametrize(("text", "caption"), PRIVATE)
def test_private_numbers_in_italian(text: str, caption: str) -> None:
    assert closed(text, language="it-IT") == caption


@pytest.mark.parametrize("text", HARMLESS)
def test_what_stays_in_italian(text: str) -> None:
    assert closed(text, language="it-IT") == text
