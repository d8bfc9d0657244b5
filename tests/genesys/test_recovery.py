"""What to do about an error: the table of `recovery`, row by row, and what resets it."""

import pytest

from captiond.base.errors import (
    MissingPermission,
    RateLimited,
    Unauthorised,
    UpstreamError,
    UpstreamRefused,
    UpstreamUnavailable,
)
from captiond.genesys.recovery import CALL_TRIES, Recovery, StreamLost, cause_of, error_of_answer, error_of_refusal
from tests.genesys.small_genesys import HighChance

AWAY = UpstreamUnavailable(operation="activate", status=503)
UNREACHABLE = UpstreamUnavailable(operation="activate", why="timed out")
LIMITED = RateLimited(operation="activate", retry_after_s=None)
LIMITED_7 = RateLimited(operation="activate", retry_after_s=7.0)
BAD_TOKEN = Unauthorised(operation="activate", status=401)
DENIED = MissingPermission(operation="activate", status=403, message="missing permission: a:b:c")
REFUSED = UpstreamRefused(operation="activate", status=404, message="no such thing")
LOST = StreamLost(cause="connection lost")
KICKED = StreamLost(cause="closed 4401", code=4401)

Delay = float | None


def delays_of(errors: list[UpstreamError], *, tries: int | None = None) -> list[Delay]:
    """The delay after each error in a row; None where it is time to give up."""
    recovery = Recovery(chance=HighChance(), tries=tries)
    return [None if again is None else again.delay_s for again in map(recovery.after, errors)]


@pytest.mark.parametrize(
    ("errors", "delays_s"),
    [
        ([AWAY] * 7, [0.999, 1.998, 3.996, 7.992, 15.984, 29.97, 29.97]),
        ([LOST, UNREACHABLE, AWAY, KICKED], [0.999, 1.998, 3.996, 7.992]),
        ([LIMITED] * 5, [5.0, 10.0, 20.0, None, None]),
        ([LIMITED_7] * 4, [7.0, 7.0, 7.0, None]),
        ([LIMITED, LIMITED_7, LIMITED], [5.0, 7.0, 20.0]),
        ([LIMITED, AWAY, LIMITED, AWAY], [5.0, 0.999, 10.0, 1.998]),
        ([BAD_TOKEN, BAD_TOKEN], [0.0, None]),
        ([BAD_TOKEN, AWAY, BAD_TOKEN], [0.0, 0.999, None]),
        ([DENIED], [None]),
        ([REFUSED], [None]),
        ([UpstreamError("something new")], [None]),
    ],
)
def test_each_error_has_its_delay_or_is_final(errors: list[UpstreamError], delays_s: list[Delay]) -> None:
    assert delays_of(errors) == [None if delay is None else pytest.approx(delay) for delay in delays_s]


def test_a_call_is_tried_five_times_in_all_a_stream_for_ever() -> None:
    assert delays_of([AWAY] * 5, tries=CALL_TRIES)[-2:] == [pytest.approx(7.992), None]
    assert None not in delays_of([AWAY] * 1_000)


@pytest.mark.parametrize("error", [BAD_TOKEN, KICKED, StreamLost(cause="closed 1008", code=1008)])
def test_a_token_is_replaced_once(error: UpstreamError) -> None:
    recovery = Recovery(chance=HighChance(), tries=None)
    first = recovery.after(error)
    assert first is not None
    assert first.fresh_token
    second = recovery.after(error)
    assert second is None or not second.fresh_token


def test_a_close_that_hints_at_the_token_leaves_a_refused_token_its_own_renewal() -> None:
    recovery = Recovery(chance=HighChance(), tries=None)
    recovery.after(KICKED)
    again = recovery.after(BAD_TOKEN)
    assert again is not None
    assert again.fresh_token
    assert recovery.after(BAD_TOKEN) is None


def test_a_lost_stream_says_nothing_about_the_token() -> None:
    for error in (LOST, StreamLost(cause="closed 1012", code=1012), AWAY, LIMITED):
        again = Recovery(chance=HighChance(), tries=None).after(error)
        assert again is not None
        assert not again.fresh_token


def test_when_things_went_well_everything_starts_again() -> None:
    recovery = Recovery(chance=HighChance(), tries=None)
    for _ in range(3):
        for error in (AWAY, LIMITED, BAD_TOKEN):
            assert recovery.after(error) is not None
        recovery.healthy()
    again = recovery.after(AWAY)
    assert again is not None
    assert again.delay_s == pytest.approx(0.999)
    assert again.tries == 1


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (AWAY, "status 503"),
        (UNREACHABLE, "no usable answer"),
        (LIMITED, "rate limited"),
        (BAD_TOKEN, "token refused"),
        (REFUSED, "status 404"),
        (LOST, "connection lost"),
        (UpstreamError("very private words"), "upstream error"),
    ],
)
def test_a_cause_is_a_few_words_of_ours(error: UpstreamError, cause: str) -> None:
    assert cause_of(error) == cause


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, Unauthorised, "go [secret] away"),
        (403, MissingPermission, "missing permission, not named by the server: go [secret] away"),
        (404, UpstreamRefused, "go [secret] away"),
        (302, UpstreamRefused, "go [secret] away"),
        (200, UpstreamRefused, "go [secret] away"),
    ],
)
def test_a_status_becomes_an_error_with_the_servers_words(status: int, kind: type, words: str) -> None:
    error = error_of_answer(
        operation="activate", status=status, body=b'{"message":"go s3cr3t away"}', now_s=0.0, secrets=("s3cr3t",)
    )
    assert type(error) is kind
    assert isinstance(error, UpstreamRefused)
    assert (error.status, error.message) == (status, words)


def test_429_and_5xx_become_errors_that_can_pass() -> None:
    limited = error_of_answer(operation="x", status=429, body=b"", now_s=0.0, retry_after="9")
    assert isinstance(limited, RateLimited)
    assert limited.retry_after_s == 9.0
    for status in (500, 503, 599):
        away = error_of_answer(operation="x", status=status, body=b"very private", now_s=0.0)
        assert type(away) is UpstreamUnavailable
        assert away.status == status
        assert "private" not in str(away)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (None, UpstreamRefused),
        (400, UpstreamRefused),
        (401, Unauthorised),
        (403, MissingPermission),
        (429, RateLimited),
        (503, UpstreamRefused),  # the contract: a refused subscription fails, only 429 waits
    ],
)
def test_a_refusal_in_a_frame_becomes_an_error(status: int | None, kind: type) -> None:
    error = error_of_refusal(operation="subscribe", status=status, message="no", retry_after_s=3.0)
    assert type(error) is kind
