"""What may go wrong behind the gateway, and what its user is told. Pure."""

from collections.abc import Mapping

import msgspec

from harness.dialects import generic, openai

_KEPT_HEADERS = ("retry-after", "x-ratelimit-")  # prefixes; users pace themselves by these
_KEPT_STATUSES = (400, 401, 403, 404, 413, 422, 429)  # the user's own doing, so the user is told as is


class Failure(msgspec.Struct, frozen=True):
    """Why there is no whole answer. `status` and `headers` count only while no head has gone out."""

    status: int
    code: str
    message: str
    headers: dict[str, str] = {}

    @property
    def body(self) -> bytes:
        """The body of an HTTP error."""
        return generic.DIALECT.error_body(self.status, self.code, self.message)


UNREACHABLE = Failure(502, "upstream_unreachable", "the model provider cannot be reached")
CONNECT_TIMEOUT = Failure(504, "upstream_timeout", "the model provider did not accept the connection in time")
HEAD_TIMEOUT = Failure(504, "upstream_timeout", "the model provider did not begin to answer in time")
DIED = Failure(502, "upstream_died", "the connection to the model provider broke")
TRUNCATED = Failure(502, "upstream_truncated", "the model provider's answer ended before it was complete")
STALLED = Failure(504, "upstream_stalled", "the model provider fell silent")
CORRUPT = Failure(502, "upstream_corrupt", "the model provider sent what is not an answer")
TOO_LONG = Failure(502, "answer_too_long", "the model provider's answer is longer than this gateway keeps")
GIVEN_UP = Failure(410, "answer_given_up", "nobody came back for this answer in time, so it was stopped")
STOPPED = Failure(410, "answer_stopped", "its user stopped this answer")
SHUT_DOWN = Failure(503, "gateway_stopped", "the gateway was stopped in the middle of this answer")
UNKNOWN = Failure(404, "answer_unknown", "nothing is kept of this answer; ask again without Last-Event-ID")
OTHER_ASK = Failure(409, "stream_id_taken", "this stream id belongs to another question; choose a new one")
NO_RESUME = Failure(501, "cannot_resume", "this gateway keeps no answers; ask again without Last-Event-ID")


def from_event(code: str, message: str) -> Failure:
    """An error that the upstream reported in the middle of its answer."""
    return Failure(502, code or "upstream_error", message or "the model provider failed")


def from_status(status: int, headers: Mapping[str, str], body: bytes) -> Failure:
    """An HTTP error of the upstream; header names of any case."""
    code, message = openai.DIALECT.read_error(body)
    kept = {name.lower(): value for name, value in headers.items() if name.lower().startswith(_KEPT_HEADERS)}
    return Failure(
        status if status in _KEPT_STATUSES else 502,
        code or f"upstream_http_{status}",
        message or f"the model provider answered with HTTP status {status}",
        kept,
    )
