"""What is wrong with a target, told apart, each with the next step."""

from typing import Any

import pytest

from harness import dialects
from harness.audit.preflight import complaint, spoken_in
from harness.audit.system import System
from harness.checks.audit.check import Heard
from harness.dialects.dialect import Reply
from harness.dialects.events import Usage
from harness.plan.audited import Audited
from harness.plan.target import Target
from harness.record import Outcome
from harness.transports.ending import Cause
from tests.checks.audit.scenes import heard, question

MOCK = "http://127.0.0.1:8600"


def told(found: Heard, mock: str | None = MOCK, **target: Any) -> str:
    return complaint(found, System(Audited(target=Target(url="http://127.0.0.1:8080", **target))), mock)


def body_of(name: str) -> bytes:
    encoder = dialects.load(name).encoder(Reply(id="x", model="m", created_s=0))
    texts = b"".join(encoder.text(word) for word in ("rain ", "falls ", "slowly "))
    return encoder.start() + texts + encoder.finish("stop", Usage(3, 3)) + encoder.end()


def refused(status: int, body: bytes = b"{}") -> Heard:
    return heard(question(), [(1.0, body)], status=status, ledger=[])


def unreachable(error: str) -> Heard:
    found = heard(question(), [], status=0, ending=Cause.REFUSED, ledger=[])
    found.record.connected_ns, found.record.error = None, error
    return found


def test_a_target_that_streams_our_mocks_answer_is_fine() -> None:
    assert told(heard(question())) == ""
    assert told(heard(question(), ledger=[]), mock=None) == ""


@pytest.mark.parametrize(
    ("error", "step"),
    [
        ("ECONNREFUSED connecting to 127.0.0.1:8080", "nothing listens there: start it"),
        ("no connection to 10.0.0.1:80 within 5 s", "a firewall or a wrong address"),
        ("Name or service not known connecting to nowhere:80", "is the name in target.url right?"),
        ("TLS: WRONG_VERSION_NUMBER connecting to x:80", "write http:// instead of https://"),
        ("TLS: self-signed certificate connecting to x:443", "set target.verify_tls to false"),
    ],
)
def test_a_target_that_is_down_says_how(error: str, step: str) -> None:
    said = told(unreachable(error))
    assert said.startswith("the target cannot be reached: " + error)
    assert step in said


@pytest.mark.parametrize("status", [401, 403])
def test_a_target_that_wants_a_key_says_where_to_put_it(status: int) -> None:
    assert "target.api_key_env" in told(refused(status))
    assert "does not take the key in $MY_KEY" in told(refused(status), api_key_env="MY_KEY")


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (404, "check target.path"),
        (302, "a redirect leads nowhere"),
        (422, "check target.model"),
        (429, "its limit"),
        (502, "does it reach its provider?"),
    ],
)
def test_a_target_that_refuses_says_what_its_status_suggests(status: int, step: str) -> None:
    said = told(refused(status, b'{"error":{"type":"t","message":"because"}}'))
    assert f"answers {status} t because" in said
    assert step in said


@pytest.mark.parametrize("body", [b"", b"<html><p>A page.</p></html>"])
def test_a_page_or_nothing_is_not_quoted(body: bytes) -> None:
    assert "answers 404; check target.path" in told(refused(404, body))


def test_a_target_that_is_not_wired_to_our_mock_says_how_to_wire_it() -> None:
    assert f"set {MOCK}/v1 as the provider's base URL" in told(heard(question(), ledger=[]))


def test_a_target_that_speaks_another_dialect_is_told_which() -> None:
    found = heard(question(), [(1.0, body_of("anthropic"))])
    assert "this reads as anthropic; set target.dialect to it" in told(found)


@pytest.mark.parametrize("kind", ["application/json", "text/html"])
def test_a_target_that_does_not_stream_is_told_so(kind: str) -> None:
    found = heard(question(), [(1.0, b"<p>hi</p>")], headers={"content-type": kind})
    assert f"does not stream: it answers with {kind} in one piece" in told(found)


@pytest.mark.parametrize("body", [b'data: {"choices":[null]}\n\n', b"data: 7\n\ndata: nul\n\n"])
def test_a_stream_of_something_else_is_not_called_one_piece(body: bytes) -> None:
    found = heard(question(), [(1.0, body)], headers={"content-type": "text/event-stream; charset=utf-8"})
    said = told(found)
    assert "streams, but nothing of it is a token of the generic dialect" in said
    assert said.endswith("; check target.dialect and target.path")


def test_a_body_that_is_not_what_it_is_called_is_told_so() -> None:
    found = heard(question(), [], headers={"content-type": "text/event-stream"})
    found.record.outcome, found.record.error = Outcome.CORRUPT, "the body is no gzip"
    assert "a body that cannot be read (the body is no gzip); mend its encoding" in told(found)


def test_a_target_that_streams_an_error_is_quoted() -> None:
    found = heard(question(), [(1.0, b'data: {"error":{"type":"t","message":"no upstream"}}\n\n')])
    assert "streams an error: no upstream;" in told(found)


def test_a_target_that_begins_and_says_nothing_is_told_how_long_we_waited() -> None:
    found = heard(question(), [], ending=Cause.TIMEOUT_IDLE, ends_ms=15_000)
    assert "sent no token of it within 15 s" in told(found)


def test_a_target_that_never_answers_is_asked_whether_it_reaches_its_provider() -> None:
    said = told(heard(question(), [], status=0, ending=Cause.TIMEOUT_HEADERS))
    assert "gives no answer within 15 s; is this its HTTP port" in said


def test_an_empty_answer_is_told_as_one() -> None:
    assert "nothing in it; check target.path" in told(heard(question(), []))


@pytest.mark.parametrize("name", [name for name in dialects.names() if name != "generic"])
def test_every_dialect_is_recognised_by_its_bytes(name: str) -> None:
    assert name in spoken_in(body_of(name), "generic").split(" or ")


def test_what_is_nobodys_dialect_is_not_guessed() -> None:
    assert spoken_in(b"<html>", "generic") == spoken_in(b"", "generic") == ""
