"""Spelled and typed e-mail addresses: local part, connector, domain, dot, ending. Source: contract, section 6."""

from typing import Final

from mypy_extensions import i64, mypyc_attr

from captiond.core.redact.articles import is_linker
from captiond.core.redact.classes import (
    ADDRESS,
    DIGITS,
    ENDS_CUE,
    FILLER,
    IS_AT,
    IS_COMMON,
    IS_DOT,
    IS_JOIN,
    IS_LETTERS,
    IS_MONTH,
    IS_PARTICLE,
    IS_PROSE,
    LETTER,
    MARK,
    MULTIPLE,
    SILENT,
    SPOKEN,
    TENS,
    WEAK,
    WORD,
)
from captiond.core.redact.mail_words import has_ending, is_hour, is_letter, is_part
from captiond.core.redact.runs import NONE
from captiond.core.redact.tokens import Token
from captiond.core.redact.window import FOR_EMAIL, Window

MAX_CHAIN_TOKENS: Final = 64  # the longest spelled address heard has 40; a longer chain is decided where it stands
MAX_PLAIN_WORDS: Final = 2  # words of a local part said without a connector: "jane doe at"
MAX_DOMAIN_WORDS: Final = 3  # "hot mail", "my g mail"
MIN_SPELLED: Final = 3  # letters in a row that are taken for spelling
MAX_ENDING_LETTERS: Final = 10  # of a top-level domain as people say them
MAX_WORDS_STATED: Final = 4  # of a name of everybody's words behind "is": "my e-mail is the real deal at"

_AT_OF_NAMES: Final = ("chez",)  # the sign in an address, and in other talk a house: only behind what is one already
_JOIN_TAILS: Final = ("du", "bas", "d'union", "bajo", "baja", "medio", "low")  # of a connector of several words

JOINED: Final = -1
_TELLING: Final = IS_LETTERS | IS_AT | IS_DOT | IS_JOIN | IS_MONTH | IS_PARTICLE
_NAMES: Final = (WORD, DIGITS, SPOKEN, TENS, MULTIPLE)

NOTHING: Final = 0
LOCAL: Final = 1
AT: Final = 2
DOMAIN: Final = 3
DOT: Final = 4
ENDING: Final = 5


