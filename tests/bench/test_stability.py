"""captiond bench stability: events in, the daemon's core, the widget's modules in Node, figures out."""

import argparse
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from captiond.bench.stability import NodeFailed, add_arguments, measure, play, run, targets
from captiond.bench.stability_streams import sets, talks
from captiond.bench.streams import DataError

SHARED_DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
SAID = ("gut", "gut dank", "gut danke ich", "gut danke ich warte", "Gut, danke, ich warte.")


def event(sequence: int, text: str, at_ms: int, **more: Any) -> bytes:
    fields = {
        "eventType": "transcription",
        "eventSequence": sequence,
        "mediaSessionId": "s1",
        "transcript": text,
        "isPartial": True,
        "timestamp": f"2026-03-02T09:00:{at_ms // 1000:02}.{at_ms % 1000:03}Z",
    }
    return json.dumps(fields | more).encode()


def lines(said: tuple[str, ...] = SAID, step_ms: int = 500) -> list[bytes]:
    last = len(said) - 1
    return [event(n + 1, text, n * step_ms, isPartial=n < last) for n, text in enumerate(said)]


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


def test_one_utterance_by_hand() -> None:
    found = measure(talks(lines(), name="x", language="de-DE"), ("responsive", "balanced", "1000"))
    assert (found["sessions"], found["utterances"], found["words"]) == (1, 1, 4)
    by_profile = found["figures"]
    # "dank" > "danke", then all four words at the final; of what is said, only the former.
    for profile in ("recogniser", "responsive"):
        assert by_profile[profile]["normalizedErasure"]["displayed"] == (1 + 4) / 4
        assert by_profile[profile]["normalizedErasure"]["displayedFolded"] == 1 / 4
    assert by_profile["responsive"]["addedDelayMs"]["max"] == 0
    assert by_profile["balanced"]["normalizedErasure"]["displayed"] == 0
    assert by_profile["balanced"]["addedDelayMs"] == {"p50": 1500, "p95": 2000, "max": 2000}
    # What has stood a second: "gut" at 1.0 s. "danke ich" would be due as the final comes, which is first.
    waiting = by_profile["1000"]
    assert waiting["normalizedErasure"]["displayed"] == 1 / 4
    assert waiting["addedDelayMs"] == {"p50": 1000, "p95": 1500, "max": 1500}


def test_what_is_measured_is_what_viewers_are_shown() -> None:
    card = ("it is", "it is 4111 1111", "it is 4111 1111 1111 1111", "it is 4111 1111 1111 1111")
    (talk,) = talks(lines(card), name="x", language="en-US")
    ((screens),) = play([talk], ("responsive", "steady"))
    for rows in screens.values():
        shown = " ".join(row.text for utterance in rows.values() for row in utterance)
        assert "[" in shown
        assert "1111" not in shown


def test_sessions_have_screens_of_their_own_and_may_be_remembered() -> None:
    words = re.findall("[a-z]+", "when we came home nobody was in the house and all the lights were on upstairs")
    steady = tuple(" ".join(words[:count]) for count in range(1, len(words) + 1))
    one = talks(lines((*steady, steady[-1]), step_ms=400), name="x", language="en-US")
    many = one * 30  # 150 words and it is trusted: eight of them
    anew = measure(many, ("balanced",))["figures"]["balanced"]["addedDelayMs"]["p50"]
    remembered = measure(many, ("balanced",), remember=True)["figures"]["balanced"]["addedDelayMs"]["p50"]
    assert anew > 3000
    assert remembered == 0


def test_targets_name_the_worst_set() -> None:
    def report(displayed: float, settled: float) -> dict[str, Any]:
        erasure = {"displayed": displayed, "displayedFolded": 0.1, "settled": settled, "settledFolded": 0.0}
        return {"figures": {name: {"normalizedErasure": erasure} for name in ("balanced", "steady")}}

    found = targets({"a": report(0.1, 0.02), "b": report(0.2, 0.019)})
    assert [(row["profile"], row["measure"], row["set"], row["met"]) for row in found] == [
        ("balanced", "displayed", "b", False),
        ("balanced", "displayedFolded", "a", True),
        ("steady", "settled", "a", False),
        ("steady", "settledFolded", "a", True),
    ]


