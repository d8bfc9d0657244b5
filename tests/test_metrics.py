"""The meter: the contract's names, honest histograms, and no call in the package that it would refuse."""

import ast
import platform
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from captiond import __version__
from captiond.base import observe
from captiond.base.errors import LocalError
from captiond.core.compiled import HOW
from captiond.metrics import FIGURES, Meter

PACKAGE = Path(__file__).parents[1] / "captiond"

# Section 7 of the contract: names, and the labels in braces. Those of the workflows come with the workflows.
CONTRACT = [
    "upstream_events_total{profile,kind}",
    "upstream_gaps_total",
    "upstream_lost_events_total",
    "upstream_duplicates_total",
    "upstream_rejected_total{reason}",
    "upstream_reconnects_total",
    "upstream_rate_limited_total",
    "captions_total{final}",
    "tokens_total{final}",
    "tokens_per_second",
    "redactions_total{kind}",
    "held_seconds",
    "core_seconds",
    "caption_latency_seconds",
    "clock_skew_total",
    "daemon_latency_seconds",
    "viewers{transport}",
    "deliveries_total{transport}",
    "settled_rewrites_total",
    "viewer_conflated_total",
    "viewer_resyncs_total",
    "viewer_closes_total{code}",
    "sessions{state}",
    "event_loop_lag_seconds",
    "audit_records_total",
    "audit_lost_total",
    "build_info",
]


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def meter(hand: Hand) -> Meter:
    return Meter(monotonic_s=hand)


def sample(meter: Meter, name: str, **labels: str) -> float | None:
    """A sample of what is scraped, read by the library's own parser."""
    body, content_type = meter.render()
    assert content_type.startswith("text/plain; version=0.0.4")
    for family in text_string_to_metric_families(body.decode()):
        for found in family.samples:
            if found.name == f"captiond_{name}" and found.labels == labels:
                return found.value
    return None


@pytest.mark.parametrize("stated", CONTRACT)
def test_every_name_of_the_contract_is_there_with_its_labels(meter: Meter, stated: str) -> None:
    name, _, labels = stated.rstrip("}").partition("{")
    figure = FIGURES[name]
    if name != "build_info":
        assert figure.labels == tuple(filter(None, labels.split(",")))
    assert f"# TYPE captiond_{name} {figure.kind}" in meter.render()[0].decode()


def test_it_is_the_meter_of_floor_0(meter: Meter) -> None:
    as_protocol: observe.Meter = meter
    as_protocol.count("upstream_gaps_total")
    assert sample(meter, "upstream_gaps_total") == 1


def test_counters_add_up_by_label_in_any_order_of_keywords(meter: Meter) -> None:
    meter.count("upstream_events_total", 2, profile="media", kind="partial")
    meter.count("upstream_events_total", 3, kind="partial", profile="media")
    meter.count("upstream_events_total", profile="media", kind="final")
    assert sample(meter, "upstream_events_total", profile="media", kind="partial") == 5
    assert sample(meter, "upstream_events_total", profile="media", kind="final") == 1


def test_gauges_show_the_last_value(meter: Meter) -> None:
    meter.set("viewers", 7, transport="ws")
    meter.set("viewers", 3, transport="ws")
    assert sample(meter, "viewers", transport="ws") == 3
    assert sample(meter, "viewers", transport="sse") == 0


