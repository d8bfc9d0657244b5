"""Configuration: the contract's keys and defaults, both layers, every fault at once, and no secret on any line."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from captiond.config import ConfigError, load
from captiond.config_keys import Config
from captiond.config_rules import remarks

HASHED = "sha256:" + "ab" * 32

# Section 2 of the contract, as it stands there.
CONTRACT = """
[server]
host = "127.0.0.1"
port = 8787
trusted_hosts = []
[genesys]
profile = "media"
region = "us-east-1"
login_url = ""
api_url = ""
stream_url = ""
client_id = ""
client_secret = ""
scopes = []
org_id = ""
[auth]
api_keys = []
token_secret = ""
allowed_origins = []
public_sessions = false
[sessions]
max_sessions = 5000
idle_end_s = 3600
retention_s = 600
retention_messages = 1000
[viewers]
max_connections = 20000
max_queued_bytes = 131072
[redaction]
kinds = ["CC", "CVV", "SSN", "PHONE", "EMAIL", "IBAN"]
[audit]
path = "captiond-audit.jsonl"
[database]
url = "sqlite:///captiond.db"
transcript_days = 30
[jobs]
public_url = ""
webhook_secret = ""
nlp_url = ""
compliance_url = ""
compliance_token = ""
index_url = ""
analytics_url = ""
max_duration_s = 1800
poll_attempts = 20
poll_base_s = 2.0
chunk_bytes = 8192
context_window = 50
max_transcript_bytes = 2097152
[log]
level = "info"
format = "auto"
[backplane]
url = ""
"""


def toml(folder: Path, text: str) -> Path:
    path = folder / "given.toml"
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(path: Path | None, environ: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(path, environ)
    return [str(fault) for fault in caught.value.faults]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No captiond.toml of the folder that the tests run in is seen."""
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")


def test_every_key_of_the_contract_exists_with_its_default(tmp_path: Path) -> None:
    config = load(None, {})
    for section, keys in tomllib.loads(CONTRACT).items():
        for key, value in keys.items():
            ours = getattr(getattr(config, section), key)
            ours = ours.get_secret_value() if isinstance(ours, SecretStr) else ours
            assert (list(ours) if isinstance(ours, tuple) else ours) == value, f"{section}.{key}"
    assert load(toml(tmp_path, CONTRACT), {}) == config


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = toml(tmp_path, '[server]\nport = 1111\nhost = "::1"\n')
    config = load(path, {"CAPTIOND_SERVER__PORT": "2222", "PATH": "/bin"})
    assert (config.server.port, config.server.host) == (2222, "::1")


def test_the_file_is_looked_for_in_the_stated_order(tmp_path: Path) -> None:
    by_flag, by_variable = tmp_path / "flag.toml", tmp_path / "variable.toml"
    by_flag.write_text("[server]\nport = 1\n")
    by_variable.write_text("[server]\nport = 2\n")
    Path("captiond.toml").write_text("[server]\nport = 3\n")
    environ = {"CAPTIOND_CONFIG": str(by_variable)}
    assert load(by_flag, environ).server.port == 1
    assert load(None, environ).server.port == 2
    assert load(None, {}).server.port == 3


@pytest.mark.parametrize(
    ("text", "kinds"),
    [("CC,SSN", ("CC", "SSN")), (" CC , SSN ", ("CC", "SSN")), ('["CC", "DOB"]', ("CC", "DOB")), ("", ())],
)
def test_lists_from_the_environment(text: str, kinds: tuple[str, ...]) -> None:
    assert load(None, {"CAPTIOND_REDACTION__KINDS": text}).redaction.kinds == kinds


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False), ("1", True), ("0", False)])
def test_booleans_from_the_environment(text: str, value: bool) -> None:
    assert load(None, {"CAPTIOND_AUTH__PUBLIC_SESSIONS": text}).auth.public_sessions is value


