"""The measures of `captiond bench redaction`: what captions show of private numbers, and hide of harmless ones.

docs/redaction.md defines each in words; here they are counted, one stream at a time.
"""

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from captiond.bench.identity import date_words
from captiond.bench.reading import MASK, Digit, places, read_digits, seen
from captiond.bench.streams import BENIGN, PRIVATE, Event, Mention, Span, Stream

Filter = Callable[[Iterable[bytes]], Iterable[Mapping[str, Any]]]
"""`captiond redact --events` as a function: JSON lines of events in, caption lines out, each as soon as it is known."""

SHOWN_LIMIT: Final = 4  # the guarantee: fewer than 4 digits of a number are ever shown
ON_BY_DEFAULT: Final = frozenset({"CARD", "CVV", "SSN", "PHONE", "EMAIL", "IBAN"})
FILLED_FORMS: Final = frozenset({"interrupted"})

# After one of these the first digit is masked already. The measure's own list, on purpose shorter than any redactor's.
_CUES: Final = re.compile(
    r"\b(?:card|visa|mastercard|amex|ssn|social|pin|cvv|cvc|security code|phone|mobile|iban"
    r"|tarjeta|c[oó]digo de seguridad|tel[eé]fono|m[oó]vil"
    r"|carte|code de s[eé]curit[eé]|t[eé]l[eé]phone|portable"
    r"|karte|kreditkarte|kartennummer|pr[uü]fnummer|telefon|telefonnummer|handynummer"
    r"|carta|codice di sicurezza|telefono|cellulare)\b",
    re.IGNORECASE,
)
_MORE_CUES: Final = {
    "ACCOUNT": re.compile(r"\b(?:account|cuenta|compte|konto|kontonummer|conto)\b", re.IGNORECASE),
    "DOB": re.compile(
        r"\b(?:birth|birthday|born|nacimiento|nací|naissance|née?|geburtsdatum|geboren|nascita|nat[oa])\b",
        re.IGNORECASE,
    ),
    "NATIONAL_ID": re.compile(
        r"\b(?:passport|national insurance|dni|documento|sécurité sociale|identité|steuer-id|ausweis|codice fiscale)\b",
        re.IGNORECASE,
    ),
}
_ONLY_AFTER_A_CUE: Final = frozenset({"CVV", "ACCOUNT", "DOB"})  # nothing else tells them from harmless numbers
_DATE_WORD: Final = re.compile(r"[^\W_]+")
_EMAIL_CUES: Final = re.compile(
    r"\b(?:e-?mail(?: address)?(?: is)?|correo(?: electr[oó]nico)? es|e-?mail ist|mail est|e?-?mail è)\b", re.IGNORECASE
)
_CONNECTOR: Final = re.compile(r"@|\b(?:at|arroba|arobase|chez|ät|klammeraffe|chiocciola)\b", re.IGNORECASE)


