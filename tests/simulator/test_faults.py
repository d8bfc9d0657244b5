"""What a fault file may say, and how a wrong one is told: every mistake at once."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from captiond.simulator.faults import (
    MAX_FAULT_FILE_BYTES,
    AbortFault,
    CloseFault,
    Fault,
    FaultFileError,
    GarbageFault,
    Junk,
    LateFault,
    On,
    RefuseFault,
    load_faults,
    parse_faults,
)


def parsed(content: object) -> list[Any]:
    return parse_faults(json.dumps(content).encode(), name="f")


def test_all_three_shapes_of_a_file_are_read() -> None:
    one = {"fault": "close", "code": 1011, "afterEvent": 3}
    wanted = [CloseFault(code=1011, after_event=3)]
    assert parsed(one) == parsed([one]) == parsed({"faults": [one]}) == wanted
    assert parsed([]) == parsed({"faults": []}) == []


def test_keys_are_camel_case_and_values_have_defaults() -> None:
    assert parsed(
        [
            {"fault": "refuse", "on": "handshake", "status": 429, "retryAfterDateS": 4, "times": None},
            {"fault": "garbage", "what": "deep", "afterS": 1.5, "depth": 7},
            {"fault": "late", "every": 4, "byEvents": 2},
            {"fault": "abort"},
        ]
    ) == [
        RefuseFault(on=On.HANDSHAKE, status=429, retry_after_date_s=4, times=None),
        GarbageFault(what=Junk.DEEP, after_s=1.5, depth=7),
        LateFault(every=4, by_events=2),
        AbortFault(session="*", after_event=None, after_s=None, times=1),
    ]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"fault": "close", "code": 1006}, "faults[0].close.code: allowed are 1000 to 4999 without"),
        ({"fault": "close", "code": 5000}, "(given: '5000')"),
        ({"fault": "close", "reason": "x" * 124}, "faults[0].close.reason: at most 123 bytes"),
        ({"fault": "close", "afterEvent": 1, "afterS": 1}, "faults[0].close: afterEvent and afterS exclude"),
        ({"fault": "close", "afterEvent": -1}, "faults[0].close.afterEvent: "),
        ({"fault": "close", "when": 3}, "faults[0].close.when: Extra inputs are not permitted"),
        ({"fault": "silence", "times": None}, "faults[0].silence: times may be null only for close and abort"),
        ({"fault": "lost"}, "faults[0].lost: events or every must be given"),
        ({"fault": "lost", "events": [0]}, "faults[0].lost.events[0]: "),
        ({"fault": "restart"}, "faults[0].restart.afterEvent: Field required"),
        ({"fault": "refuse", "on": "token"}, "faults[0].refuse: status must be given"),
        ({"fault": "refuse", "on": "token", "status": 200}, "faults[0].refuse.status: "),
        ({"fault": "refuse", "on": "lunch", "status": 500}, "faults[0].refuse.on: "),
        (
            {"fault": "refuse", "on": "token", "status": 429, "retryAfterS": 1, "retryAfter": "x"},
            "faults[0].refuse: retryAfterS, retryAfterDateS and retryAfter exclude each other",
        ),
        ({"fault": "broken", "on": "handshake", "what": "empty"}, "faults[0].broken.on: "),
        ({"fault": "slow", "on": "token", "delayS": 0}, "faults[0].slow.delayS: "),
        ({"fault": "earthquake"}, "faults[0]: "),
        ({}, "faults[0]: "),
        (7, "faults[0]: "),
    ],
)
def test_a_mistake_is_named_with_its_place(fault: object, said: str) -> None:
    with pytest.raises(FaultFileError) as wrong:
        parsed([fault])
    (line,) = wrong.value.faults
    assert line.startswith("f: ")
    assert said in line
    assert "\n" not in line


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(FaultFileError) as wrong:
        parsed({"faults": [{"fault": "close", "code": 1}, {"fault": "abort"}, {"fault": "lost"}, {"fault": "?"}]})
    assert [line.split(":")[1].strip()[:9] for line in wrong.value.faults] == ["faults[0]", "faults[2]", "faults[3]"]


@pytest.mark.parametrize("content", [b"", b"nonsense", b'{"faults":', b"\xff", b'{"faults":{}}', b"[[]]", b"null"])
def test_what_is_no_fault_file_is_refused(content: bytes) -> None:
    with pytest.raises(FaultFileError):
        parse_faults(content, name="f")


def test_a_file_is_read_within_bounds(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_bytes(b'[{"fault":"abort"}]')
    assert load_faults(file) == [AbortFault()]
    file.write_bytes(b" " * (MAX_FAULT_FILE_BYTES + 1))
    with pytest.raises(FaultFileError, match="larger than 1048576 bytes"):
        load_faults(file)
    with pytest.raises(FaultFileError, match="No such file"):
        load_faults(tmp_path / "none.json")
    with pytest.raises(FaultFileError, match="directory"):
        load_faults(tmp_path)


def test_too_many_faults_are_refused() -> None:
    with pytest.raises(FaultFileError, match="at most 1000"):
        parsed([{"fault": "abort"}] * 1001)


DOCUMENT = Path(__file__).parents[2] / "docs" / "simulator.md"


def test_the_documented_example_is_a_fault_file_and_every_fault_is_documented() -> None:
    text = DOCUMENT.read_text("utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", text, flags=re.DOTALL)
    assert len(parse_faults(example.encode(), name="docs")) == 10
    described = set(re.findall(r"^\| `([a-z-]+)` \|", text, flags=re.MULTILINE))
    kinds = {get_args(kind.model_fields["fault"].annotation)[0] for kind in get_args(get_args(Fault)[0])}
    assert kinds <= described
    assert {f"`{junk}`" for junk in Junk} <= set(re.findall(r"`[a-z0-9-]+`", text))
