"""How many viewers one address has, and how fast new ones come from it. Times are arguments; nothing here waits.

The count keeps one address from taking every seat of the node. The rate keeps one address from taking the CPU: a join
costs as much as some hundred deliveries, a refused one still a request, a signature and an audit record. Its bucket
holds as many as an address may have viewers, so that an office whose network comes back is let in at once, all of it;
only who goes on asking after that is told to wait.
"""

import math
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from captiond.serve.addresses import counted_as

UNSET: Final = 0  # of `max_per_address`: see `SeatLimits`
DEFAULT_PER_ADDRESS: Final = 5_000  # the largest office behind one address; a quarter of a node's default
DEFAULT_NEW_PER_S: Final = 100.0  # of one address, for long: some 5 % of a core
MAX_ADDRESSES: Final = 65_536  # whose rate is remembered, ~15 MB; beyond it the one that was quiet longest is forgotten


@dataclass(frozen=True, slots=True)
class SeatLimits:
    """Bounds for each address.

    Attributes:
        per_address: viewers. `UNSET`: `DEFAULT_PER_ADDRESS`, and none for this machine's own addresses, where a proxy
            that is not configured as one would stand for everybody. A number holds for every address.
        new_per_s: attempts a second for long; as many as `per_address` at once.
    """

    per_address: int = UNSET
    new_per_s: float = DEFAULT_NEW_PER_S


@dataclass(slots=True)
class _Rate:
    """A token bucket. `refused`: since when it is empty nobody has been let in."""

    left: float
    at_s: float
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Knock:
    """What became of an attempt: `wait_s` is 0 where it is fine; `first` of the refusals since the last that was."""

    wait_s: int = 0
    first: bool = False


class Seats:
    """The viewers of each address."""

    def __init__(self, limits: SeatLimits | None = None) -> None:
        self._limits = limits or SeatLimits()
        self.per_address = self._limits.per_address or DEFAULT_PER_ADDRESS
        self._taken: dict[str, int] = {}
        self._rates: dict[str, _Rate] = {}  # the one that knocked last stands last

    def name(self, address: IPv4Address | IPv6Address | None) -> str | None:
        """What that address is counted as; None where it is not limited."""
        if address is None or (self._limits.per_address == UNSET and address.is_loopback):
            return None
        return counted_as(address)

    def knock(self, name: str | None, *, now_s: float) -> Knock:
        """One attempt of an address to become a viewer, whatever comes of it. `now_s`: monotonic."""
        if name is None:
            return Knock()
        rate = self._rates.pop(name, None)
        if rate is None:
            rate = _Rate(float(self.per_address), now_s)
            if len(self._rates) >= MAX_ADDRESSES:
                del self._rates[next(iter(self._rates))]
        self._rates[name] = rate
        rate.left = min(float(self.per_address), rate.left + (now_s - rate.at_s) * self._limits.new_per_s)
        rate.at_s = now_s
        if rate.left >= 1.0:
            rate.left -= 1.0
            rate.refused = False
            return Knock()
        first, rate.refused = not rate.refused, True
        return Knock(max(1, math.ceil((1.0 - rate.left) / self._limits.new_per_s)), first)

    def full(self, name: str | None) -> bool:
        """Whether that address has as many viewers as it may have."""
        return name is not None and self._taken.get(name, 0) >= self.per_address

    def take(self, name: str | None) -> None:
        """One viewer more."""
        if name is not None:
            self._taken[name] = self._taken.get(name, 0) + 1

    def free(self, name: str | None) -> None:
        """One viewer less, of those that `take` was called for."""
        if name is None:
            return
        left = self._taken[name] - 1
        if left:
            self._taken[name] = left
        else:
            del self._taken[name]
