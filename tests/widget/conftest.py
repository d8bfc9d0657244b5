"""Reads scripts.json: its short forms become the messages of the contract, section 5."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SENT_AT = "2024-06-15T10:00:00.500Z"
SERVER_TIME = "2024-06-15T10:00:00.000Z"


def load_scripts() -> list[dict[str, Any]]:
    """All scripts, their messages written out."""
    scripts: list[dict[str, Any]] = json.loads((Path(__file__).parent / "scripts.json").read_text())["scripts"]
    return [script | {"messages": [message(short) for short in script["messages"]]} for script in scripts]


def message(short: Any) -> dict[str, Any]:
    """One message written out; an object stands for itself."""
    if isinstance(short, dict):
        return short
    kind, *rest = short
    makers: dict[str, Callable[..., dict[str, Any]]] = {
        "W": welcome,
        "S": snapshot,
        "C": caption,
        "R": lambda index, utterance: {"type": "retraction", "index": index, "utterance": utterance},
        "G": lambda index, lost, cause: {"type": "gap", "index": index, "lost": lost, "cause": cause},
        "X": lambda index, state, reason: {"type": "session", "index": index, "state": state, "reason": reason},
        "I": lambda position: {"type": "ping", "position": position, "serverTime": SERVER_TIME},
        "N": lambda code: {"type": "notice", "code": code, "skipped": 0},
    }
    return makers[kind](*rest)


def welcome(position: str, recovered: bool) -> dict[str, Any]:
    return {
        "type": "welcome",
        "protocol": "captions.v1",
        "session": "s1",
        "position": position,
        "recovered": recovered,
        "state": "live",
        "language": "en-US",
        "pingS": 25,
        "serverTime": SERVER_TIME,
    }


def snapshot(position: str, captions: list[Any], gaps: list[Any], earlier_finals: int) -> dict[str, Any]:
    return {
        "type": "snapshot",
        "position": position,
        "captions": [message(short) for short in captions],
        "gaps": [message(short) for short in gaps],
        "earlierFinals": earlier_finals,
    }


def caption(  # noqa: PLR0917  # the order of the short form
    index: int, utterance: str, revision: int, kind: str, text: str, extra: dict[str, Any] | None = None
) -> dict[str, Any]:
    mask = text.find("[...]")
    settled = len(text) if mask < 0 else mask
    return {
        "type": "caption",
        "index": index,
        "utterance": utterance,
        "revision": revision,
        "final": kind != "P",
        "text": text,
        "stableLength": 0 if kind == "P" else settled,
        "held": mask >= 0,
        "channel": "",
        "language": "en-US",
        "emittedAt": SENT_AT,
        "sentAt": SENT_AT,
        "redactions": {},
    } | (extra or {})


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `script` runs once for each."""
    if "script" in metafunc.fixturenames:
        scripts = load_scripts()
        metafunc.parametrize("script", scripts, ids=[script["name"] for script in scripts])


@pytest.fixture
def scripts_as_json() -> str:
    return json.dumps(load_scripts())
