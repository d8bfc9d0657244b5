"""Who may what is the same at every worker: the same answers to the same questions, the same tokens and revocations."""

import asyncio
import json
from collections.abc import Mapping

import aiohttp

from captiond.serve.tokens import mint
from tests.harness import eventually
from tests.workers.conftest import HEAD, RELAY, SESSION, Node, Start

KEY, SECRET = "a-key-for-tests", "a-secret-of-more-than-32-bytes-for-tests"
AUTH = {"CAPTIOND_AUTH__API_KEYS": KEY, "CAPTIOND_AUTH__TOKEN_SECRET": SECRET}
BEARER = {"Authorization": f"Bearer {KEY}"}


def token_for(node: Node, session: str, ttl_s: float = 60.0) -> str:
    return mint(SECRET, sessions=[session], ttl_s=ttl_s, now_s=node.daemon.clock.now_s())[0]


async def answers(node: Node, path: str, headers: Mapping[str, str]) -> dict[int, tuple[int, str]]:
    """What each worker answers, until both have. A relay closes after each answer; the head keeps alive."""
    found: dict[int, tuple[int, str]] = {}
    for _ in range(40):
        async with (
            aiohttp.ClientSession() as http,
            http.get(node.url + path, headers=headers, timeout=aiohttp.ClientTimeout(sock_read=5)) as answer,
        ):
            worker = RELAY if answer.headers.get("Connection") == "close" else HEAD
            found[worker] = (answer.status, json.loads(await answer.text())["code"])
        if len(found) == 2:
            return found
    raise AssertionError(f"only {found} answered")


async def test_both_workers_refuse_the_same_for_the_same_reason(start: Start) -> None:
    async with start(**AUTH) as node:
        node.open()
        good, other = token_for(node, SESSION), token_for(node, "s2")
        for path, headers, expected in (
            ("/v1/sessions/s1/events", {}, (401, "token_required")),
            ("/v1/sessions/s1/events?token=forged", {}, (401, "bad_token")),
            (f"/v1/sessions/s1/events?token={other}", {}, (403, "forbidden_session")),
            (f"/v1/sessions/s1/events?token={good}", {"Origin": "https://evil.example"}, (403, "foreign_origin")),
            (f"/v1/sessions/s1/events?token={good}", {"Host": "evil.example"}, (403, "untrusted_host")),
            (f"/v1/sessions/s2/events?token={other}", {}, (404, "session_not_found")),
            (f"/v1/sessions/s1/ws?token={good}", {}, (426, "upgrade_required")),
        ):
            assert await answers(node, path, headers) == {HEAD: expected, RELAY: expected}, path
        for worker in (HEAD, RELAY):
            assert (await node.watch(worker, token=good)).viewer.messages[0]["type"] == "welcome"
        # A seat that a refused upgrade had is free again, wherever it was.
        assert sum(node.loads.values()) == node.daemon.rooms.viewers == 2


async def test_who_was_sent_away_comes_back_at_no_worker(start: Start) -> None:
    async with start(**AUTH) as node:
        node.open()
        token = token_for(node, SESSION)
        viewers = [await node.watch(worker, token=token) for worker in (HEAD, RELAY)]
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{node.url}/v1/sessions/s1/revoke", headers=BEARER) as answer,
        ):
            assert (answer.status, (await answer.json())["viewersClosed"]) == (200, 2)
        for watching in viewers:
            await asyncio.wait_for(watching.task, 5)
            assert watching.viewer.closed_with == 4507
        refused = await answers(node, f"/v1/sessions/s1/events?token={token}", {})
        assert refused[HEAD] == refused[RELAY]
        assert refused[HEAD][0] in (401, 403)
        killed = node.kill(RELAY)
        await node.until_workers_serve(but=killed)  # a relay that is new knows what was revoked before
        assert await answers(node, f"/v1/sessions/s1/events?token={token}", {}) == refused


async def test_a_token_of_a_first_try_opens_every_worker(start: Start) -> None:
    """Without a configured secret the head makes one up, and its relays have the same."""
    async with start(CAPTIOND_AUTH__API_KEYS=KEY) as node:
        node.open()
        async with (
            aiohttp.ClientSession(headers=BEARER) as http,
            http.post(f"{node.url}/v1/tokens", json={"sessions": ["s1"], "ttlS": 60}) as answer,
        ):
            token = (await answer.json())["token"]
        for worker in (HEAD, RELAY):
            await node.watch(worker, token=token)


async def test_a_token_ends_at_a_relay_too(start: Start) -> None:
    async with start(**AUTH) as node:
        node.open()
        there = await node.watch(RELAY, transport="sse", token=token_for(node, SESSION, ttl_s=1.5))
        await asyncio.wait_for(there.task, 6)
        assert there.viewer.messages[-1]["code"] == 4005


async def test_everything_but_streams_is_the_heads_whichever_socket_accepted_it(start: Start) -> None:
    async with start(**AUTH) as node:
        node.open()
        for number in range(300):
            node.say(f"a sentence that is said for the {number}th time")
        await eventually(lambda: node.daemon.audit.path.read_text().count('"transcription"') == 300)
        for _ in range(8):  # connections of their own: both sockets accept some
            async with aiohttp.ClientSession(headers=BEARER) as http:
                async with http.get(f"{node.url}/v1/sessions/s1/audit") as answer:
                    assert answer.status == 200
                    records = (await answer.text()).splitlines()
                async with http.get(f"{node.url}/v1/sessions") as answer:
                    assert (await answer.json())["sessions"][0]["id"] == "s1"
                async with http.post(f"{node.url}/v1/sessions", data=b"x" * 60_000) as answer:
                    assert answer.status == 422
                async with http.get(f"{node.url}/demo") as answer:
                    assert answer.status == 200
            async with aiohttp.ClientSession() as http, http.get(f"{node.url}/v1/sessions") as answer:
                assert answer.status == 401
        assert len(records) == 300
