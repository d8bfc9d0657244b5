"""Logs: one line each, for machines or people, and nothing in them that somebody said."""

import ast
import asyncio
import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from captiond.base.errors import UpstreamRefused
from captiond.logs import describe, set_up, tell_of_loop
from tests.adversity.reporter import report

ROOT = Path(__file__).parents[1]
SAID = "my card is 4111 1111 1111 1111"


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def lines(stream: io.StringIO) -> list[str]:
    return stream.getvalue().splitlines()


def test_a_line_for_machines(stream: io.StringIO) -> None:
    set_up(level="info", layout="auto", stream=stream)
    logging.getLogger("captiond.genesys").warning("rate limited for %g s", 2.5, extra={"session": "ms-1", "try": 2})
    [line] = map(json.loads, lines(stream))
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "captiond.genesys",
        "message": "rate limited for 2.5 s",
        "session": "ms-1",
        "try": 2,
    }


def test_a_line_for_people(stream: io.StringIO) -> None:
    set_up(level="info", layout="text", stream=stream)
    logging.getLogger("captiond.genesys").info("subscribed", extra={"session": "ms-1"})
    [line] = lines(stream)
    assert line.endswith(" info    genesys: subscribed session=ms-1")


def test_auto_is_text_on_a_terminal_only(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "isatty", lambda: True)
    set_up(level="info", layout="auto", stream=stream)
    logging.getLogger("captiond").info("hello")
    assert not lines(stream)[0].startswith("{")


@pytest.fixture(params=["websockets.client", "aiohttp.client", "asyncio"])
def talkative(request: pytest.FixtureRequest) -> Iterator[logging.Logger]:
    """A library's logger that somebody has opened wide."""
    library = logging.getLogger(request.param)
    level = library.level
    library.setLevel(logging.DEBUG)
    yield library
    library.setLevel(level)


def test_the_level_is_ours_libraries_are_heard_from_warning_on(stream: io.StringIO, talkative: logging.Logger) -> None:
    """At debug some libraries write whole frames."""
    set_up(level="debug", layout="json", stream=stream)
    logging.getLogger("captiond.hub").debug("ours")
    talkative.info("frame: %s", SAID)
    logging.getLogger("aiohttp.access").error("GET /v1/sessions/x/ws?token=hush")
    assert [json.loads(line)["message"] for line in lines(stream)] == ["ours"]


def test_setting_up_again_does_not_double_lines(stream: io.StringIO) -> None:
    for _ in range(2):
        set_up(level="info", layout="json", stream=stream)
    logging.getLogger("captiond").info("once")
    assert len(lines(stream)) == 1


def test_a_message_cannot_forge_a_line_or_steer_a_terminal(stream: io.StringIO) -> None:
    for layout in ("json", "text"):
        set_up(level="info", layout=layout, stream=stream)
        logging.getLogger("captiond").info(
            "upstream said %s", "x\n12:00 error forged\x1b[2J\u2028", extra={"a": "b\nc"}
        )
    assert len(lines(stream)) == 2
    assert "\x1b" not in stream.getvalue()


def test_a_long_message_is_cut(stream: io.StringIO) -> None:
    set_up(level="info", layout="json", stream=stream)
    logging.getLogger("captiond").info("x" * 100_000)
    assert len(lines(stream)[0]) < 5_000


def parse_it() -> None:
    orjson.loads(SAID)


def key_it() -> None:
    known: dict[str, str] = {}
    known[SAID]


def refuse_it() -> None:
    raise UpstreamRefused(operation="token", status=403, message="missing permission")


def open_it() -> None:
    Path("/nowhere/at/all").read_bytes()


@pytest.mark.parametrize(
    ("fails", "says"),
    [
        (parse_it, "JSONDecodeError at tests/test_logs.py:"),
        (key_it, "KeyError at tests/test_logs.py:"),
        (refuse_it, "UpstreamRefused: token: upstream refused with 403: missing permission at "),
        (open_it, "FileNotFoundError: ENOENT at "),
    ],
)
@pytest.mark.parametrize("layout", ["json", "text"])
def test_an_exception_is_one_line_with_no_doubtful_words(
    stream: io.StringIO, fails: Callable[[], None], says: str, layout: str
) -> None:
    """A parser's message or a KeyError's key may be what somebody said; ours and the system's are safe."""
    set_up(level="info", layout=layout, stream=stream)
    try:
        fails()
    except Exception:
        logging.getLogger("captiond.hub").exception("a stream failed")
    [line] = lines(stream)
    assert says in line
    assert "is 4111" not in line


def test_every_exception_of_a_group_is_told() -> None:
    try:
        raise ExceptionGroup(SAID, [ValueError(SAID), TypeError(SAID)])
    except ExceptionGroup as group:
        said = describe(group)
    assert "ExceptionGroup: ValueError; TypeError at" in said
    assert "is 4111" not in said


def test_asyncios_lines_lose_what_follows_the_first(stream: io.StringIO) -> None:
    """It appends the arguments of callbacks, and a callback's argument may be a frame."""
    set_up(level="info", layout="json", stream=stream)
    logging.getLogger("asyncio").error("Exception in callback\nhandle: <Handle deliver('%s')>", SAID)
    assert json.loads(lines(stream)[0])["message"] == "Exception in callback"


