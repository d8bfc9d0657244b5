"""Languages of messages: told where they are certain, and only there."""

import asyncio

import pytest

from captiond.jobs import languages
from captiond.jobs.languages import Languages


@pytest.fixture(scope="module")
def told() -> Languages:
    """Loaded once: it takes a second."""
    known = Languages()
    asyncio.run(known.load())
    return known


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Guten Tag, ich habe eine Frage zu meiner Rechnung", "de"),
        ("Where is my order? I have been waiting for two weeks.", "en"),
        ("No puedo entrar en mi cuenta desde ayer", "es"),
        ("Je n'arrive pas à me connecter à mon compte", "fr"),
        ("Buongiorno, ho un problema con il mio ordine", "it"),
        ("Goedemorgen, ik heb een vraag over mijn bestelling", "nl"),
        ("こんにちは、注文について質問があります", "ja"),
        ("Where is my refund? " * 5_000, "en"),
        ("ok", None),
        ("no", None),
        ("4111 1111 1111 1111", None),
        ("jane.doe@example.com", None),
        ("👍", None),
        ("   ", None),
        ("", None),
    ],
)
def test_what_is_certain_is_told(told: Languages, text: str, language: str | None) -> None:
    assert told.of(text) == language


def test_before_the_model_is_there_nothing_is_certain() -> None:
    assert Languages().of("Guten Tag, ich habe eine Frage zu meiner Rechnung") is None


async def test_a_model_that_cannot_be_had_is_told_once_and_fails_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing() -> None:
        raise ImportError("no such module")

    monkeypatch.setattr(languages, "_load", missing)
    known = Languages()
    await asyncio.gather(known.load(), known.load())
    assert known.of("Guten Tag, ich habe eine Frage zu meiner Rechnung") is None
    assert len(caplog.records) == 1
