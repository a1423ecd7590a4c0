"""TLS changes what the bytes look like on the wire, and nothing else."""

import ssl

import pytest

from harness import clock
from harness.record import Outcome
from harness.transports import tls
from harness.transports.leaving import Leaving
from tests.misbehaving import Fin, Misbehaving, NextRequest, Pause, Rst, certificate
from tests.transports.answers import HEAD, LAST, chunk, done, text
from tests.transports.asking import asker

pytestmark = pytest.mark.slow

WHOLE = [HEAD, chunk(text(0)), Pause(0.05), chunk(text(1)), chunk(done(2)), LAST]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"))


def test_an_answer_through_tls_keeps_the_kernels_stamps(files):
    began_ns = clock.now()
    with Misbehaving(WHOLE, tls=files) as server, asker(verify_tls=False) as user:
        found = user.ask(server.url)
    assert (found.outcome, found.tokens) == (Outcome.COMPLETED, 2)
    assert found.stamps_absent == found.stamps_implausible == 0
    assert found.stamps_kernel >= 2
    assert began_ns < found.headers_ns <= found.first_content_ns < found.last_content_ns < clock.now()


def test_a_certificate_that_nobody_vouches_for_is_refused_with_its_reason(files):
    with Misbehaving(WHOLE, tls=files) as server, asker() as user:
        found = user.ask(server.url)
    assert (found.outcome, found.detail) == (Outcome.REFUSED, "connect_fail")
    assert found.error.startswith("TLS: self")
    assert found.error.endswith(f"connecting to 127.0.0.1:{server.port}")


def test_a_trusted_certificate_is_accepted(files, monkeypatch):
    trusting = ssl.create_default_context(cafile=str(files[0]))
    monkeypatch.setattr(tls, "context", lambda _verify: trusting)
    with Misbehaving(WHOLE, tls=files) as server, asker() as user:
        assert user.ask(server.url).outcome is Outcome.COMPLETED


def test_a_server_without_tls_is_refused_as_that():
    with Misbehaving([b"HTTP/1.1 400 X\r\n\r\n", Fin()]) as server, asker(connect_s=1) as user:
        found = user.ask(server.url.replace("http:", "https:"))
    assert (found.outcome, found.detail) in (
        (Outcome.REFUSED, "connect_fail"), (Outcome.TIMED_OUT, "timeout_connect"),
    )  # fmt: skip
    assert found.sent_ns is None


def test_a_connection_through_tls_is_kept_and_used_again(files):
    script = [*WHOLE, NextRequest(), *WHOLE]
    with Misbehaving(script, tls=files) as server, asker(verify_tls=False) as user:
        found = [user.ask(server.url) for _ in range(2)]
    assert [record.connection for record in found] == ["new", "pooled"]
    assert [record.outcome for record in found] == [Outcome.COMPLETED] * 2


@pytest.mark.parametrize(("end", "outcome"), [(Fin(), Outcome.TRUNCATED), (Rst(), Outcome.RESET)])
def test_a_connection_that_dies_under_tls_has_the_same_name(files, end, outcome):
    with Misbehaving([*WHOLE[:2], end], tls=files) as server, asker(verify_tls=False) as user:
        found = user.ask(server.url)
    assert (found.outcome, found.tokens) == (outcome, 1)


def test_a_user_may_leave_through_tls(files):
    with Misbehaving([*WHOLE[:2], Pause(0.2)], tls=files) as server, asker(verify_tls=False) as user:
        found = user.ask(server.url, Leaving(at_token=1))
        assert len(server.wait_left()) == 1
    assert found.detail == "client_cancel"


def test_records_that_do_not_decrypt_are_a_broken_transport_and_no_bug_of_ours(files):
    with Misbehaving(WHOLE[:2], tls=files) as server, asker(verify_tls=False) as user:
        with user.open(server.url) as exchange:
            while exchange.record.first_content_ns is None:
                clock_wait(exchange)
            forged = b"\x17\x03\x03\x00\x20" + b"\0" * 32
            _text, ending = exchange._connection.tls.decrypt(forged)
        assert ending is not None
        assert ending.name == "RESET"


def clock_wait(exchange):
    exchange._watch.ended.wait(0.01)
