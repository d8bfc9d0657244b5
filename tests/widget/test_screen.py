"""captiond.core.screen: the scripts that the browser's reducer runs too, and what the strict one refuses."""

from typing import Any

import pytest

from captiond.core.screen import GapEntry, ProtocolViolation, Screen, screen_of

WELCOME: dict[str, Any] = {
    "type": "welcome",
    "protocol": "captions.v1",
    "session": "s1",
    "position": "aaaaaaaa.0",
    "recovered": False,
    "state": "live",
    "language": "en-US",
    "pingS": 25,
    "serverTime": "2024-06-15T10:00:00.000Z",
}
SNAPSHOT: dict[str, Any] = {
    "type": "snapshot",
    "position": "aaaaaaaa.0",
    "captions": [],
    "gaps": [],
    "earlierFinals": 0,
}
CAPTION: dict[str, Any] = {
    "type": "caption",
    "index": 1,
    "utterance": "u1",
    "revision": 1,
    "final": True,
    "text": "said in private",
    "stableLength": 15,
    "held": False,
    "channel": "",
    "language": "en-US",
    "emittedAt": "2024-06-15T10:00:00.000Z",
    "sentAt": "2024-06-15T10:00:00.500Z",
    "redactions": {},
}

CONFLATING: dict[str, Any] = {"type": "notice", "code": "conflating", "skipped": 1}
CAUGHT_UP: dict[str, Any] = {"type": "notice", "code": "caught-up", "skipped": 0}


def test_a_script_makes_its_screen_or_is_refused(script: dict[str, Any]) -> None:
    if "violates" in script:
        with pytest.raises(ProtocolViolation, match=script["violates"]):
            screen_of(script["messages"])
        return
    screen = screen_of(script["messages"])
    marks = [
        [line.utterance, line.text, "P" if not line.final else "H" if line.held else "F"] for line in screen.lines()
    ]
    assert marks == script["lines"]
    assert screen.position == script["position"]
    assert screen.state == script.get("state", "live")
    assert screen.earlier_finals == script.get("earlierFinals", 0)
    gaps = [[at, item.lost] for at, item in enumerate(screen.items()) if isinstance(item, GapEntry)]
    assert gaps == script.get("gaps", [])


def test_a_viewer_of_finals_ignores_a_correction_of_what_its_snapshot_left_out() -> None:
    """Revision 7 would be the first it hears of an utterance, too: only the word `correction` tells them apart."""
    screen = screen_of([WELCOME, SNAPSHOT], partials=False)
    assert screen.apply(CAPTION | {"index": 7, "revision": 7, "correction": True}).what == ""
    assert screen.lines() == []
    assert screen.apply(CAPTION | {"index": 8, "revision": 7}).what == "caption"


@pytest.mark.parametrize("key", sorted(set(CAPTION) - {"type", "redactions"}))
def test_every_field_of_a_caption_is_required_and_no_error_shows_its_text(key: str) -> None:
    screen = screen_of([WELCOME, SNAPSHOT])
    with pytest.raises(ProtocolViolation) as refused:
        screen.apply({name: value for name, value in CAPTION.items() if name != key})
    assert "private" not in str(refused.value)
    screen.apply(CAPTION)
    assert "private" not in repr(screen.captions())


def test_a_recovered_welcome_must_go_on_where_the_viewer_was() -> None:
    screen = screen_of([WELCOME, SNAPSHOT, CAPTION])
    with pytest.raises(ProtocolViolation, match="not where this viewer was"):
        screen.apply(WELCOME | {"recovered": True, "position": "aaaaaaaa.2"})
    with pytest.raises(ProtocolViolation, match="not where this viewer was"):
        Screen().apply(WELCOME | {"recovered": True})


def test_nothing_comes_before_the_welcome_before_the_snapshot_or_after_the_bye() -> None:
    with pytest.raises(ProtocolViolation, match="before the welcome"):
        Screen().apply(SNAPSHOT)
    with pytest.raises(ProtocolViolation, match="before the snapshot"):
        screen_of([WELCOME, CAPTION])
    ended = screen_of(
        [WELCOME, SNAPSHOT, {"type": "bye", "code": 4510, "reason": "", "resume": False, "retryMs": None}]
    )
    assert ended.bye == 4510
    with pytest.raises(ProtocolViolation, match="after the bye"):
        ended.apply(CAPTION)


def test_a_viewer_of_finals_bears_holes_but_no_partial() -> None:
    screen = screen_of([WELCOME, SNAPSHOT, CAPTION | {"index": 7, "revision": 7}], partials=False)
    assert screen.lines() == [("u1", "said in private", True, False)]
    assert screen.position == "aaaaaaaa.7"
    with pytest.raises(ProtocolViolation, match="viewer of finals"):
        screen.apply(CAPTION | {"index": 9, "utterance": "u2", "final": False})


def test_a_long_watched_screen_stays_bounded() -> None:
    screen = screen_of([WELCOME, SNAPSHOT])
    small = Screen(keep_finals=2)
    for one in (screen, small):
        if one is small:
            one.apply(WELCOME)
            one.apply(SNAPSHOT)
        one.apply({"type": "gap", "index": 1, "lost": 1, "cause": "sequence"})
        for index in range(2, 7):
            one.apply(CAPTION | {"index": index, "utterance": f"u{index}"})
    assert [line.utterance for line in small.lines()] == ["u5", "u6"]
    assert small.earlier_finals == 3
    assert small.gaps() == []
    assert [line.utterance for line in screen.lines()] == ["u2", "u3", "u4", "u5", "u6"]
    small.apply(CAPTION | {"index": 7, "utterance": "u2", "revision": 2})
    assert [line.utterance for line in small.lines()] == ["u5", "u6"]
    small.apply(CONFLATING)
    small.apply(CAPTION | {"index": 12, "utterance": "u3", "revision": 2})  # left out or not: this one was here
    assert [line.utterance for line in small.lines()] == ["u5", "u6"]


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        ([WELCOME, SNAPSHOT, CAPTION | {"final": False, "revision": 2}], "u1 begins with revision 2"),
        ([WELCOME, SNAPSHOT, {"type": "retraction", "index": 1, "utterance": "u1"}], "which was never shown"),
        ([WELCOME, SNAPSHOT | {"captions": [CAPTION, CAPTION]}], "shows u1 twice"),
        ([WELCOME, SNAPSHOT, CAPTION, SNAPSHOT], "a snapshot of the past"),
        ([WELCOME, SNAPSHOT, CONFLATING, CAUGHT_UP, CAPTION | {"index": 2}], "1 left out"),
        ([WELCOME, SNAPSHOT, CONFLATING, WELCOME, SNAPSHOT, CAPTION | {"index": 2}], "1 left out"),
    ],
)
def test_further_promises(messages: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(ProtocolViolation, match=says):
        screen_of(messages)


def test_a_snapshot_for_a_viewer_of_finals_holds_no_partial() -> None:
    with pytest.raises(ProtocolViolation, match="to a viewer of finals"):
        screen_of([WELCOME, SNAPSHOT | {"captions": [CAPTION | {"final": False}]}], partials=False)
