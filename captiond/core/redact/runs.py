"""Open runs of digits: when one begins, what keeps it open, from when on it is masked. Source: contract, section 6."""

from typing import Final

from mypy_extensions import i64, mypyc_attr

from captiond.core.redact.articles import (
    begins_number,
    is_announced,
    is_digit_alone,
    is_linker,
    last_digit,
    reads_on,
    wait_as_digits,
)
from captiond.core.redact.classes import (
    ADDRESS,
    DIGITS,
    FILLER,
    IS_COUNTRY,
    IS_LETTERS,
    LETTER,
    MARK,
    MASKED_FROM_DIGITS,
    MULTIPLE,
    SCALE,
    SILENT,
    SPOKEN,
    TENS,
    WEAK,
    WORD,
)
from captiond.core.redact.codes import LETTER_WORDS, country_before, iban_start, is_bank, is_code_cued
from captiond.core.redact.early import (
    HUNDREDS,
    PAUSES,
    inert,
    is_cut_off,
    is_date,
    is_group_of_money,
    is_harmless,
    is_percent,
    is_shaped,
    may_be_harmless,
)
from captiond.core.redact.kinds import IBAN_CHARS, NATIONAL_ID
from captiond.core.redact.lexicon import KEEP
from captiond.core.redact.pauses import is_tight
from captiond.core.redact.shapes import MAX_PERCENT_DIGITS, is_counting, is_reference
from captiond.core.redact.tokens import Token
from captiond.core.redact.unfinished import may_be_no_evidence, said_by_half
from captiond.core.redact.window import Window

MAX_WORDS_BETWEEN: Final = 4  # other words that a run survives
MAX_RUN_TOKENS: Final = 96  # 34 IBAN characters, each with a filler and a word between; more is noise, masked for good
IBAN_CHECK_DIGITS: Final = 4  # the two check digits, and as many more where one was heard twice
LETTERED_DIGITS: Final = (7, 8)  # a check letter may follow so many: "33417638 H"
NONE: Final = -1


def _is_lost(window: Window, at: i64, cued: bool) -> bool:
    """Whether digits count as cued without a cue: events are missing, and only the end of a whole run ends that."""
    return cued and not window.is_cued(window.owner(at))


