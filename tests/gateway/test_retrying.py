import pytest

from gateway import failure
from gateway.failure import Failure, from_event, from_status
from gateway.retrying import Retrying
from harness.plan.plan import GatewayOptions

TWICE = GatewayOptions(retries=2, retry_after_s=5)


def wait_s(why: Failure, attempts: int = 1, content: int = 0, draw: float = 0.0) -> float | None:
    return Retrying(TWICE, wall=lambda: 784_111_777.0, draw=lambda: draw).wait_s(why, attempts, content)


def limited(retry_after: str) -> Failure:
    return from_status(429, {"retry-after": retry_after}, b"")


def test_after_the_first_token_there_is_no_further_attempt_whatever_happened():
    assert wait_s(failure.DIED) is not None
    assert wait_s(failure.DIED, content=1) is None


def test_attempts_are_bounded_and_none_are_added_by_default():
    assert [wait_s(failure.DIED, attempts) is not None for attempts in (1, 2, 3)] == [True, True, False]
    assert Retrying(GatewayOptions()).wait_s(failure.DIED, 1, 0) is None


@pytest.mark.parametrize(
    "why",
    [
        failure.UNREACHABLE,
        failure.CONNECT_TIMEOUT,
        failure.DIED,
        failure.RESET,
        failure.TRUNCATED,
        from_status(500, {}, b""),
        from_status(503, {}, b""),
        from_status(529, {}, b""),
        from_status(429, {}, b""),
        from_event("overloaded_error", ""),
        from_event("503", ""),
    ],
)
def test_what_passes_is_asked_again(why):
    assert wait_s(why) is not None


@pytest.mark.parametrize(
    "why",
    [
        failure.HEAD_TIMEOUT,
        failure.FIRST_TOKEN_TIMEOUT,
        failure.STALLED,
        failure.CORRUPT,
        from_status(400, {}, b""),
        from_status(401, {}, b""),
        from_status(501, {}, b""),
        from_status(429, {}, b'{"error":{"message":"Pay","code":"insufficient_quota"}}'),
        from_event("content_filter", ""),
    ],
)
def test_what_stays_or_is_only_slow_is_not_asked_again(why):
    assert wait_s(why) is None


def test_waits_grow_are_bounded_and_differ_from_user_to_user():
    retrying = Retrying(GatewayOptions(retries=10), draw=lambda: 1.0)
    waits = [retrying.wait_s(failure.DIED, attempts, 0) for attempts in range(1, 11)]
    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0, 5.0, 5.0]
    assert wait_s(failure.DIED, draw=0.0) == 0.1


@pytest.mark.parametrize(
    ("text", "least"),
    [("2", 2.0), ("0.5", 0.5), ("Sun, 06 Nov 1994 08:49:40 GMT", 3.0), ("0", 0.1), ("soon", 0.1)],
)
def test_a_retry_after_is_never_undercut(text, least):
    for draw in (0.0, 0.5, 1.0):
        found = wait_s(limited(text), draw=draw)
        assert found is not None
        assert least <= found <= least + 0.2


@pytest.mark.parametrize("text", ["6", "120", "Sun, 06 Nov 1994 08:50:00 GMT", "inf"])
def test_a_wait_beyond_the_bound_is_the_users_to_wait(text):
    assert wait_s(limited(text)) is None


def test_a_date_that_is_over_and_one_without_sense_are_no_wait():
    assert wait_s(limited("Sun, 06 Nov 1994 08:49:00 GMT")) == 0.1
    assert wait_s(limited("nan")) == 0.1
