"""The command before there is a window: what is missing is said in one line, and nothing else pays for the toolkit."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from captiond.cli_overlay import ON_WAYLAND
from captiond.overlay.needs import INSTALL, TOOLKIT, NoDesktop, NotInstalled, look_at_x11, missing, platform_of

ROOT = Path(__file__).parents[2]
ASKED = ("http://127.0.0.1:9", "call-1")
# The interpreter as it is where the extra was not installed.
WITHOUT_TOOLKIT = """
import sys
class None_:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in ('PySide6', 'shiboken6'):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, None_())
import importlib.util
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == 'PySide6' else find_spec(name, package)
from captiond.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run(*arguments: str, code: str | None = None, **environ: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, *(("-c", code) if code else ("-m", "captiond")), *arguments]
    clean = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)} | environ
    return subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, timeout=60, check=False)


def said(ended: "subprocess.CompletedProcess[str]") -> tuple[int, str, str]:
    return ended.returncode, ended.stdout, ended.stderr


def test_without_the_extra_one_line_says_what_to_install() -> None:
    ended = run("overlay", *ASKED, code=WITHOUT_TOOLKIT, DISPLAY=":99")
    assert said(ended) == (2, "", f"captiond overlay: {INSTALL}\n")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert extras["overlay"] == [TOOLKIT]
    assert TOOLKIT in INSTALL


def test_without_the_extra_everything_else_and_its_own_help_work() -> None:
    for words in (("--help",), ("overlay", "--help"), ("serve", "--help"), ("--version",)):
        assert run(*words, code=WITHOUT_TOOLKIT).returncode == 0, words


def test_nothing_but_the_open_window_loads_the_toolkit() -> None:
    code = (
        "import sys\nfrom captiond.cli import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "print(sum(name.startswith(('PySide6', 'shiboken')) for name in sys.modules))"
    )
    for words in (("--help",), ("overlay", "--help"), ("serve", "--help"), ("overlay", *ASKED)):
        assert run(*words, code=code).stdout.splitlines()[-1] == "0", words
    daemon = run(code="import sys, captiond.daemon, captiond.demo; print('PySide6' in sys.modules)")
    assert daemon.stdout == "False\n"


def test_without_a_desktop_one_line_says_so() -> None:
    nothing = "captiond overlay: there is no desktop here: neither DISPLAY nor WAYLAND_DISPLAY is set\n"
    assert said(run("overlay", *ASKED)) == (1, "", nothing)
    silent = "captiond overlay: the display that DISPLAY names does not answer\n"
    assert said(run("overlay", *ASKED, DISPLAY=":4711")) == (1, "", silent)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("ftp://x", "call-1"), "URL"),
        (("http://x/?token=secret", "call-1"), "URL"),
        (("http://x", "call 1"), "SESSION"),
        ((*ASKED, "--token", "two words"), "--token"),
        ((*ASKED, "--lines", "0"), "--lines"),
        ((*ASKED, "--lines", "2.5"), "--lines"),
        ((*ASKED, "--size", "7"), "--size"),
        ((*ASKED, "--size", "nan"), "--size"),
        ((*ASKED, "--opacity", "1.1"), "--opacity"),
        ((*ASKED, "--opacity", "much"), "--opacity"),
        ((*ASKED, "--theme", "pink"), "--theme"),
        ((*ASKED, "--font", ""), "--font"),
        ((*ASKED, "--announce", "all"), "--announce"),
    ],
)
def test_wrong_usage_is_one_line_that_names_the_argument(arguments: tuple[str, ...], names: str) -> None:
    ended = run("overlay", *arguments, DISPLAY=":4711")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.splitlines()) == 1
    assert names in ended.stderr
    assert "secret" not in ended.stderr


def test_a_missing_library_is_named() -> None:
    loader = "libxcb-icccm.so.4: cannot open shared object file: No such file or directory"
    assert missing(loader) == "the desktop toolkit needs a library of the system: libxcb-icccm.so.4"
    assert missing("?") == "the desktop toolkit needs a library of the system: unknown"


def test_what_is_missing_is_found_before_the_toolkit_would_abort(tmp_path: Path) -> None:
    with pytest.raises(NotInstalled, match=r"needs a library of the system: libqxcb\.so"):
        look_at_x11(tmp_path)


def test_where_it_cannot_stay_on_top_it_says_so() -> None:
    ended = run("overlay", *ASKED, code=WITHOUT_TOOLKIT, WAYLAND_DISPLAY="wayland-0")
    assert ended.stderr.splitlines() == [f"captiond overlay: {ON_WAYLAND}", f"captiond overlay: {INSTALL}"]


def test_x11_is_asked_for_wherever_it_is_since_wayland_keeps_nothing_on_top() -> None:
    assert platform_of({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, platform="linux") == "xcb"
    assert platform_of({"WAYLAND_DISPLAY": "wayland-0"}, platform="linux") == "wayland"
    assert platform_of({"QT_QPA_PLATFORM": "offscreen"}, platform="linux") is None
    assert platform_of({}, platform="darwin") is platform_of({}, platform="win32") is None
    with pytest.raises(NoDesktop):
        platform_of({}, platform="linux")
