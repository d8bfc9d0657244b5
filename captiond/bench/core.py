"""`captiond bench core`: what one event costs on its way through the process, as an utterance grows.

The way is the daemon's: a frame is parsed (`genesys.dialect_media`), goes through the room (`core.room` with the
redactor), and becomes bytes for both transports (`serve.encode`). No socket, no viewer.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from captiond.base.ids import Epoch, Index, SessionId
from captiond.bench.streams import turn
from captiond.core.redact import DEFAULT, Call, Redactor
from captiond.core.room import Room
from captiond.genesys.dialect_media import decode_frame
from captiond.serve.encode import Encoder

LENGTHS: Final = (60, 150, 600)  # code points: a short sentence, a long one, a minute of talk without a pause
SESSION: Final = SessionId("bench")

# Two kinds of talk: nothing to decide, and digits all the time. The second is the dearest that is honest speech.
PROSE: Final = (
    "so I called you last week about the delivery that never came and the lady on the phone said that somebody would "
    "look into it and call me back but nobody did and now the tracking page does not even show my parcel any more "
)
NUMBERS: Final = (
    "my card is four one one one double one oh two and then three nine forty seven hold on two two and you can reach "
    "me at four one five five five five oh one three two or write to jane dot doe at example dot com thank you "
)


@dataclass(slots=True)
class Cost:
    """Nanoseconds of the last partial of each utterance, and of whole utterances."""

    parse_ns: list[int] = field(default_factory=list)
    core_ns: list[int] = field(default_factory=list)
    encode_ns: list[int] = field(default_factory=list)
    utterance_ns: list[int] = field(default_factory=list)
    partials: int = 0

    @property
    def whole_ns(self) -> list[int]:
        """Parse, core and encode of the same partial together."""
        return [sum(one) for one in zip(self.parse_ns, self.core_ns, self.encode_ns, strict=True)]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `captiond bench core`."""
    parser.description = "Measures one event's way through parsing, redaction and encoding (docs/redaction.md)."
    parser.add_argument("--utterances", type=int, default=100, metavar="N", help="grown for each length (default 100)")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout instead of a table")


def run(args: argparse.Namespace) -> int:
    """Measures and prints; 2 on a number of utterances that measures nothing."""
    if not 1 <= args.utterances <= 100_000:
        print("--utterances: 1 to 100000", file=sys.stderr)
        return 2
    figures = measure(args.utterances, clock_ns=time.perf_counter_ns)
    if args.json:
        print(json.dumps(figures, indent=1))
        return 0
    print(f"{figures['python']}, {figures['utterances']} utterances for each row; µs")
    print(f"{'':16}{'parse':>8}{'core':>8}{'encode':>8}{'median':>9}{'p99':>9}{'utterance':>11}{'partials':>10}")
    for row in figures["rows"]:
        stages = "".join(f"{row[name]:>8.1f}" for name in ("parseUs", "coreUs", "encodeUs"))
        ends = f"{row['medianUs']:>9.1f}{row['p99Us']:>9.1f}{row['utteranceUs']:>11.0f}{row['partials']:>10}"
        print(f"{row['talk']:10}{row['length']:>6}{stages}{ends}")
    return 0


def measure(utterances: int, *, clock_ns: Callable[[], int]) -> dict[str, Any]:
    """Grows `utterances` utterances to each length, word by word, and says what the last partial and the whole cost."""
    rows = []
    for talk, words in (("prose", PROSE), ("numbers", NUMBERS)):
        for length in LENGTHS:
            cost = _grow(_frames(words, length), utterances, clock_ns)
            rows.append(
                {
                    "talk": talk,
                    "length": length,
                    "partials": cost.partials,
                    "parseUs": _us(cost.parse_ns, 50),
                    "coreUs": _us(cost.core_ns, 50),
                    "encodeUs": _us(cost.encode_ns, 50),
                    "medianUs": _us(cost.whole_ns, 50),
                    "p99Us": _us(cost.whole_ns, 99),
                    "utteranceUs": _us(cost.utterance_ns, 50),
                }
            )
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "utterances": utterances,
        "rows": rows,
    }


def _frames(words: str, length: int) -> list[dict[str, Any]]:
    text = (words * (length // len(words) + 1))[:length].rstrip()
    stream = turn(SESSION, "en-US", text, (), partials=True)
    return [json.loads(event.line()) for event in stream.events]


def _numbered(frames: Sequence[dict[str, Any]], first: int) -> Iterator[bytes]:
    for sequence, frame in enumerate(frames, first):
        yield json.dumps({**frame, "eventSequence": sequence}, ensure_ascii=False).encode()


def _grow(frames: Sequence[dict[str, Any]], utterances: int, clock_ns: Callable[[], int]) -> Cost:
    """One room takes the same utterance again and again, as a long call would; the first tenth only warms up."""
    cost, encoder, epoch = Cost(partials=len(frames) - 1), Encoder(), Epoch("benchbch")
    call = Call()
    room = Room(
        SESSION,
        prefix="u",
        language="en-US",
        redactor=lambda *, language: Redactor(kinds=DEFAULT, language=language, call=call),
    )
    index = 0
    for number in range(utterances + utterances // 10 + 1):
        warm = number > utterances // 10
        began_ns, last = clock_ns(), (0, 0, 0, 0)
        waited_ns = 0
        lines = list(_numbered(frames, number * len(frames) + 1))
        waited_ns = clock_ns() - began_ns
        for line in lines:
            a = clock_ns()
            arrivals = decode_frame(line, session=SESSION).arrivals
            b = clock_ns()
            messages = [m for arrival in arrivals for m in room.receive(arrival, now_s=arrival.event_s).messages]
            c = clock_ns()
            for message in messages:
                index += 1
                wire = encoder.message(message, epoch=epoch, index=Index(index), sent_s=0.0)
                _ = wire.ws, wire.sse
            d = clock_ns()
            if line is lines[-2 if len(lines) > 1 else -1]:
                last = (a, b, c, d)
        if warm:
            cost.utterance_ns.append(clock_ns() - began_ns - waited_ns)
            a, b, c, d = last
            cost.parse_ns.append(b - a)
            cost.core_ns.append(c - b)
            cost.encode_ns.append(d - c)
    return cost


def _us(times_ns: Sequence[int], percent: int) -> float:
    ordered = sorted(times_ns)
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] / 1000, 1)