@dataclass(slots=True)
class Exposure:
    """What has been shown of one entity over a whole stream, as places within its value."""

    mention: Mention
    ever: set[int] = field(default_factory=set)
    after_cue: set[int] = field(default_factory=set)
    at_once: int = 0
    cued: bool = False  # a cue came before one of its mentions
    styles: set[str] = field(default_factory=set)
    finals: dict[str, set[int]] = field(default_factory=dict)  # by mention: what its final caption still shows

    @property
    def limit(self) -> int:
        """How many shown digits make a leak. A 3-digit code has leaked when it is shown whole, a date by a word."""
        if self.mention.kind == "DOB":
            return 1
        digits = sum(c.isdigit() for c in self.mention.value)
        return min(SHOWN_LIMIT, digits) if digits else SHOWN_LIMIT


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a measure failed; a place to look at, never the text."""

    measure: str
    stream: str
    session: str
    sequence: int
    kind: str
    form: str


@dataclass(slots=True)
class Score:
    """Sums over streams. Keys of the tables are (language, kind, form), of `benign` (language, kind)."""

    rows: dict[tuple[str, str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    styles: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    benign: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    off: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    totals: Counter[str] = field(default_factory=Counter)
    unmask_ms: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    kinds: frozenset[str] = ON_BY_DEFAULT

    def add(self, stream: Stream, redact: Filter) -> None:
        """Sends one stream through a filter and counts what came out."""
        _Watch(self, stream).run(redact)


@dataclass(slots=True)
class _Screen:
    """One utterance as a viewer has it."""

    event: Event  # the raw text it was made from
    text: str = ""
    masked_since_ms: int | None = None


class _Watch:
    """One stream on its way through a filter: which raw text each caption came from, and what it shows of it."""

    def __init__(self, score: Score, stream: Stream) -> None:
        self.score, self.stream = score, stream
        self.exposed: dict[str, Exposure] = {}
        self.screens: dict[tuple[str, int], _Screen] = {}
        self.ids: dict[str, tuple[str, int]] = {}
        self.by_sequence = {(e.session, e.sequence): e for e in stream.events}
        self.finals = {(e.session, e.utterance): e for e in stream.events if e.final}
        self.before = dict(_what_was_said_before(stream.events))
        self.parts = _parts(stream.events)
        self.private = {(e.session, e.utterance) for e in stream.events if any(_is_private(s) for s in e.spans)}

    def run(self, redact: Filter) -> None:
        fed = -1

        def lines() -> Iterator[bytes]:
            nonlocal fed
            for fed, event in enumerate(self.stream.events):
                if fed:
                    self._after(self.stream.events[fed - 1])
                yield event.line()

        for line in redact(lines()):
            self._caption(line, self.stream.events[fed].at_ms)
        self._after(self.stream.events[-1])
        self._settle()

    def _caption(self, line: Mapping[str, Any], now_ms: int) -> None:
        where = self.by_sequence[line["mediaSessionId"], line["eventSequence"]]
        ident = f"{line['mediaSessionId']}/{line['utterance']}"
        key = self.ids.setdefault(ident, (where.session, where.utterance))
        screen = self.screens.get(key)
        event = where if key == (where.session, where.utterance) else self.finals[key]
        if screen is not None and screen.event.final:
            event = screen.event  # a correction is of the final, whatever event brought it
        text = str(line["text"])
        self._flicker(screen, text)
        screen = self.screens.setdefault(key, _Screen(event))
        screen.event, screen.text = event, text
        if MASK.search(text) is None:
            if screen.masked_since_ms is not None and key not in self.private:
                self.score.unmask_ms.append(now_ms - screen.masked_since_ms)
            screen.masked_since_ms = None
        elif screen.masked_since_ms is None:
            screen.masked_since_ms = now_ms
        self._expose(event, text)

    def _expose(self, event: Event, text: str) -> None:
        spans = [s for s in event.spans if s.mention.cls == PRIVATE and s.mention.kind in self.score.kinds]
        if not spans:
            return
        view = seen(event.text, text)
        self.score.totals["unaligned"] += not view.sure
        for span in spans:
            mention = span.mention
            exposure = self.exposed.setdefault(mention.entity, Exposure(mention))
            shown = _shown_places(event, span, view.flags, self.parts)
            if mention.parts > 1:
                exposure.styles.add("split")
            if event.final:
                exposure.finals.setdefault(mention.key, set())
            before = f"{self.before[event.session, event.utterance]} | {event.text[: span.start]}"
            cue = _MORE_CUES.get(mention.kind, _CUES).search(before)
            exposure.cued |= cue is not None
            if not shown:
                continue
            exposure.at_once = max(exposure.at_once, len(shown))
            if mention.kind == "EMAIL":
                connected = _CONNECTOR.search(event.text[span.start : span.end]) is not None
                if connected or event.final:
                    exposure.ever |= shown
                # One letter may be a word ("email a friend"); a cue that has got its address announces no other.
                cues = [cue.end() for cue in _EMAIL_CUES.finditer(before)]
                if cues and len(shown) > 1 and not _CONNECTOR.search(before, cues[-1]):
                    if not exposure.after_cue:
                        self._find("after-cue", event, mention)
                    exposure.after_cue |= shown
            else:
                exposure.ever |= shown
                if cue:
                    if not exposure.after_cue:
                        self._find("after-cue", event, mention)
                    exposure.after_cue |= shown

    def _after(self, event: Event) -> None:
        """One event and all its captions are through: is an ordinary partial masked now?"""
        key = (event.session, event.utterance)
        screen = self.screens.get(key)
        if event.final or key in self.private or screen is None:
            return
        masks = len(MASK.findall(screen.text))
        self.score.totals["ordinary_partials"] += 1
        self.score.totals["ordinary_partials_masked"] += masks > 0

    def _flicker(self, screen: _Screen | None, text: str) -> None:
        shown, now = (screen.text.split() if screen else []), text.split()
        self.score.totals["erased_words"] += _erased(shown, now)

    def _settle(self) -> None:
        """The stream is over: what do the last captions show, and what do they hide?"""
        totals = self.score.totals
        language = self.stream.language[:2]
        raw: dict[tuple[str, int], list[str]] = {}
        for event in self.stream.events:
            totals["events"] += 1
            key = (event.session, event.utterance)
            totals["erased_words_raw"] += _erased(raw.get(key, []), event.text.split())
            raw[key] = event.text.split()
        for key, event in self.finals.items():
            totals["final_words"] += len(event.text.split())
            screen = self.screens.get(key)
            text = screen.text if screen else ""
            view = seen(event.text, text)
            if key not in self.private:
                totals["ordinary_finals"] += 1
                totals["ordinary_finals_masked"] += MASK.search(text) is not None
            for span in event.spans:
                hidden = not all(view.flags[i] for i in range(span.start, span.end) if event.text[i].isalnum())
                if span.mention.cls == BENIGN:
                    self._benign(self.score.benign[language, span.mention.kind], hidden)
                    if hidden:
                        self._find("over-mask", event, span.mention)
                elif span.mention.cls == PRIVATE and span.mention.kind not in self.score.kinds:
                    self._benign(self.score.off[language, span.mention.kind], hidden)
                elif span.mention.cls == PRIVATE:
                    exposure = self.exposed.setdefault(span.mention.entity, Exposure(span.mention))
                    still = exposure.finals.setdefault(span.mention.key, set())
                    still |= _shown_places(event, span, view.flags, self.parts)
        for exposure in self.exposed.values():
            self._count(exposure, language)

    def _benign(self, row: Counter[str], hidden: bool) -> None:
        row["said"] += 1
        row["masked"] += hidden

    def _count(self, exposure: Exposure, language: str) -> None:
        mention, limit = exposure.mention, exposure.limit
        if mention.kind in _ONLY_AFTER_A_CUE and not exposure.cued:
            self._benign(self.score.off[language, f"{mention.kind} without a cue"], not all(exposure.finals.values()))
            return
        row = self.score.rows[language, mention.kind, mention.form]
        is_email = mention.kind == "EMAIL"
        styles = exposure.styles | self._styles(mention) or {"fluent"}
        for counts in (row, *(self.score.styles[s] for s in styles)):
            counts["entities"] += 1
            counts["leaked_ever"] += bool(exposure.ever) if is_email else len(exposure.ever) >= limit
            counts["leaked_at_once"] += bool(exposure.ever) if is_email else exposure.at_once >= limit
            counts["shown_after_cue"] += bool(exposure.after_cue)
            counts["most_shown"] = max(counts["most_shown"], len(exposure.ever))
        if len(exposure.ever) >= (1 if is_email else limit):
            self._find("ever", self._spoken(mention), mention)
        for key, still in exposure.finals.items():
            hidden = not still if is_email or limit < SHOWN_LIMIT else len(still) < limit
            for counts in (row, *(self.score.styles[s] for s in styles)):
                counts["said"] += 1
                counts["hidden"] += hidden
            if not hidden:
                self._find("final", self._spoken(mention, key), mention)

    def _styles(self, mention: Mention) -> set[str]:
        """How it was said and heard: with a filler inside, rewritten while it grew. Nothing of it: fluent."""
        found = {"filler"} if mention.form in FILLED_FORMS else set()
        said = [e.text[s.start : s.end].casefold() for e in self.stream.events for s in e.spans if s.mention is mention]
        if mention.parts == 1 and any(not b.startswith(a) for a, b in itertools.pairwise(said)):
            found.add("revised")
        return found

    def _spoken(self, mention: Mention, key: str | None = None) -> Event:
        wanted = key or mention.key
        return next(e for e in self.stream.events if e.final and any(s.mention.key == wanted for s in e.spans))

    def _find(self, measure: str, event: Event, mention: Mention) -> None:
        place = Finding(measure, self.stream.name, event.session, event.sequence, mention.kind, mention.form)
        self.score.findings.append(place)


def _is_private(span: Span) -> bool:
    return span.mention.cls != BENIGN


def _what_was_said_before(events: Sequence[Event]) -> Iterator[tuple[tuple[str, int], str]]:
    """For each utterance, the finals a cue may reach it from: its own channel's last one, and the other's if later."""
    last: dict[str, tuple[int, str]] = {}  # by session: position of its last final, and what it said
    known = set()
    for position, event in enumerate(events):
        key = (event.session, event.utterance)
        if key not in known:
            known.add(key)
            own_at, own = last.get(event.session, (-1, ""))
            others = [said for session, (at, said) in last.items() if session != event.session and at > own_at]
            yield key, " | ".join([own, *others])
        if event.final:
            last[event.session] = (position, event.text)


def _parts(events: Sequence[Event]) -> dict[tuple[str, int], tuple[int, str]]:
    """For each part of a mention that is cut over utterances: how many digits are said before it, and which it has."""
    said: dict[str, dict[int, str]] = defaultdict(dict)
    languages: dict[str, str] = {}
    for event in events:
        for span in event.spans:
            if event.final and span.mention.parts > 1 and span.mention.kind != "EMAIL":
                said[span.mention.key][span.part] = event.text[span.start : span.end]
                languages[span.mention.key] = event.language
    found = {}
    for key, texts in said.items():
        before = 0
        for part, text in sorted(texts.items()):
            digits, behind, whole = (
                "".join(d.value for d in read_digits(one, languages[key]))
                for one in (text, texts.get(part + 1, ""), f"{text} {texts.get(part + 1, '')}")
            )
            if len(whole) < len(digits + behind):
                digits = digits[:-1]  # "ninety" | "two": nobody said the zero that the first of them shows
            found[key, part] = (before, digits)
            before += len(digits)
    return found


def _shown_places(event: Event, span: Span, flags: bytes, parts: Mapping[tuple[str, int], tuple[int, str]]) -> set[int]:
    """Which digits of a mention's value (for an e-mail: which letters of its local part) are shown, as places in it."""
    if not any(flags[span.start : span.end]):
        return set()
    said = event.text[span.start : span.end]
    if span.mention.kind == "EMAIL":
        connector = _CONNECTOR.search(said)
        stop = span.start + connector.start() if connector else span.end
        return {i - span.start for i in range(span.start, stop) if flags[i] and event.text[i].isalnum()}
    if span.mention.kind == "DOB":
        known = date_words(event.language)
        words = [m for m in _DATE_WORD.finditer(said) if m.group().casefold() in known or m.group()[0].isdigit()]
        if not event.final and words and words[-1].end() == len(said):
            words.pop()  # it may be half a word
        return {m.start() for m in words if all(flags[span.start + m.start() : span.start + m.end()])}
    read = read_digits(said, event.language)
    while not event.final and _unfinished(read, said):  # of "sixty o", both: it may become "sixty one"
        read.pop()
    before, value = parts.get((span.mention.key, span.part), (0, re.sub(r"\D", "", span.mention.value)))
    return {
        before + place
        for digit, place in zip(read, places(read, value), strict=True)
        if place is not None and all(all(flags[span.start + a : span.start + b]) for a, b in digit.needs)
    }


def _unfinished(read: Sequence[Digit], said: str) -> bool:
    """Whether the last digit of a partial is none yet: "twenty" shows a 2 and no 0, "o" may yet be "one"."""
    if not read:
        return False
    start, end = read[-1].needs[0]
    tens = len(read) > 1 and read[-1].value == "0" and read[-1].needs == read[-2].needs and said[start].isalpha()
    return tens or (end == len(said) and said[start:end].casefold() in ("o", "ein"))


def _erased(shown: Sequence[str], now: Sequence[str]) -> int:
    """Words that a viewer saw and that were taken back or changed."""
    same = next((i for i, (a, b) in enumerate(zip(shown, now, strict=False)) if a != b), min(len(shown), len(now)))
    return len(shown) - same
