"""What a screen reader is told: whole finals once, states once, never a word that may still change."""

from typing import Any

from captiond.core.screen import Screen
from captiond.overlay.announce import Announcer, Choice, to_read
from captiond.overlay.frame import Frame, status_of


def told(choice: Choice, messages: list[Any]) -> list[str]:
    screen, announcer, said = Screen(), Announcer(choice), []
    for message in messages:
        screen.apply(message)
        status = status_of("live", source=screen.state, lost=0, delay_s=None)
        said += announcer.heard(Frame(tuple(screen.items()), 0, status, screen.position is not None))
    return said


def story(messages: Any) -> list[Any]:
    return [
        messages.welcome(),
        messages.snapshot(messages.caption("u0", "said before", final=True)),
        messages.caption("u1", "my num"),
        messages.caption("u1", "my number is [...]", final=True),
        messages.caption("u2", "next"),
        messages.caption("u1", "my number is [CC]", final=True),
        messages.caption("u1", "My number is [CC]", final=True),
        messages.caption("u2", "next one", final=True, channel="internal"),
        messages.state("ended"),
    ]


def test_finals_are_told_once_when_nothing_in_them_is_open(messages: Any) -> None:
    assert told("finals", story(messages)) == [
        "Live",
        "my number is (card number, not shown)",
        "Agent: next one",
        "The captions have ended.",
    ]


def test_after_an_outage_the_newest_few_are_told(messages: Any) -> None:
    missed = [messages.caption(f"u{n}", f"line {n}", final=True) for n in range(20)]
    again = [messages.welcome(), messages.snapshot(*missed)]
    assert told("finals", [messages.welcome(at=0), messages.snapshot() | {"position": "aaaaaaaa.0"}, *again]) == [
        "Live",
        *(f"line {n}" for n in range(15, 20)),
    ]


def test_the_state_alone_or_nothing(messages: Any) -> None:
    said = story(messages)
    assert told("status", said) == ["Live", "The captions have ended."]
    assert told("off", said) == []


def test_the_newest_finals_can_be_read_any_time(messages: Any) -> None:
    screen = Screen()
    screen.apply(messages.welcome())
    screen.apply(messages.snapshot(*(messages.caption(f"u{n}", f"line {n}", final=True) for n in range(5))))
    screen.apply(messages.caption("p", "not yet"))
    assert to_read(Frame(tuple(screen.items()))) == "line 2\nline 3\nline 4"
