"""One word of a caption, read: which digits it says, and what it can be in a number or an address."""

import unicodedata
from typing import Final

from mypy_extensions import i64

from captiond.core.redact.classes import (
    ADDRESS,
    DIGITS,
    IS_COUNTRY,
    IS_LETTERS,
    LETTER,
    MARK,
    MASKED_FROM_DIGITS,
    SILENT,
    SPOKEN,
    WEAK,
    WORD,
    Token,
)
from captiond.core.redact.kinds import IBAN_CHARS, is_card
from captiond.core.redact.lexicon import MAX_ELIDED_LETTERS, Lexicon
from captiond.core.redact.markup import without_markup, without_masks

MIN_LINE_DIGITS: Final = 7  # of a telephone number without its area

_HYPHENS: Final = "-_'’"
_ENDS: Final = ".,;:!?"
_SEPARATORS: Final = "-./\\_|*~=·•,;:!?…"


_LETTERS_AND_DIGITS: Final[bytes] = bytes(chr(code).isalnum() for code in range(256))
_DIGIT: Final = 1
_LETTER: Final = 2
_OTHER: Final = 3  # of Latin-1: lower case is not case-folded, or it is a digit of no ASCII
_KINDS: Final[bytes] = bytes(
    0
    if not char.isalnum()
    else _DIGIT
    if char in "0123456789"
    else _LETTER
    if char.isalpha() and char.lower() == char.casefold()
    else _OTHER
    for char in map(chr, range(256))
)
# As numbers: what is compiled reads a literal faster than the result of a call.
_ZERO: Final = 0x30
_COLON: Final = 0x3A  # the one after "9"
_SMALL: Final = 0x61  # letters of ASCII before "a" are capitals
_ASCII: Final = 0x7F
_HIGH: Final = 0xC0  # capitals of the rest of Latin-1 begin here
_HIGH_SMALL: Final = 0xDF  # and end before the sharp s
_STOPS: Final[bytes] = bytes(kind or chr(code) in "@[" for code, kind in enumerate(_KINDS))  # behind a word: more of it


def read(word: str, lexicon: Lexicon) -> Token:
    """Reads one word. Never fails, whatever is in it; the cost is linear in its length."""
    known = lexicon.tokens.get(word)
    if known is not None:  # most words
        return known
    size: i64 = len(word)
    first: i64 = 0
    kind: i64 = 0
    while first < size:
        code: i64 = ord(word[first])
        if code > 255:
            return _read_any(word, lexicon)
        kind = _KINDS[code]
        if kind:
            break
        first += 1
    last: i64 = first
    capitals: i64 = 0
    while last < size:
        code = ord(word[last])
        if code > 255:
            return _read_any(word, lexicon)
        if _KINDS[code] != kind:
            break
        if code < _SMALL or (_HIGH <= code < _HIGH_SMALL):
            capitals = 1
        last += 1
    stop: i64 = last
    while stop < size:
        code = ord(word[stop])
        if code > 255 or _STOPS[code]:
            return _read_any(word, lexicon)
        stop += 1
    if last == first or kind == _OTHER or (first > 0 and "[" in word[:first]):
        return _read_any(word, lexicon)
    core = word if last - first == size else word[first:last]
    if kind == _DIGIT:
        return Token(word, core, DIGITS, core, first, last, False, 0)
    if capitals:
        core = core.lower()
    entry = lexicon.entries.get(core)
    if entry is None:
        return Token(word, core, LETTER if last - first == 1 else WORD, "", first, last, False, IS_LETTERS)
    token = Token(word, core, entry.cls, entry.digits, first, last, False, entry.flags)
    lexicon.remember(token)
    return token


def _read_any(word: str, lexicon: Lexicon) -> Token:
    """As `read`, for words that are not just letters of ASCII with punctuation around them."""
    if "<" in word or "&" in word:
        plain = without_markup(word)
        if plain != word:
            found = read(plain, lexicon)
            return Token(word, found.core, found.cls, found.digits, 0, len(word), found.mixed, found.flags)
    if "[" in word:
        plain = without_masks(word)
        if plain != word and any(c.isalnum() for c in plain):
            found = read(plain, lexicon)
            return Token(word, found.core, found.cls, found.digits, 0, len(word), found.mixed, found.flags)
    size = len(word)
    first = 0
    while first < size and not _is_alnum(word, first):
        first += 1
    if first == size:
        return _read_mark(word, lexicon)
    last = size
    while not _is_alnum(word, last - 1) and word[last - 1] != "@":  # "jane@": what follows is still to come
        last -= 1
    if first > 0 and word[first - 1] == "[" and last < size and word[last] == "]" and _is_mask(word[first:last]):
        return Token(word, "", WORD, "", first, last, False, 0)
    core = word[first:last]
    core = core.lower() if core.isascii() else unicodedata.normalize("NFC", core).casefold().replace("’", "'")
    if core.isalpha():
        entry = lexicon.entries.get(core)
        if entry is not None:
            return Token(word, core, entry.cls, entry.digits, first, last, False, entry.flags)
        return Token(word, core, LETTER if len(core) == 1 else WORD, "", first, last, False, IS_LETTERS)
    return _read_other(word, core, first, last, lexicon)


