"""Which language a line of talk is in, by the small words that only one of the redactor's languages has. Pure.

For long texts of which nobody says the language: a lexicon of the right language reads more than all of them in one,
since some words are digits here and fillers there. Where a line does not say it, its speaker goes on as before.
"""

import re
from typing import Final

ENOUGH: Final = 2  # words of one language, of a line that is believed
CLEAR: Final = 3  # times as many as of any other

_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
# None of one letter: addresses and names are spelled in those.
_SMALL: Final = {
    "en-US": "the and you is that it's i'm for this have my your are can what with please thank thanks yes hello of "
    "how would there number will we they our do don't",
    "es-ES": "el los las por para con mi su está pero gracias usted tengo una del sí hola número favor cómo muy yo "
    "buenos buenas puede aquí lo qué eso ahora",
    "fr-FR": "je vous est et les des pas mon votre le une c'est merci bonjour oui avec pour j'ai numéro dans ce qui "
    "ma ça il d'accord suis sur nous",
    "de-DE": "ich und der das ist nicht sie ein eine mein meine ihre bitte danke ja mit auf für den dem haben nummer "
    "guten wie noch kann wir auch",
}
_LANGUAGE_OF: Final = {word: language for language, words in _SMALL.items() for word in words.split()}


class Tongues:
    """The languages of one text's speakers, as far as they are known by now."""

    def __init__(self) -> None:
        self._last: dict[str, str] = {}

    def of(self, speaker: str, text: str) -> str:
        """The language of a line; "" where neither it nor its speaker has told one yet."""
        counts: dict[str, int] = {}
        for word in _WORD.findall(text.lower()):
            if language := _LANGUAGE_OF.get(word):
                counts[language] = counts.get(language, 0) + 1
        if counts:
            ordered = sorted(counts, key=counts.__getitem__, reverse=True)
            first, second = counts[ordered[0]], counts[ordered[1]] if len(ordered) > 1 else 0
            if first >= ENOUGH and first >= CLEAR * second:
                self._last[speaker] = ordered[0]
            elif second:  # two at once: nobody knows, and the next line has to tell
                self._last.pop(speaker, None)
        return self._last.get(speaker, "")