def test_any_folder_and_any_file_of_events_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").mkdir()
    path = tmp_path / "mine" / "call.jsonl"
    path.write_bytes(b"\n".join(lines()))
    for data in (tmp_path, path):
        assert run(arguments("--data", str(data), "--json")) == 0
        said = json.loads(capsys.readouterr().out)
        ((name, figures),) = said["sets"].items()
        assert name == ("mine en-US" if data == tmp_path else "call.jsonl en-US")
        assert figures["words"] == 4
        assert [target["met"] for target in said["targets"]] == [True] * 4
    assert run(arguments("--data", str(tmp_path), "--profile", "responsive", "--profile", "300")) == 0
    table = capsys.readouterr().out
    assert "== mine en-US: 1 sessions, 1 utterances, 4 words" in table
    assert "responsive     1.250   0.250   0.000" in table
    assert run(arguments("--data", str(path), "--check")) == 0
    path.write_bytes(b"\n".join(lines(step_ms=9_000)))  # too late for anyone to wait: the final takes all back
    assert run(arguments("--data", str(path), "--check")) == 1
    assert "balanced: erasure of displayed text, as written, below 0.2: MISSED, at most" in capsys.readouterr().out
    assert run(arguments("--data", str(tmp_path), "--language", "fr")) == 2
    assert "no stream" in capsys.readouterr().err


def test_what_is_wrong_is_said_without_a_word_of_the_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.jsonl").write_text('{"transcript": "my secret"}\n')
    assert run(arguments("--data", str(tmp_path))) == 2
    told = capsys.readouterr().err
    assert told.startswith("bad.jsonl, line 1: not an event")
    assert "secret" not in told
    assert run(arguments("--data", str(tmp_path / "nowhere"))) == 2
    with pytest.raises(DataError, match="line 2"):
        talks([lines()[0], b"["], name="x", language="en-US")


def test_without_node_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(NodeFailed, match="Node"):
        measure(talks(lines(), name="x", language="de-DE"))


def test_a_node_that_fails_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("captiond.bench.stability.PLAYER", Path("no-such-player.mjs"))
    with pytest.raises(NodeFailed, match="0 of 1 sessions"):
        measure(talks(lines(), name="x", language="de-DE"))


def test_invented_conversations_are_there_in_each_language() -> None:
    names = [name for name, _ in sets(None, "")]
    assert {name.split()[1][:2] for name in names} >= {"en", "es", "fr", "de"}
    _, some = next(sets(None, "es"))
    first = next(some)
    assert first.messages
    assert first.said


@pytest.mark.shared
def test_the_targets_are_met_on_the_recorded_and_the_genuine_streams() -> None:
    """Issue 5: displayed below 0.2 in `balanced`, settled below 0.02 in `steady`, on every set by itself."""
    heard = {name: list(some) for name, some in sets(SHARED_DATA, "")}
    assert {name.partition(" ")[0] for name in heard} == {"plain", "pii", "genuine/moonshine", "genuine/pocketsphinx"}
    assert len(heard) == 7  # pii in four languages
    reports = {name: measure(some, ("balanced", "steady")) for name, some in heard.items()}
    learned = {
        name: measure(heard[name], ("balanced", "steady"), remember=True) for name in heard if "plain" not in name
    }
    for found in (reports, learned):
        assert [target for target in targets(found) if not target["met"]] == []
    for report in reports.values():
        # Not met by an empty screen, nor by streams that change nothing: all words come, within the bounds promised
        # (a place that is taken back and comes again waits anew, which adds to the 10 s).
        assert report["figures"]["recogniser"]["normalizedErasure"]["displayed"] > 1
        assert report["figures"]["balanced"]["addedDelayMs"]["p50"] < 3500
        assert report["figures"]["balanced"]["addedDelayMs"]["max"] <= 10_600