def _is_alnum(word: str, at: i64) -> bool:
    code = ord(word[at])
    return _LETTERS_AND_DIGITS[code] != 0 if code < 256 else word[at].isalnum()


def _read_other(word: str, core: str, first: i64, last: i64, lexicon: Lexicon) -> Token:
    """A word that has something else than letters in it."""
    entry = lexicon.entries.get(core)
    if entry is None and len(core) > MAX_ELIDED_LETTERS and (core[1] == "'" or core[2] == "'"):
        whole = core.partition("'")[2]
        if whole in lexicon.cues:
            core = whole  # "l'iban", "d'e-mail"; but "c'est" is a word of its own
            entry = lexicon.entries.get(core)
    if entry is None and core[-2:] == "'s" and core[:-2] in lexicon.cues:
        core = core[:-2]  # "my mobile's ..."
        entry = lexicon.entries.get(core)
    flags = entry.flags if entry is not None else 0
    # "cvv2" is a cue; "4" ends one ("ends in 4"), but is a digit, whatever mark stands before it.
    digits = "" if core in lexicon.cues and not core.isdigit() else numerals(core)
    if digits and not core.isascii():
        core = "".join([str(unicodedata.digit(c)) if c.isdigit() else c for c in core])
    if "@" in core:
        return Token(word, core, ADDRESS, digits, first, last, False, flags)
    if digits:
        mixed = _has_letters(core)
        if mixed and _is_ordinal(core):
            return Token(word, core, WORD, "", first, last, False, flags)
        said = _with_number_words(core, lexicon) if mixed else ""
        if mixed and not said and _has_separators(core):
            compound = _read_compound(word, core, first, last, lexicon)
            if compound is not None and len(compound.digits) > len(digits):
                return compound  # "DE-VIER-ZWEI-3841"
        if mixed and not said:
            stop = _number_end(core, lexicon)
            if stop:
                return Token(word, core[:stop], DIGITS, numerals(core[:stop]), first, last, False, flags)
        return Token(word, core, DIGITS, said or digits, first, last, mixed and not said, flags)
    if entry is not None and entry.cls != WORD:
        return Token(word, core, entry.cls, entry.digits, first, last, False, flags)
    if len(core) == 1:
        return Token(word, core, LETTER if core.isalpha() else MARK, "", first, last, False, flags)
    if _has_separators(core):
        compound = _read_compound(word, core, first, last, lexicon)
        if compound is not None:
            return compound
    return Token(word, core, WORD, "", first, last, False, flags)


def _number_end(core: str, lexicon: Lexicon) -> i64:
    """Where a number ends that something is glued to: "0366.and", "0132x22", "4532015112830366exp"; 0 for none.

    Behind a mark that ends a sentence it is the next one's first word, but for a month ("3.Mai"). Letters right behind
    digits make it a code, but for a telephone's extension and what is a card by its checksum.
    """
    size: i64 = len(core)
    at: i64 = 0
    while at < size and not core[at].isalpha():
        at += 1
    if at == 0:
        return 0
    if core[at - 1] in _ENDS:
        return 0 if core[at:] in lexicon.months or not core[0].isdigit() else at - 1
    if not core[at - 1].isdigit():
        return 0
    tail = core[at:].lstrip("ext.")
    if core[at] in "xe" and tail.isdigit() and len(numerals(core[:at])) >= MIN_LINE_DIGITS:
        return at
    return at if is_card(numerals(core[:at])) else 0


def _read_mark(word: str, lexicon: Lexicon) -> Token:
    if word == "@":
        entry = lexicon.entries.get("@")
        return Token(word, "@", WORD, "", 0, 1, False, entry.flags if entry is not None else 0)
    separator = all(c in "-./+()#*_–—" for c in word) and word != "..."
    return Token(word, "", SILENT if separator else MARK, "", 0, len(word), False, 0)


def _is_mask(inner: str) -> bool:
    return all(c.isupper() or c == "_" for c in inner)


def numerals(text: str) -> str:
    """All decimal digits in `text`, of any script, as ASCII."""
    found: list[str] = []
    size: i64 = len(text)
    i: i64 = 0
    while i < size:
        code: i64 = ord(text[i])
        if code < _COLON:
            if code >= _ZERO:
                found.append(text[i])
        elif code > _ASCII and text[i].isdigit():
            found.append(str(unicodedata.digit(text[i])))
        i += 1
    return "".join(found) if found else ""


def inner_sizes(core: str) -> list[int]:
    """How many digits stand in a row in a typed word, from left to right."""
    sizes: list[int] = []
    run = 0
    for char in core:
        if char.isdigit():
            run += 1
        elif run:
            sizes.append(run)
            run = 0
    if run:
        sizes.append(run)
    return sizes