def test_secrets_come_from_files_too(tmp_path: Path) -> None:
    (tmp_path / "client").write_text("from-a-file\n")
    (tmp_path / "keys").write_text(f"first-key\n{HASHED}\n")
    path = toml(tmp_path, f'[genesys]\nclient_id = "me"\nclient_secret_file = "{tmp_path}/client"\n')
    config = load(path, {"CAPTIOND_AUTH__API_KEYS_FILE": str(tmp_path / "keys")})
    assert config.genesys.client_secret.get_secret_value() == "from-a-file"
    assert [key.get_secret_value() for key in config.auth.api_keys] == ["first-key", HASHED]


def test_a_secret_of_the_environment_wins_over_a_file_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "client").write_text("old")
    path = toml(tmp_path, f'[auth]\ntoken_secret_file = "{tmp_path}/client"\n')
    assert load(path, {"CAPTIOND_AUTH__TOKEN_SECRET": "new"}).auth.token_secret.get_secret_value() == "new"


def test_a_secret_and_its_file_at_once_are_a_fault(tmp_path: Path) -> None:
    path = toml(tmp_path, '[auth]\ntoken_secret = "hush-hush"\ntoken_secret_file = "/run/hush-file"\n')
    [fault] = faults_of(path, {})
    assert fault.startswith("auth.token_secret_file: set beside the secret itself")
    assert "hush" not in fault


def test_all_faults_come_at_once_one_line_each(tmp_path: Path) -> None:
    """File, environment and what contradicts: each mistake its line, each with its key and what is allowed."""
    path = toml(
        tmp_path,
        """
[server]
host = "0.0.0.0"
prot = 1
[sessions]
max_sessions = "many"
idle_end_s = true
retention_messages = true
[redaction]
kinds = ["CC", "CREDIT"]
[nonsense]
key = 1
[log]
level = "loud"
""",
    )
    lines = faults_of(path, {"CAPTIOND_SERVER__PORT": "70000", "CAPTIOND_HOST": "x", "CAPTIOND_LOG__COLOUR": "yes"})
    assert all("\n" not in line and "; allowed: " in line for line in lines)
    starts = sorted(line.partition(";")[0] for line in lines)
    assert starts == sorted(
        [
            'server.host: "0.0.0.0"',
            "server.prot: unknown key",
            'sessions.max_sessions: "many"',
            "sessions.idle_end_s: true",
            "sessions.retention_messages: true",
            'redaction.kinds: ["CC","CREDIT"]',
            "nonsense.key: unknown section",
            'log.level: "loud"',
            'server.port (CAPTIOND_SERVER__PORT): "70000"',
            "CAPTIOND_HOST: not a key",
            "log.colour (CAPTIOND_LOG__COLOUR): unknown key",
        ]
    )


