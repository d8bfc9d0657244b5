"""The figures of a node: those of all its workers together, those of workers that are gone too, so that none goes back.

By figure (`metrics.Figure.over`): a sum (counters, histograms, viewers), the largest (the loop's lag), or the head's.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

from captiond.metrics import FIGURES, PREFIX, Meter
from captiond.workers.frames import LinkFault

Over = Literal["sum", "most", "head"]
Key = tuple[str, tuple[tuple[str, str], ...]]
"""A sample's name and labels."""

NOT_OURS: Final[Mapping[str, Over]] = {"process_start_time_seconds": "head"}  # others of the process add up
MAX_SAMPLES: Final = 20_000  # of one worker: some hundred


def over_of(figure: str) -> Over:
    """How the workers' values of one figure make the node's. `figure`: as it stands in `/metrics`, without `_total`."""
    own = figure.removeprefix(PREFIX)
    known = FIGURES.get(own) or FIGURES.get(f"{own}_total")
    return known.over if known is not None else NOT_OURS.get(figure, "sum")


def told_by(meter: Meter) -> list[list[Any]]:
    """What a worker tells of its figures: figure, sample, labels, value; nothing where it is nought."""
    return [
        [figure.name, sample.name, sample.labels, sample.value]
        for figure in meter.registry.collect()
        if over_of(figure.name) != "head"
        for sample in figure.samples
        if sample.value
    ]


class Figures:
    """The head's knowledge of other workers' figures."""

    def __init__(self) -> None:
        self._of: dict[int, dict[str, dict[Key, float]]] = {}
        self._left: dict[str, dict[Key, float]] = {}

    def heard(self, worker: int, told: Iterable[Any]) -> None:
        """A worker's figures as they are now.

        Raises:
            LinkFault: it is not what `told_by` says.
        """
        figures: dict[str, dict[Key, float]] = {}
        try:
            for nth, (figure, sample, labels, value) in enumerate(told):
                if nth >= MAX_SAMPLES:
                    raise LinkFault("a worker tells too many figures")
                key = (str(sample), tuple((str(name), str(label)) for name, label in labels.items()))
                figures.setdefault(str(figure), {})[key] = float(value)
        except (TypeError, ValueError, AttributeError):
            raise LinkFault("figures are not what workers tell") from None
        self._of[worker] = figures

    def gone(self, worker: int) -> None:
        """The worker is no more: what it counted stays counted, what it had it has no more."""
        for figure, samples in self._of.pop(worker, {}).items():
            left = self._left.setdefault(figure, {})
            for key, value in samples.items():
                if key[0].endswith(("_total", "_bucket", "_sum", "_count")):
                    left[key] = left.get(key, 0.0) + value

    def over(self, figure: Metric) -> Metric:
        """The node's figure of the head's: for `Meter.render`."""
        how = over_of(figure.name)
        if how == "head":
            return figure
        values: dict[Key, float] = {(one.name, tuple(one.labels.items())): one.value for one in figure.samples}
        for samples in (self._left.get(figure.name, {}), *(of.get(figure.name, {}) for of in self._of.values())):
            for key, value in samples.items():
                known = values.get(key, 0.0)
                values[key] = max(known, value) if how == "most" else known + value
        figure.samples = [Sample(name, dict(labels), value) for (name, labels), value in values.items()]
        return figure
