"""The command line: every command is there, ends with the stated status, and never shows a traceback."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import jwt
import pytest

from captiond import __version__, cli
from captiond.audit import AuditLog
from captiond.cli import COMMANDS, Command, main
from captiond.core.compiled import HOW

ROOT = Path(__file__).parents[1]
SECRET = "0123456789abcdef0123456789abcdef"

# Section 1 of the contract.
NOW = ["demo", "serve", "check-config", "simulate", "redact", "watch", "overlay", "token", "audit"]
WORKFLOWS = ["transcribe", "interaction", "recording", "messaging", "jobs", "erase", "search", "outbox"]
LATER = ["bench ingest"]


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of the folder or the shell that the tests run in."""
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("CAPTIOND_")]:
        monkeypatch.delenv(variable)


def helped(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main([*words, "--help"])
    assert isinstance(left.value.code, int)
    return left.value.code


def refused(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    assert isinstance(left.value.code, int)
    return left.value.code


def test_the_commands_are_those_of_the_contract() -> None:
    assert [command.name for command in COMMANDS] == [*NOW, *WORKFLOWS, "bench"]


def paths(commands: tuple[Command, ...] = COMMANDS, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for command in commands:
        found += [(*above, command.name), *paths(command.parts, (*above, command.name))]
    return found


@pytest.mark.parametrize("words", paths(), ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert helped(*words) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"usage: captiond {' '.join(words)}")
    assert said.err == ""


def test_the_command_alone_and_an_unknown_one_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused() == 2
    assert refused("nonsense") == 2
    assert refused("check-config", "--nonsense") == 2
    assert "Traceback" not in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused("--version") == 0
    assert capsys.readouterr().out == f"captiond {__version__} (core: {HOW})\n"


@pytest.mark.parametrize("name", LATER)
def test_what_is_not_available_says_so_whatever_its_arguments(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*name.split(), "--whatever", "x"]) == 1
    said = capsys.readouterr()
    assert said.err == f"captiond: {name}: not available yet in this version (not_available)\n"
    assert said.out == ""


def test_one_command_does_not_load_the_others() -> None:
    """`captiond audit verify` needs no web server: it starts in a fraction of the time."""
    code = "import sys; from captiond.cli import main; main(['token', '--session', 'x']); print(*sys.modules)"
    ended = run(sys.executable, "-c", code)
    loaded = set(ended.stdout.split())
    assert "captiond.cli_token" in loaded
    assert loaded.isdisjoint({"captiond.cli_serve", "captiond.cli_simulate", "captiond.simulator", "captiond.bench"})


def run(*words: str, stdin: str = "", environ: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """A process of its own, as a user starts it."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("CAPTIOND_")}
    return subprocess.run(
        words,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**inherited, "PYTHONPATH": str(ROOT), **(environ or {})},
    )


def captiond(*words: str, environ: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    return run(sys.executable, "-m", "captiond", *words, environ=environ)


# -- failing ---------------------------------------------------------------------------------------------------------


def test_a_wrong_configuration_is_two_with_one_line_per_fault() -> None:
    ended = captiond("check-config", environ={"CAPTIOND_SERVER__PORT": "x", "CAPTIOND_NONSENSE": "1"})
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 2
    assert "server.port (CAPTIOND_SERVER__PORT)" in ended.stderr
    assert ended.stdout == ""


def test_a_good_configuration_is_zero_with_notes() -> None:
    ended = captiond("check-config")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[-1] == "the configuration is valid"
    assert "note: genesys.client_id is empty" in ended.stdout


def test_a_fault_of_ours_is_one_line_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the exception says may be somebody's words: it is not shown."""

    def fails(args: object) -> int:
        raise ValueError("my card is 4111")

    monkeypatch.setattr("captiond.cli_audit.run", fails)
    assert main(["audit", "verify", "x"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("captiond: internal fault: ValueError at ")
    assert len(said.splitlines()) == 1
    assert "4111" not in said


@pytest.mark.parametrize("kind", [KeyError, BaseExceptionGroup, type("Stop", (BaseException,), {})])
def test_who_looks_for_the_fault_gets_its_lines_and_nobodys_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: type[BaseException]
) -> None:
    def fails(args: object) -> int:
        said = "my card is 4111"
        try:
            int(said)
        except ValueError as fault:
            raise (kind(said, [kind]) if kind is not BaseExceptionGroup else kind(said, [KeyError(said)])) from fault
        return 0

    monkeypatch.setattr("captiond.cli_audit.run", fails)
    monkeypatch.setenv("CAPTIOND_DEBUG", "1")
    assert main(["audit", "verify", "x"]) == 1
    said = capsys.readouterr().err
    assert "    int(said)\n" in said and "which led to" in said and "ValueError at " in said and kind.__name__ in said
    assert "4111" not in said


def test_an_interrupt_is_not_a_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(args: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("captiond.cli_audit.run", interrupted)
    assert main(["audit", "verify", "x"]) == 1
    assert capsys.readouterr().err == ""


def test_a_reader_that_leaves_early_is_not_a_traceback(tmp_path: Path) -> None:
    """`captiond audit export FILE | head -1`."""
    log = AuditLog(tmp_path / "audit.jsonl")
    for _ in range(3_000):
        log.record("event", mediaSessionId="ms-1", filler="x" * 100)
    log.close()
    command = f'"{sys.executable}" -m captiond audit export "{tmp_path}/audit.jsonl" | head -1'
    ended = run("bash", "-c", command)
    assert len(ended.stdout.splitlines()) == 1
    assert ended.stderr == ""


# -- commands of this file's owner -----------------------------------------------------------------------------------


def test_audit_verify_and_export(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    path = tmp_path / "audit.jsonl"
    log = AuditLog(path)
    for session in ("ms-1", "ms-2", "ms-1"):
        log.record("event", mediaSessionId=session)
    log.close()
    lines = path.read_bytes().splitlines(keepends=True)
    assert main(["audit", "verify", str(path)]) == 0
    assert b"the chain holds, 3 records" in capfdbinary.readouterr().out
    assert main(["audit", "export", str(path)]) == 0
    assert capfdbinary.readouterr().out == b"".join(lines)
    assert main(["audit", "export", str(path), "--session", "ms-1"]) == 0
    assert capfdbinary.readouterr().out == lines[0] + lines[2]
    path.write_bytes(lines[0] + lines[1].replace(b"ms-2", b"ms-9") + lines[2])
    assert main(["audit", "verify", str(path)]) == 1
    said = capfdbinary.readouterr()
    assert b"record 2 is broken: its hash is not that of its content" in said.err
    assert said.out == b""
    assert main(["audit", "verify", str(tmp_path / "missing")]) == 1
    assert b"No such file or directory" in capfdbinary.readouterr().err


@pytest.fixture
def login() -> Iterator[tuple[str, list[int]]]:
    """A token endpoint on loopback: its address, and the statuses that it answers one after the other."""
    statuses: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            right = self.path == "/oauth/token" and asked == b"grant_type=client_credentials"
            body = b'{"access_token": "hush", "expires_in": 86400, "token_type": "bearer"}'
            self.send_response(statuses.pop(0) if right else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", statuses
    server.shutdown()
    thread.join()
    server.server_close()


def connect(url: str) -> "subprocess.CompletedProcess[str]":
    account = {"LOGIN_URL": url, "CLIENT_ID": "me", "CLIENT_SECRET": SECRET}
    return captiond("check-config", "--connect", environ={f"CAPTIOND_GENESYS__{k}": v for k, v in account.items()})


def test_connecting_asks_genesys_for_a_token(login: tuple[str, list[int]]) -> None:
    url, statuses = login
    statuses.append(200)
    ended = connect(url)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[-1] == "Genesys gives a token for it"
    assert "hush" not in ended.stdout


def test_a_client_that_genesys_refuses_is_a_failure(login: tuple[str, list[int]]) -> None:
    url, statuses = login
    statuses.append(401)
    ended = connect(url)
    assert ended.returncode == 1
    assert "refused with 401" in ended.stderr
    assert SECRET not in ended.stderr
    assert "gives a token" not in ended.stdout


def test_connecting_needs_a_client() -> None:
    ended = captiond("check-config", "--connect")
    assert ended.returncode == 2
    assert "genesys.client_id: empty" in ended.stderr


def test_a_token_that_any_jwt_library_accepts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAPTIOND_AUTH__TOKEN_SECRET", SECRET)
    monkeypatch.setattr("captiond.cli_token.time.time", lambda: 4_000_000_000.5)
    assert main(["token", "--session", "ms-1", "ms-2", "--session", "ms-3", "--ttl", "60"]) == 0
    token = capsys.readouterr().out.strip()
    claims = jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_iat": False})
    assert claims["sessions"] == ["ms-1", "ms-2", "ms-3"]
    assert claims["exp"] == 4_000_000_060


def test_a_token_needs_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "--session", "ms-1"]) == 2  # the configuration is wrong for this
    assert "auth.token_secret: empty; allowed: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["token", "--session", "a b"], "argument --session: 'a b': allowed are 1 to 128"),
        (["token", "--session", "x", "--ttl", "0"], "argument --ttl: '0': allowed is"),
        (["simulate", "--port", "99999"], "argument --port: '99999': allowed are"),
        (["serve", "--nonsense"], "--nonsense"),
    ],
)
def test_wrong_usage_is_one_line_that_names_the_value_and_what_is_allowed(
    words: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(*words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert named in line


@pytest.mark.parametrize("words", [["--session", "a b"], ["--session", "x", "--ttl", "0"], ["--ttl", "5"]])
def test_wrong_token_arguments_are_wrong_usage(words: list[str]) -> None:
    assert refused("token", *words) == 2


def test_the_installed_command_is_this_main() -> None:
    assert cli.main is main
    assert 'captiond = "captiond.cli:main"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_records_are_printed_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    log = AuditLog(path)
    log.record("gap", mediaSessionId="ms-1", lost=3)
    log.close()
    ended = captiond("audit", "export", str(path))
    assert json.loads(ended.stdout)["lost"] == 3
