"""Bodies at the border: what is taken, what is refused, and by which code."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from captiond.base.ids import SessionId
from captiond.serve.bodies import Allowed, SessionRequest, parse_session, parse_token
from captiond.serve.problems import Problem

ALLOWED = Allowed()


def parsed(**body: Any) -> SessionRequest:
    return parse_session(json.dumps(body).encode(), ALLOWED)


def test_only_the_id_is_required_and_defaults_are_the_contracts() -> None:
    assert parsed(mediaSessionId="a.B-c_1:2") == SessionRequest(
        id=SessionId("a.B-c_1:2"),
        source="media",
        language="en-US",
        conversation=None,
        region="us-east-1",
        codec="opus",
        profanity_filter=True,
        chunk_size=1500,
        language_model="conversational",
    )


def test_everything_that_can_be_said() -> None:
    asked = parsed(
        mediaSessionId="m1",
        language="fr-FR",
        region="eu-west-1",
        codec="pcmu",
        profanityFilter=False,
        chunkSize=800,
        languageModel="dictation",
        conversationId="c1",
    )
    assert (asked.language, asked.region, asked.codec, asked.profanity_filter) == ("fr-FR", "eu-west-1", "pcmu", False)
    assert (asked.chunk_size, asked.language_model, asked.conversation) == (800, "dictation", "c1")


def test_the_other_sources() -> None:
    assert parsed(conversationId="c1").source == "notifications"
    assert parsed(conversationId="c1").id == "c1"
    pushed = parsed(source="push", sessionId="p1", language="de-DE")
    assert (pushed.source, pushed.id, pushed.language) == ("push", "p1", "de-DE")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"mediaSessionId": "m", "language": "tlh"}, "unsupported_language"),
        ({"mediaSessionId": "m", "codec": "mp3"}, "unsupported_codec"),
        ({"mediaSessionId": "m", "region": "mars-1"}, "unsupported_region"),
        ({"conversationId": "m", "language": "tlh"}, "unsupported_language"),
        ({}, "invalid_request"),
        ({"mediaSessionId": ""}, "invalid_request"),
        ({"mediaSessionId": "a/b"}, "invalid_request"),
        ({"mediaSessionId": "a\n"}, "invalid_request"),
        ({"mediaSessionId": "x" * 129}, "invalid_request"),
        ({"mediaSessionId": 7}, "invalid_request"),
        ({"mediaSessionId": "m", "chunkSize": "1500"}, "invalid_request"),
        ({"mediaSessionId": "m", "chunkSize": 0}, "invalid_request"),
        ({"mediaSessionId": "m", "profanityFilter": "yes"}, "invalid_request"),
        ({"mediaSessionId": "m", "laguage": "en-US"}, "invalid_request"),
        ({"source": "push"}, "invalid_request"),
        ({"source": "satellite", "mediaSessionId": "m"}, "invalid_request"),
    ],
)
def test_refusals_have_a_code(body: dict[str, Any], code: str) -> None:
    with pytest.raises(Problem) as refused:
        parse_session(json.dumps(body).encode(), ALLOWED)
    assert (refused.value.status, refused.value.code) == (422, code)


def test_a_refusal_names_keys_never_values() -> None:
    with pytest.raises(Problem) as refused:
        parsed(mediaSessionId="the secret/value", chunkSize=-5)
    body = refused.value.body().decode()
    assert "mediaSessionId" in body
    assert "chunkSize" in body
    assert "the secret" not in body


def test_a_refusal_is_short_however_long_the_body() -> None:
    with pytest.raises(Problem) as refused:
        parsed(mediaSessionId="m", **{"k" * 500 + str(number): 1 for number in range(200)})
    assert len(refused.value.body()) < 6000


@given(st.binary(max_size=200))
def test_no_bytes_crash_it(raw: bytes) -> None:
    with pytest.raises(Problem):
        parse_session(raw, ALLOWED)


def test_tokens() -> None:
    assert parse_token(b'{"sessions":["a"]}').ttl_s == 3600
    assert parse_token(b'{"sessions":["*"],"ttlS":1}').sessions == ["*"]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"sessions":[]}',
        b'{"sessions":["a b"]}',
        b'{"sessions":"*"}',
        b'{"sessions":["a"],"ttlS":0}',
        b'{"sessions":["a"],"ttlS":99999999}',
        b'{"sessions":["a"],"ttlS":1.5}',
        b'{"sessions":' + json.dumps(["a"] * 101).encode() + b"}",
        b"[]",
    ],
)
def test_token_bodies_that_are_refused(raw: bytes) -> None:
    with pytest.raises(Problem) as refused:
        parse_token(raw)
    assert refused.value.code == "invalid_request"
