"""`GET /v1/conversations/{id}`: who knows a call finds its captions, and only those that the token opens."""

from typing import Any

import pytest

from captiond.base.ids import SessionId
from captiond.core.messages import SessionState
from captiond.serve import answers
from tests.serve.serving import SECRET, Served, serving

CALL = "0b9a8f5e-1c1d-4f0e-9b1e-6d7f2a3b4c5d"


async def ask(served: Served, call: str = CALL, token: str | None = None) -> tuple[int, Any]:
    query = {"token": token} if token else {}
    async with served.http.get(f"{served.url}/v1/conversations/{call}", params=query) as answer:
        return answer.status, await answer.json()


async def test_the_sessions_of_a_call_are_found_by_it(served: Served) -> None:
    served.open("ms-agent", conversation=CALL)
    served.open("ms-customer", conversation=CALL)
    served.open("ms-other", conversation="another")
    served.open(CALL)  # of the notifications profile: the session is called as the conversation
    status, body = await ask(served)
    assert status == 200
    found = answers.Captioned.model_validate(body)
    assert [one.id for one in found.sessions] == ["ms-agent", "ms-customer", CALL]
    assert body["sessions"][0].keys() == {"id", "state", "language", "createdAt"}
    served.rooms.end(SessionId("ms-agent"), SessionState.ENDED, "deleted")
    _, body = await ask(served)
    assert body["sessions"][0]["state"] == "ended"
    async with served.http.get(f"{served.url}/v1/sessions/ms-other") as answer:
        assert (await answer.json())["conversationId"] == "another"


async def test_a_call_without_captions_is_not_found(served: Served) -> None:
    status, body = await ask(served)
    assert (status, body["code"]) == (404, "session_not_found")


async def test_nobody_is_told_of_sessions_that_the_token_does_not_open() -> None:
    async with serving(secret=SECRET) as served:
        served.open("ms-agent", conversation=CALL)
        served.open("ms-customer", conversation=CALL)
        status, body = await ask(served)
        assert (status, body["code"]) == (401, "token_required")
        status, body = await ask(served, token=served.mint("ms-customer"))
        assert [one["id"] for one in body["sessions"]] == ["ms-customer"]
        status, body = await ask(served, token=served.mint("*"))
        assert len(body["sessions"]) == 2
        # Who may watch neither is told the same whether there are any.
        for call in (CALL, "no-such-call"):
            status, body = await ask(served, call, served.mint("ms-elsewhere"))
            assert (status, body["code"]) == (403, "forbidden_session")
        status, body = await ask(served, "no-such-call", served.mint("no-such-call"))
        assert (status, body["code"]) == (404, "session_not_found")


@pytest.mark.parametrize("origin", ["https://elsewhere.example"])
async def test_pages_of_other_sites_are_not_told(served: Served, origin: str) -> None:
    served.open("ms-agent", conversation=CALL)
    async with served.http.get(f"{served.url}/v1/conversations/{CALL}", headers={"Origin": origin}) as answer:
        assert answer.status == 403
