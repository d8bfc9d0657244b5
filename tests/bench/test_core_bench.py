"""The bench of the core must time the real way, each part of it, with the clock that it is given."""

import argparse
import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from captiond.base.ids import RawText, SessionId
from captiond.bench import core_events, core_partials, node_seed
from captiond.bench.core import LENGTHS, LONG, add_arguments, long_ratio, run, shortfalls
from captiond.bench.core_partials import Measured, Nothing, time_each, time_streams
from captiond.bench.core_streams import Growth
from captiond.core.messages import Caption, Message


def growth(*partials: str) -> Growth:
    return Growth("en-US", tuple(map(RawText, partials)))


STREAMS = [growth("I", "I have", "I have it"), growth("oh", "oh my")]


def ticking() -> "itertools.count[int]":
    """A clock that goes on by 1 µs whenever it is read."""
    return itertools.count(0, 1000)


class Recording:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, bool]] = []

    def caption(self, utterance: str, text: str, final: bool, now_s: float) -> None:
        self.heard.append((utterance, text, final))

    def expire(self, *, now_s: float) -> None:
        """The silence behind a final is timed with it."""


def test_each_stream_is_a_fresh_utterance_and_its_final_is_timed_apart() -> None:
    channel, clock = Recording(), ticking()
    cpu = iter([100, 8100])
    timed = time_streams(STREAMS, {"en-US": channel}, cpu.__next__, clock.__next__)
    assert channel.heard == [
        ("u0", "I", False), ("u0", "I have", False), ("u0", "I have it", False), ("u0", "I have it", True),
        ("u1", "oh", False), ("u1", "oh my", False), ("u1", "oh my", True),
    ]  # fmt: skip
    assert (timed.wall_partials_ns, timed.wall_finals_ns) == (2000, 2000)  # one step of the clock for each stream
    assert (timed.partials_ns, timed.finals_ns) == (4000, 4000)


def test_single_partials_are_timed_one_by_one() -> None:
    channel, clock = Recording(), ticking()
    assert time_each(STREAMS, {"en-US": channel}, clock.__next__) == [1000] * 5
    assert [final for _, _, final in channel.heard].count(True) == 2


def test_a_round_is_divided_by_its_partials_and_finals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_partials, "ROUND_PARTIALS", 10)
    one = Measured("made", 9, STREAMS)
    core_partials.measure([one], None, 3, cpu_ns=itertools.count(0, 8000).__next__, clock_ns=ticking().__next__)
    row = core_partials.row(one)
    assert row["coreUs"] == row["coreMinUs"] == row["noopUs"] == 0.8  # half of 8 µs over five partials
    assert (row["finalUs"], row["coreMedianUs"], row["coreP99Us"]) == (2.0, 1.0, 1.0)
    assert (row["count"], row["partials"], len(one.core_each_ns)) == (2, 5, 15)
    assert "nodeUs" not in row


def test_the_redactor_that_is_timed_is_the_daemons_own() -> None:
    channels = core_partials.redactors([growth("a"), Growth("de-DE", (RawText("b"),))])
    shown: Any = channels["en-US"].caption
    said = shown("u0", "my card is 4111 1111 1111 1111", final=True, now_s=1.0)
    assert list(channels) == ["en-US", "de-DE"]
    assert "4111" not in said[-1].text
    assert Nothing().caption("u", "x", final=False, now_s=0.0) is None  # type: ignore[arg-type]


def test_the_whole_way_ends_in_bytes_for_each_event(monkeypatch: pytest.MonkeyPatch) -> None:
    one = core_events.way("made", 9, STREAMS)
    sent: list[str] = []
    encode = core_events.Process.encode

    def encode_and_keep(process: core_events.Process, messages: Sequence[Message]) -> None:
        encode(process, messages)
        sent.extend(m.text for m in messages if isinstance(m, Caption))

    monkeypatch.setattr(core_events.Process, "encode", encode_and_keep)
    assert core_events.time_way(one, lambda: 7) == 0
    assert sent == ["I", "I have", "I have it", "I have it", "oh", "oh my", "oh my"]
    assert one.events == 5
    assert set(one.sessions) == {SessionId("bench-en-US")}
    assert [json.loads(line)["eventSequence"] for lines in one.frames for line in lines] == [1, 2, 3, 5, 6]