def test_a_misspelt_key_is_answered_with_the_right_one(tmp_path: Path) -> None:
    [fault] = faults_of(toml(tmp_path, "[viewers]\nmax_connection = 5\n"), {})
    assert fault == "viewers.max_connection: unknown key; allowed: max_connections (did you mean that?)"


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"CAPTIOND_GENESYS__PROFILE": "documents"}, 'genesys.profile: "documents"; allowed: "media", or'),
        ({"CAPTIOND_BACKPLANE__URL": "redis://:hush@cache"}, "backplane.url: .*not available yet .not_available."),
        ({"CAPTIOND_GENESYS__REGION": "eu-central-1"}, "genesys.region: .*us-east-1, eu-west-1, ap-southeast-2"),
        ({"CAPTIOND_GENESYS__REGION": "mars"}, 'genesys.region: "mars"; allowed: us-east-1, eu-west-1, ap-southeast-2'),
        ({"CAPTIOND_GENESYS__REGIONS": "us-east-1,moon-1"}, 'genesys.regions: "moon-1".*eu-central-1'),
        ({"CAPTIOND_GENESYS__CLIENT_ID": "me"}, "genesys.client_secret: empty; allowed: both or neither"),
        ({"CAPTIOND_GENESYS__CLIENT_SECRET": "hush"}, "genesys.client_id: empty; allowed: both or neither"),
        ({"CAPTIOND_GENESYS__LOGIN_URL": "http://login.example.com"}, "https:// address"),
        ({"CAPTIOND_GENESYS__STREAM_URL": "ws://example.com/api/v2/websocket"}, "wss:// address"),
        ({"CAPTIOND_GENESYS__STREAM_URL": "https://example.com"}, "wss:// address"),
        ({"CAPTIOND_JOBS__PUBLIC_URL": "http://example.com"}, "https:// address"),
        ({"CAPTIOND_DATABASE__URL": "postgresql://u:hush@db/x"}, "database.url .*sqlite:///"),
        ({"CAPTIOND_DATABASE__URL": "sqlite:///"}, "database.url .*sqlite:///"),
        ({"CAPTIOND_AUTH__ALLOWED_ORIGINS": "https://example.com/path"}, "without a path"),
        ({"CAPTIOND_AUTH__API_KEYS": "sha256:abc"}, "auth.api_keys .*64 hex"),
        ({"CAPTIOND_SESSIONS__RETENTION_S": "nan"}, "seconds"),
        ({"CAPTIOND_SESSIONS__RETENTION_S": "-1"}, "0 to 86400 seconds"),
        ({"CAPTIOND_VIEWERS__MAX_QUEUED_BYTES": "1.5"}, "whole number"),
        ({"CAPTIOND_GENESYS__ORG_ID": "evil.example/"}, "letters, digits and dashes"),
    ],
)
def test_each_rule_refuses(environ: dict[str, str], says: str) -> None:
    lines = faults_of(None, environ)
    assert len(lines) == 1
    assert re.search(says, lines[0].replace(f" ({next(iter(environ))})", "")) or re.search(says, lines[0]), lines[0]
    assert "hush" not in lines[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.0.0.8"])
def test_loopback_needs_no_keys(host: str) -> None:
    assert load(None, {"CAPTIOND_SERVER__HOST": host}).server.host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "captions.example.com"])
def test_any_other_host_needs_api_keys(host: str) -> None:
    """The daemon never starts open to a network."""
    [fault] = faults_of(None, {"CAPTIOND_SERVER__HOST": host})
    assert fault.startswith("server.host (CAPTIOND_SERVER__HOST): ")
    assert "auth.api_keys" in fault
    assert load(None, {"CAPTIOND_SERVER__HOST": host, "CAPTIOND_AUTH__API_KEYS": HASHED}).server.host == host


def test_what_follows_from_a_fault_is_no_second_fault() -> None:
    """The key is wrong, so none is set, so the host is open: only the first is told."""
    [fault] = faults_of(None, {"CAPTIOND_SERVER__HOST": "0.0.0.0", "CAPTIOND_AUTH__API_KEYS": "sha256:short"})
    assert fault.startswith("auth.api_keys ")


def test_a_secrets_file_that_cannot_be_read_is_no_missing_secret(tmp_path: Path) -> None:
    [fault] = faults_of(
        None,
        {"CAPTIOND_GENESYS__CLIENT_ID": "me", "CAPTIOND_GENESYS__CLIENT_SECRET_FILE": str(tmp_path / "none")},
    )
    assert fault.startswith("genesys.client_secret_file ")


