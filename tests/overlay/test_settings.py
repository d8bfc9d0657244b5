"""What is kept for the next time: for its user alone, replaced whole, and nothing in it can do harm."""

import json
import os
import stat
from pathlib import Path

import pytest

from captiond.overlay.settings import CHECKS, Settings, load, save, settings_path

CHANGED = Settings(26.5, 0.4, "light", "DejaVu Sans", -300, 20, 900, 240)


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "overlay.json"
    assert save(path, CHANGED) is None
    assert load(path) == (CHANGED, None)
    assert save(path, Settings()) is None
    assert load(path) == (Settings(), None)
    assert [one.name for one in path.parent.iterdir()] == ["overlay.json"]


def test_it_is_the_users_alone_whatever_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "captiond" / "overlay.json"
    path.parent.mkdir()
    path.write_text("{}")
    path.chmod(0o666)
    before = os.umask(0)
    try:
        assert save(path, CHANGED) is None
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_file_is_no_fault(tmp_path: Path) -> None:
    assert load(tmp_path / "none.json") == (Settings(), None)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"theme":', b"[" * 16_000, b'{"size_pt": 20}' + b" " * 20_000],
    ids=["empty", "torn", "list", "null", "bytes", "cut", "deep", "long"],
)
def test_a_broken_file_costs_what_was_kept_and_no_more(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "overlay.json"
    path.write_bytes(content)
    assert load(path) == (Settings(), "not what captiond wrote")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size_pt", 7), ("size_pt", 1e9), ("size_pt", True), ("size_pt", "20"), ("size_pt", float("nan")),
        ("opacity", -0.1), ("opacity", 1.1), ("theme", "pink"), ("theme", ["dark"]), ("font", "x" * 101),
        ("font", "a\nb"), ("x_px", 1.5), ("y_px", 10**9), ("width_px", 1), ("height_px", None),
    ],
)  # fmt: skip
def test_a_value_that_is_not_allowed_costs_itself(tmp_path: Path, name: str, value: object) -> None:
    path = tmp_path / "overlay.json"
    other = "theme" if name != "theme" else "font"
    good = {"theme": "light", "font": "Serif"}[other]
    path.write_text(json.dumps({name: value, other: good, "unknown": 1}))
    found, wrong = load(path)
    assert (getattr(found, name), getattr(found, other)) == (getattr(Settings(), name), good)
    assert wrong == f"not allowed: {name}"


def test_every_setting_is_checked() -> None:
    assert set(CHECKS) == set(Settings.__dataclass_fields__)


def test_what_cannot_be_kept_or_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert save(tmp_path / "file" / "overlay.json", CHANGED) == "File exists"
    assert load(tmp_path) == (Settings(), "Is a directory")


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {}, "home/.config/captiond/overlay.json"),
        ("linux", {"XDG_CONFIG_HOME": "/etc/x"}, "/etc/x/captiond/overlay.json"),
        ("linux", {"XDG_CONFIG_HOME": "relative"}, "home/.config/captiond/overlay.json"),
        ("darwin", {}, "home/Library/Application Support/captiond/overlay.json"),
        ("win32", {"APPDATA": "roaming"}, "roaming/captiond/overlay.json"),
    ],
)
def test_it_stands_where_the_platform_wants_it(platform: str, environ: dict[str, str], expected: str) -> None:
    assert settings_path(environ, platform=platform, home=Path("home")) == Path(expected)
