"""Invented conversations with private numbers in them, for measuring and attacking the redactor. English.

All chance comes from the generator handed in, so a seed gives the same conversation everywhere and a property test can
shrink one. What is said, how it is heard meanwhile (misheard words, spoken digits that turn into numerals, an utterance
cut inside a number) and what is private in it are known by construction.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from captiond.bench.streams import BENIGN, PRIVATE, Event, Mention, Span, Stream

_START_MS: Final = 1_772_442_000_000  # 2026-03-02T09:00:00Z
_DIGITS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS: Final = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_MISHEARD: Final = {"four": "for", "two": "to", "one": "won", "eight": "ate", "three": "tree", "five": "hive"}

# Up to four words between two groups of digits; none of them is a digit, a cue or a word that makes numbers harmless.
_PAUSES: Final = (
    ("um",), ("uh",), ("er", "um"), ("hold", "on"), ("let", "me", "see"), ("sorry",), ("and", "then"), ("okay",),
    ("where", "is", "it"), ("just", "a", "moment", "please"), ("wait",), ("I", "think"), ("you", "know"),
)  # fmt: skip
_CUED: Final = {
    "CARD": ("the card is", "take my card please", "my visa is", "new credit card", "paying by card yes"),
    "SSN": ("my social is", "social security", "the ssn would be"),
    "PHONE": ("my phone is", "best phone for me is", "my mobile is"),
    "IBAN": ("my iban is", "the iban reads"),
    "CVV": ("the security code is", "cvv is", "and the cvc reads"),
}
_UNCUED: Final = ("yes it's", "so that's", "right", "sure", "that would be", "here goes", "")
_AFTER: Final = ("", "", "thank you", "does that help", "got it", "is that fine", "thanks so much for waiting today")
_AGENT: Final = ("okay", "mm hm", "go ahead", "thank you", "right", "I see")
_PLAIN: Final = (
    "I wanted to ask about the delivery", "the screen stays dark since yesterday", "could you look into that for me",
    "we talked about it last week", "it never arrived at all", "that sounds good to me",
    "let me know what happens next",
)  # fmt: skip
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
            Event(session, sequence, text, final, self.now_ms, channel, "en-US", utterance, tuple(spans))
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
                    words = (*words[:-1], _MISHEARD.get(words[-1], words[-1]))
                elif words and not later and rng.random() < 0.08:  # the last word is not over yet
                    words = (*words[:-1], words[-1][: len(words[-1]) // 2 + 1])
                shown.append((words, piece.mention, piece.part))
            self.emit(who, shown, final=False)
        self.now_ms += rng.randint(50, 600)
        self.emit(who, [(p.written, p.mention, p.part) for p in pieces], final=True)


def invented(rng: Random, name: str) -> Stream:
    """A conversation of an agent and a customer with some four private and some four harmless numbers."""
    script = _Script(rng, name)
    for _ in range(rng.randint(2, 5)):
        rng.choice(
            (_private_turn, _private_turn, _split_turn, _email_turn, _harmless_turn, _harmless_turn, _small_talk)
        )(script)
    return Stream(name, "invented", "en-US", script.events)


def _private_turn(script: _Script) -> None:
    rng = script.rng
    kind = rng.choice(("CARD", "CARD", "SSN", "PHONE", "IBAN", "CVV"))
    digits = _number(rng, kind)
    cued = kind == "CVV" or rng.random() < 0.5
    pieces = [_rendered(script, kind, digits)]
    if len(digits) > 4 and rng.random() < 0.15:  # starts, breaks off, says it again from the beginning
        begun = _words(rng, digits[: rng.randint(1, len(digits) - 2)])
        pieces = [_Piece(begun, begun, pieces[0].mention), _plain(rng.choice(("sorry again", "no wait"))), *pieces]
    if cued and rng.random() < 0.4:  # the agent asks, the customer answers
        script.say("agent", [_plain(f"{rng.choice(_CUED[kind])} what exactly")])
        script.say("customer", [_plain(rng.choice(_UNCUED)), *pieces, _plain(rng.choice(_AFTER))])
    else:
        before = rng.choice(_CUED[kind]) if cued else rng.choice(_UNCUED)
        script.say("customer", [_plain(before), *pieces, _plain(rng.choice(_AFTER))])
    _small_talk(script)


def _two_numbers_turn(script: _Script) -> None:
    """A card and its code in one breath."""
    rng = script.rng
    card, code = (_rendered(script, kind, _number(rng, kind)) for kind in ("CARD", "CVV"))
    lead, between = (
        _plain(rng.choice(_CUED["CARD"])),
        _plain(rng.choice(("and the security code is", "cvv", "the cvc is"))),
    )
    script.say("customer", [lead, card, between, code, _plain(rng.choice(_AFTER))])
    _small_talk(script)


def _split_turn(script: _Script) -> None:
    """A number cut over two utterances: maybe a word of the agent between, maybe a final that comes too early."""
    rng = script.rng
    kind = rng.choice(("CARD", "SSN", "PHONE"))
    digits = _number(rng, kind)
    cut = rng.randint(1, len(digits) - 1)
    mention = script.mention(kind, "split", PRIVATE, digits, 2)
    first, second = _words(rng, digits[:cut]), _words(rng, digits[cut:])
    numerals = rng.random() < 0.3
    one = _Piece(first, (digits[:cut],) if numerals else first, mention, 1)
    two = _Piece(second, (digits[cut:],) if numerals else second, mention, 2)
    lead = _plain(rng.choice(_CUED[kind]) if rng.random() < 0.4 else rng.choice(_UNCUED))
    script.say("customer", [lead, one], [two] if rng.random() < 0.2 else ())
    if rng.random() < 0.3:  # a word only: a pause of 3 s would end the number
        script.now_ms += rng.randint(200, 600)
        script.emit("agent", [((rng.choice(_AGENT),), None, 1)], final=True)
    script.say("customer", [two, _plain(rng.choice(_AFTER))])
    _small_talk(script)


def _email_turn(script: _Script) -> None:
    rng = script.rng
    name, host = rng.choice(_NAMES), rng.choice(_HOSTS)
    surname = rng.choice(_NAMES)
    value = f"{name}.{surname}@{host}.com"
    spelled = rng.random() < 0.4
    said = (*(name if spelled else (name,)), "dot", *(surname if spelled else (surname,)), "at", host, "dot", "com")
    written = (value,) if rng.random() < 0.4 else said
    form = "typed" if written == (value,) else "spelled" if spelled else "spoken"
    mention = script.mention("EMAIL", form, PRIVATE, value)
    before = rng.choice(("my email is", "the email is", "send it to", "you can write to"))
    script.say("customer", [_plain(before), _Piece(said, written, mention), _plain(rng.choice(_AFTER))])


def _harmless_turn(script: _Script) -> None:
    rng = script.rng
    n = rng.randint
    ten = "".join(str(n(0, 9)) for _ in range(n(6, 10)))
    hour, minute = n(1, 11), rng.choice((15, 20, 30, 45))
    kind, before, value = rng.choice(
        (
            ("ORDER", "your order number is", ten),
            ("TICKET", "I opened ticket", ten),
            ("INVOICE", "it is on invoice", ten),
            ("PRICE", "that comes to", f"${n(1, 9)},{n(100, 999)}.{n(10, 99)}"),
            ("PRICE", "they charged me", f"{n(20, 2000)} dollars"),
            ("PRICE", "it was", f"{_pair(f'{n(21, 98)}')} dollars and {_pair(f'{n(21, 98)}')} cents"),
            ("YEAR", "we moved here in", str(n(1961, 2026))),
            ("YEAR", "I joined in", f"twenty {_pair(f'{n(10, 26)}')}"),
            ("TIME", "come by around", f"{hour}:{minute} PM"),
            ("TIME", "they open at", f"{_pair(f'{hour}')} {_pair(f'{minute}')}"),
            ("DATE", "it was shipped on", f"March {n(1, 28)}, {n(2019, 2026)}"),
            ("PERCENT", "it went down by", f"{n(1, 99)}.{n(1, 9)}%"),
            ("QTY", "we still have", f"{n(2, 900)} of them"),
            ("VERSION", "it runs version", f"{n(1, 20)}.{n(0, 30)}.{n(0, 9)}"),
            ("ROUTE", "take", f"Route {n(2, 400)}, exit {n(1, 90)}"),
        )
    )
    words = tuple(value.split())
    thing = _Piece(words, words, script.mention(kind, "harmless", BENIGN, ""))
    script.say(rng.choice(("agent", "customer")), [_plain(before), thing, _plain(rng.choice(_AFTER))])


def _small_talk(script: _Script) -> None:
    script.say("agent", [_plain(script.rng.choice(_AGENT))])
    script.say("customer", [_plain(script.rng.choice(_PLAIN))])


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
    heard = [_words(rng, g) for g in groups]
    written: list[tuple[str, ...]] = heard
    if form in ("digits", "grouped", "dashed", "dots"):
        glue = {"digits": "", "grouped": " ", "dashed": "-", "dots": "."}[form]
        written = [tuple(glue.join(groups).split())] + [()] * (len(groups) - 1)
    elif form == "spoken_pairs":
        heard = written = [_pairs(rng, g) for g in groups]
    elif form == "mixed":
        written = [(g,) if rng.random() < 0.5 else words for g, words in zip(groups, heard, strict=True)]
    if kind == "IBAN":
        written, heard = [("GB", *written[0]), *written[1:]], [("G", "B", *heard[0]), *heard[1:]]
        if form == "digits":
            written[0] = ("GB" + written[0][1],)
    if form == "interrupted":
        at = rng.randint(1, len(groups) - 1)
        pause = rng.choice(_PAUSES)
        after = ("zero",) if heard[at] == ("oh",) else heard[at]  # "wait oh" alone is no digit to anybody
        heard[at] = written[at] = (*pause, *after)
    return _Piece(sum(heard, ()), sum(written, ()), mention)


def _cut(digits: str, sizes: Sequence[int]) -> Iterator[str]:
    at = 0
    for size in sizes:
        yield digits[at : at + size]
        at += size
    yield digits[at:]


def _words(rng: Random, digits: str) -> tuple[str, ...]:
    """Digit by digit, now and then "oh" or "double"."""
    words: list[str] = []
    i = 0
    while i < len(digits):
        word = "oh" if digits[i] == "0" and rng.random() < 0.4 else _DIGITS[int(digits[i])]
        if digits[i : i + 2] == digits[i] * 2 and rng.random() < 0.4:
            words.append("double")
            i += 1
        words.append(word)
        i += 1
    return tuple(words)


def _pairs(rng: Random, digits: str) -> tuple[str, ...]:
    """Two by two where that can be said ("forty seven"), one by one where not."""
    words: list[str] = []
    for i in range(0, len(digits), 2):
        pair = digits[i : i + 2]
        # A tens word before a unit that begins the next pair would be heard as one number: "forty" "two one".
        whole = len(pair) == 2 and pair[0] != "0" and pair[1] != "0"
        words += _pair(pair).split() if whole else _words(rng, pair)
    return tuple(words)


def _pair(digits: str) -> str:
    number = int(digits)
    if number < 10:
        return _DIGITS[number]
    if number < 20:
        return _TEENS[number - 10]
    tens = _TENS[number // 10 - 2]
    return tens if number % 10 == 0 else f"{tens} {_DIGITS[number % 10]}"


def _plain(text: str) -> _Piece:
    words = tuple(text.split())
    return _Piece(words, words)


_TURNS: Final = (
    _private_turn, _private_turn, _two_numbers_turn, _split_turn, _email_turn, _harmless_turn, _harmless_turn,
    _small_talk,
)  # fmt: skip
