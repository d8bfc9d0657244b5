"""Numbers on the command line: what is not allowed ends in one line that says what is, and exit 2."""

import argparse

import pytest

from captiond.cli import main
from captiond.cli_numbers import MAX_LISTED, whole


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("50", 50), ("007", 7), ("100", 100)])
def test_what_is_allowed(text: str, number: int) -> None:
    assert whole(1, 100)(text) == number


@pytest.mark.parametrize(
    "text",
    ["0", "101", "-1", "+1", "1.0", "1e2", " 1", "", "ten", "\u0661", "1_0", "0" * 40 + "1", "9" * 9_999],
)
def test_what_is_not(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"allowed: a whole number from 1 to 100$") as refused:
        whole(1, 100)(text)
    assert len(str(refused.value)) < 80


@pytest.mark.parametrize("command", ["jobs", "outbox"])
@pytest.mark.parametrize("limit", ["0", "-5", "100001", "999999999999999999999", "many"])
def test_a_list_has_a_bound(command: str, limit: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([command, "list", f"--limit={limit}"])
    assert left.value.code == 2
    assert f"allowed: a whole number from 1 to {MAX_LISTED}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "most"),
    [
        (["messaging", "--window=100001", "id"], "from 0 to 100000"),
        (["simulate", "--batch=10001"], "from 1 to 10000"),
        (["serve", "--workers=65"], "from 1 to 64"),
    ],
)
def test_so_do_others(words: list[str], most: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert most in capsys.readouterr().err
