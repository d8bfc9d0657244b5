"""REST bodies: what may be asked for, what an answer must hold, what is kept of an error."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from captiond.base.errors import LocalError
from captiond.base.ids import SessionId
from captiond.genesys.payloads import (
    MalformedAnswer,
    MediaRequest,
    missing_permission_words,
    parse_activation,
    parse_grant,
    server_words,
)

PERMISSION = "conversation:transcription:view"
SESSION = SessionId("m-1")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def test_only_the_id_is_required_and_the_rest_has_the_agreed_defaults() -> None:
    request = MediaRequest(SESSION)
    assert request == MediaRequest(SESSION, "en-US", "us-east-1", "opus", True, 1500, "conversational")
    assert orjson.loads(request.activation_body()) == {
        "mediaSessionId": "m-1",
        "language": "en-US",
        "profanityFilter": True,
        "chunkSize": 1500,
        "languageModel": "conversational",
    }


def test_everything_that_is_given_is_sent_but_for_region_and_codec() -> None:
    request = MediaRequest(SessionId("A.b_c:d-9"), "fr-FR", "eu-west-1", "pcma", False, 800, "telephony-2")
    assert orjson.loads(request.activation_body()) == {
        "mediaSessionId": "A.b_c:d-9",
        "language": "fr-FR",
        "profanityFilter": False,
        "chunkSize": 800,
        "languageModel": "telephony-2",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"media_session_id": ""},
        {"media_session_id": "a b"},
        {"media_session_id": "a/b"},
        {"media_session_id": "a\n"},
        {"media_session_id": "\u00e9"},
        {"media_session_id": "a" * 129},
        {"media_session_id": 7},
        {"language": None},
        {"language": ""},
        {"codec": ["opus"]},
        {"region": ""},
        {"profanity_filter": 1},
        {"chunk_size": 0},
        {"chunk_size": True},
        {"chunk_size": 1.5},
        {"chunk_size": 60_001},
        {"language_model": "x" * 65},
    ],
)
def test_what_cannot_be_sent_is_our_own_mistake_and_not_quoted(change: dict[str, Any]) -> None:
    with pytest.raises(LocalError, match="cannot be sent"):
        MediaRequest(**({"media_session_id": "m-1"} | change))


def test_an_activation_is_read() -> None:
    body = b'{"id":"t-1","status":"ACTIVE","mediaSessionId":"m-1","createdTime":"2024-06-15T10:30:00.000Z","new":1}'
    activation = parse_activation(body, requested=SESSION)
    assert (activation.id, activation.status, activation.media_session_id) == ("t-1", "ACTIVE", SESSION)
    assert activation.created_time == "2024-06-15T10:30:00.000Z"
    assert parse_activation(b"{}", requested=SESSION).id is None


def test_an_activation_that_says_strange_things_of_itself_is_one_all_the_same() -> None:
    body = b'{"id":5,"createdTime":1718447400000,"status":"' + b"x" * 600 + b'"}'
    activation = parse_activation(body, requested=SESSION)
    assert (activation.id, activation.status, activation.created_time) == (None, None, None)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"mediaSessionId":"m-2"}', b'{"mediaSessionId":5}', b'["' + b"x" * 600 + b'"]', b"\xff{}"],
)
def test_a_malformed_activation_is_refused_without_quoting_it(body: bytes) -> None:
    with pytest.raises(MalformedAnswer) as fault:
        parse_activation(body, requested=SESSION)
    assert "xxx" not in str(fault.value)
    assert fault.value.__cause__ is None


def test_a_grant_is_read_and_hides_its_token() -> None:
    grant = parse_grant(b'{"access_token":"s3cr3t","expires_in":86399,"token_type":"bearer"}')
    assert (grant.access_token, grant.expires_in_s) == ("s3cr3t", 86_399.0)
    assert "s3cr3t" not in repr(grant)
    assert parse_grant(b'{"access_token":"a","expires_in":1e99}').expires_in_s == 172_800.0


@pytest.mark.parametrize(
    "body",
    [
        b"no",
        b'"s3cr3t"',
        b'{"access_token":"","expires_in":60}',
        b'{"access_token":"s3cr3t\\r\\nX: y","expires_in":60}',
        b'{"access_token":5,"expires_in":60}',
        b'{"access_token":"s3cr3t"}',
        b'{"access_token":"s3cr3t","expires_in":"60"}',
        b'{"access_token":"s3cr3t","expires_in":true}',
        b'{"access_token":"s3cr3t","expires_in":0}',
        b'{"access_token":"s3cr3t","expires_in":60,"token_type":"mac"}',
    ],
)
def test_a_malformed_grant_is_refused_without_quoting_it(body: bytes) -> None:
    with pytest.raises(MalformedAnswer) as fault:
        parse_grant(body)
    assert "s3cr3t" not in str(fault.value)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"message":"no such session","code":"not.found","status":404}', "no such session"),
        (b'{"error":"invalid_client","description":"unknown client"}', "unknown client"),
        (b'{"error":{"message":"inner words","code":7}}', "inner words"),
        (b'{"errors":[],"error":"plain"}', "plain"),
        (b'{"message":"","code":"too.many"}', "too.many"),
        (b"Bad\r\ngateway\x00", "Bad gateway"),
        (b"", ""),
        (b"{}", ""),
        (b'{"message":5}', ""),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_the_words_of_an_error_body_are_found(body: bytes, words: str) -> None:
    assert server_words(body) == words


def test_the_words_of_a_server_are_bounded_and_hold_no_secret() -> None:
    assert server_words(b'{"message":"token t0k3n is old"}', secrets=("t0k3n",)) == "token [secret] is old"
    assert len(server_words(b"x" * 100_000)) == 500
    deep = b'{"error":' * 5_000 + b"1" + b"}" * 5_000
    assert len(server_words(deep)) <= 500


@pytest.mark.parametrize(
    "body",
    [
        {"message": f"You are missing the following permission(s): {PERMISSION}", "code": "missing.permissions"},
        {"message": "denied", "missingPermissions": [PERMISSION]},
        {"message": "denied", "errorParams": {"missingPermissions": PERMISSION}},
        {"message": "denied", "messageParams": {"permissions": f"[{PERMISSION}]"}},
        {"message": "denied", "details": [{"errorParams": {"permission": PERMISSION}}]},
        {"message": "denied", "errors": [{"messageParams": {"MissingPermission": PERMISSION}}]},
        {"message": "needs other:thing:edit", "missingPermissions": [PERMISSION]},
    ],
)
def test_the_missing_permission_is_named_wherever_it_stands(body: dict[str, Any]) -> None:
    assert missing_permission_words(orjson.dumps(body)) == f"missing permission: {PERMISSION}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"conversation:transcription:view is needed", f"missing permission: {PERMISSION}"),
        (b'{"missingPermissions":["a:b:c","d:e:f","a:b:c"]}', "missing permission: a:b:c, d:e:f"),
        (b'{"message":"no at 10:30:00"}', "missing permission, not named by the server: no at 10:30:00"),
        (b"", "missing permission"),
    ],
)
def test_a_403_without_a_usual_body_still_says_something(body: bytes, words: str) -> None:
    assert missing_permission_words(body) == words


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_error_body_crashes_what_reads_it(body: bytes) -> None:
    assert len(server_words(body)) <= 500
    assert missing_permission_words(body).startswith("missing permission")
