"""Before anything is judged: is it there, does it stream, and is our mock behind it? One message if not."""

from collections.abc import Iterator

from harness import clock, dialects
from harness.audit.asking import Asker
from harness.audit.mock import Mock
from harness.audit.system import System
from harness.audit.wording import path_of
from harness.checks.audit.check import Heard, Question
from harness.dialects.dialect import Dialect
from harness.dialects.events import CONTENT, Kind, TokenEvent
from harness.plan.target import Limits
from harness.record import Outcome
from harness.stack.errors import StackError
from harness.wire.frame import WireError
from harness.wire.ndjson import NdjsonDecoder
from harness.wire.sse import SseDecoder

_PATIENCE = Limits(connect_s=5, headers_s=15, first_content_s=15, idle_s=15, total_s=20)
_TOKENS = 12
_STREAMS = ("text/event-stream", "application/x-ndjson")


def check(system: System, mock: Mock | None, asker: Asker, ids: Iterator[int]) -> None:
    """Ask once, and raise StackError with the next step if that shows that an audit makes no sense."""
    question, stream = Question(name="preflight", tokens=_TOKENS, limits=_PATIENCE), next(ids)
    if mock is not None:
        mock.order({stream: question})
    try:
        heard = asker.ask(question, stream, clock.now())
        if mock is not None:
            mock.settled([stream], 5)
            heard.ledger = mock.rows(stream)
    finally:
        if mock is not None:
            mock.forget([stream])
    problem = complaint(heard, system, mock.url if mock is not None else None)
    if problem:
        raise StackError(problem)


def complaint(heard: Heard, system: System, mock_url: str | None) -> str:
    """What is wrong and what to do about it; empty if the system streamed our mock's answer."""
    target = system.file.target
    place = f"{target.url}{path_of(system.file, heard.question)}"
    record = heard.record
    if record.connected_ns is None:
        return f"the target cannot be reached: {record.error}; {_how_to_reach(record.error)}"
    if record.status in (401, 403):
        return f"the target {place} answers {record.status}: {_about_key(target.api_key_env)}"
    if record.status is not None and record.status >= 300:
        page = heard.body.lstrip().startswith(b"<")
        said = f"{record.error_code} {record.error}".strip()[:200] if heard.body and not page else ""
        return (
            f"the target {place} answers {record.status}{said and ' '}{said}; {_about_status(record.status)}"
        )
    if record.status is None:
        late = record.outcome is Outcome.TIMED_OUT
        why = f" within {_PATIENCE.headers_s:g} s" if late else f" ({record.error or record.detail})"
        return (
            f"the target {place} gives no answer{why}; is this its HTTP port, and does it reach its provider?"
        )
    if not any(arrived.event.kind in CONTENT for arrived in heard.events):
        return _no_stream(heard, place, target.dialect)
    kind = heard.headers.get("content-type", "")
    if kind.startswith("application/json") and record.frames == 0:
        return _in_one_piece(place, kind, target.dialect)
    if mock_url is not None and not heard.ledger:
        return (
            f"the target {place} streams an answer, but not from the mock provider at {mock_url}: no "
            f"request of ours came there; set {mock_url}/v1 as the provider's base URL in the system"
        )
    return ""


def _how_to_reach(error: str) -> str:
    if "WRONG_VERSION" in error:
        return "no TLS is spoken there: write http:// instead of https://"
    if "TLS" in error:
        return "give it a certificate that this machine trusts, or set target.verify_tls to false"
    if "ECONNREFUSED" in error:
        return "nothing listens there: start it, or correct target.url"
    if "no connection" in error:
        return "a firewall or a wrong address would do that; correct target.url"
    return "is the name in target.url right?"


def _about_key(name: str | None) -> str:
    if name is None:
        return "it wants a key; put it into an environment variable and name that in target.api_key_env"
    return f"it does not take the key in ${name}; put a valid one there"


def _about_status(status: int) -> str:
    if status in (404, 405):
        return "check target.path and target.dialect"
    if status < 400:
        return "a redirect leads nowhere here; give the address it leads to as target.url"
    if status == 429:
        return "wait until its limit allows more, or raise it for the audit's key"
    if status < 500:
        return "check target.model, target.dialect and target.path"
    return "its own log says why; does it reach its provider?"


def _no_stream(heard: Heard, place: str, dialect: str) -> str:
    record = heard.record
    errors = [arrived.event.text for arrived in heard.events if arrived.event.kind is Kind.ERROR]
    if errors:
        why = "its own log, or its provider's, says why"
        return f"the target {place} streams an error: {errors[0][:200]}; {why}"
    kind = heard.headers.get("content-type", "no content-type")
    spoken = spoken_in(heard.body, dialect)
    if spoken and not kind.startswith("application/json"):
        return f"the target {place} speaks another dialect: this reads as {spoken}; set target.dialect to it"
    if record.outcome in (Outcome.STALLED, Outcome.TIMED_OUT):
        return (
            f"the target {place} began an answer and sent no token of it within {_PATIENCE.idle_s:g} s; "
            "does it reach its provider?"
        )
    unread = f" ({record.error})" if record.outcome is Outcome.CORRUPT and record.error else ""
    if not heard.body and unread:
        return f"the target {place} answers with a body that cannot be read{unread}; mend its encoding"
    if not heard.body:
        return f"the target {place} answers {record.status} with {kind} and nothing in it; check target.path"
    if kind.startswith(_STREAMS):
        return (
            f"the target {place} streams, but nothing of it is a token of the {dialect} dialect{unread}; "
            "check target.dialect and target.path"
        )
    return _in_one_piece(place, kind, dialect)


def _in_one_piece(place: str, kind: str, dialect: str) -> str:
    return (
        f"the target {place} does not stream: it answers with {kind} in one piece, not with a stream of the "
        f"{dialect} dialect; is target.path its streaming endpoint?"
    )


def spoken_in(body: bytes, expected: str) -> str:
    """The dialects in whose words `body` tells a text; empty where it is nobody's, or the expected one's."""
    fits: dict[str, int] = {}
    for name in dialects.names():
        if name == expected:
            continue
        events = _events(body, dialects.load(name))
        text = sum(len(event.text) for event in events if event.kind is Kind.TEXT)
        if text and not any(event.kind is Kind.CORRUPT for event in events):
            fits[name] = text
    most = max(fits.values(), default=0)
    return " or ".join(name for name, text in fits.items() if text == most)


def _events(body: bytes, dialect: Dialect) -> list[TokenEvent]:
    frames = SseDecoder() if dialect.wire == "sse" else NdjsonDecoder()
    decoder = dialect.decoder()
    try:
        return [event for frame in frames.feed(body) for event in decoder.feed(frame)]
    except WireError:
        return []