@pytest.mark.parametrize(
    "environ",
    [
        {"CAPTIOND_AUTH__API_KEYS": "hush hush"},
        {"CAPTIOND_AUTH__API_KEYS": '["hush hush", 7]'},
        {"CAPTIOND_AUTH__API_KEYS": '["hush"'},
        {"CAPTIOND_AUTH__TOKEN_SECRET": "hush" * 20_000},
        {"CAPTIOND_GENESYS__CLIENT_SECRET_FILE": "hush-given-instead-of-a-path"},
        {"CAPTIOND_GENESYS__API_URL": "http://user:hush@example.com/?key=hush"},
        {"CAPTIOND_GENESYS__API_URL": "https://example.com/?key=hush"},
        {"CAPTIOND_NONSENSE__SECRET": "hush"},
    ],
)
def test_no_fault_shows_a_secret(environ: dict[str, str]) -> None:
    for line in faults_of(None, environ):
        assert "hush" not in line


def test_a_valid_configuration_hides_its_secrets() -> None:
    config = load(None, {"CAPTIOND_AUTH__TOKEN_SECRET": "hush", "CAPTIOND_AUTH__API_KEYS": "hush"})
    assert "hush" not in repr(config)
    assert "hush" not in str(config.model_dump())


def test_a_value_cannot_break_the_line() -> None:
    [fault] = faults_of(None, {"CAPTIOND_LOG__LEVEL": "loud\n\x1b[31mred" + "x" * 500})
    assert fault.isprintable()
    assert len(fault) < 400


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[server\n", "at line 1"),
        (b"\xff\xfe", "not UTF-8"),
        (b"server = 5\n", "a table: [server]"),
        (b"[server]\n[server]\n", "line 2"),
        (b"#" * 1_048_577, "larger than"),
    ],
)
def test_a_file_that_is_no_configuration(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "given.toml"
    path.write_bytes(content)
    [fault] = faults_of(path, {})
    assert says in fault


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    [fault] = faults_of(tmp_path / "missing.toml", {})
    assert "No such file" in fault
    [fault] = faults_of(None, {"CAPTIOND_CONFIG": str(tmp_path / "missing.toml")})
    assert "No such file" in fault


@pytest.mark.parametrize(
    ("environ", "login", "api", "stream"),
    [
        ({}, "login.mypurecloud.com", "api.mypurecloud.com", "api.mypurecloud.com"),
        ({"REGION": "eu-west-1"}, "login.mypurecloud.ie", "api.mypurecloud.ie", "api.mypurecloud.ie"),
        ({"ORG_ID": "acme"}, "login.mypurecloud.com", "acme.mypurecloud.com", "acme.mypurecloud.com"),
        ({"API_URL": "http://127.0.0.1:9/"}, "login.mypurecloud.com", "127.0.0.1:9", "api.mypurecloud.com"),
    ],
)
def test_the_region_table_gives_the_addresses(environ: dict[str, str], login: str, api: str, stream: str) -> None:
    endpoints = load(None, {f"CAPTIOND_GENESYS__{key}": value for key, value in environ.items()}).genesys.endpoints()
    assert endpoints.login_url == f"https://{login}"
    assert endpoints.api_url.partition("://")[2] == api
    assert endpoints.stream_url == f"wss://{stream}/api/v2/websocket"


def test_remarks_name_what_an_operator_should_know() -> None:
    environ = {
        "CAPTIOND_AUTH__TOKEN_SECRET": "short",
        "CAPTIOND_AUTH__PUBLIC_SESSIONS": "true",
        "CAPTIOND_AUTH__ALLOWED_ORIGINS": "*",
        "CAPTIOND_REDACTION__KINDS": "",
    }
    said = "\n".join(remarks(load(None, environ)))
    for words in ("client_id is empty", "has 5 bytes", "sees every caption", "pages of any site", "kinds is empty"):
        assert words in said
    whole: dict[str, Any] = {"CAPTIOND_GENESYS__CLIENT_ID": "me", "CAPTIOND_GENESYS__CLIENT_SECRET": "x" * 32}
    assert list(remarks(load(None, whole))) == []


def test_the_description_of_every_key_says_what_is_allowed() -> None:
    for name, section in Config.model_fields.items():
        model: Any = section.annotation
        for key, field in model.model_fields.items():
            assert field.description, f"{name}.{key}"
