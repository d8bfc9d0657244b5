"""What holds for all tests: nothing is left out silently.

Tests marked `shared` read data that is not part of the repository. Where it is not there, they are left out and the run
says so. Tests marked `source_only` are for the core as Python, `compiled_only` for the core as machine code; a run says
which it has and how many it left out, and ends at once if it is not the one that `--core` names. Any other test that
skips itself fails the run.

With `-n` several processes share the tests: each collects all of them, and what it left out or skipped is told to the
one that says how the run ended.
"""

import logging
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from captiond.core.compiled import HOW

# The same examples on every run: what is red once stays red. `captiond bench redaction --fuzz-seconds` looks further.
settings.register_profile(
    "same-every-run",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    # A conversation is drawn from one generator: it shrinks for minutes and ends no clearer than it began.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("same-every-run")

SHARED = Path(__file__).parents[1] / ".." / "shared" / "data"

_left_out = pytest.StashKey[int]()
_other_core = pytest.StashKey[int]()
_skipped = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--core", choices=("python", "compiled"), default="python", help="which core has to be tested")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_left_out] = 0
    config.stash[_other_core] = 0
    config.stash[_skipped] = []
    config.pluginmanager.register(Skips(config))
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A run in a shell's background has it so, and so would all that tests start and end by Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("core") != HOW:
        pytest.exit(
            f"--core is {config.getoption('core')}, but the core found is {HOW}", returncode=pytest.ExitCode.USAGE_ERROR
        )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    config.stash[_other_core] = _leave_out(config, items, "compiled_only" if HOW == "python" else "source_only")
    if not SHARED.is_dir():
        config.stash[_left_out] = _leave_out(config, items, "shared")


def _leave_out(config: pytest.Config, items: list[pytest.Item], marker: str) -> int:
    """Takes out the tests that have the marker; answers how many those are."""
    marked = [item for item in items if item.get_closest_marker(marker)]
    items[:] = [item for item in items if not item.get_closest_marker(marker)]
    if marked:
        config.hook.pytest_deselected(items=marked)
    return len(marked)


class Skips:
    """Notes what skipped itself; reports of other processes come here, too."""

    def __init__(self, config: pytest.Config) -> None:
        self._names = config.stash[_skipped]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self._names.append(report.nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Another process is done: the numbers are the same in all of them."""
    told = getattr(node, "workeroutput", {})
    stash = node.config.stash
    stash[_left_out] = max(stash[_left_out], told.get("left_out", 0))
    stash[_other_core] = max(stash[_other_core], told.get("other_core", 0))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    stash = session.config.stash
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told.update(left_out=stash[_left_out], other_core=stash[_other_core])
    if stash[_skipped] and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[_left_out]:
        terminalreporter.section("LEFT OUT", red=True, bold=True)
        terminalreporter.line(f"{config.stash[_left_out]} tests were left out: {SHARED} is not there.")
    other = "compiled" if HOW == "python" else "python"
    terminalreporter.line(f"the core tested here: {HOW}; tests for the {other} one: {config.stash[_other_core]}")
    for name in config.stash[_skipped]:
        terminalreporter.line(f"SKIPPED, which counts as a failure here: {name}", red=True)


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """What a test sets up for the process' logging is not there for the next one."""
    root, ours, access = logging.getLogger(), logging.getLogger("captiond"), logging.getLogger("aiohttp.access")
    handlers, levels, disabled = list(root.handlers), (root.level, ours.level), access.disabled
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
    access.disabled = disabled
    logging.captureWarnings(False)
    logging.setLogRecordFactory(logging.LogRecord)
