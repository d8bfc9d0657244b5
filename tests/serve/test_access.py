"""Decisions as tables: who is local, which Host is ours, which origin, which key, which viewer."""

import hashlib

import pytest

from captiond.serve.access import (
    Access,
    Caller,
    Rules,
    configure,
    host_name,
    is_local,
    is_loopback_address,
    same_origin,
)
from captiond.serve.problems import Problem
from tests.serve.serving import SECRET, ManualClock


def caller(**changes: object) -> Caller:
    fields: dict[str, object] = {
        "peer": "127.0.0.1",
        "local": "127.0.0.1",
        "host": "localhost:8787",
        "origin": None,
        "forwarded": False,
        "bearer": None,
    }
    return Caller(**{**fields, **changes})  # type: ignore[arg-type]


def access(secret: str = "", **rules: object) -> Access:
    return configure(Rules(**rules), token_secret=secret, jwks_url="", clock=ManualClock())[0]  # type: ignore[arg-type]


def code_of(problem: pytest.ExceptionInfo[Problem]) -> tuple[int, str]:
    return problem.value.status, problem.value.code


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("::1%lo", True),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("2130706433", False),
        ("localhost", False),
        ("", False),
    ],
)
def test_loopback_addresses(address: str, loopback: bool) -> None:
    assert is_loopback_address(address) is loopback


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("LocalHost:8787", "localhost"),
        ("localhost.", "localhost"),
        ("[::1]:8787", "::1"),
        ("127.0.0.1", "127.0.0.1"),
        ("user@localhost", ""),
        ("localhost/evil", ""),
        ("[::1", ""),
        ("", ""),
    ],
)
def test_names_in_host_headers(host: str, name: str) -> None:
    assert host_name(host) == name


@pytest.mark.parametrize(
    ("changes", "local"),
    [
        ({}, True),
        ({"host": "127.0.0.1"}, True),
        ({"host": "[::1]:8787", "peer": "::1"}, True),
        ({"peer": "192.168.1.7"}, False),
        ({"peer": ""}, False),
        ({"host": "evil.example"}, False),
        ({"host": "localhost.evil.example"}, False),
        ({"host": "127.0.0.1.evil.example"}, False),
        ({"host": ""}, False),
        ({"forwarded": True}, False),
    ],
)
def test_local_is_this_machine_asked_by_its_name_with_nobody_between(changes: dict[str, object], local: bool) -> None:
    assert is_local(caller(**changes)) is local
    if local:
        access().require_key(caller(**changes))
    else:
        with pytest.raises(Problem) as refused:
            access().require_key(caller(**changes))
        assert code_of(refused) == (403, "local_only")


@pytest.mark.parametrize(
    ("host", "local_address", "answered"),
    [
        ("localhost:1", "10.0.0.5", True),
        ("captions.example:443", "10.0.0.5", True),
        ("CAPTIONS.example.", "10.0.0.5", True),
        ("10.0.0.5:8787", "10.0.0.5", True),
        ("10.0.0.6:8787", "10.0.0.5", False),
        ("evil.example", "127.0.0.1", False),
        ("", "", False),
    ],
)
def test_only_our_names_are_answered(host: str, local_address: str, answered: bool) -> None:
    door = access(trusted_hosts=("Captions.example",))
    if answered:
        door.check_host(caller(host=host, local=local_address))
    else:
        with pytest.raises(Problem) as refused:
            door.check_host(caller(host=host, local=local_address))
        assert code_of(refused) == (403, "untrusted_host")


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost:8787", "localhost:8787", True),
        ("https://captions.example", "captions.example", True),
        ("https://captions.example", "captions.example:443", True),
        ("http://captions.example:80", "captions.example", True),
        ("https://captions.example:8443", "captions.example", False),
        ("http://localhost:3000", "localhost:8787", False),
        ("null", "localhost", False),
        ("file://", "", False),
        ("https://evil.example@captions.example", "captions.example", False),
        ("https://captions.example:x", "captions.example", False),
        ("", "localhost", False),
    ],
)
def test_the_same_origin(origin: str, host: str, same: bool) -> None:
    assert same_origin(origin, host) is same


