"""Times the redactor alone on growing utterances, in rounds that alternate with the seed function in Node.

Each language's streams are the utterances of one channel, one after the other, as in a long call: a fresh utterance id
for each stream, 4 s of event time between them, and a final and a silence at the end of each, which are timed apart.
"""

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final, Protocol

from captiond.base.ids import RawText, UtteranceId
from captiond.bench.core_streams import Growth, revised_share
from captiond.bench.node_seed import SeedInNode
from captiond.core.redact import DEFAULT, Call, Redactor

PAUSE_S: Final = 4.0  # of event time between utterances: longer than an open run waits
ROUND_PARTIALS: Final = 20_000  # a round of Node takes so many partials at least: some 20 ms of the shortest
ROUND_NS: Final = 20_000_000  # a round of ours lasts so long at least, if it need not take more partials than Node's
WARM_UP_ROUNDS: Final = 3  # until V8 has compiled its function and regular expressions

Clock = Callable[[], int]


class Captioning(Protocol):
    """The part of a redactor that is timed."""

    def caption(self, utterance: UtteranceId, text: RawText, final: bool, now_s: float) -> object: ...

    def expire(self, *, now_s: float) -> object: ...


class Nothing:
    """Costs what the measuring itself costs: the loop, a method call, the reading of the clock."""

    def caption(self, utterance: UtteranceId, text: RawText, final: bool, now_s: float) -> object:
        """Does nothing."""

    def expire(self, *, now_s: float) -> object:
        """Does nothing."""


@dataclass(slots=True)
class Timed:
    """One pass over all streams, in ns. The wall clock tells partials from finals, the CPU clock what they cost.

    The CPU clock takes half a microsecond to read, as long as a partial: it is read twice a pass, not twice a stream.
    """

    cpu_ns: int = 0
    wall_partials_ns: int = 0
    wall_finals_ns: int = 0

    @property
    def partials_ns(self) -> float:
        """CPU time of the partials."""
        return self.cpu_ns * self.wall_partials_ns / max(self.wall_partials_ns + self.wall_finals_ns, 1)

    @property
    def finals_ns(self) -> float:
        """CPU time of the finals."""
        return self.cpu_ns - self.partials_ns


