"""The meter: every figure of `/metrics`, by the names of the contract, section 7. One registry, made once, no globals.

Histograms are our own: one call counts a caption for all its viewers, where a library would be called once for each.
"""

import platform
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics, generate_latest
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from captiond import __version__
from captiond.base.errors import LocalError
from captiond.core.compiled import HOW

PREFIX: Final = "captiond_"
LATEST_CREDIBLE_LATENCY_S: Final = 60.0  # contract: what lies outside 0 to 60 s says that two clocks differ
TOKENS_WINDOW_S: Final = 10.0  # contract: words of finals, 10 s window


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric; `buckets` are a histogram's upper bounds in seconds, `known` label values that start at zero.

    `over`: what the node's figure is where it has several workers: all of theirs together, the largest, or the head's.
    """

    kind: Literal["counter", "gauge", "histogram"]
    says: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    known: tuple[tuple[str, ...], ...] = ()
    over: Literal["sum", "most", "head"] = "sum"


# The live path's own work is microseconds to milliseconds; what a person waits for is tenths of seconds to seconds.
_WORK_S: Final = (25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 100e-3)
_DAEMON_S: Final = (100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 1.0, 5.0)
_WAIT_S: Final = (0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0)
_ANSWER_S: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_JOB_S: Final = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 1_800.0, 3_600.0, 14_400.0, 86_400.0)
_SHARE: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 1.0)
_TRANSPORTS: Final = (("ws",), ("sse",))
_FINAL: Final = (("true",), ("false",))
_STATES: Final = tuple((state,) for state in ("activating", "live", "reconnecting", "ended", "failed"))
_WORKERS: Final = (("serving",), ("starting",))
_REFUSED: Final = tuple(
    (reason,)
    for reason in ("node", "session", "address", "rate", "unauthorized", "forbidden", "unknown", "gone", "draining")
)
_WHERE: Final = (("captions",), ("jobs",))
_OUTCOMES: Final = (("recovered",), ("snapshot",))
_CUT: Final = tuple((reason,) for reason in ("head", "head_bytes", "answer", "address", "node", "room", "flood"))

FIGURES: Final[dict[str, Figure]] = {
    "upstream_events_total": Figure("counter", "Events that upstream sent", ("profile", "kind")),
    "upstream_gaps_total": Figure("counter", "Holes in upstream's numbering"),
    "upstream_lost_events_total": Figure("counter", "Upstream events that never came"),
    "upstream_duplicates_total": Figure("counter", "Upstream events that came twice or late, dropped"),
    "upstream_rejected_total": Figure("counter", "Upstream frames and events that could not be used", ("reason",)),
    "upstream_reconnects_total": Figure("counter", "Times a stream was connected again"),
    "upstream_requests_total": Figure("counter", "REST requests to upstream", ("operation", "status")),
    "upstream_request_seconds": Figure(
        "histogram", "How long upstream took to answer a REST request", ("operation",), buckets=_ANSWER_S
    ),
    "upstream_rate_limited_total": Figure("counter", "Times upstream said 429"),
    "captions_total": Figure("counter", "Captions put out", ("final",), known=_FINAL),
    "tokens_total": Figure("counter", "Words of the captions put out", ("final",), known=_FINAL),
    "tokens_per_second": Figure("gauge", "Words of finals per second over the last 10 s", over="head"),
    "redactions_total": Figure("counter", "Private values masked in finals", ("kind",)),
    "redaction_faults_total": Figure(
        "counter", "Times redaction failed inside, and masked what it could not judge", ("where",), known=_WHERE
    ),
    "held_seconds": Figure("histogram", "How long a final stood with an open mask", buckets=_WAIT_S),
    "core_seconds": Figure("histogram", "One event through the core", buckets=_WORK_S),
    "caption_latency_seconds": Figure("histogram", "Upstream timestamp to handed to the socket", buckets=_WAIT_S),
    "clock_skew_total": Figure("counter", "Caption latencies outside 0 to 60 s: two clocks differ"),
    "daemon_latency_seconds": Figure("histogram", "Frame received to handed to the socket", buckets=_DAEMON_S),
    "viewers": Figure("gauge", "Viewers connected", ("transport",), known=_TRANSPORTS),
    "deliveries_total": Figure("counter", "Messages handed to viewers' sockets", ("transport",), known=_TRANSPORTS),
    "settled_rewrites_total": Figure("counter", "Captions that changed text which was thought settled"),
    "viewer_conflated_total": Figure("counter", "Superseded partials that slow viewers were spared"),
    "viewer_resyncs_total": Figure("counter", "Times a viewer got a new snapshot because it fell behind"),
    "viewer_closes_total": Figure("counter", "Viewers closed by the daemon", ("code",)),
    "viewers_refused_total": Figure("counter", "Viewers that were not let in", ("reason",), known=_REFUSED),
    "recoveries_total": Figure("counter", "Viewers that came back with a position", ("outcome",), known=_OUTCOMES),
    "snapshots_encoded_total": Figure("counter", "Snapshots that were made; viewers share them"),
    "viewers_waiting": Figure("gauge", "Viewers that wait to be let in, so many in each turn of the loop"),
    "connections": Figure("gauge", "Connections open, viewers among them"),
    "connections_cut_total": Figure("counter", "Connections cut before they were viewers", ("reason",), known=_CUT),
    "sessions": Figure("gauge", "Sessions", ("state",), known=_STATES, over="head"),
    "event_loop_lag_seconds": Figure("gauge", "How late the event loop last was", over="most"),
    "delivery_probe_seconds": Figure(
        "histogram", "A caption of the delivery probe, out and back through a viewer", ("transport",), _DAEMON_S
    ),
    "delivery_probe_age_seconds": Figure("gauge", "Since the probe's last caption came back", ("transport",)),
    "delivery_probe_failures_total": Figure(
        "counter", "Captions of the probe that did not come back", ("transport",), known=_TRANSPORTS
    ),
    "jobs": Figure("gauge", "Jobs that the database knows", ("kind", "state")),
    "job_seconds": Figure("histogram", "How long a job took from its request to its end", ("kind",), buckets=_JOB_S),
    "transcription_processing_seconds": Figure(
        "histogram", "How long upstream says that a transcription took", ("kind",), buckets=_JOB_S
    ),
    "transcription_confidence": Figure(
        "histogram", "Mean confidence of a transcript, 0 to 1; not seconds", ("kind",), buckets=_SHARE
    ),
    "searches_total": Figure("counter", "Searches in transcripts", ("source", "outcome")),
    "search_seconds": Figure("histogram", "How long a search took", ("source",), buckets=_ANSWER_S),
    "recording_bytes_total": Figure("counter", "Bytes of transcripts and audio that were fetched", ("what",)),
    "recording_restarts_total": Figure("counter", "Times the pieces of a transcript did not fit together", ("reason",)),
    "recording_fallbacks_total": Figure("counter", "Recordings whose audio was fetched for want of text", ("reason",)),
    "conversations_total": Figure("counter", "Messaging conversations that have ended", ("outcome",)),
    "conversation_seconds": Figure("histogram", "From asking for a conversation to having it redacted", buckets=_JOB_S),
    "webhooks_total": Figure("counter", "Callbacks from upstream", ("kind", "outcome")),
    "outbox_pending": Figure("gauge", "Documents that a sink is still to get", ("sink",)),
    "outbox_dead_total": Figure("counter", "Documents given up: a sink will not take them", ("sink",)),
    "audit_records_total": Figure("counter", "Audit records in the file"),
    "audit_lost_total": Figure("counter", "Audit records lost to a full disk or a full queue"),
    "workers": Figure("gauge", "Processes of this node", ("state",), known=_WORKERS, over="head"),
    "worker_restarts_total": Figure("counter", "Times a worker had to be started again"),
    "relay_seconds": Figure("histogram", "Caption made to handed to the sockets of another worker", buckets=_DAEMON_S),
    "build_info": Figure("gauge", "What runs here; always 1", ("version", "python", "core"), over="head"),
}


class Meter:
    """Implements `base.observe.Meter`. Counters and gauges take any thread; histograms the event loop's only."""

    def __init__(self, *, monotonic_s: Callable[[], float]) -> None:
        """A meter with every figure at its start; `monotonic_s` is the clock of the word rate's window."""
        disable_created_metrics()  # type: ignore[no-untyped-call]  # unannotated there; a sample that nobody reads
        self.registry = CollectorRegistry()
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        self._children: dict[tuple[object, ...], Counter | Gauge] = {}
        self._words = Window(TOKENS_WINDOW_S, monotonic_s)
        for name, figure in FIGURES.items():
            self._make(name, figure)
        ProcessCollector(registry=self.registry)
        self._gauges["tokens_per_second"].set_function(self.tokens_per_second)
        self._gauges["build_info"].labels(version=__version__, python=platform.python_version(), core=HOW).set(1)

    def _make(self, name: str, figure: Figure) -> None:
        if figure.kind == "histogram":
            self._histograms[name] = Histogram(PREFIX + name, figure.says, figure.buckets, figure.labels)
            self.registry.register(self._histograms[name])
            return
        if figure.kind == "counter":
            self._counters[name] = Counter(PREFIX + name, figure.says, figure.labels, registry=self.registry)
        else:
            self._gauges[name] = Gauge(PREFIX + name, figure.says, figure.labels, registry=self.registry)
        for values in figure.known:
            self._child(name, dict(zip(figure.labels, values, strict=True)))

    def count(self, name: str, by: float = 1, /, **labels: str) -> None:
        """Adds to a counter.

        Raises:
            LocalError: no such counter, or other labels than it has.
        """
        child = self._children.get((name, *labels.items()))
        if child is None:
            child = self._child(name, labels)
        if not isinstance(child, Counter):
            raise LocalError(f"{name} is no counter")
        child.inc(by)
        if name == "tokens_total" and labels.get("final") == "true":
            self._words.add(by)

    def set(self, name: str, value: float, /, **labels: str) -> None:
        """Sets a gauge.

        Raises:
            LocalError: no such gauge, other labels than it has, or one that the meter sets itself.
        """
        if name == "tokens_per_second":
            raise LocalError("tokens_per_second is worked out from tokens_total")
        child = self._children.get((name, *labels.items()))
        if child is None:
            child = self._child(name, labels)
        if not isinstance(child, Gauge):
            raise LocalError(f"{name} is no gauge")
        child.set(value)

    def observe(self, name: str, value: float, times: int = 1, /, **labels: str) -> None:
        """Puts `value` (seconds) into a histogram `times` times. A caption latency that no clock can mean is counted
        as clock skew instead.

        Raises:
            LocalError: no such histogram, or labels.
        """
        histogram = self._histograms.get(name)
        if histogram is None or tuple(labels) != histogram.labels:
            raise LocalError(f"there is no histogram {name} with labels {sorted(labels)}")
        if name == "caption_latency_seconds" and not 0 <= value <= LATEST_CREDIBLE_LATENCY_S:
            self.count("clock_skew_total", times)
            return
        histogram.observe(value, times, tuple(labels.values()))

    def tokens_per_second(self) -> float:
        """Words of finals per second over the last 10 s, over all sessions."""
        return self._words.sum() / TOKENS_WINDOW_S

    def mean(self, name: str) -> float | None:
        """A histogram's mean since the start, in seconds; None where nothing was measured."""
        series = self._histograms[name].series.values()
        count = sum(one.count for one in series)
        return sum(one.total for one in series) / count if count else None

    def render(self, over: Callable[[Metric], Metric] | None = None) -> tuple[bytes, str]:
        """The body of `/metrics` and its content type: Prometheus' text format.

        Args:
            over: makes a node's figure of this worker's.
        """
        figures = CollectorRegistry()
        figures.register(_Each(self.registry, over or (lambda figure: figure)))
        return generate_latest(figures), CONTENT_TYPE_PLAIN_0_0_4

    def _child(self, name: str, labels: dict[str, str]) -> Counter | Gauge:
        parent = self._counters.get(name) or self._gauges.get(name)
        if parent is None or set(labels) != set(FIGURES[name].labels):
            raise LocalError(f"there is no such figure: {name} with labels {sorted(labels)}")
        child: Counter | Gauge = parent.labels(**labels) if labels else parent
        self._children[name, *labels.items()] = child
        return child


