"""One question to a system that is already up: does it stream, and is our mock behind it?"""

import http.client
import ssl
from contextlib import closing, suppress
from enum import Enum
from urllib.parse import urlsplit

from harness import clock
from harness.answer import AnswerCheck, mark
from harness.dialects import load as load_dialect
from harness.dialects.dialect import Ask, Dialect
from harness.dialects.events import Completion, Kind, TokenEvent
from harness.plan.target import Target
from harness.stack.errors import StackError
from harness.wire.frame import WireError
from harness.wire.ndjson import NdjsonDecoder
from harness.wire.sse import SseDecoder
from harness.wire.whole import WholeBody

_READ = 65536
PROBE_STREAM = 999_999  # an id that no run reaches; its ledger row belongs to no stream


class Behind(Enum):
    """What stands behind a target."""

    MOCK = "our mock provider"
    OTHER = "another provider"


def probe(target: Target, api_key: str, seed: int | None, streamed: bool = True) -> Behind:
    """Ask `target.url` for one answer, `streamed` or in one piece; `seed` is that of our mock, None where it
    takes no part.

    Raises StackError that tells refusal, error and silence apart.
    """
    assert target.url is not None
    dialect = load_dialect(target.dialect)
    ask = Ask(
        prompt=f"{mark(PROBE_STREAM)} Hello",
        model=target.model or "",
        max_tokens=8,
        stream=streamed,
        api_key=api_key,
    )
    path = (None if streamed else target.whole_path) or target.path or dialect.path
    request = dialect.request(ask, path)
    parts = urlsplit(target.url)
    place = f"{target.url}{path if streamed else request.path}"
    thing = "stream" if streamed else "answer in one piece"
    try:
        with closing(_connection(target)) as connection:
            connection.request(request.method, request.path, request.body or None, request.headers)
            with connection.getresponse() as response:
                if response.status != 200:
                    code, message = dialect.read_error(_some(response))
                    raise StackError(
                        f"the target {place} answers {response.status} {code} {message[:200]}".rstrip()
                        + "; check target.path, target.dialect, target.model and target.api_key_env"
                    )
                hear = _events if streamed else _whole
                events = hear(response, dialect, target.limits.total_s)
    except (OSError, http.client.HTTPException) as error:
        raise StackError(
            f"the target {place} does not answer: {str(error) or type(error).__name__}; "
            f"is it running at {parts.netloc}, and does it reach its provider?"
        ) from None
    except WireError as error:
        raise StackError(
            f"the target {place} sends no {thing} of the {target.dialect} dialect ({error}); "
            "check target.path and target.dialect"
        ) from None
    failed = [event.text for event in events if event.kind is Kind.ERROR]
    if failed:
        raise StackError(
            f"the target {place} {'streams' if streamed else 'answers with'} an error: {failed[0][:200]}; "
            "its own log, or its provider's, says why"
        )
    text = "".join(event.text for event in events if event.kind is Kind.TEXT)
    if not text:
        raise StackError(
            f"the target {place} sends no {thing} of the {target.dialect} dialect "
            f"(content-type {response.getheader('content-type')}); check target.path and target.dialect"
        )
    if seed is None:
        return Behind.OTHER
    check = AnswerCheck(seed, PROBE_STREAM)
    if not check.feed(text):
        return Behind.OTHER
    if not check.result().intact:
        raise StackError(
            f"the target {place} streams numbered tokens, but not those of this run's mock provider: "
            "another mock, or one with another seed, stands behind it; point it at this run's"
        )
    return Behind.MOCK


def _some(response: http.client.HTTPResponse) -> bytes:
    """The first read of a body; b"" where it ends in disorder."""
    with suppress(http.client.IncompleteRead):
        return response.read1(_READ)
    return b""


def _events(response: http.client.HTTPResponse, dialect: Dialect, limit_s: float) -> list[TokenEvent]:
    """What the answer means, until its last word; a system that keeps the connection open is not waited for.

    Raises WireError, OSError, HTTPException.
    """
    frames = SseDecoder() if dialect.wire == "sse" else NdjsonDecoder()
    decoder, began_ns = dialect.decoder(), clock.now()
    events: list[TokenEvent] = []
    while decoder.completion is not Completion.FULL:
        if clock.now() - began_ns > limit_s * clock.SECOND:
            raise TimeoutError(f"no whole answer within {limit_s:g} s")
        data = _some(response)
        if not data:
            break
        for frame in frames.feed(data):
            events += decoder.feed(frame)
    return events


def _whole(response: http.client.HTTPResponse, dialect: Dialect, limit_s: float) -> list[TokenEvent]:
    """The same for an answer in one piece."""
    body, began_ns = WholeBody(), clock.now()
    while data := _some(response):
        if clock.now() - began_ns > limit_s * clock.SECOND:
            raise TimeoutError(f"no whole answer within {limit_s:g} s")
        body.feed(data)
    return [event for frame in body.end() for event in dialect.read_whole(frame.data)]


def _connection(target: Target) -> http.client.HTTPConnection:
    parts = urlsplit(target.url or "")
    limit_s = min(target.limits.first_content_s, 15.0)
    if parts.scheme != "https":
        return http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=limit_s)
    context = ssl.create_default_context()
    if not target.verify_tls:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(
        parts.hostname or "", parts.port or 443, timeout=limit_s, context=context
    )
