"""What may go wrong behind the gateway, and what its user is told. Pure."""

from collections.abc import Mapping

import msgspec

from harness.dialects import generic, openai
from harness.dialects.dialect import Dialect

# Prefixes; users pace themselves by these.
_KEPT_HEADERS = ("retry-after", "x-ratelimit-", "anthropic-ratelimit-", "x-should-retry")
_KEPT_STATUSES = (400, 401, 403, 404, 413, 422, 429)  # the user's own doing, so the user is told as is
_PASSING_STATUSES = (408, 425, 429, 500, 502, 503, 504, 529)  # asked again, it may well be over
_PASSING_CODES = ("overload", "rate_limit", "server_error", "api_error", "unavailable", "internal", "timeout")
_LASTING_CODES = ("insufficient_quota",)  # a 429 that no waiting cures


class Failure(msgspec.Struct, frozen=True):
    """Why there is no whole answer. `status` and `headers` count only while no head has gone out; `passing`
    says that it may be over when the provider is asked again."""

    status: int
    code: str
    message: str
    headers: dict[str, str] = {}
    passing: bool = False

    @property
    def body(self) -> bytes:
        """The body of an HTTP error."""
        return generic.DIALECT.error_body(self.status, self.code, self.message)


class Refused(Exception):
    """There is no answer; `failure` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def _of_provider(status: int, code: str, message: str, passing: bool = False) -> Failure:
    return Failure(status, code, f"the model provider {message}", passing=passing)


UNREACHABLE = _of_provider(502, "upstream_unreachable", "cannot be reached", passing=True)
CONNECT_TIMEOUT = _of_provider(504, "upstream_timeout", "did not accept the connection in time", passing=True)
# A provider that is slow is not asked again: it may still be at work on this question.
HEAD_TIMEOUT = _of_provider(504, "upstream_timeout", "did not begin to answer in time")
FIRST_TOKEN_TIMEOUT = _of_provider(504, "upstream_timeout", "gave no first token in time")
DIED = _of_provider(502, "upstream_died", "closed the connection in the middle", passing=True)
RESET = _of_provider(502, "upstream_died", "reset the connection", passing=True)
TRUNCATED = _of_provider(502, "upstream_truncated", "ended its answer before it was complete", passing=True)
STALLED = _of_provider(504, "upstream_stalled", "fell silent")
CORRUPT = _of_provider(502, "upstream_corrupt", "sent what is not an answer")
TOO_LONG = Failure(502, "answer_too_long", "the model provider's answer is longer than this gateway keeps")
GIVEN_UP = Failure(410, "answer_given_up", "nobody came back for this answer in time, so it was stopped")
LEFT = Failure(410, "client_left", "its user left before this answer was complete")
STOPPED = Failure(410, "answer_stopped", "its user stopped this answer")
SHUT_DOWN = Failure(503, "gateway_stopped", "the gateway was stopped in the middle of this answer")
BROKEN = Failure(500, "gateway_error", "the gateway made a mistake")
UNKNOWN = Failure(404, "answer_unknown", "nothing is kept of this answer; ask again without Last-Event-ID")
OTHER_ASK = Failure(409, "stream_id_taken", "this stream id belongs to another question; choose a new one")
NO_RESUME = Failure(501, "cannot_resume", "this gateway resumes no answers; ask again without Last-Event-ID")
NOT_HERE = Failure(501, "cannot_resume", "this endpoint resumes no answers; ask again without Last-Event-ID")
DRAINING = Failure(503, "gateway_draining", "the gateway is about to stop; ask again", {"retry-after": "1"})


def busy(retry_after_s: int) -> Failure:
    """As many answers as allowed are under way, and as many users as allowed wait for their turn."""
    why = "too many answers are under way; ask again later"
    return Failure(503, "gateway_busy", why, {"retry-after": str(retry_after_s)})


def bad_request(message: str) -> Failure:
    return Failure(400, "invalid_request", message)


def from_event(code: str, message: str) -> Failure:
    """An error that the upstream reported in the middle of its answer."""
    known = code.isdecimal() and int(code) in _PASSING_STATUSES
    passing = known or any(word in code for word in _PASSING_CODES)
    limited = code == "429" or "rate_limit" in code
    return Failure(
        429 if limited else 502,
        code or "upstream_error",
        message or "the model provider failed",
        passing=passing,
    )


def from_status(
    status: int, headers: Mapping[str, str], body: bytes, dialect: Dialect = openai.DIALECT
) -> Failure:
    """An HTTP error of an upstream that speaks `dialect`; header names of any case."""
    code, message = dialect.read_error(body)
    kept = {name.lower(): value for name, value in headers.items() if name.lower().startswith(_KEPT_HEADERS)}
    return Failure(
        status if status in _KEPT_STATUSES else 502,
        code or f"upstream_http_{status}",
        message or f"the model provider answered with HTTP status {status}",
        kept,
        passing=_passes(status, code, kept.get("x-should-retry", "")),
    )


def _passes(status: int, code: str, advice: str) -> bool:
    """Some providers say it themselves; an account without quota, for one, looks like a rate limit else."""
    if advice in ("true", "false"):
        return advice == "true"
    return status in _PASSING_STATUSES and code not in _LASTING_CODES