def _has_letters(core: str) -> bool:
    size: i64 = len(core)
    i: i64 = 0
    while i < size:
        code: i64 = ord(core[i])
        if code > _ASCII:
            if core[i].isalpha():
                return True
        elif _KINDS[code] == _LETTER:
            return True
        i += 1
    return False


def _has_separators(core: str) -> bool:
    size: i64 = len(core)
    i: i64 = 0
    while i < size:
        code: i64 = ord(core[i])
        if (code > _ASCII or not _KINDS[code]) and core[i] in _SEPARATORS:
            return True
        i += 1
    return False


def _with_number_words(core: str, lexicon: Lexicon) -> str:
    """ "seven-0132", "forty2185": what it says where all its letters are number words; "" where they are not."""
    out: list[str] = []
    at = 0
    times = 1
    size = len(core)
    sure = misheard = False
    while at < size:
        stop = at + 1
        if core[at].isalpha():
            while stop < size and core[stop].isalpha():
                stop += 1
            word = core[at:stop]
            said = lexicon.digits.get(word) or lexicon.tens.get(word)
            sure = sure or said is not None
            if said is None:
                said = lexicon.misheard.get(word)
                misheard = misheard or (said is not None and said != "0")  # "oh/555"
            if said is None and word not in lexicon.multiples:
                return ""
            if said is not None:
                out.append(said * times if len(said) == 1 else said)
            times = lexicon.multiples.get(word, 1)
        else:
            out.append(numerals(core[at]))
        at = stop
    if misheard and not sure:
        return ""  # "to-20", but "neuf-un-1402"
    return "".join(out)


def _is_ordinal(core: str) -> bool:
    """ "21st", "4th": a day or a street, never a piece of a number."""
    return core[-2:] in ("st", "nd", "rd", "th") and core[:-2].isdigit() and len(core) <= 5


def _read_compound(word: str, core: str, first: i64, last: i64, lexicon: Lexicon) -> Token | None:
    """ "twenty-two", "four-one-one-one", "four.one.one", "oh-one", "d-e-eins": number words glued by separators.

    Words that are misheard digits count beside one that is a digit for sure; by themselves they are no more than WEAK.
    Letters and countries make it a piece of an IBAN. "nine.and" says nine; "one-way" is a word: None.
    """
    sentence = not any(c in _HYPHENS for c in core)
    plain = core
    for separator in _SEPARATORS:
        plain = plain.replace(separator, " ")
    said: list[str] = []
    spelled: list[str] = []
    others = letters = digits = 0
    sure = articles = ranges = False
    tens = before = ""
    times = 1
    for part in plain.split():
        ahead, before = before, part
        if part.isdigit():
            said.append(part)
            spelled.append(part)
            digits += len(part)
            tens, times = "", 1
            continue
        unit = lexicon.digits.get(part)
        sure = sure or unit is not None or part in lexicon.tens
        if unit is None:
            unit = lexicon.misheard.get(part)
            sure = sure or (articles and part in lexicon.articles)  # "un-un": nobody says two articles in a row
            articles = part in lexicon.articles
            digits += int(articles)
            ranges = ranges or part in lexicon.ranges
        if unit is not None:
            if tens and len(unit) == 1 and unit != "0" and (ahead in lexicon.fused or ahead in lexicon.linkers):
                said[-1] = spelled[-1] = tens[0] + unit
            else:
                sure = sure or times > 1  # "double-un"
                said.append(unit * times if len(unit) == 1 else unit)
                spelled.append(said[-1])
            tens, times = "", 1
            continue
        if part in lexicon.linkers:
            continue  # "treinta-y-dos", "drei-und-zwanzig"
        times = lexicon.multiples.get(part, 1)
        tens = lexicon.tens.get(part, "")
        if tens and ahead in lexicon.inverted and said and len(said[-1]) == 1:
            said[-1] = spelled[-1] = tens[0] + said[-1]
            tens = ""
        elif tens:
            said.append(tens)
            spelled.append(tens)
        elif (len(part) == 1 and part.isalpha()) or part.upper() in IBAN_CHARS:
            spelled.append(part)
            letters += 1
        elif times == 1:
            others += 1
    if letters and others == 0:
        joined = "".join(spelled)
        country = joined[:2].upper() in IBAN_CHARS
        if said and (sure or country or not "".join(said).strip("0")):  # "b-oh", "f-r-un", not "t-un"
            return Token(word, joined, DIGITS, "".join(said), first, last, True, 0)
        if country and not said and len(joined) == 2:  # "F-R"
            entry = lexicon.entries.get(joined)
            return Token(word, joined, WORD, "", first, last, False, entry.flags if entry is not None else IS_COUNTRY)
    others += letters
    # So many digits are a number, and what is glued to them is of it: "078-05-ate", "078-un", but "20-for-10".
    sure = sure or (digits >= MASKED_FROM_DIGITS and not ranges)
    if said and (others == 0 or (sure and (len(said) > others or sentence))):
        return Token(word, core, SPOKEN if sure else WEAK, "".join(said), first, last, False, 0)
    return None


__all__ = ["Token", "inner_sizes", "numerals", "read"]