class Series:
    """One histogram's counts for one set of label values."""

    __slots__ = ("count", "counts", "total")

    def __init__(self, bounds: int) -> None:
        self.counts = [0] * (bounds + 1)
        self.total = 0.0
        self.count = 0


class Histogram(Collector):
    """Counts of values up to each bound. Not locked: it belongs to the event loop."""

    def __init__(self, name: str, says: str, bounds: tuple[float, ...], labels: tuple[str, ...] = ()) -> None:
        self.labels = labels
        self._name, self._says, self._bounds = name, says, bounds
        self.series: dict[tuple[str, ...], Series] = {} if labels else {(): Series(len(bounds))}

    def observe(self, value: float, times: int, labels: tuple[str, ...] = ()) -> None:
        """Adds `value` `times` times."""
        series = self.series.get(labels)
        if series is None:
            series = self.series[labels] = Series(len(self._bounds))
        series.counts[bisect_left(self._bounds, value)] += times
        series.total += value * times
        series.count += times

    def collect(self) -> Iterable[Metric]:
        """What the registry asks for at a scrape: cumulative counts."""
        bounds = [*map(floatToGoString, self._bounds), "+Inf"]
        family = HistogramMetricFamily(self._name, self._says, labels=self.labels)
        for labels, series in self.series.items():
            buckets = [(bound, float(sum_)) for bound, sum_ in zip(bounds, accumulate(series.counts), strict=True)]
            family.add_metric(labels, buckets, series.total)
        yield family

    def describe(self) -> Iterable[Metric]:
        """The name alone, so that the registry can refuse a second figure of the same name."""
        yield HistogramMetricFamily(self._name, self._says, labels=self.labels)