@dataclass(slots=True)
class Measured:
    """One set of streams, measured: of each round the ns a partial (or a final), and the ns of single partials."""

    name: str
    length: int
    streams: Sequence[Growth] = field(repr=False)
    core_ns: list[float] = field(default_factory=list)
    final_ns: list[float] = field(default_factory=list)
    noop_ns: list[float] = field(default_factory=list)
    node_ns: list[float] = field(default_factory=list)
    core_each_ns: list[int] = field(default_factory=list, repr=False)
    node_each_ns: list[int] = field(default_factory=list, repr=False)

    @property
    def key(self) -> str:
        """What Node knows the set by."""
        return f"{self.name} {self.length}"

    @property
    def partials(self) -> int:
        """Partials of all streams together."""
        return sum(len(growth.partials) for growth in self.streams)

    @property
    def passes(self) -> int:
        """How often a round of Node goes through all streams."""
        return -(-ROUND_PARTIALS // self.partials)


def redactors(streams: Sequence[Growth]) -> dict[str, Captioning]:
    """A new channel for each language."""
    return {
        language: Redactor(kinds=DEFAULT, language=language, call=Call())
        for language in dict.fromkeys(growth.language for growth in streams)
    }


def nothings(streams: Sequence[Growth]) -> dict[str, Captioning]:
    """What measures the measuring."""
    return {growth.language: Nothing() for growth in streams}


def time_streams(
    streams: Sequence[Growth], channels: Mapping[str, Captioning], cpu_ns: Clock, clock_ns: Clock
) -> Timed:
    """One pass over all streams: the clock is read before the first partial, after the last and after the final."""
    timed, now_s = Timed(), 0.0
    utterances = [UtteranceId(f"u{number}") for number in range(len(streams))]
    cpu_began = cpu_ns()
    for utterance, growth in zip(utterances, streams, strict=True):
        caption = channels[growth.language].caption
        now_s += PAUSE_S
        began = clock_ns()
        for text in growth.partials:
            caption(utterance, text, False, now_s)
        grown = clock_ns()
        caption(utterance, text, True, now_s)
        channels[growth.language].expire(now_s=now_s + PAUSE_S)  # as the daemon's own clock does
        timed.wall_finals_ns += clock_ns() - grown
        timed.wall_partials_ns += grown - began
    timed.cpu_ns = cpu_ns() - cpu_began
    return timed


def time_each(streams: Sequence[Growth], channels: Mapping[str, Captioning], clock_ns: Clock) -> list[int]:
    """One pass with a reading of the clock at each partial: what single partials cost, the reading included."""
    each, now_s = [], 0.0
    for number, growth in enumerate(streams):
        caption = channels[growth.language].caption
        utterance = UtteranceId(f"u{number}")
        now_s += PAUSE_S
        for text in growth.partials:
            began = clock_ns()
            caption(utterance, text, False, now_s)
            each.append(clock_ns() - began)
        caption(utterance, text, True, now_s)
        channels[growth.language].expire(now_s=now_s + PAUSE_S)
    return each


def measure(
    sets: Sequence[Measured],
    node: SeedInNode | None,
    rounds: int,
    *,
    cpu_ns: Clock = time.process_time_ns,
    clock_ns: Clock = time.perf_counter_ns,
) -> None:
    """Fills in the sets, `rounds` rounds each; in every second round Node comes first.

    Args:
        cpu_ns: CPU time of this process, for whole streams: another process that takes the core costs nobody.
        clock_ns: wall time, for single partials and between a stream's partials and its final.
    """
    gc.collect()
    gc.freeze()  # the streams: no collection while the clock runs should go through what is only there to be measured
    try:
        for one in sets:
            if node is not None:
                node.load(one.key, [growth.partials for growth in one.streams])
                for _ in range(WARM_UP_ROUNDS):
                    node.round(one.key, one.passes)
            time_streams(one.streams, redactors(one.streams), cpu_ns, clock_ns)
        for number in range(rounds):
            for one in sets:
                if number % 2:
                    _node_round(one, node)
                _core_round(one, cpu_ns, clock_ns)
                if not number % 2:
                    _node_round(one, node)
                one.core_each_ns += time_each(one.streams, redactors(one.streams), clock_ns)
                if node is not None:
                    one.node_each_ns += node.each(one.key)
    finally:
        gc.unfreeze()


def _core_round(one: Measured, cpu_ns: Clock, clock_ns: Clock) -> None:
    # As Node's rounds begin: what another process has driven out of the caches comes back.
    time_streams(one.streams, redactors(one.streams), cpu_ns, clock_ns)
    timed, spent_ns = list[Timed](), 0.0
    while not timed or (len(timed) < one.passes and spent_ns < ROUND_NS):
        timed.append(time_streams(one.streams, redactors(one.streams), cpu_ns, clock_ns))
        spent_ns += timed[-1].partials_ns
    _idle_ns(one, cpu_ns, clock_ns)
    one.core_ns.append(sum(t.partials_ns for t in timed) / one.partials / len(timed))
    one.final_ns.append(sum(t.finals_ns for t in timed) / len(one.streams) / len(timed))
    one.noop_ns.append(_idle_ns(one, cpu_ns, clock_ns))


def _idle_ns(one: Measured, cpu_ns: Clock, clock_ns: Clock) -> float:
    """A partial that nobody does anything with: what measuring costs; it also brings the texts into the caches."""
    return time_streams(one.streams, nothings(one.streams), cpu_ns, clock_ns).partials_ns / one.partials


def _node_round(one: Measured, node: SeedInNode | None) -> None:
    if node is not None:
        one.node_ns.append(node.round(one.key, one.passes) / one.partials / one.passes)


def row(one: Measured) -> dict[str, Any]:
    """The figures of a set, µs; those of Node only where Node ran."""
    figures = {
        "streams": one.name,
        "length": one.length,
        "count": len(one.streams),
        "partials": one.partials,
        "revisedShare": round(revised_share(one.streams), 3),
        "coreUs": us(median(one.core_ns)),
        "coreMinUs": us(min(one.core_ns)),
        "coreMedianUs": us(quantile(one.core_each_ns, 50)),
        "coreP99Us": us(quantile(one.core_each_ns, 99)),
        "finalUs": us(median(one.final_ns)),
        "noopUs": us(median(one.noop_ns)),
    }
    if one.node_ns:
        figures |= {
            "nodeUs": us(median(one.node_ns)),
            "nodeMinUs": us(min(one.node_ns)),
            "nodeMedianUs": us(quantile(one.node_each_ns, 50)),
            "nodeP99Us": us(quantile(one.node_each_ns, 99)),
            "ratio": _faster(median(one.node_ns), median(one.core_ns)),
            "medianRatio": _faster(quantile(one.node_each_ns, 50), quantile(one.core_each_ns, 50)),
        }
    return figures


def _faster(node_ns: float, core_ns: float) -> float | None:
    return round(node_ns / core_ns, 3) if core_ns else None


def quantile(values: Sequence[float], percent: int) -> float:
    """The value that `percent` of the values are not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def us(ns: float) -> float:
    """Microseconds, as reports print them."""
    return round(ns / 1000, 3)