@mypyc_attr(acyclic=True, free_list_len=1)
class Chain:
    """The address that is being said; `phase` is NOTHING while there is none.

    Attributes:
        start, last: indexes of its first token and of the newest that belongs to it.
        joined: the local part has a connector ("dot", "underscore").
        strong: the sign itself was said or typed, which nobody does by chance.
        cued: a cue for an address came before it.
        letters: spelled letters in a row at the end of the local part.
        plain: index of the newest of the words said in a row without a connector, `plain_before`: of the one before
            it; NONE where none.
        labels: words of the domain so far that are no hours.
        head: while it is nothing but everybody's words, how many of them there may be; JOINED behind a connector;
            else 0.
    """

    __slots__ = (
        "cued", "head", "joined", "labels", "last", "letters", "phase", "plain", "plain_before", "spelled", "start",
        "strong",
    )  # fmt: skip

    def __init__(self) -> None:
        # Each by itself, as literals: what is compiled then need not look whether it was set.
        self.phase: i64 = NOTHING
        self.start: i64 = NONE
        self.last: i64 = NONE
        self.joined = False
        self.strong = False
        self.cued = False
        self.letters: i64 = 0
        self.spelled = False
        self.plain: i64 = NONE
        self.plain_before: i64 = NONE
        self.labels: i64 = 0
        self.head: i64 = 0

    def reset(self) -> None:
        """No address is being said."""
        self.phase = NOTHING
        self.start = NONE
        self.last = NONE
        self.joined = False
        self.strong = False
        self.cued = False
        self.letters = 0
        self.spelled = False
        self.plain, self.plain_before = NONE, NONE
        self.labels = 0
        self.head = 0

    def copy(self) -> "Chain":
        """An equal one that goes on alone."""
        other = Chain()
        other.take(self)
        return other

    def take(self, other: "Chain") -> None:
        """Becomes equal to another one."""
        self.phase, self.start, self.last = other.phase, other.start, other.last
        self.joined, self.strong, self.cued = other.joined, other.strong, other.cued
        self.letters, self.spelled, self.labels = other.letters, other.spelled, other.labels
        self.head = other.head
        self.plain, self.plain_before = other.plain, other.plain_before

    def is_masked(self) -> bool:
        """Whether it is shown as an open mask: from the first word after a cue, else from a connector on."""
        return self.phase >= AT or (self.phase == LOCAL and (self.cued or self.joined or self.spelled))

    def is_complete(self) -> bool:
        """Whether it is an address as it stands."""
        return self.phase == ENDING

    def is_likely(self) -> bool:
        """Whether it is masked for good although its end was not heard."""
        if self.phase == LOCAL:
            return self.cued and self.joined and self.head != JOINED  # "in this dot ..." is none without more
        sure = self.strong or self.joined or self.spelled or self.phase >= DOT
        only_hours = self.phase == DOMAIN and self.labels == 0  # "flight 1423 leaves at 6:45"
        return self.phase >= AT and (sure or (self.cued and not only_hours))

    def begins_with_word(self, window: Window) -> bool:
        """Whether its first letter is a word before it: "a jane arroba", "I jane at"; not "a wie anton"."""
        first = window.token(self.start)
        if first.core not in ("a", "i", "y", "o", "e") or first.last != len(first.text):
            return False  # "a, ene, a" is spelling
        follows = window.token(self.start + 1)
        return follows.cls == WORD and follows.core not in window.lexicon.spellers

    def is_whole(self) -> bool:
        """Whether it is masked for good where it ends now."""
        return self.is_complete() or self.is_likely()

    def step(self, window: Window, at: i64, token: Token) -> bool:
        """Takes the newest token. True where the chain closed before it: decide it, then give the token again."""
        if self.phase != NOTHING and at - self.start >= MAX_CHAIN_TOKENS:
            return True
        if token.cls == WORD and not token.core:
            return self.phase != NOTHING  # a mask that stood in the text: no name, no host
        if self.phase <= LOCAL:
            return self._local(window, at, token)
        if token.cls in (FILLER, MARK) and not token.flags & IS_COMMON:
            return False
        if self.phase == AT:
            return self._after_at(window, at, token)
        if self.phase == DOMAIN:
            return self._domain(window, at, token)
        if self.phase == DOT:
            return self._after_dot(window, at, token)
        if token.flags & IS_DOT or token.text == ".":
            self.phase, self.last = DOT, at
            return False
        if is_letter(token) and is_letter(window.token(self.last)) and self.last == at - 1:
            self.last = at  # "c o m"
            return False
        return True

    def _local(self, window: Window, at: i64, token: Token) -> bool:
        if self.phase == NOTHING and token.flags & IS_AT and token.core != "at":
            first = at  # "1975 arroba": the sign tells what the digits before it are
            while (
                first > window.base and window.owner(first - 1) == window.owner(at) and _says_digits(window, first - 1)
            ):
                first -= 1
            if first < at:
                self.phase, self.start, self.last = AT, first, at
            return False
        if self.phase == NOTHING and token.cls == WORD and token.flags & IS_LETTERS:  # most words
            if not token.flags & (IS_COMMON | ENDS_CUE) or self._is_month(window, at, token):
                self._take_part(window, at, token)
            elif window.has_cue(FOR_EMAIL, window.owner(at)):
                self._begin(window, at, token)
            return False
        if (
            token.cls == WORD
            and token.flags & _TELLING == IS_LETTERS
            and token.first == 0
            and self._is_loose(window, at)
        ):
            if token.flags & (IS_COMMON | ENDS_CUE):
                return True
            self._take_part(window, at, token)
            return False
        if self.head > 0 and token.cls in _NAMES and not token.flags & (IS_AT | IS_DOT | IS_JOIN):
            if token.cls != WORD or (token.flags & IS_COMMON and at - self.start >= self.head):
                return True
            if token.flags & IS_COMMON:
                self.last = at
                return False
            if self.head < MAX_WORDS_STATED:
                self.start = at  # "you can use jane": only that is a name
        lexicon = window.lexicon
        begun = token.cls == ADDRESS and token.core[-1:] == "@"
        if begun and token.core[:-1] in (lexicon.prose - lexicon.months) and not self.is_masked():
            return self.phase == LOCAL  # "yes please@"
        if self.phase == LOCAL and token.core in lexicon.spellers and self._follows_letter(window, at):
            return False  # "m comme marie"
        if token.cls == ADDRESS or (not token.flags & IS_LETTERS and ("(at)" in token.core or "[at]" in token.core)):
            if not self.joined and not self.spelled:
                self.reset()
                self.start = at
            self.phase = ENDING if has_ending(token.core) else AT if token.core[-1:] == "@" else DOMAIN
            self.strong, self.last, self.labels = True, at, 1
            return False
        if self.phase == LOCAL and token.text[0] == "@" and len(token.text) > 1 and self._takes_host(token):
            self.phase = ENDING if has_ending(token.text) else DOMAIN
            self.strong, self.last, self.labels = True, at, 1
            return False
        if self.phase == LOCAL and (token.flags & IS_AT or (token.core in _AT_OF_NAMES and self.is_masked())):
            self.phase, self.last = AT, at
            self.strong = token.core != "at"
            return False
        if self.phase == LOCAL and token.cls == FILLER and self._links(window, at):
            return False  # "noventa y nueve", "90 y nueve"
        if self.phase == LOCAL and self.joined and self.last == at - 1 and token.core in _JOIN_TAILS:
            self.last = at  # "tiret du bas", "guión bajo"
            return False
        joins = token.flags & (IS_DOT | IS_JOIN) or ((self.cued or self.joined) and token.core in lexicon.plus)
        if self.phase == LOCAL and (joins or (len(token.text) == 1 and token.text in "._-")):
            self.joined, self.last, self.letters = True, at, 0
            self.head = JOINED if self.head else 0
            self.plain, self.plain_before = NONE, NONE
            return False
        if (
            (token.cls == WORD and (self._is_expected(window, at) or self._is_spelled(window, at)))
            or is_part(token)
            or self._is_month(window, at, token)
            or (token.flags & IS_PARTICLE and self.phase == LOCAL and self._takes_particle(window, at))
            or (token.cls == WEAK and self._follows_number(window, at))
        ):
            self._take_part(window, at, token)
            return False
        between = token.cls in (MARK, SILENT) or (token.cls == FILLER and not token.flags & IS_PROSE)
        between = between or token.core in lexicon.asides
        if self.phase == LOCAL and between and (self.joined or self.cued or self.spelled):
            return False
        return self.phase == LOCAL

    def _is_loose(self, window: Window, at: i64) -> bool:
        """Whether nothing but words that are not everybody's makes it: so any other word ends it."""
        if self.cued or self.joined or self.spelled or self.letters or self.head:
            return False
        before = window.token(at - 1)
        return self.last < at - 1 or not (before.flags & (IS_DOT | IS_JOIN) or before.cls == SILENT)

    def _begin(self, window: Window, at: i64, token: Token) -> None:
        """ "my e-mail is contact", "sure, april": what was asked for may begin with everybody's word."""
        lexicon = window.lexicon
        first = at == window.base or window.owner(at - 1) != window.owner(at)
        if token.core in lexicon.introduces:
            return
        if not first and window.core(at - 1) in lexicon.introduces:
            self.head = MAX_WORDS_STATED
        elif token.flags & IS_PARTICLE:
            self._take_part(window, at, token)
        elif (first or window.core(at - 1) in lexicon.acknowledgements) and token.core not in lexicon.acknowledgements:
            self.head = MAX_PLAIN_WORDS
        if self.head:
            self.phase, self.start, self.last = LOCAL, at, at

    def _takes_host(self, token: Token) -> bool:
        """ "jane @example.com": an address cut before its sign; "John @acme_news" is somebody's handle."""
        return has_ending(token.text) or self.is_masked()

    def expects_part(self, window: Window, at: i64) -> bool:
        """Whether a connector stands right before: what follows is a name, even where it is everybody's word."""
        if self.phase != LOCAL or self.last != at - 1:
            return False
        before, lexicon = window.core(at - 1), window.lexicon
        return before in lexicon.dot or before in lexicon.joins or before in lexicon.plus

    def _is_expected(self, window: Window, at: i64) -> bool:
        """As `expects_part`, but not in talk: "this dot is"."""
        sure = self.cued or self.head == JOINED or window.core(at - 1) not in window.lexicon.dot
        return sure and self.expects_part(window, at)

    def _is_month(self, window: Window, at: i64, token: Token) -> bool:
        """ "my email is april": behind the cue it is somebody's name, but not in "since april"."""
        if not token.flags & IS_MONTH or not window.has_cue(FOR_EMAIL, window.owner(at)):
            return False
        before = window.core(at - 1)
        return before not in window.lexicon.before_years and before not in window.lexicon.beside_days

    def _takes_particle(self, window: Window, at: i64) -> bool:
        return self.joined or self.cued or self.spelled or window.has_cue(FOR_EMAIL, window.owner(at))

    def _follows_letter(self, window: Window, at: i64) -> bool:
        before = at - 1
        if window.core(before) in window.lexicon.spellers:
            before -= 1  # "m as in"
        return self.last == before and is_letter(window.token(before))

    def _is_spelled(self, window: Window, at: i64) -> bool:
        """ "m comme marie": the word that a letter stands for."""
        if self.phase != LOCAL or window.core(at - 1) not in window.lexicon.spellers:
            return False
        return self._follows_letter(window, at - 1)

    def _follows_number(self, window: Window, at: i64) -> bool:
        """ "seventy won at example": a misheard digit after a digit."""
        return self.phase == LOCAL and self.last == at - 1 and window.token(at - 1).cls in (DIGITS, SPOKEN, TENS)

    def _links(self, window: Window, at: i64) -> bool:
        if is_linker(window, at, self.last):
            return True
        typed = self.last == at - 1 and window.token(at - 1).cls == DIGITS and window.core(at - 1)[-1:] == "0"
        return typed and window.core(at) in window.lexicon.linkers

    def _take_part(self, window: Window, at: i64, token: Token) -> None:
        word = token.cls == WORD
        named = word or is_letter(token) or (token.mixed and token.core[0].isalpha())  # "jane1980"
        spelled = self.letters > 0 and self._is_spelled(window, at)
        loose = not (self.joined or self.cued or self.spelled)
        if self.phase == LOCAL and loose and window.owner(self.start) != window.owner(at):
            self.reset()  # an ordinary word at the end of an utterance is no part of a name that the next one begins
        if self.phase == NOTHING:
            if not named and not window.has_cue(FOR_EMAIL, window.owner(at)):
                return  # digits alone begin no address
            self.phase, self.start = LOCAL, at
        own = named and (not token.flags & IS_COMMON or token.flags & IS_MONTH != 0)
        if not self.cued and named and (at > self.start or own) and not token.flags & IS_PARTICLE:
            self.cued = window.has_cue(FOR_EMAIL, window.owner(at))  # not for a lone "a" or "I"
        self.letters = self.letters + 1 if is_letter(token) else self.letters if spelled else 0
        self.spelled = self.spelled or self.letters >= MIN_SPELLED
        self.last = at
        self.head = min(self.head, 0)
        if word and not spelled:
            many = self.plain_before != NONE  # more than MAX_PLAIN_WORDS
            self.plain_before, self.plain = self.plain, at
            if many and not (self.joined or self.cued or self.spelled):
                self.start = self.plain_before

    def _after_at(self, window: Window, at: i64, token: Token) -> bool:
        sure = self.strong or self.joined or self.cued or self.spelled
        plain = token.cls in (WORD, LETTER) or is_part(token) or token.cls in (FILLER, WEAK)
        if not plain or (token.core in window.lexicon.no_domains and not (sure and is_letter(token))):
            return True  # "at a o l dot com" is spelled, where an address is sure
        if not sure and (token.flags & IS_COMMON or is_hour(token)):
            return True
        self.phase = ENDING if has_ending("@" + token.core) else DOMAIN
        self.last, self.labels = at, 0 if is_hour(token) else 1
        return False

    def _domain(self, window: Window, at: i64, token: Token) -> bool:
        if token.flags & IS_DOT or token.text == ".":
            self.phase, self.last = DOT, at
            return False
        if token.text[0] == "." and token.core.isalpha():
            self.phase, self.last = ENDING, at
            return False
        if token.flags & IS_JOIN or token.text in "-_":
            self.last = at
            return False
        short = token.core in ("mail", "look", "cloud", "net", "online", "box") or not token.flags & IS_COMMON
        if is_part(token) or (token.cls == WORD and short):
            if not is_letter(token) or not is_letter(window.token(self.last)):
                self.labels += 1 if self.labels or not is_hour(token) else 0
            if self.labels <= MAX_DOMAIN_WORDS:
                self.last = at
                return False
        return True

    def _after_dot(self, window: Window, at: i64, token: Token) -> bool:
        if not token.core.isalpha() or len(token.core) > MAX_ENDING_LETTERS:
            return True
        self.phase, self.last = ENDING, at
        return False


def _says_digits(window: Window, at: i64) -> bool:
    return window.token(at).cls in (DIGITS, SPOKEN, TENS) and not window.label(at)
