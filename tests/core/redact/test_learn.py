"""Lexicons are made before anybody speaks."""

import pytest

from captiond.core.redact import learn, lexicons


def test_what_was_learnt_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicons, "_made", {})
    learn(["de-DE", "en"])
    monkeypatch.setattr(lexicons, "Lexicon", None)  # from now on none can be made
    assert lexicons.lexicon_for("de-AT").digits["zwo"] == "2"
    assert lexicons.lexicon_for("xx-XX").digits["zwo"] == "2"
    with pytest.raises(TypeError):
        lexicons.lexicon_for("fr-FR")
