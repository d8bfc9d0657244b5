"""Streams made of scripts: timing, growth, revisions; and the packaged ones are what their scripts make."""

import re
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from captiond.simulator.compose import FOLDER, ScriptError, compose, index_of, read_script, read_scripts, stream_of

HEAD = "title: A test\nlanguage: en-US\nseed: 5\nspeakers: agent=internal, customer=external\n---\n"


def made(body: str) -> list[dict[str, Any]]:
    return compose(read_script(HEAD + body, name="test"))


def at_s(event: dict[str, Any]) -> float:
    return datetime.fromisoformat(event["timestamp"]).timestamp()


def test_partials_grow_word_by_word_and_a_final_ends_them() -> None:
    events = made("agent: One two, three.")
    texts = list(dict.fromkeys(event["transcript"] for event in events))
    assert [text for text in texts if text in ("One", "One two", "One two, three", "One two, three.")] == [
        "One",
        "One two",
        "One two, three",
        "One two, three.",
    ]
    assert [event["isPartial"] for event in events] == [True] * (len(events) - 1) + [False]
    assert [event["eventSequence"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["mediaSessionId"] == "test-agent"
    assert (events[-1]["channel"], events[-1]["language"]) == ("internal", "en-US")


def test_a_misheard_phrase_is_rewritten_before_the_final() -> None:
    events = made("agent: I was {billed twice|built rice} on my last bill.")
    texts = [event["transcript"] for event in events]
    assert any("built rice" in text for text in texts[:-1])
    assert texts[-1] == "I was billed twice on my last bill."
    first_right = next(index for index, text in enumerate(texts) if "billed twice" in text)
    assert first_right < len(texts) - 1
    assert not any("built" in text for text in texts[first_right:])


def test_punctuation_behind_a_brace_belongs_to_its_last_word() -> None:
    assert made("agent: Is it {right|write}? Yes.")[-1]["transcript"] == "Is it right? Yes."


def test_turns_follow_one_another_and_may_overlap() -> None:
    events = made("agent: Hello there.\n(2.5)\ncustomer: Good morning to you.\nagent~: Oh, hi.")
    starts = {(event["mediaSessionId"], event["startMs"]) for event in events}
    agent, customer, interrupting = sorted(start for _, start in starts)
    ends = {event["startMs"]: event["endMs"] for event in events if not event["isPartial"]}
    assert customer - ends[agent] >= 2_500
    assert interrupting < ends[customer]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("nobody: Hello.", "test:6: neither a silence nor a turn"),
        ("agent: Hello.\nwhat is this", "test:7: neither"),
        ("agent~: Hello.", "test:6: only another speaker"),
        ("agent: {a|b", "test:6: braces"),
        ("agent: {a|b|c} d", "test:6: braces"),
    ],
)
def test_a_bad_script_is_named_by_its_line(body: str, said: str) -> None:
    with pytest.raises(ScriptError, match=re.escape(said)):
        made(body)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("agent: Hello.", "no line ---"),
        ("title: x\n---\nagent: Hello.", "lacks language, seed, speakers"),
        (HEAD.replace("internal", "inside") + "agent: Hello.", "speakers"),
    ],
)
def test_a_bad_head_is_refused(text: str, said: str) -> None:
    with pytest.raises(ScriptError, match=said):
        read_script(text, name="test")


SCRIPTS = read_scripts()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_the_packaged_stream_is_what_its_script_makes(script: Any) -> None:
    assert (FOLDER / f"{script.name}.jsonl").read_bytes() == stream_of(script)


def test_the_packaged_index_is_what_the_scripts_make() -> None:
    assert (FOLDER / "index.json").read_bytes() == index_of(SCRIPTS)
    assert {Path(file.name).stem for file in FOLDER.glob("*.jsonl")} == {script.name for script in SCRIPTS}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_packaged_stream_sounds_like_a_call(script: Any) -> None:
    """150 to 400 ms a word, finals before the speaker's next word, each session numbered from 1."""
    events = compose(script)
    assert sorted(events, key=at_s) == events
    for speaker in script.channels:
        own = [event for event in events if event["mediaSessionId"] == f"{script.name}-{speaker}"]
        assert [event["eventSequence"] for event in own] == list(range(1, len(own) + 1))
        for before, event in pairwise(own):
            if before["isPartial"] and event["isPartial"] and before["transcript"] != event["transcript"]:
                assert 0.095 <= at_s(event) - at_s(before) <= 0.401
        finals = [event["transcript"] for event in own if not event["isPartial"]]
        assert len(finals) == sum(turn.speaker == speaker for turn in script.turns)
        assert not any("{" in text or "|" in text for text in finals)