def test_each_stage_is_between_two_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    one, clock = core_events.way("made", 9, STREAMS), ticking()
    encoded: list[int] = []
    encode = core_events.Process.encode

    def encode_and_count(process: core_events.Process, messages: Sequence[Message]) -> None:
        encode(process, messages)
        encoded.append(len(messages))

    monkeypatch.setattr(core_events.Process, "encode", encode_and_count)
    assert core_events.time_stages(one, clock.__next__) == [(1000, 1000, 1000)] * 5
    assert encoded == [1] * 7  # each partial and each final
    core_events.measure([one], None, 2, cpu_ns=clock.__next__, clock_ns=clock.__next__)
    row = core_events.row(one)
    assert (row["parseUs"], row["coreUs"], row["encodeUs"], row["medianUs"]) == (1.0, 1.0, 1.0, 3.0)
    assert (row["events"], row["wholeUs"]) == (5, 0.4)


def bench(*options: str) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args(options))


def test_the_command_prints_json_and_says_why_there_is_no_comparison(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert bench("--streams", "1", "--rounds", "1", "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    assert {row["length"] for row in figures["partials"]} == {*LENGTHS, LONG}
    assert {row["length"] for row in figures["events"]} == set(LENGTHS)
    assert figures["longRatio"]["recorded"] > 0
    assert "not on the PATH" in figures["noNode"]
    assert not any("ratio" in row for row in figures["partials"] + figures["events"])


def test_an_installed_package_says_that_the_seed_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/node")
    monkeypatch.setattr(node_seed, "SOURCE_TREE", tmp_path / "site-packages")
    monkeypatch.chdir(tmp_path)
    assert "source tree" in (node_seed.missing() or "")
    monkeypatch.chdir(Path(__file__).parents[2])
    assert node_seed.missing() is None


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--streams", "0"), "--streams: 1 to"),
        (("--rounds", "0"), "--rounds: 1 to"),
        (("--lengths", "0"), "--lengths: 1 to"),
        (("--lengths", "9000"), "masked whole"),
        (("--data", "/nowhere/at/all"), "no such folder"),
    ],
)
def test_options_that_measure_nothing_are_refused(
    options: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench(*options) == 2
    assert why in capsys.readouterr().err


def test_a_folder_without_talk_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench("--data", str(tmp_path)) == 2
    assert "not enough talk" in capsys.readouterr().err


def test_the_longest_is_compared_with_the_600s_of_the_same_round() -> None:
    short = Measured("made", LENGTHS[-1], STREAMS, core_ns=[1.0, 50.0, 2.0])
    long = Measured("made", LONG, STREAMS, core_ns=[1.1, 55.0, 4.0])
    assert long_ratio([short, long], "made") == 1.1
    assert long_ratio([short], "made") is None
    assert long_ratio([short, long], "others") is None


def figures(compiled: bool, ratios: dict[int, float], long: float | None = 1.1) -> dict[str, Any]:
    rows = [{"streams": "recorded", "length": length, "ratio": ratio} for length, ratio in ratios.items()]
    return {"compiled": compiled, "partials": rows, "longRatio": {"recorded": long}}


def test_what_falls_short_is_named() -> None:
    assert shortfalls(figures(True, {60: 1.5, 150: 2.0, 600: 4.0, 6000: 0.1})) == []
    assert len(shortfalls(figures(True, {60: 1.4, 150: 1.9, 600: 3.9}, 1.4))) == 4
    assert shortfalls(figures(False, {60: 0.1, 150: 0.1, 600: 0.25}, None)) == []
    assert len(shortfalls(figures(False, {600: 0.2}))) == 1
    assert shortfalls({"compiled": True, "partials": [{"streams": "x", "length": 60}], "longRatio": {}}) == []


@pytest.mark.skipif(node_seed.missing() is not None, reason="no Node to compare with")
def test_beside_node_every_row_has_a_ratio(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench("--streams", "1", "--rounds", "1", "--lengths", "60", "150", "600") == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [line for line in lines if line.startswith(("recorded ", "stepped "))]
    assert len(rows) == 3 * len(LENGTHS)
    assert all(row.endswith("x") for row in rows)
    assert "node v" in lines[0]
