"""Which fault strikes now: the faults on request with their counts. Pure: told positions and times."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from captiond.simulator.faults import (
    EVERY_SESSION,
    MAX_FAULTS,
    BrokenFault,
    DropFault,
    Fault,
    LateFault,
    LostFault,
    MomentFault,
    On,
    RangeFault,
    RefuseFault,
    RepeatedFault,
    RequestFault,
    RestartFault,
    SlowFault,
)

Chosen = TypeVar("Chosen", LostFault, RepeatedFault, LateFault)


@dataclass(slots=True)
class Armed:
    """A fault and how often it has struck: stream faults count for each session, request faults in all."""

    fault: Fault
    struck: Counter[str] = field(default_factory=Counter)
    seen: int = 0

    def concerns(self, session: str | None) -> bool:
        return self.fault.session in (EVERY_SESSION, session)


class FaultBook:
    """All faults of one simulator, in the order given; the first that fits strikes."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._armed: list[Armed] = []
        self.add(faults)

    def add(self, faults: Iterable[Fault]) -> None:
        """Arms more faults. Raises ValueError over MAX_FAULTS, and then adds none."""
        more = [Armed(fault) for fault in faults]
        if len(self._armed) + len(more) > MAX_FAULTS:
            raise ValueError(f"at most {MAX_FAULTS} faults at once")
        self._armed.extend(more)

    def clear(self) -> None:
        """Disarms all."""
        self._armed.clear()

    def listing(self) -> list[dict[str, object]]:
        """Each fault in its wire shape, with `struck`: how often it has struck in all."""
        return [
            {**item.fault.model_dump(mode="json", by_alias=True, exclude_none=True), "struck": item.struck.total()}
            for item in self._armed
        ]

    def asked(self, on: On, session: str | None = None) -> list[RequestFault]:
        """What strikes this request, each counted: at most one delay, then at most one way to fail."""
        slow: list[RequestFault] = []
        fatal: list[RequestFault] = []
        for item in self._armed:
            fault = item.fault
            if not isinstance(fault, RefuseFault | SlowFault | DropFault | BrokenFault | RangeFault):
                continue
            if fault.on != on or not item.concerns(session):
                continue
            bucket = slow if isinstance(fault, SlowFault) else fatal
            if bucket:
                continue  # a later fault waits until the one before it is used up, so a file reads as a sequence
            item.seen += 1
            if item.seen <= fault.skip or (fault.times is not None and item.struck.total() >= fault.times):
                continue
            item.struck[session or ""] += 1
            bucket.append(fault)
        return slow + fatal

    def struck_now(self, session: str, *, behind: int, joined_s: float, elapsed_s: float) -> MomentFault | None:
        """The fault that strikes a subscription which has `behind` events behind it; it is counted."""
        for item, fault in self._moments(session):
            if fault.after_event is not None:
                due = behind == fault.after_event
            elif fault.after_s is not None:
                due = joined_s <= fault.after_s <= elapsed_s
            else:
                due = True
            if due:
                item.struck[session] += 1
                return fault
        return None

    def next_s(self, session: str, *, elapsed_s: float) -> float | None:
        """Conversation time of the next fault that waits for a time."""
        times = [
            fault.after_s
            for _, fault in self._moments(session)
            if fault.after_s is not None and fault.after_s >= elapsed_s
        ]
        return min(times, default=None)

    def _moments(self, session: str) -> Iterable[tuple[Armed, MomentFault]]:
        for item in self._armed:
            fault = item.fault
            if not isinstance(fault, MomentFault) or not item.concerns(session):
                continue
            if fault.times is None or item.struck[session] < fault.times:
                yield item, fault

    def lost(self, session: str, position: int) -> bool:
        """Whether that event is never sent."""
        return any(self._chosen(LostFault, session, position))

    def repeats(self, session: str, position: int) -> int:
        """How often that event comes again."""
        return sum(fault.times for fault in self._chosen(RepeatedFault, session, position))

    def late_by(self, session: str, position: int) -> int:
        """How many events go before that one which should come after it."""
        return max((fault.by_events for fault in self._chosen(LateFault, session, position)), default=0)

    def restarted_after(self, session: str, position: int) -> int:
        """The last position before `position` after which the numbering began again; 0 where it never did."""
        return max(
            (
                item.fault.after_event
                for item in self._armed
                if isinstance(item.fault, RestartFault) and item.concerns(session) and item.fault.after_event < position
            ),
            default=0,
        )

    def _chosen(self, kind: type[Chosen], session: str, position: int) -> list[Chosen]:
        chosen: list[Chosen] = []
        for item in self._armed:
            if isinstance(item.fault, kind) and item.concerns(session) and item.fault.hits(position):
                item.struck[session] += 1
                chosen.append(item.fault)
        return chosen