@mypyc_attr(acyclic=True, free_list_len=1)
class Run:
    """The open run of one channel; `start` is NONE while there is none.

    Attributes:
        start, last: indexes of its first and its newest digit.
        digits: how many it has, each as it was heard.
        gap: other words since the last digit.
        linked: index of a newest "y" or "et" that ties the next unit to the tens before it; NONE where none.
        cued: a cue came before one of its digits.
        iban: letters belong to it.
        group: index of the first of the digits that were said in a row up to `last`; before it, the run's last digit
            was `group_last`, its gap `group_gap` and its digits `group_digits`.
        dated: those digits are a month's day, a year or both so far, and count for nothing.
        shaped: the token `last` is a price, a date, a time, ... by itself; the next word lets it go.
        waiting: how many digits they are, up to the newest that is one even alone ("oh").
        hedged: the last step would have gone another way, were its word known to be over.
        weak: index of the first of the misheard words that stand right before the next token; NONE where none.
    """

    __slots__ = (
        "cued", "dated", "digits", "gap", "group", "group_digits", "group_gap", "group_last", "hedged", "iban", "last",
        "linked", "shaped", "start", "waiting", "weak", "weak_digits",
    )  # fmt: skip

    def __init__(self) -> None:
        # Each by itself, as literals: what is compiled then need not look whether it was set.
        self.start: i64 = NONE
        self.last: i64 = NONE
        self.digits: i64 = 0
        self.gap: i64 = 0
        self.linked: i64 = NONE
        self.group: i64 = NONE
        self.group_last: i64 = NONE
        self.group_gap: i64 = 0
        self.group_digits: i64 = 0
        self.weak: i64 = NONE
        self.weak_digits: i64 = 0
        self.waiting: i64 = 0
        self.hedged = False
        self.cued, self.iban, self.dated, self.shaped = False, False, False, False

    def reset(self) -> None:
        """No run is open."""
        self.start, self.last, self.linked, self.group, self.group_last = NONE, NONE, NONE, NONE, NONE
        self.digits, self.gap, self.group_gap, self.group_digits = 0, 0, 0, 0
        self.cued, self.iban, self.dated, self.shaped = False, False, False, False

    def drop_weak(self) -> None:
        """No misheard words stand before the next token."""
        self.weak = NONE
        self.weak_digits = 0

    def copy(self) -> "Run":
        """An equal one that goes on alone."""
        other = Run()
        other.take(self)
        return other

    def take(self, other: "Run") -> None:
        """Becomes equal to another one."""
        self.start, self.last, self.digits, self.gap = other.start, other.last, other.digits, other.gap
        self.cued, self.iban, self.linked = other.cued, other.iban, other.linked
        self.group, self.group_last = other.group, other.group_last
        self.group_gap, self.group_digits = other.group_gap, other.group_digits
        self.dated, self.shaped = other.dated, other.shaped
        self.weak, self.weak_digits, self.waiting = other.weak, other.weak_digits, other.waiting

    def is_open(self) -> bool:
        """Whether digits were said that can still become more."""
        return self.start != NONE

    def is_idle(self) -> bool:
        """Whether it is as new: nothing is open, and no word waits."""
        return self.start == NONE and self.weak == NONE

    def is_masked(self) -> bool:
        """Whether its digits are shown as an open mask."""
        waiting = self.waiting if self.weak != NONE else 0  # "nine two six, um, oh"
        return self.start != NONE and (self.cued or self.digits + waiting >= MASKED_FROM_DIGITS)

    def hold(self) -> i64:
        """The first index that a later token can still change; NONE where none."""
        return self.start if self.start != NONE else self.weak

    def step(self, window: Window, at: i64, token: Token, *, cued: bool, unfinished: bool = False) -> bool:
        """Takes the newest token. True where the run has now closed: it ends at `last`, and must be decided.

        Args:
            unfinished: it is the last one of a partial. A unit, a month, "h" or "$" there may be half of something
                else ("cent" of "cento", "ott" of "otto", "$" of "$49.99"), so masked digits are not let go before it.
        """
        cls = token.cls
        self.hedged = False
        plain = cls == WORD and token.flags & (IS_LETTERS | IS_COUNTRY) == IS_LETTERS
        if plain and self.start == NONE and token.core not in HUNDREDS:  # most words
            self.drop_weak()
            return False
        half = said_by_half(window.lexicon, token) if unfinished else ""
        if half:
            self.hedged = True
            token = Token(token.text, token.core, SPOKEN, half, token.first, token.last, False, token.flags)
            window.replace(at, token)
            cls = SPOKEN
        if self.shaped and not (cls == SILENT or (cls in PAUSES and self._may_go_on(window))):
            if is_cut_off(window, self.last, window.token(self.last), cued=self.cued):
                self.shaped = False
            elif unfinished and self._may_go_on(window) and may_be_no_evidence(window.lexicon, token):
                self.hedged = True  # "$4111, u" of "$4111, uh, 1111"
            else:
                self._let_go(window)
        if is_percent(window, at, token):
            if self.last == at - 2 and self.group != NONE and self.digits - self.group_digits <= MAX_PERCENT_DIGITS:
                self._let_go_before(window, token, unfinished=unfinished)
            token, cls = inert(token), WORD
            window.replace(at, token)
        code_cued = cls == LETTER and is_code_cued(window, at)
        if cls in (DIGITS, SPOKEN, TENS) or (cls == ADDRESS and token.digits):
            self._digit(window, at, token, cued, unfinished=unfinished)
        elif cued and is_announced(window, at, token, inside=self.is_open()):
            self._digit(window, at, token, cued)  # "oh three eight": shown, it would be read as a digit
        elif cls in (WEAK, MULTIPLE, SCALE):
            self._weak(window, at, token)
        elif cls == LETTER and self._takes_letter(window, at, code_cued, token):
            if not self.is_open():
                self.start, self.cued = at, cued
            self.last, self.gap, self.iban = at, 0, True
        elif self.iban and self._follows(at) and self.digits <= IBAN_CHECK_DIGITS and is_bank(window, at, token):
            self.last = at  # "nl62 ingb 8394"
        elif not self.is_open() and (begun := iban_start(window, at, token)) != NONE:
            self.weak, self.weak_digits, self.waiting = begun, 0, 0
        elif cls in (WORD, LETTER, ADDRESS):
            self._pass(window, at, token, unfinished=unfinished)
        elif cls == FILLER and is_linker(window, at, self.last):
            self.linked = at
        elif cls in (FILLER, MARK):
            if cls == MARK or token.core in window.lexicon.linkers:
                self._weigh(window, at, token, unfinished=unfinished)  # "20 %", "since 2014 and"
            if not self._may_say_digits(window, at):
                self.drop_weak()
        elif not self.is_open() and (token.text == "+" or token.core in window.lexicon.plus):
            self.weak, self.weak_digits, self.waiting = at, 0, 0  # "plus four four" is abroad
        return self.is_open() and (self.gap > MAX_WORDS_BETWEEN or at - self.start >= MAX_RUN_TOKENS)

    def _digit(self, window: Window, at: i64, token: Token, cued: bool, *, unfinished: bool = False) -> None:
        said = len(token.digits)
        apart = token.cls == DIGITS and (not self.is_open() or self.gap > 0) and self.weak_digits > 0
        if apart and not reads_on(window, at, said):
            self.drop_weak()  # "for 20": who writes numerals has heard a word there
        if self.dated and not (self._follows(at) and is_date(window, self.group, at + 1)):
            self._let_go(window)
        country = self.weak != NONE and country_before(window, at) < at  # "GB 24899,7"
        known = not (self.iban or country or _is_lost(window, at, cued))
        shaped = known and is_shaped(window, at, token, cued=cued or self.cued)
        shaped = shaped and not (self._follows(at) and is_cut_off(window, at, token, cued=cued or self.cued))
        follows = self._follows(at) or (self.weak != NONE and self.weak == self.last + 1)
        if self.group == NONE or shaped or not follows or window.owner(at) != window.owner(at - 1):
            self._group(self.weak if self.weak_digits and not shaped else at)
            self.dated = known and not (cued or self.cued) and is_date(window, self.group, at + 1)
        if self.dated and unfinished and len(token.digits) >= MASKED_FROM_DIGITS:
            self.dated, self.hedged = False, True  # "may 1964" of "may 1964927062084556"
        self.shaped = shaped
        if not self.is_open():
            self.start = self.weak if self.weak != NONE else at
            self._begin_iban(window, at, token)
        else:
            if token.cls == SPOKEN and said == 1 and token.digits != "0" and self._follows(at):
                before = window.token(self.last)
                fused = self.last < at - 1 or before.core in window.lexicon.fused
                said -= fused and before.cls == TENS and not before.trail()  # "forty seven": two, "forty, seven": three
            if self.gap == 1 and self.weak == NONE:
                said += 1  # one word amid digits may be a misheard one
        if not self.dated:
            self.digits += said + self.weak_digits
        self.drop_weak()
        self.last, self.gap = at, 0
        self.cued = self.cued or cued

    def _weak(self, window: Window, at: i64, token: Token) -> None:
        before = window.token(at - 1) if at > window.base else token
        said = len(token.digits) or 1
        if token.cls == MULTIPLE:
            said = window.lexicon.multiples[token.core] - 1  # the digit after it counts itself
        if self.dated and not (self._follows(at) and is_date(window, self.group, at + 1)):
            self._let_go(window)
        word = before.cls == DIGITS and token.core in window.lexicon.ranges  # "1 for sales, 2 for support"
        sure = token.cls != WEAK or token.core in window.lexicon.articles
        follows = self._follows(at) or (sure and self._parted(window, at))
        if self.is_open() and follows and not (word or before.mixed or "%" in before.text):
            if self.group == NONE:
                self._group(at)
            self.digits += 0 if self.dated else said
            self.last, self.gap = at, 0
            return
        if self.weak == NONE or at - self.weak >= MAX_RUN_TOKENS:
            self.weak, self.weak_digits, self.waiting = at, 0, 0
        self.weak_digits += said
        if is_digit_alone(window, token):
            self.waiting = self.weak_digits

    def _group(self, at: i64) -> None:
        """Digits begin to be said in a row."""
        self.group, self.group_last, self.group_gap, self.group_digits = at, self.last, self.gap, self.digits

    def may_be_let_go(self, window: Window) -> bool:
        """Whether an ordinary word that comes now may show that the digits said last are harmless."""
        if self.group == NONE:
            return False
        if self.gap == 1 and window.core(self.last + 1) == "of":
            return True  # "two of them"
        return may_be_harmless(window, self.group, self.last + 1, cued=self.cued, alone=self.group_last == NONE)

    def _let_go(self, window: Window) -> None:
        """The digits said last, in a row, are harmless: they are words, and the run is what it was before them."""
        if is_reference(window.token(self.group)):
            window.answer(KEEP, self.group)
        for at in range(self.group, self.last + 1):
            window.replace(at, inert(window.token(at)))
        if self.group_last == NONE:
            self.reset()
            return
        self.gap = self.group_gap + self.last - self.group + 1
        self.last, self.digits = self.group_last, self.group_digits
        self.group, self.dated, self.shaped = NONE, False, False

    def _let_go_before(self, window: Window, token: Token, *, unfinished: bool) -> None:
        """As `_let_go`, because of the newest word; not while that may be half of another, and they are masked."""
        half = unfinished and self.is_masked()
        if half and (may_be_no_evidence(window.lexicon, token) or self._only_counts(window)):
            self.hedged = True
        else:
            self._let_go(window)

    def _only_counts(self, window: Window) -> bool:
        """ "four three two one" and a word: nothing but that word tells a countdown from a number."""
        said = [window.token(at) for at in range(self.group, self.last + 1)]
        return is_counting(said) and not any(m.kind == KEEP for m in window.markers)

    def _weigh(self, window: Window, at: i64, token: Token, *, unfinished: bool) -> None:
        """A word behind the digits said last may show that they are harmless."""
        if self.group == NONE or (self.iban and self.last > self.start + 1) or _is_lost(window, self.start, self.cued):
            return
        alone = self.group_last == NONE
        if is_harmless(window, self.group, self.last + 1, at, cued=self.cued, alone=alone):
            self._let_go_before(window, token, unfinished=unfinished)

    def _pass(self, window: Window, at: i64, token: Token, *, unfinished: bool) -> None:
        """Another word: those before it that might have been misheard digits were words too."""
        self._weigh(window, at, token, unfinished=unfinished)
        if self.is_open() and self.weak != NONE:
            tight = self.gap == 0 or is_tight(window, self.last + 1, self.weak)
            if (digit := last_digit(window, self.weak, at, apart=not tight)) != NONE:
                self._take_weak(digit)
        if self.is_open():
            self.gap += 1 + (at - self.weak if self.weak != NONE else 0)
            if country_before(window, at + 1) <= at:  # "... seven, no wait, G B oh seven": the number begins again
                self.gap = max(self.gap - (2 if token.cls == LETTER else 1), 0)
        self.drop_weak()

    def is_waiting(self) -> bool:
        """Whether a word behind an open run waits for the next one to be a digit or not."""
        return self.is_open() and self.weak != NONE

    def is_pending(self, window: Window, at: i64, token: Token) -> bool:
        """Whether a word behind an open run is read as a digit of it until the next word decides: "um, oh"."""
        return self.weak != NONE and at >= self.weak and is_digit_alone(window, token)

    def take_waiting(self, window: Window) -> None:
        """The utterance is over: "..., pardon, un" at its end was a digit."""
        at = window.end() - 1
        while at >= window.base and window.token(at).cls in (FILLER, MARK):
            at -= 1
        if self.start != NONE and window.base <= self.weak <= at and self._may_say_digits(window, at + 1):
            self._take_weak(at)

    def _may_say_digits(self, window: Window, stop: i64) -> bool:
        """ "..., double un, euh": whether the words that wait, up to an index, are digits even with a pause behind."""
        if self.weak == NONE or stop <= window.base:
            return False
        if not self.is_open():
            return begins_number(window, stop)
        last = NONE if self.gap else self.last
        return wait_as_digits(window, max(self.weak, window.base), stop, last, cued=self.cued)

    def _may_go_on(self, window: Window) -> bool:
        """ "my phone is 400.55, um, ...": whether what looks like an amount may be a piece even with a pause behind."""
        return self.cued or is_group_of_money(window.token(self.last))

    def _take_weak(self, at: i64) -> None:
        """The word that waited was a digit of the run."""
        self._group(at)
        self.last, self.gap = at, 0
        self.digits += self.weak_digits
        self.drop_weak()

    def _follows(self, at: i64) -> bool:
        return self.last == at - 1 or (self.linked == at - 1 and self.last == at - 2)

    def _parted(self, window: Window, at: i64) -> bool:
        """ "99 - cento", "99 - double 9", "99 - un": whether only separators stand between a digit and a word."""
        at -= 1
        while at > self.last and window.token(at).cls == SILENT:
            at -= 1
        return at == self.last

    def _takes_letter(self, window: Window, at: i64, code_cued: bool, token: Token) -> bool:
        if self.is_open():
            if token.core in ("a", "e", "i", "o", "y") and self.digits > IBAN_CHECK_DIGITS:
                return False  # a word of one letter; letters of a bank come first
            checked = NATIONAL_ID in window.kinds and self.digits in LETTERED_DIGITS
            return (self.iban or checked) and self.gap == 0
        return code_cued and token.core not in LETTER_WORDS

    def _begin_iban(self, window: Window, at: i64, token: Token) -> None:
        """An IBAN begins with a country and two digits: "DE84", "D E eight four", "DE 84"."""
        if token.mixed:
            self.iban = len(token.core) >= 4 and token.core[:2].upper() in IBAN_CHARS and token.core[2:4].isdigit()
            return
        self.iban = is_code_cued(window, at)
        country = country_before(window, at)
        if country < at:
            self.start, self.iban = country, True

    def shorten(self, window: Window, start: i64) -> "Run":
        """Lets go of the part before `start`, which is the index of a digit in it; answers that part."""
        head = self.copy()
        head.last = start - 1
        self.start = start
        self.digits = sum(len(window.token(at).digits) for at in range(start, self.last + 1))
        if self.group_last < start:  # what was let go is forgotten soon: nothing may point there
            self.group, self.group_last, self.group_gap, self.group_digits = NONE, NONE, 0, 0
            self.dated = self.shaped = False
        else:
            self.group_digits = sum(len(window.token(at).digits) for at in range(start, self.group_last + 1))
        return head