class _Each(Collector):
    """Every figure of a registry, passed through a function."""

    def __init__(self, registry: CollectorRegistry, over: Callable[[Metric], Metric]) -> None:
        self._registry, self._over = registry, over

    def collect(self) -> Iterable[Metric]:
        return map(self._over, self._registry.collect())

    def describe(self) -> Iterable[Metric]:
        return ()


class Window:
    """A sum over the last seconds, in slots of a tenth of the window: bounded whatever the load."""

    def __init__(self, window_s: float, monotonic_s: Callable[[], float]) -> None:
        self._slot_s, self._window_s, self._monotonic_s = window_s / 10, window_s, monotonic_s
        self._slots: deque[list[float]] = deque()  # [slot's start, sum]

    def add(self, by: float) -> None:
        """Adds to the slot of now."""
        now_s = self._monotonic_s()
        if not self._slots or now_s - self._slots[-1][0] >= self._slot_s:
            self._forget(now_s)
            self._slots.append([now_s, 0.0])
        self._slots[-1][1] += by

    def sum(self) -> float:
        """What was added within the window, to a slot's precision."""
        self._forget(self._monotonic_s())
        return sum(sum_ for _, sum_ in self._slots)

    def _forget(self, now_s: float) -> None:
        while self._slots and now_s - self._slots[0][0] >= self._window_s:
            self._slots.popleft()