def test_a_histogram_counts_all_viewers_with_one_call(meter: Meter) -> None:
    """Bounds are inclusive and counts cumulative, as Prometheus reads them."""
    meter.observe("daemon_latency_seconds", 0.001, 20_000)
    meter.observe("daemon_latency_seconds", 0.0011)
    meter.observe("daemon_latency_seconds", 99.0, 2)
    assert sample(meter, "daemon_latency_seconds_bucket", le="0.0005") == 0
    assert sample(meter, "daemon_latency_seconds_bucket", le="0.001") == 20_000
    assert sample(meter, "daemon_latency_seconds_bucket", le="0.0025") == 20_001
    assert sample(meter, "daemon_latency_seconds_bucket", le="5.0") == 20_001
    assert sample(meter, "daemon_latency_seconds_bucket", le="+Inf") == 20_003
    assert sample(meter, "daemon_latency_seconds_count") == 20_003
    assert sample(meter, "daemon_latency_seconds_sum") == pytest.approx(20 + 0.0011 + 198)
    assert meter.mean("daemon_latency_seconds") == pytest.approx(218.0011 / 20_003)
    assert meter.mean("core_seconds") is None


@pytest.mark.parametrize(("latency_s", "credible"), [(-0.001, False), (0.0, True), (60.0, True), (60.001, False)])
def test_a_latency_no_clock_can_mean_is_clock_skew(meter: Meter, latency_s: float, credible: bool) -> None:
    meter.observe("caption_latency_seconds", latency_s, 4)
    assert sample(meter, "caption_latency_seconds_count") == (4 if credible else 0)
    assert sample(meter, "clock_skew_total") == (0 if credible else 4)


def test_words_per_second_are_those_of_finals_in_the_last_ten(meter: Meter, hand: Hand) -> None:
    for _ in range(20):
        meter.count("tokens_total", 3, final="true")
        meter.count("tokens_total", 50, final="false")
        hand.now_s += 1
    assert meter.tokens_per_second() == pytest.approx(3.0, abs=0.31)
    hand.now_s += 10
    assert sample(meter, "tokens_per_second") == 0
    assert sample(meter, "tokens_total", final="true") == 60


def test_build_info_names_version_python_and_core(meter: Meter) -> None:
    assert sample(meter, "build_info", version=__version__, python=platform.python_version(), core=HOW) == 1


def test_two_meters_share_nothing(meter: Meter) -> None:
    other = Meter(monotonic_s=lambda: 0.0)
    other.count("upstream_gaps_total")
    assert sample(meter, "upstream_gaps_total") == 0


def test_no_histogram_has_a_created_sample(meter: Meter) -> None:
    assert b"_created" not in meter.render()[0]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda meter: meter.count("nonsense_total"),
        lambda meter: meter.count("captions_total"),
        lambda meter: meter.count("captions_total", final="true", session="s"),
        lambda meter: meter.count("sessions", state="live"),
        lambda meter: meter.set("captions_total", 1, final="true"),
        lambda meter: meter.set("nonsense", 1),
        lambda meter: meter.set("tokens_per_second", 1),
        lambda meter: meter.observe("captions_total", 1),
        lambda meter: meter.observe("core_seconds", 1, 1, kind="x"),
    ],
)
def test_what_the_contract_does_not_name_is_our_own_fault(meter: Meter, wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(LocalError):
        wrong(meter)


def calls() -> list[tuple[str, str, str, frozenset[str]]]:
    """Each call of a meter in the package: where, method, name, label names. Names are written out at the call."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr not in ("count", "set", "observe") or "meter" not in ast.unparse(node.func.value):
                continue
            assert isinstance(node.args[0], ast.Constant), f"{path.name}:{node.lineno}: write the name out"
            labels = frozenset(keyword.arg or "**" for keyword in node.keywords)
            found.append((f"{path.name}:{node.lineno}", node.func.attr, str(node.args[0].value), labels))
    return found


KINDS = {"count": "counter", "set": "gauge", "observe": "histogram"}


def test_every_figure_that_the_package_counts_exists() -> None:
    """A wrong name would end a session at run time; here it ends the build."""
    seen = calls()
    assert len(seen) >= 2
    wrong = [
        where
        for where, method, name, labels in seen
        if (method, name) == ("set", "tokens_per_second")  # the meter works it out
        or name not in FIGURES
        or FIGURES[name].kind != KINDS[method]
        or labels != set(FIGURES[name].labels)
    ]
    assert wrong == []
