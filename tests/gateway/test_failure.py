import json

import pytest

from gateway.failure import from_event, from_status

LIMITED = b'{"error":{"message":"Slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}'


def test_a_429_keeps_its_status_its_reason_and_the_headers_that_pace_a_user():
    headers = {"Retry-After": "3", "X-RateLimit-Remaining-Requests": "0", "Server": "mock"}
    why = from_status(429, headers, LIMITED)
    assert (why.status, why.code, why.message) == (429, "rate_limit_exceeded", "Slow down")
    assert why.headers == {"retry-after": "3", "x-ratelimit-remaining-requests": "0"}
    assert json.loads(why.body) == {"error": {"type": "rate_limit_exceeded", "message": "Slow down"}}


@pytest.mark.parametrize(
    ("upstream", "user"), [(400, 400), (401, 401), (404, 404), (301, 502), (500, 502), (503, 502), (529, 502)]
)
def test_the_users_own_errors_keep_their_status_and_the_providers_become_502(upstream, user):
    assert from_status(upstream, {}, b"").status == user


def test_an_error_without_a_readable_body_is_named_by_its_status():
    why = from_status(503, {}, b"<html>")
    assert (why.code, "503" in why.message) == ("upstream_http_503", True)


def test_an_error_event_without_words_still_says_something():
    why = from_event("", "")
    assert (why.status, why.code) == (502, "upstream_error")
    assert why.message


@pytest.mark.parametrize(
    ("status", "advice", "passing"),
    [
        (429, "false", False),
        (503, "false", False),
        (409, "true", True),
        (429, "", True),
        (400, "maybe", False),
    ],
)
def test_a_provider_that_says_whether_to_try_again_is_believed(status, advice, passing):
    why = from_status(status, {"X-Should-Retry": advice}, b"")
    assert why.passing is passing
    assert why.headers == {"x-should-retry": advice}


@pytest.mark.parametrize(
    ("code", "status"), [("429", 429), ("rate_limit_error", 429), ("overloaded_error", 502), ("503", 502)]
)
def test_an_error_event_keeps_its_code_and_a_limit_its_status(code, status):
    why = from_event(code, "x")
    assert (why.code, why.status, why.passing) == (code, status, True)
