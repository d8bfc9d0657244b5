"""Who speaks HTTP to hurt: bodies that unpack to gigabytes, names that only look like ours, proxies that hide."""

import gzip
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import http_parser

from tests.harness import daemon_here

KEY = "a-key-for-this-test"
UNPACKED_BYTES = 5_000_000


@pytest.mark.parametrize(("key", "status"), [("wrong", 401), (KEY, 415)])
async def test_a_packed_body_is_never_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, status: int
) -> None:
    """Unpacking costs whoever sends it next to nothing and us the loop, before we know who it is."""
    unpacked: list[Any] = []
    unpack: Any = vars(http_parser)["ZLibDecompressor"]

    def counted(*args: Any, **kwargs: Any) -> Any:
        unpacked.append(args)
        return unpack(*args, **kwargs)

    monkeypatch.setattr(http_parser, "ZLibDecompressor", counted)
    async with (
        daemon_here(tmp_path, CAPTIOND_AUTH__API_KEYS=f'["{KEY}"]') as daemon,
        aiohttp.ClientSession() as http,
        http.post(
            f"{daemon.url}/v1/tokens",
            data=gzip.compress(b" " * UNPACKED_BYTES),
            headers={"Content-Encoding": "gzip", "Authorization": f"Bearer {key}"},
        ) as answer,
    ):
        assert answer.status == status
        assert (await answer.json(content_type=None))["code"] == {401: "unauthorized", 415: "packed_body"}[status]
        assert not unpacked


@pytest.mark.parametrize(
    "header",
    [
        "Forwarded",
        "X-Forwarded-For",
        "x-forwarded-for",
        "X_Forwarded_For",
        "X-Forwarded",
        "X-Forwarded-Server",
        "X-Forwarded-Port",
        "X-Original-Forwarded-For",
        "X-Real-IP",
        "X-Client-IP",
        "X-Cluster-Client-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
        "Fastly-Client-IP",
        "Via",
    ],
)
async def test_a_proxy_of_any_make_is_seen(tmp_path: Path, header: str) -> None:
    """Without keys only this machine is answered, and who comes through a proxy may be anybody."""
    async with daemon_here(tmp_path) as daemon, aiohttp.ClientSession() as http:
        async with http.get(f"{daemon.url}/v1/sessions") as answer:
            assert answer.status == 200
        async with http.get(f"{daemon.url}/v1/sessions", headers={header: "192.0.2.7"}) as answer:
            assert answer.status == 403


@pytest.mark.parametrize(
    "host", ["127.0.0.1%25evil.example", "127.0.0.1%evil", "evil.example", "127.0.0.1.evil.example", "0.0.0.0", "127.1"]
)
async def test_a_name_that_only_looks_like_this_machine_is_none(tmp_path: Path, host: str) -> None:
    async with (
        daemon_here(tmp_path) as daemon,
        aiohttp.ClientSession() as http,
        http.get(f"{daemon.url}/v1/sessions", headers={"Host": host}) as answer,
    ):
        assert answer.status == 403