@pytest.mark.parametrize(
    "line",
    [
        f"Exception in callback Gate.data_received({SAID!r})",
        f"Executing <Handle deliver({SAID!r}) at x.py:1> took 0.300 seconds",
        f"Executing <Task finished name='Task-1' result={SAID!r}> took 0.300 seconds",
    ],
)
def test_asyncios_lines_lose_arguments_and_results(stream: io.StringIO, line: str) -> None:
    """In debug mode it names slow callbacks with all that they were given."""
    set_up(level="debug", layout="json", stream=stream)
    logging.getLogger("asyncio").warning(line)
    said = json.loads(lines(stream)[0])["message"]
    assert SAID not in said
    assert said in ("Exception in callback Gate.data_received", "Executing took 0.300 seconds")


def test_a_wrong_format_string_ends_nobody(stream: io.StringIO) -> None:
    set_up(level="info", layout="json", stream=stream)
    logging.getLogger("captiond").info("%d words", "many")
    assert json.loads(lines(stream)[0])["message"] == "%d words"


def test_a_value_that_is_not_json_is_named_by_type(stream: io.StringIO) -> None:
    set_up(level="info", layout="json", stream=stream)
    logging.getLogger("captiond").info("odd", extra={"thing": object()})
    assert json.loads(lines(stream)[0])["thing"] == "object"


def test_stderr_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(level="info", layout="text")
    logging.getLogger("captiond").info("hello")
    assert "hello" in capsys.readouterr().err
    assert sys.stderr is not None


UNCAUGHT = """
import sys, threading
from captiond.logs import set_up, tell_uncaught
class Odd:
    def __del__(self): raise ValueError(sys.argv[1])
def stop(): raise ValueError(sys.argv[1])
set_up(level="info", layout="json")
tell_uncaught()
thread = threading.Thread(target=stop, name="writer"); thread.start(); thread.join()
odd = Odd(); del odd
raise BaseExceptionGroup(sys.argv[1], [ValueError(sys.argv[1])])
"""


def test_what_nobody_catches_is_told_without_its_words() -> None:
    run = subprocess.run([sys.executable, "-c", UNCAUGHT, SAID], capture_output=True, text=True, check=False, cwd=ROOT)
    assert run.returncode == 1
    assert SAID not in run.stderr
    told = [json.loads(line) for line in run.stderr.splitlines()]
    assert [line["message"] for line in told] == [
        "a thread has stopped: thread=writer",
        "an exception went nowhere",
        "the process stops",
    ]
    assert all("ValueError" in line["exception"] for line in told)


class Reporter(logging.Handler):
    """Somebody else's handler, which keeps all that it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def reporter() -> Iterator[Reporter]:
    handler = Reporter()
    loggers = [logging.getLogger("captiond.hub"), logging.getLogger("asyncio")]
    for logger in loggers:
        logger.addHandler(handler)
    yield handler
    for logger in loggers:
        logger.removeHandler(handler)


def test_a_handler_of_somebody_else_gets_no_frames_and_no_arguments(stream: io.StringIO, reporter: Reporter) -> None:
    set_up(level="info", layout="json", stream=stream)
    try:
        key_it()
    except KeyError:
        logging.getLogger("captiond.hub").exception("a stream failed")
    logging.getLogger("asyncio").warning("Executing %s took %.3f seconds", f"<Handle deliver({SAID!r})>", 0.3)
    failed, slow = reporter.records
    assert failed.exc_info is not None and failed.exc_info[1] is not None
    assert "is 4111" not in report(failed.exc_info[1]) and "KeyError at tests/test_logs.py:" in str(failed.exc_info[1])
    assert (slow.msg, slow.args) == ("Executing took 0.300 seconds", ())


async def test_what_the_event_loop_is_left_with_is_one_line_without_arguments(
    stream: io.StringIO, reporter: Reporter
) -> None:
    """Without `set_up`, too: whose handler the loop has decides."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(tell_of_loop)

    def callback(frame: bytes) -> None:
        known: dict[bytes, int] = {}
        known[frame]

    logging.getLogger("captiond").addHandler(reporter)
    loop.call_soon(callback, SAID.encode())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    logging.getLogger("captiond").removeHandler(reporter)
    [record] = reporter.records
    assert record.getMessage().startswith("event loop: Exception in callback ")
    assert "is 4111" not in record.getMessage()
    assert record.exc_info is not None and record.exc_info[1] is not None
    assert "is 4111" not in report(record.exc_info[1])


def test_a_line_that_cannot_be_written_is_not_written_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    """The library would print the message and its arguments as they are."""
    stream = io.StringIO()
    set_up(level="info", layout="json", stream=stream)
    stream.close()
    logging.getLogger("captiond").info("said: %s", SAID)
    assert capsys.readouterr() == ("", "")


def test_no_line_takes_an_exception_as_it_is() -> None:
    """Every exception in a line of ours is what remains of it, whoever has added a handler."""
    emptied = {
        "remains(fault)",
        "remains(error)",
        "left",
        "_told_of(fault)",
        "_told_of(hook.exc_value)",
        "inside.told_of(fault)",
    }
    found = 0
    for path in (ROOT / "captiond").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                value = next((word.value for word in node.keywords if word.arg in ("exc_info", "stack_info")), None)
                assert node.func.attr not in ("print_exc", "print_exception", "format_exc"), path
                assert node.func.attr != "exception" or not ast.unparse(node.func).startswith("log"), path
                if value is not None:
                    found += 1
                    assert ast.unparse(value) in emptied, (path, ast.unparse(value))
    assert found > 10
