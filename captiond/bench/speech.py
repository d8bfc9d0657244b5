"""Invented conversations with private numbers in them, for measuring and attacking the redactor.

All chance comes from the generator handed in, so a seed gives the same conversation everywhere and a property test can
shrink one. What is said, how it is heard meanwhile (misheard words, spoken digits that turn into numerals, an utterance
cut inside a number) and what is private in it are known by construction.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from captiond.bench.identity import Said, birthday, national_id
from captiond.bench.phrases import ENGLISH, LANGUAGES, Phrases
from captiond.bench.reading import number_words
from captiond.bench.streams import BENIGN, PRIVATE, Event, Mention, Span, Stream

_START_MS: Final = 1_772_442_000_000  # 2026-03-02T09:00:00Z
_TEENS: Final = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NAMES: Final = ("jana", "tomas", "mirela", "odile", "kofi", "ingrid", "salma", "pavel")
_HOSTS: Final = ("example", "mailbox", "posteo", "fastmail")


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some words in a row: as the recogniser first hears them, and as it writes them once it is sure."""

    heard: tuple[str, ...]
    written: tuple[str, ...]
    mention: Mention | None = None
    part: int = 1


@dataclass(slots=True)
class _Script:
    """A conversation while it is written."""

    rng: Random
    name: str
    language: str
    words: Phrases
    more: Sequence[str] = ()
    events: list[Event] = field(default_factory=list)
    now_ms: int = _START_MS
    sequences: dict[str, int] = field(default_factory=dict)
    utterances: dict[str, int] = field(default_factory=dict)
    mentions: int = 0

    def mention(self, kind: str, form: str, cls: str, value: str, parts: int = 1) -> Mention:
        self.mentions += 1
        ident = f"m{self.mentions}"
        return Mention(ident, ident, kind, form, cls, value, parts)

    def emit(self, who: str, pieces: Sequence[tuple[tuple[str, ...], Mention | None, int]], *, final: bool) -> None:
        text, spans = "", []
        for words, mention, part in pieces:
            if not words:
                continue
            text += " " if text else ""
            start = len(text)
            text += " ".join(words)
            if mention is not None:
                spans.append(Span(start, len(text), mention, part))
        sequence = self.sequences[who] = self.sequences.get(who, 0) + 1
        utterance = self.utterances.get(who, 0)
        self.utterances[who] = utterance + final
        session = f"{self.name}.{who}"
        channel = "internal" if who == "agent" else "external"
        self.events.append(
            Event(session, sequence, text, final, self.now_ms, channel, self.language, utterance, tuple(spans))
        )

    def say(self, who: str, pieces: Sequence[_Piece], overheard: Sequence[_Piece] = ()) -> None:
        """One utterance: partials that grow by a word or two, now and then misheard; then its final.

        `overheard` pieces are heard in its last partials but left out of the final; they come again next time.
        """
        rng = self.rng
        heard = [(w, i) for i, piece in enumerate([*pieces, *overheard]) for w in piece.heard]
        every = [*pieces, *overheard]
        settles = rng.randint(1, 4)  # so many words after its end a number turns from words into numerals
        grown = 0
        self.now_ms += rng.randint(200, 1400)
        while grown < len(heard) and rng.random() > 0.02:
            grown = min(len(heard), grown + rng.choice((1, 1, 1, 2)))
            self.now_ms += rng.randint(200, 500)
            shown = []
            for i, piece in enumerate(every):
                words = tuple(w for w, owner in heard[:grown] if owner == i)
                later = sum(1 for _, owner in heard[:grown] if owner > i)
                if len(words) == len(piece.heard) and later >= settles:
                    words = piece.written
                elif words and not later and rng.random() < 0.15:
                    words = (*words[:-1], self.words.misheard.get(words[-1], words[-1]))
                elif words and not later and rng.random() < 0.08:  # the last word is not over yet
                    words = (*words[:-1], words[-1][: len(words[-1]) // 2 + 1])
                shown.append((words, piece.mention, piece.part))
            self.emit(who, shown, final=False)
        self.now_ms += rng.randint(50, 600)
        self.emit(who, [(p.written, p.mention, p.part) for p in pieces], final=True)


def invented(rng: Random, name: str, language: str = "en-US", more: Sequence[str] = ()) -> Stream:
    """A conversation of an agent and a customer with some four private and some four harmless numbers.

    Args:
        more: kinds that are said besides: of ACCOUNT, DOB, NATIONAL_ID.
    """
    script = _Script(rng, name, language, LANGUAGES[language], more)
    if more:
        _identity_turn(script)
    for _ in range(rng.randint(2, 5)):
        rng.choice(
            (_private_turn, _private_turn, _split_turn, _email_turn, _harmless_turn, _harmless_turn, _small_talk)
        )(script)
    return Stream(name, "invented", language, script.events)


def _private_turn(script: _Script) -> None:
    rng, words = script.rng, script.words
    kind = rng.choice([kind for kind in ("CARD", "CARD", "SSN", "PHONE", "IBAN", "CVV") if kind in words.cued])
    digits = _number(rng, kind)
    cued = kind == "CVV" or rng.random() < 0.5
    pieces = [_rendered(script, kind, digits)]
    if len(digits) > 4 and rng.random() < 0.15:  # starts, breaks off, says it again from the beginning
        begun = _words(script, digits[: rng.randint(1, len(digits) - 2)])
        pieces = [_Piece(begun, begun, pieces[0].mention), _plain(rng.choice(words.again)), *pieces]
    if cued and rng.random() < 0.4:  # the agent asks, the customer answers
        script.say("agent", [_plain(f"{rng.choice(words.cued[kind])} {words.ask}")])
        script.say("customer", [_plain(rng.choice(words.uncued)), *pieces, _plain(rng.choice(words.after))])
    else:
        before = rng.choice(words.cued[kind]) if cued else rng.choice(words.uncued)
        script.say("customer", [_plain(before), *pieces, _plain(rng.choice(words.after))])
    _small_talk(script)


def _identity_turn(script: _Script) -> None:
    """An account, a birthday, a national id: after its cue, or without one where its check digits tell what it is."""
    rng, words = script.rng, script.words
    kind = rng.choice(script.more)
    said = birthday(rng, script.language) if kind == "DOB" else _identity(script, kind)
    mention = script.mention(kind, said.form, PRIVATE, said.value)
    piece = _Piece(said.heard, said.written, mention)
    if kind == "NATIONAL_ID" and said.form != "spoken" and rng.random() < 0.5:
        script.say("customer", [_plain(rng.choice(words.uncued)), piece, _plain(rng.choice(words.after))])
    elif rng.random() < 0.4:
        script.say("agent", [_plain(f"{rng.choice(words.cued[kind])} {words.ask}")])
        script.say("customer", [_plain(rng.choice(words.uncued)), piece, _plain(rng.choice(words.after))])
    else:
        script.say("customer", [_plain(rng.choice(words.cued[kind])), piece, _plain(rng.choice(words.after))])
    _small_talk(script)


def _identity(script: _Script, kind: str) -> Said:
    rng = script.rng
    size = rng.randint(8, 12)
    if kind == "NATIONAL_ID":
        chars = national_id(rng, script.language)
    else:
        chars = "".join(str(rng.randint(0, 9)) for _ in range(size))
    spelled = tuple(script.words.digits[int(c)] if c.isdigit() else c for c in chars)
    form = rng.choice(("typed", "grouped", "spoken"))
    if form == "spoken":
        return Said(form, spelled, spelled, chars)
    groups = tuple(g for g in _cut(chars, (3, 3, 3, 3)) if g)
    return Said(form, spelled, groups if form == "grouped" and chars.isdigit() else (chars,), chars)


def _two_numbers_turn(script: _Script) -> None:
    """A card and its code in one breath."""
    rng, words = script.rng, script.words
    card, code = (_rendered(script, kind, _number(rng, kind)) for kind in ("CARD", "CVV"))
    lead, between = _plain(rng.choice(words.cued["CARD"])), _plain(rng.choice(words.codes))
    script.say("customer", [lead, card, between, code, _plain(rng.choice(words.after))])
    _small_talk(script)


def _split_turn(script: _Script) -> None:
    """A number cut over two utterances: maybe a word of the agent between, maybe a final that comes too early."""
    rng, words = script.rng, script.words
    kind = rng.choice([kind for kind in ("CARD", "SSN", "PHONE") if kind in words.cued])
    digits = _number(rng, kind)
    cut = rng.randint(1, len(digits) - 1)
    mention = script.mention(kind, "split", PRIVATE, digits, 2)
    first, second = _words(script, digits[:cut]), _words(script, digits[cut:])
    if second == ("oh",):  # alone it is no digit to anybody
        second = ("zero",)
    numerals = rng.random() < 0.3
    one = _Piece(first, (digits[:cut],) if numerals else first, mention, 1)
    two = _Piece(second, (digits[cut:],) if numerals else second, mention, 2)
    lead = _plain(rng.choice(words.cued[kind]) if rng.random() < 0.4 else rng.choice(words.uncued))
    script.say("customer", [lead, one], [two] if rng.random() < 0.2 else ())
    if rng.random() < 0.3:  # a word only: a pause of 3 s would end the number
        script.now_ms += rng.randint(200, 600)
        script.emit("agent", [((rng.choice(words.agent),), None, 1)], final=True)
    script.say("customer", [two, _plain(rng.choice(words.after))])
    _small_talk(script)


def _email_turn(script: _Script) -> None:
    rng, words = script.rng, script.words
    name, host, surname = rng.choice(_NAMES), rng.choice(_HOSTS), rng.choice(_NAMES)
    value = f"{name}.{surname}@{host}.{words.tld}"
    spelled = rng.random() < 0.4
    local = (*(name if spelled else (name,)), words.dot, *(surname if spelled else (surname,)))
    said = (*local, words.at, host, words.dot, words.tld)
    written = (value,) if rng.random() < 0.4 else said
    form = "typed" if written == (value,) else "spelled" if spelled else "spoken"
    mention = script.mention("EMAIL", form, PRIVATE, value)
    before = rng.choice(words.email)
    script.say("customer", [_plain(before), _Piece(said, written, mention), _plain(rng.choice(words.after))])


def _harmless_turn(script: _Script) -> None:
    rng, words = script.rng, script.words
    n = rng.randint
    kind, before, pattern = rng.choice(words.harmless)
    minute = rng.choice((15, 20, 30, 45))
    value = pattern.format(
        n6="".join(str(n(0, 9)) for _ in range(n(6, 10))),
        big=f"{n(1, 9)},{n(100, 999)}.{n(10, 99)}",
        small=n(2, 900),
        pair=_pair(str(n(21, 98))),
        teen=_pair(str(n(10, 26))),
        year=n(1961, 2026),
        hour=n(1, 11),
        minute=minute,
        spoken_hour=_pair(str(n(1, 11))),
        spoken_minute=_pair(str(minute)),
        day=n(1, 28),
        percent=f"{n(1, 99)}.{n(1, 9)}",
        version=f"{n(1, 20)}.{n(0, 30)}.{n(0, 9)}",
    )
    said = tuple(value.split())
    thing = _Piece(said, said, script.mention(kind, "harmless", BENIGN, ""))
    script.say(rng.choice(("agent", "customer")), [_plain(before), thing, _plain(rng.choice(words.after))])


def _small_talk(script: _Script) -> None:
    script.say("agent", [_plain(script.rng.choice(script.words.agent))])
    script.say("customer", [_plain(script.rng.choice(script.words.plain))])


def _number(rng: Random, kind: str) -> str:
    n = {"CARD": rng.choice((13, 14, 15, 16, 16, 16, 19)), "SSN": 9, "PHONE": 10, "IBAN": 18, "CVV": 3}[kind]
    digits = "".join(str(rng.randint(0, 9)) for _ in range(n))
    if kind == "CARD" and rng.random() < 0.7:  # one misheard digit breaks a checksum: some stay broken
        digits = "45362"[rng.randint(0, 4)] + digits[1:-1]
        return digits + next(c for c in "0123456789" if _luhn(digits + c))
    if kind == "PHONE":
        return f"{rng.randint(201, 989)}555{rng.randint(100, 199):04d}"
    return digits


def _luhn(digits: str) -> bool:
    doubled = [int(c) * (2 if i % 2 else 1) for i, c in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _rendered(script: _Script, kind: str, digits: str) -> _Piece:
    """One mention: the whole number in one way of saying and writing it, maybe with a pause in it."""
    rng = script.rng
    sizes = {"CARD": (4, 4, 4, 4, 4), "SSN": (3, 2, 4), "PHONE": (3, 3, 4), "IBAN": (2, 4, 4, 4, 4), "CVV": (3,)}[kind]
    groups = [g for g in _cut(digits, sizes) if g]
    form = rng.choice(
        ("digits", "grouped", "dashed", "dots", "spoken", "spoken", "spoken_pairs", "mixed", "interrupted")
    )
    if kind == "CVV":
        form = rng.choice(("digits", "spoken"))
    mention = script.mention(kind, form, PRIVATE, digits)
    heard = [_words(script, g) for g in groups]
    written: list[tuple[str, ...]] = heard
    if form in ("digits", "grouped", "dashed", "dots"):
        glue = {"digits": "", "grouped": " ", "dashed": "-", "dots": "."}[form]
        written = [tuple(glue.join(groups).split())] + [()] * (len(groups) - 1)
    elif form == "spoken_pairs" and script.words.pairs:
        heard = written = [_pairs(script, g) for g in groups]
    elif form == "mixed":
        written = [(g,) if rng.random() < 0.5 else words for g, words in zip(groups, heard, strict=True)]
    if kind == "IBAN":
        land = script.words.iban
        written, heard = [(land, *written[0]), *written[1:]], [(*land, *heard[0]), *heard[1:]]
        if form == "digits":
            written[0] = (land + written[0][1],)
    if form == "interrupted":
        at = rng.randint(1, len(groups) - 1)
        pause = rng.choice(script.words.pauses).split()
        after = ("zero",) if heard[at] == ("oh",) else heard[at]  # "wait oh" alone is no digit to anybody
        heard[at] = written[at] = (*pause, *after)
    return _Piece(sum(heard, ()), sum(written, ()), mention)


def _cut(digits: str, sizes: Sequence[int]) -> Iterator[str]:
    at = 0
    for size in sizes:
        yield digits[at : at + size]
        at += size
    yield digits[at:]


def _words(script: _Script, digits: str) -> tuple[str, ...]:
    """Digit by digit, now and then "oh" or "double"."""
    rng, words = script.rng, script.words
    said: list[str] = []
    i = 0
    while i < len(digits):
        word = words.zero if digits[i] == "0" and rng.random() < 0.4 else words.digits[int(digits[i])]
        if digits[i : i + 2] == digits[i] * 2 and rng.random() < 0.4:
            if words.twice == "doppel":  # one word in German
                word = words.twice + word
            else:
                said.append(words.twice)
            i += 1
        said.append(word)
        i += 1
    return tuple(said)


def _pairs(script: _Script, digits: str) -> tuple[str, ...]:
    """Two by two where that can be said ("forty seven"), one by one where not."""
    said: list[str] = []
    for i in range(0, len(digits), 2):
        pair = digits[i : i + 2]
        # A tens word before a unit that begins the next pair would be heard as one number: "forty" "two one".
        whole = len(pair) == 2 and pair[0] != "0" and pair[1] != "0"
        said += number_words(script.language)[int(pair)].split() if whole else _words(script, pair)
    return tuple(said)


def _pair(digits: str) -> str:
    number = int(digits)
    if number < 10:
        return ENGLISH.digits[number]
    if number < 20:
        return _TEENS[number - 10]
    tens = _TENS[number // 10 - 2]
    return tens if number % 10 == 0 else f"{tens} {ENGLISH.digits[number % 10]}"


def _plain(text: str) -> _Piece:
    words = tuple(text.split())
    return _Piece(words, words)


_TURNS: Final = (
    _private_turn, _private_turn, _two_numbers_turn, _split_turn, _email_turn, _harmless_turn, _harmless_turn,
    _small_talk,
)  # fmt: skip
