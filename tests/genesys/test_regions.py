"""Addresses of upstream: the table, the overrides, and what is refused."""

import pytest

from captiond.genesys.regions import DOMAINS, EndpointFault, endpoint_fault, is_loopback, resolve


def test_the_region_picks_all_three_hosts() -> None:
    ireland = resolve(region="eu-west-1")
    assert ireland.token_url == "https://login.mypurecloud.ie/oauth/token"
    assert ireland.transcriptions_url == "https://api.mypurecloud.ie/api/v2/media/transcriptions"
    assert ireland.stream_url == "wss://api.mypurecloud.ie/api/v2/websocket"


@pytest.mark.parametrize("region", DOMAINS)
def test_every_region_of_the_table_gives_addresses_that_pass(region: str) -> None:
    endpoints = resolve(region=region)
    assert endpoints.login_url == f"https://login.{DOMAINS[region]}"


def test_an_organisation_names_the_api_and_the_stream_but_not_the_login() -> None:
    endpoints = resolve(region="ap-southeast-2", org_id="acme-1")
    assert endpoints.login_url == "https://login.mypurecloud.com.au"
    assert endpoints.api_url == "https://acme-1.mypurecloud.com"
    assert endpoints.stream_url == "wss://acme-1.mypurecloud.com/api/v2/websocket"


def test_overrides_win_over_region_and_organisation() -> None:
    endpoints = resolve(
        region="us-east-1",
        org_id="acme",
        login_url="http://127.0.0.1:9001/",
        api_url="http://localhost:9001",
        stream_url="ws://[::1]:9001/api/v2/websocket",
    )
    assert endpoints.token_url == "http://127.0.0.1:9001/oauth/token"
    assert endpoints.transcriptions_url == "http://localhost:9001/api/v2/media/transcriptions"
    assert endpoints.stream_url == "ws://[::1]:9001/api/v2/websocket"


@pytest.mark.parametrize("org_id", ["a.b", "a/b", "-a", "a-", "a" * 64, "a b", "\u0430cme", "evil.example#"])
def test_an_organisation_cannot_reach_another_host(org_id: str) -> None:
    with pytest.raises(EndpointFault, match="org_id"):
        resolve(region="us-east-1", org_id=org_id)


def test_an_unknown_region_is_told_the_known_ones() -> None:
    with pytest.raises(EndpointFault, match=r"mars-1.*us-east-1"):
        resolve(region="mars-1")


@pytest.mark.parametrize(
    ("url", "scheme", "words"),
    [
        ("https://login.example", "http", None),
        ("https://login.example:8443/base", "http", None),
        ("http://127.9.9.9:1", "http", None),
        ("wss://x.example/api/v2/websocket", "ws", None),
        ("ws://localhost:1/x", "ws", None),
        ("http://login.example", "http", "this machine only"),
        ("ws://10.0.0.1/x", "ws", "this machine only"),
        ("http://localhost.evil.example", "http", "this machine only"),
        ("http://127.0.0.1.evil.example", "http", "this machine only"),
        ("http://localhost@evil.example", "http", "user name"),
        ("https://user:hunter2@x.example", "http", "user name or a password"),
        ("https://x.example/?a=1", "http", "query"),
        ("https://x.example/#a", "http", "fragment"),
        ("ftp://x.example", "http", "must start with https://"),
        ("https:///x", "http", "name a host"),
        ("", "http", "must start with https://"),
        ("https://x.example:99999", "http", "not a URL"),
        ("https://[::1", "http", "not a URL"),
        ("https://a..b", "http", "not a URL"),
        ("https://" + "x" * 64 + ".example", "http", "not a URL"),
        ("https://x.example/\r\nA: b", "http", "control character"),
        ("https://" + "x" * 3_000, "http", "longer than"),
    ],
)
def test_an_address_is_refused_for_a_reason_that_never_quotes_it(url: str, scheme: str, words: str | None) -> None:
    fault = endpoint_fault(url, scheme=scheme)
    if words is None:
        assert fault is None
    else:
        assert fault is not None
        assert words in fault
        assert "hunter2" not in fault


def test_a_bad_override_names_its_key() -> None:
    with pytest.raises(EndpointFault, match=r"^stream_url must start with wss"):
        resolve(region="us-east-1", stream_url="https://x.example")


@pytest.mark.parametrize(("host", "here"), [("LOCALHOST", True), ("::1", True), ("0.0.0.0", False), ("example", False)])
def test_loopback_is_decided_by_name_alone(host: str, here: bool) -> None:
    assert is_loopback(host) is here
