"""The control API over a real socket."""

import json
from typing import Any

import pytest

from captiond.base.ids import SafeText, SessionId, UtteranceId
from captiond.core.messages import Caption
from captiond.serve import answers
from captiond.serve.access import Rules
from tests.serve.serving import SECRET, Json, Served, raw, serving


async def call(served: Served, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Json]:
    data = None if body is None else json.dumps(body)
    async with served.http.request(method, served.url + path, data=data, headers=headers) as answer:
        text = await answer.text()
        if answer.status >= 400:
            assert answer.content_type == "application/problem+json"
            problem: Json = json.loads(text)
            answers.ProblemAnswer.model_validate(problem)
            assert problem["status"] == answer.status
            return answer.status, problem
        return answer.status, json.loads(text) if text else {}


async def test_a_session_from_its_start_to_its_end(served: Served) -> None:
    status, created = await call(served, "POST", "/v1/sessions", {"mediaSessionId": "m1"})
    assert status == 201
    answers.Session.model_validate(created)
    assert (created["id"], created["source"], created["state"], created["language"]) == ("m1", "media", "live", "en-US")
    assert created["links"]["ws"] == "/v1/sessions/m1/ws"
    again, same = await call(served, "POST", "/v1/sessions", {"mediaSessionId": "m1"})
    assert (again, same["id"], same["createdAt"]) == (200, "m1", created["createdAt"])
    served.say("hello", final=True, session="m1")
    _, view = await call(served, "GET", "/v1/sessions/m1")
    assert view["position"].endswith(".2")
    _, listed = await call(served, "GET", "/v1/sessions")
    answers.SessionList.model_validate(listed)
    assert listed == {"sessions": [view]}
    assert (await call(served, "DELETE", "/v1/sessions/m1"))[0] == 204
    _, ended = await call(served, "GET", "/v1/sessions/m1")
    assert (ended["state"], ended["reason"]) == ("ended", "deleted")


@pytest.mark.parametrize(
    ("asked", "body", "refused"),
    [
        (("POST", "/v1/sessions"), {"mediaSessionId": "m", "language": "tlh"}, (422, "unsupported_language")),
        (("POST", "/v1/sessions"), {"mediaSessionId": "m/m"}, (422, "invalid_request")),
        (("POST", "/v1/sessions"), {"mediaSessionId": "refused-1"}, (502, "upstream_refused")),
        (("POST", "/v1/sessions"), {"x": "y" * 70_000}, (413, "body_too_large")),
        (("POST", "/v1/sessions"), {"source": "push", "sessionId": "p"}, (501, "not_available")),
        (("GET", "/v1/sessions/none"), None, (404, "session_not_found")),
        (("DELETE", "/v1/sessions/none"), None, (404, "session_not_found")),
        (("GET", "/v1/sessions/none/transcript.txt"), None, (404, "session_not_found")),
        (("GET", "/v1/sessions/none/audit"), None, (404, "session_not_found")),
        (("GET", "/v1/sessions/a%2Fb"), None, (404, "not_found")),
        (("GET", "/v1/sessions/none/transcript.pdf"), None, (404, "not_found")),
        (("GET", "/v1/nothing"), None, (404, "not_found")),
        (("PUT", "/v1/sessions"), None, (405, "method_not_allowed")),
        (("PATCH", "/v1/sessions/m"), None, (405, "method_not_allowed")),
        (("POST", "/v1/sessions/m/events"), [], (501, "not_available")),
        (("GET", "/v1/sessions/m/ingest"), None, (501, "not_available")),
        (("GET", "/v1/jobs"), None, (503, "no_account")),
        (("POST", "/v1/jobs/recording-transcript"), {}, (503, "no_account")),
        (("POST", "/v1/jobs/tea"), {}, (404, "unknown_kind")),
        (("GET", "/v1/jobs/j1"), None, (503, "no_account")),
        (("GET", "/v1/jobs/j1/events"), None, (503, "no_account")),
        (("DELETE", "/v1/jobs/j1"), None, (503, "no_account")),
        (("POST", "/v1/webhooks/transcription-request"), {}, (501, "not_available")),
        (("POST", "/v1/webhooks/tea"), {}, (404, "unknown_kind")),
        (("POST", "/v1/transcripts/search"), {}, (422, "invalid_request")),
        (("POST", "/v1/transcripts/search"), {"query": "refund"}, (503, "database_unavailable")),
        (("POST", "/v1/tokens"), {"sessions": []}, (422, "invalid_request")),
    ],
)
async def test_refusals_are_problems(
    served: Served, asked: tuple[str, str], body: Any, refused: tuple[int, str]
) -> None:
    status, problem = await call(served, *asked, body)
    assert (status, problem["code"]) == refused


