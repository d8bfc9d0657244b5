"""Who may call back."""

import hmac
from hashlib import sha256

import pytest

from captiond.jobs.signatures import address_key, is_genuine, sign
from tests.jobs.studio import KIND, SECRET

BODY = b'{"eventType":"transcription.completed"}'
NOW_S = 1_767_225_600.0
RIGHT = "sha256=" + hmac.new(SECRET.encode(), BODY, sha256).hexdigest()
STAMP = str(int(NOW_S) - 299)
STAMPED = "sha256=" + hmac.new(SECRET.encode(), STAMP.encode() + b"." + BODY, sha256).hexdigest()
OLD = str(int(NOW_S) - 301)
KEY = address_key(SECRET, kind=KIND, job="job-1")


@pytest.mark.parametrize(
    ("headers", "query", "genuine"),
    [
        ({"X-Captiond-Signature": RIGHT}, {}, True),
        ({"x-hub-signature-256": RIGHT.upper().replace("SHA256", "sha256")}, {}, True),
        ({"X-Signature": RIGHT.removeprefix("sha256=")}, {}, True),
        ({"X-Captiond-Signature": STAMPED, "X-Captiond-Timestamp": STAMP}, {}, True),
        ({"Authorization": f"Bearer {SECRET}"}, {}, True),
        ({"X-Webhook-Secret": SECRET}, {}, True),
        ({}, {"job": "job-1", "key": KEY}, True),
        ({}, {}, False),
        ({"X-Captiond-Signature": RIGHT[:-1] + ("0" if RIGHT[-1] != "0" else "1")}, {}, False),
        ({"X-Captiond-Signature": ""}, {}, False),
        ({"X-Captiond-Signature": "sha1=" + RIGHT.removeprefix("sha256=")}, {}, False),
        ({"X-Captiond-Signature": RIGHT, "X-Captiond-Timestamp": STAMP}, {}, False),  # signed without the time
        ({"X-Captiond-Signature": sign(SECRET, BODY, timestamp=OLD), "X-Captiond-Timestamp": OLD}, {}, False),
        ({"X-Captiond-Signature": sign(SECRET, BODY, timestamp="soon"), "X-Captiond-Timestamp": "soon"}, {}, False),
        ({"Authorization": "Bearer guessed"}, {}, False),
        ({"Authorization": "Bearer guessed"}, {"job": "job-1", "key": KEY}, False),  # each that is there must be good
        ({"X-Captiond-Signature": RIGHT, "X-Webhook-Secret": "guessed"}, {}, False),
        ({}, {"job": "job-2", "key": KEY}, False),
        ({}, {"job": "job-1", "key": ""}, False),
        ({"X-Captiond-Signature": "é" * 64}, {}, False),
    ],
)
def test_what_proves_a_callback(headers: dict[str, str], query: dict[str, str], genuine: bool) -> None:
    assert is_genuine(SECRET, kind=KIND, headers=headers, query=query, body=BODY, now_s=NOW_S) is genuine


def test_another_body_or_kind_is_no_proof() -> None:
    headers = {"X-Captiond-Signature": RIGHT}
    assert not is_genuine(SECRET, kind=KIND, headers=headers, query={}, body=BODY + b" ", now_s=NOW_S)
    query = {"job": "job-1", "key": KEY}
    assert not is_genuine(SECRET, kind="recording-transcript", headers={}, query=query, body=BODY, now_s=NOW_S)


def test_without_a_secret_nothing_is_a_proof() -> None:
    empty = "sha256=" + hmac.new(b"", BODY, sha256).hexdigest()
    for headers in ({"X-Captiond-Signature": empty}, {"Authorization": "Bearer "}):
        assert not is_genuine("", kind=KIND, headers=headers, query={"key": ""}, body=BODY, now_s=NOW_S)
    assert address_key("", kind=KIND, job="job-1") == ""
