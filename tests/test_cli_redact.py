"""`captiond redact` as a filter: plain lines, events, errors; and the shared streams through it."""

import argparse
import io
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from captiond import cli_redact
from captiond.cli_redact import InputError, events, plain

SHARED = Path(__file__).parents[1] / ".." / "shared" / "data"


def event(sequence: int, text: str, *, final: bool = True, session: str = "s", at_s: float = 0.0, **more: Any) -> bytes:
    stamp = f"2024-06-15T10:{int(at_s // 60):02d}:{at_s % 60:06.3f}Z"
    fields = {"eventType": "transcription", "eventSequence": sequence, "mediaSessionId": session, "transcript": text}
    return json.dumps({**fields, "isPartial": not final, "timestamp": stamp, **more}).encode()


def told(lines: Iterable[bytes]) -> list[tuple[str, int, str, int, bool, str]]:
    found = [json.loads(line) for line in events(lines)]
    keys = "mediaSessionId eventSequence utterance revision final text"
    return [tuple(one[key] for key in keys.split()) for one in found]


def test_plain_one_line_out_for_each_line_in() -> None:
    said = ["my card is 4111 1111 1111 1111\n", "\n", "  in   1999\r\n", "1234567"]
    assert list(plain(said)) == ["my card is [CC]", "", "in 1999", "[PHONE]"]


def test_plain_in_another_language() -> None:
    assert list(plain(["mi tarjeta es cuatro uno uno uno"], language="es-ES")) == ["mi tarjeta es [CC]"]
    assert list(plain(["null drei null zwo drei eins zwo fünf acht"], language="xx")) == ["[NUMBER]"]


def test_events_partials_finals_and_the_correction_first() -> None:
    lines = [
        event(1, "it's 4111", final=False),
        event(2, "it's 4111 1111"),
        event(2, "it's 4111 1111"),  # a duplicate
        event(3, "1111 1111 okay", at_s=1),
        event(4, "bye", at_s=2),
    ]
    assert told(lines) == [
        ("s", 1, "u-1", 1, False, "it's [...]"),
        ("s", 2, "u-1", 2, True, "it's [...]"),
        ("s", 3, "u-2", 1, True, "[...] okay"),
        ("s", 2, "u-1", 3, True, "it's [CC]"),
        ("s", 3, "u-2", 2, True, "[CC] okay"),
        ("s", 4, "u-3", 1, True, "bye"),
    ]


def test_a_correction_of_a_final_without_a_mask_has_its_number_too() -> None:
    """A code that is read back is shown while it has three digits, and named when its run is over."""
    lines = [event(1, "my cvv is 123 okay"), event(2, "bye now", at_s=4), event(3, "it was 123", at_s=8)]
    assert told(lines)[-2:] == [("s", 3, "u-3", 1, True, "it was 123"), ("s", 3, "u-3", 2, True, "it was [CVV]")]


def test_event_time_of_any_session_is_silence_for_the_others() -> None:
    lines = [event(1, "in 1999", session="a"), event(1, "hello", session="b", at_s=3)]
    assert [row[0::5] for row in told(lines)] == [("a", "in [...]"), ("a", "in 1999"), ("b", "hello")]


def test_all_sessions_of_an_input_are_linked() -> None:
    lines = [event(1, "your card number?", session="agent"), event(1, "4", session="customer", final=False, at_s=1)]
    assert told(lines)[-1][-1] == "[...]"


def test_the_end_of_the_input_acts_as_silence_and_redactions_are_counted() -> None:
    last = json.loads(list(events([event(1, "call 415 555 0132", channel="external")]))[-1])
    assert last == {
        "mediaSessionId": "s",
        "channel": "external",
        "eventSequence": 1,
        "utterance": "u-1",
        "revision": 2,
        "final": True,
        "text": "call [PHONE]",
        "held": False,
        "redactions": {"PHONE": 1},
    }


def test_an_events_language_wins() -> None:
    lines = [event(1, "vier eins eins eins eins", language="de-DE", final=False)]
    assert told(lines)[0][-1] == "[...]"


@pytest.mark.parametrize("line", [b"{", b"[1]", b'{"eventType":"transcription"}', b"\xff"])
def test_what_is_no_event_is_said_with_its_line(line: bytes) -> None:
    with pytest.raises(InputError, match="line 2"):
        list(events([event(1, "hello"), line]))


def run(monkeypatch: pytest.MonkeyPatch, given: bytes, *options: str) -> tuple[int, bytes]:
    parser = argparse.ArgumentParser()
    cli_redact.add_arguments(parser)
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, write_through=True))
    return cli_redact.run(parser.parse_args(options)), out.getvalue()


def test_run_is_a_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, b"my pin is 1234\n\xff\n") == (0, "my pin is [NUMBER]\n\ufffd\n".encode())


def test_run_says_what_it_cannot_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(monkeypatch, event(1, "hello") + b"\n{secret 4111\n", "--events")
    assert (code, out.count(b"\n")) == (1, 1)
    assert capsys.readouterr().err == "captiond redact: line 2: not an event (not_json)\n"


@pytest.mark.parametrize("closed", ["stdin", "stdout"])
def test_a_closed_descriptor_is_a_failure_and_no_fault_of_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], closed: str
) -> None:
    monkeypatch.setattr(sys, closed, None)  # what Python makes of `captiond redact <&-`
    parser = argparse.ArgumentParser()
    cli_redact.add_arguments(parser)
    assert cli_redact.run(parser.parse_args([])) == 1
    assert capsys.readouterr().err == "captiond redact: stdin and stdout must be open\n"


@pytest.mark.shared
@pytest.mark.parametrize("name", ["pii-en-a-003", "pii-en-a-020", "pii-es-a-004", "pii-fr-a-002", "pii-de-a-001"])
def test_private_numbers_of_a_shared_stream_are_masked_in_its_finals(name: str) -> None:
    folder = SHARED / "pii"
    truth = json.loads((folder / "truth" / f"{name}.json").read_text("utf-8"))
    with (folder / f"{name}.jsonl").open("rb") as lines:
        last = {
            (o["mediaSessionId"], o["eventSequence"]): o["text"]
            for o in map(json.loads, events(lines, language=truth["lang"]))
            if o["final"]
        }
    checked = 0
    for heard in truth["utterances"]:
        for entity in heard["entities"]:
            said = heard["text"][entity["start"] : entity["end"]]
            shown = last[heard["mediaSessionId"], heard["finalSeq"]]
            if entity["cls"] == "pii" and entity["type"] in {"CARD", "CVV", "SSN", "PHONE", "EMAIL", "IBAN"}:
                assert said not in shown, entity["id"]
                checked += 1
            elif entity["cls"] == "negative":
                assert said in shown, entity["id"]
    assert checked