async def test_a_wrong_method_says_which_are_right(served: Served) -> None:
    async with served.http.put(f"{served.url}/v1/sessions") as answer:
        assert {method.strip() for method in answer.headers["Allow"].split(",")} == {"GET", "HEAD", "POST"}
    async with served.http.options(f"{served.url}/v1/sessions") as answer:
        assert answer.status == 204
        assert "POST" in answer.headers["Allow"]


async def test_while_draining_no_new_session_is_started(served: Served) -> None:
    served.draining_ms = 1000
    assert (await call(served, "POST", "/v1/sessions", {"mediaSessionId": "m1"}))[0] == 503
    assert served.sessions.wanted == []


async def test_every_call_of_the_control_api_needs_the_key() -> None:
    async with serving(rules=Rules(api_keys=("the key",))) as served:
        served.open()
        for method, path in (
            ("POST", "/v1/sessions"),
            ("GET", "/v1/sessions"),
            ("GET", "/v1/sessions/s1"),
            ("DELETE", "/v1/sessions/s1"),
            ("GET", "/v1/sessions/s1/audit"),
            ("GET", "/v1/sessions/s1/transcript.json"),
            ("POST", "/v1/tokens"),
            ("GET", "/v1/jobs"),
            ("POST", "/v1/transcripts/search"),
        ):
            status, problem = await call(served, method, path, {} if method == "POST" else None)
            assert (status, problem["code"]) == (401, "unauthorized"), path
            status, _ = await call(served, method, path, None, Authorization="Bearer wrong")
            assert status == 401, path
        assert len((await call(served, "GET", "/v1/sessions", Authorization="Bearer the key"))[1]["sessions"]) == 1


@pytest.mark.parametrize(
    "header",
    ["Host: evil.example", "X-Forwarded-For: 1.2.3.4", "Forwarded: for=1.2.3.4", "Origin: https://evil.example"],
)
async def test_without_keys_only_this_machine_itself_is_answered(served: Served, header: str) -> None:
    refused = await raw(served, "/v1/sessions", header)
    assert refused.status == 403
    assert (await raw(served, "/v1/sessions")).status == 200


async def test_transcripts_in_four_forms(served: Served) -> None:
    live = served.open()
    served.sessions.finals[SessionId("s1")] = [
        Caption(
            utterance=UtteranceId("u1"),
            revision=1,
            final=True,
            text=SafeText("hello"),
            stable_length=5,
            held=False,
            channel="external",
            language="en-US",
            emitted_at="2024-06-15T10:30:02.000Z",
            start_ms=1000,
            end_ms=1500,
        )
    ]
    expected = {
        "json": ("application/json", '"text":"hello"'),
        "txt": ("text/plain", "[00:00:01.000] Customer: hello\n"),
        "vtt": ("text/vtt", "00:00:01.000 --> 00:00:01.500\n<v Customer>hello\n"),
        "srt": ("application/x-subrip", "1\n00:00:01,000 --> 00:00:01,500\nCustomer: hello\n"),
    }
    for form, (content_type, part) in expected.items():
        async with served.http.get(f"{served.url}/v1/sessions/s1/transcript.{form}") as answer:
            assert (answer.status, answer.content_type) == (200, content_type)
            assert part in await answer.text()
            name = f"captions-s1-{live.created_at[:10]}.{form}"
            assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
            assert answer.headers["Cache-Control"] == "no-store"
            tag = {"If-None-Match": answer.headers["ETag"]}
        async with served.http.get(f"{served.url}/v1/sessions/s1/transcript.{form}", headers=tag) as answer:
            assert (answer.status, await answer.read(), answer.headers["ETag"]) == (304, b"", tag["If-None-Match"])


async def test_audit_records_as_json_lines_of_this_life_or_an_earlier_one(served: Served) -> None:
    served.open()
    served.sessions.recorded = {SessionId("s1"), SessionId("earlier")}
    for session in ("s1", "earlier"):
        async with served.http.get(f"{served.url}/v1/sessions/{session}/audit") as answer:
            assert answer.content_type == "application/x-ndjson"
            records = [json.loads(line) for line in (await answer.text()).splitlines()]
        assert [(record["mediaSessionId"], record["sequence"]) for record in records] == [
            (session, n) for n in range(3)
        ]
    served.open("silent")
    async with served.http.get(f"{served.url}/v1/sessions/silent/audit") as answer:
        assert (answer.status, await answer.text()) == (200, "")


async def test_a_token_of_the_api_opens_the_stream() -> None:
    async with serving(rules=Rules(api_keys=("k",)), secret=SECRET) as served:
        served.open()
        status, minted = await call(
            served, "POST", "/v1/tokens", {"sessions": ["s1"], "ttlS": 60}, Authorization="Bearer k"
        )
        assert status == 200
        assert minted["expiresAt"] == "2024-06-15T10:31:00.000Z"
        opened = await raw(served, f"/v1/sessions/s1/events?token={minted['token']}")
        assert opened.status == 200
