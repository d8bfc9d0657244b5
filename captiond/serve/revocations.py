"""Sessions whose viewers were sent away: tokens that were issued before that moment no longer open them. Pure.

A token carries what it opens and cannot be taken back; what can be kept is the moment before which none counts. Bounded
in count and age, and closed where a bound is reached: what is forgotten of one session then holds for all of them.
"""

from collections.abc import Callable, Mapping
from typing import Final

MAX_REVOCATIONS: Final = 100_000  # sessions, ~15 MB
KEPT_S: Final = 400 * 86_400.0  # `captiond token` mints for a year at most
EVERY_SESSION: Final = ""  # no session has this id: before its moment no token counts for any


class Revocations:
    """What is revoked, and since when. Times are seconds since 1970, by this machine's wall clock.

    Args:
        known: of before a restart, by session; `EVERY_SESSION` too.

    Attributes:
        told: called with each revocation, for other workers of this node.
    """

    told: Callable[[str, float], None] | None = None

    def __init__(self, known: Mapping[str, float] | None = None) -> None:
        by_age = sorted((known or {}).items(), key=lambda one: one[1])
        self._moments = {session: at_s for session, at_s in by_age if session != EVERY_SESSION}
        self._before_s = (known or {}).get(EVERY_SESSION, float("-inf"))

    def refuses(self, session: str, issued_s: float | None) -> bool:
        """Whether a token that was issued then no longer opens that session; None: it does not say when."""
        moment_s = max(self._moments.get(session, float("-inf")), self._before_s)
        if moment_s == float("-inf"):
            return False
        return issued_s is None or issued_s <= moment_s

    def revoke(self, session: str, *, at_s: float) -> tuple[dict[str, float], list[str]]:
        """From now on. Never takes a moment back.

        Returns:
            What has to be kept, by session, and which sessions no longer have to be: for whoever remembers them.
        """
        at_s = max(at_s, self._moments.pop(session, at_s))
        self._moments[session] = at_s
        if self.told is not None:
            self.told(session, at_s)
        forgotten: list[str] = []
        for oldest, moment_s in list(self._moments.items())[: max(1, len(self._moments) - MAX_REVOCATIONS)]:
            if len(self._moments) <= MAX_REVOCATIONS and moment_s > at_s - KEPT_S:
                break
            del self._moments[oldest]
            forgotten.append(oldest)
            self._before_s = max(self._before_s, moment_s)
        return {session: at_s, **({EVERY_SESSION: self._before_s} if forgotten else {})}, forgotten

    def known(self) -> dict[str, float]:
        """All that is known: for another process to begin with."""
        return {EVERY_SESSION: self._before_s, **self._moments} if self._before_s > float("-inf") else {**self._moments}

    @property
    def count(self) -> int:
        """Of how many sessions a moment is kept."""
        return len(self._moments)