def test_foreign_pages_may_not_use_an_open_control_api() -> None:
    """A page anywhere can send requests to 127.0.0.1 out of its visitor's browser; its Origin gives it away."""
    with pytest.raises(Problem) as refused:
        access().require_key(caller(origin="https://evil.example"))
    assert code_of(refused) == (403, "foreign_origin")
    access().require_key(caller(origin="http://localhost:8787"))
    access(allowed_origins=("https://Good.example/",)).require_key(caller(origin="https://good.example"))
    access(allowed_origins=("*",)).require_key(caller(origin="https://any.example"))
    with pytest.raises(Problem):
        access(allowed_origins=("https://good.example",)).require_key(caller(origin="null"))


KEY = "a key"
DIGEST = "sha256:" + hashlib.sha256(KEY.encode()).hexdigest()


@pytest.mark.parametrize("configured", [(KEY,), (DIGEST,), ("other", DIGEST), (DIGEST.upper().replace("SHA", "sha"),)])
def test_keys_plain_or_as_a_digest(configured: tuple[str, ...]) -> None:
    door = access(api_keys=configured)
    door.require_key(caller(bearer=KEY))
    door.require_key(caller(bearer=KEY, peer="203.0.113.9", host="captions.example", forwarded=True))
    for wrong in (None, "", "a ke", "a key ", DIGEST, "\udcff"):
        with pytest.raises(Problem) as refused:
            door.require_key(caller(bearer=wrong))
        assert code_of(refused) == (401, "unauthorized")


@pytest.mark.parametrize("key", ["sha256:", "sha256:12", "sha256:" + "g" * 64])
def test_a_digest_that_is_none_stops_the_start(key: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal"):
        access(api_keys=(key,))


async def test_viewers_without_any_set_up_only_on_this_machine() -> None:
    await access().viewer(caller(), None, "s1")
    for changes in ({"peer": "10.0.0.9"}, {"host": "x.example"}, {"forwarded": True}):
        with pytest.raises(Problem) as refused:
            await access().viewer(caller(**changes), None, "s1")
        assert code_of(refused) == (401, "token_required")


@pytest.mark.parametrize("rules", [{"api_keys": (KEY,)}, {"secret": SECRET}])
async def test_once_anything_is_configured_viewers_need_a_token_here_too(rules: dict[str, object]) -> None:
    with pytest.raises(Problem) as refused:
        await access(**rules).viewer(caller(), None, "s1")  # type: ignore[arg-type]
    assert code_of(refused) == (401, "token_required")


async def test_public_sessions_need_none_but_pages_still_an_allowed_origin() -> None:
    door = access(public_sessions=True, api_keys=(KEY,))
    assert (await door.viewer(caller(peer="203.0.113.9"), None, "s1")).expires_s is None
    with pytest.raises(Problem) as refused:
        await door.viewer(caller(origin="https://evil.example"), None, "s1")
    assert code_of(refused) == (403, "foreign_origin")


async def test_whoever_holds_a_key_may_watch() -> None:
    assert (await access(api_keys=(KEY,)).viewer(caller(bearer=KEY), None, "s1")).expires_s is None


async def test_tokens_open_their_sessions_until_they_end() -> None:
    clock = ManualClock()
    door, mint = configure(Rules(), token_secret=SECRET, jwks_url="", clock=clock)
    assert mint is not None
    token, expires_s = mint(["s1", "s2"], 60)
    assert (await door.viewer(caller(), token, "s2")).expires_s == expires_s == clock.now_s() + 60
    assert (await door.viewer(caller(bearer=token), None, "s1")).expires_s == expires_s
    with pytest.raises(Problem) as refused:
        await door.viewer(caller(), token, "s3")
    assert code_of(refused) == (403, "forbidden_session")
    await door.viewer(caller(), mint(["*"], 60)[0], "s3")
    clock.passed_s = 60
    with pytest.raises(Problem) as refused:
        await door.viewer(caller(), token, "s1")
    assert code_of(refused) == (401, "token_expired")
    assert token not in str(refused.value)


async def test_keys_without_a_secret_can_still_mint_for_as_long_as_the_process_lives() -> None:
    door, mint = configure(Rules(api_keys=(KEY,)), token_secret="", jwks_url="", clock=ManualClock())
    assert mint is not None
    await door.viewer(caller(), mint(["s1"], 60)[0], "s1")
    other, _ = configure(Rules(api_keys=(KEY,)), token_secret="", jwks_url="", clock=ManualClock())
    with pytest.raises(Problem):
        await other.viewer(caller(), mint(["s1"], 60)[0], "s1")


def test_where_others_mint_we_do_not() -> None:
    _, mint = configure(Rules(), token_secret="", jwks_url="https://id.example/jwks", clock=ManualClock())
    assert mint is None
