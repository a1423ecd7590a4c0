"""The client against a server that misbehaves in every way there is."""

import socket

import gevent
import pytest

from harness import clock
from harness.dialects.dialect import HttpRequest
from harness.record import Outcome
from harness.transports.connection import Address
from harness.transports.leaving import Leaving
from tests.misbehaving import Before, Fin, Misbehaving, NextRequest, Pause, Rst, head, one_by_one
from tests.transports.answers import HEAD, LAST, chunk, done, reception, text
from tests.transports.asking import asker

pytestmark = pytest.mark.slow

TOKENS = [chunk(text(0)), chunk(text(1))]
WHOLE = [HEAD, *TOKENS, chunk(done(2)), LAST]
BODY = text(0) + text(1) + done(2)
ERROR = b'{"error": {"type": "rate_limit_exceeded", "message": "slow down"}}'


def url_of(sock: socket.socket) -> str:
    return f"http://127.0.0.1:{sock.getsockname()[1]}"


def ask(*steps, leaving=None, **settings):
    with Misbehaving(steps) as server, asker(**settings) as user:
        return user.ask(server.url, leaving)


@pytest.mark.parametrize(
    ("steps", "outcome", "detail"),
    [
        (WHOLE, Outcome.COMPLETED, "complete"),
        ([head(length=len(BODY)), BODY], Outcome.COMPLETED, "complete"),
        ([head(), BODY, Fin()], Outcome.COMPLETED, "complete"),
        ([HEAD, *TOKENS, Fin()], Outcome.TRUNCATED, "truncated_fin"),
        ([HEAD, TOKENS[0], TOKENS[1][:20], Fin()], Outcome.TRUNCATED, "truncated_fin"),
        ([HEAD, *TOKENS, LAST], Outcome.TRUNCATED, "truncated_silent"),
        ([head(), text(0), Fin()], Outcome.TRUNCATED, "truncated_silent"),
        ([head(length=900), text(0), Fin()], Outcome.TRUNCATED, "truncated_fin"),
        ([HEAD, *TOKENS, Rst()], Outcome.RESET, "reset"),
        ([Rst()], Outcome.RESET, "reset"),
        ([Fin()], Outcome.TRUNCATED, "truncated_fin"),
        ([HEAD, TOKENS[0], b"xyz\r\n"], Outcome.CORRUPT, "malformed"),
        ([head(length=6, content_type="text/html"), b"<html>"], Outcome.TRUNCATED, "truncated_silent"),
        ([head(429, length=len(ERROR)), ERROR], Outcome.RATE_LIMITED, "http_429"),
        ([head(503, length=4), b"busy"], Outcome.REFUSED, "http_503"),
        ([HEAD, *TOKENS, chunk(done(2)), Rst()], Outcome.COMPLETED, "complete"),
    ],
)  # fmt: skip
def test_every_ending_has_its_name(steps, outcome, detail):
    found = ask(*steps)
    assert (found.outcome, found.detail) == (outcome, detail)
    assert found.closed_ns is not None
    assert found.connected_ns is not None
    # The answer may be in the kernel before we have noted that the request is: `sent_ns` is no bound.
    assert found.dispatched_ns <= found.connected_ns <= min(found.sent_ns, found.closed_ns)


@pytest.mark.parametrize(
    ("limit", "steps", "outcome", "detail"),
    [
        ("headers_s", [Pause(5)], Outcome.TIMED_OUT, "timeout_headers"),
        ("first_content_s", [HEAD, chunk(b": ping\n\n"), Pause(5)], Outcome.TIMED_OUT, "timeout_first"),
        ("idle_s", [HEAD, TOKENS[0], Pause(5)], Outcome.STALLED, "timeout_idle"),
        ("total_s", [HEAD, TOKENS[0], Pause(5)], Outcome.TIMED_OUT, "timeout_total"),
    ],
)
def test_silence_breaks_the_limit_that_is_there_for_it(limit, steps, outcome, detail):
    found = ask(*steps, **{limit: 0.1})
    assert (found.outcome, found.detail) == (outcome, detail)
    assert found.closed_ns - found.dispatched_ns >= 0.1 * clock.SECOND  # the total counts from there


def test_bytes_that_come_one_by_one_make_the_same_answer():
    found = ask(*one_by_one(b"".join(WHOLE)))
    assert (found.outcome, found.tokens, found.content_events) == (Outcome.COMPLETED, 2, 2)


def test_a_port_that_nobody_listens_on_is_a_refusal():
    with socket.socket() as taken, asker() as user:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        found = user.ask(url_of(taken))
    assert (found.outcome, found.detail) == (Outcome.REFUSED, "connect_fail")
    assert found.error == f"ECONNREFUSED connecting to 127.0.0.1:{port}"
    assert (found.connection, found.connected_ns, found.sent_ns) == ("new", None, None)


def test_a_name_that_does_not_resolve_is_a_refusal():
    with asker() as user:
        found = user.ask("http://nobody.invalid:1")
    assert (found.outcome, found.detail) == (Outcome.REFUSED, "connect_fail")
    assert "nobody.invalid:1" in found.error


def test_a_connection_that_nobody_accepts_breaks_the_connect_limit():
    with (
        socket.socket() as full,
        socket.socket() as first,
        socket.socket() as second,
        asker(connect_s=0.2) as user,
    ):
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):  # fill the queue, so that the next SYN is dropped
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        found = user.ask(url_of(full))
    assert (found.outcome, found.detail) == (Outcome.TIMED_OUT, "timeout_connect")
    assert "within 0.2 s" in found.error


def test_a_peer_that_does_not_take_the_request_breaks_the_headers_limit():
    endless = HttpRequest("POST", "/", {}, b"x" * (16 << 20))
    with Misbehaving([Before(), Pause(5)]) as server, asker(headers_s=0.2) as user:
        found = user.ask(server.url, request=endless)
    assert (found.outcome, found.detail, found.sent_ns) == (Outcome.TIMED_OUT, "timeout_headers", None)


def test_a_refusal_that_comes_while_the_request_is_sent_is_heard():
    endless = HttpRequest("POST", "/", {}, b"x" * (16 << 20))
    steps = [Before(), head(429, length=len(ERROR)), ERROR, Pause(0.2), Rst()]
    with Misbehaving(steps) as server, asker() as user:
        found = user.ask(server.url, request=endless)
    assert (found.outcome, found.error_code) == (Outcome.RATE_LIMITED, "rate_limit_exceeded")


def test_the_request_says_what_a_user_would():
    with Misbehaving(WHOLE) as server, asker() as user:
        user.ask(server.url, request=HttpRequest("POST", "/v1/x", {"authorization": "Bearer k"}, b"{}"))
    head_bytes, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head_bytes.decode().split("\r\n")
    assert (lines[0], body) == ("POST /v1/x HTTP/1.1", b"{}")
    assert {f"host: 127.0.0.1:{server.port}", "accept-encoding: identity", "connection: keep-alive",
            "authorization: Bearer k", "content-length: 2"} <= set(lines)  # fmt: skip


def test_a_kept_connection_carries_the_next_request():
    with Misbehaving([*WHOLE, NextRequest(), *WHOLE]) as server, asker() as user:
        found = [user.ask(server.url) for _ in range(2)]
    assert [record.connection for record in found] == ["new", "pooled"]
    assert [record.outcome for record in found] == [Outcome.COMPLETED] * 2
    assert server.connections == 1


def test_a_kept_connection_that_was_closed_meanwhile_is_not_used():
    with Misbehaving([*WHOLE, Fin()], WHOLE) as server, asker() as user:
        first = user.ask(server.url)
        idle = user.client._idle[Address.of(server.url)]
        while not idle.stale:
            gevent.sleep(0.01)
        second = user.ask(server.url)
    assert [first.connection, second.connection] == ["new", "new"]
    assert second.outcome is Outcome.COMPLETED
    assert server.connections == 2


def test_after_a_bad_end_the_connection_is_not_kept():
    with Misbehaving([HEAD, *TOKENS, b"xyz\r\n"], WHOLE) as server, asker() as user:
        found = [user.ask(server.url) for _ in range(2)]
    assert [record.connection for record in found] == ["new", "new"]


def test_the_fresh_policy_opens_a_connection_each_time_and_says_so():
    with Misbehaving(WHOLE) as server, asker(pooled=False) as user:
        found = [user.ask(server.url) for _ in range(2)]
    assert [record.connection for record in found] == ["new", "new"]
    assert server.connections == 2
    assert b"connection: close" in server.requests[0]


ENDLESS = [HEAD, *TOKENS, Pause(5)]


@pytest.mark.parametrize(
    ("leaving", "steps", "left", "tokens"),
    [
        (Leaving(at_token=2), ENDLESS, "fin", 2),
        (Leaving(at_token=1, rst=True), [HEAD, TOKENS[0], Pause(0.3)], "rst", 1),
        (Leaving(after_s=0.1), [HEAD, TOKENS[0], Pause(0.3)], "fin", 1),
        (Leaving(after_s=0.1, rst=True), [HEAD, TOKENS[0], Pause(0.3)], "rst", 1),
        (Leaving(before_first=True), [HEAD, chunk(b": ping\n\n"), Pause(0.3)], "fin", 0),
        (Leaving(before_first=True, rst=True), [Pause(0.3)], "rst", 0),
    ],
)
def test_the_server_sees_how_a_user_leaves(leaving, steps, left, tokens):
    steps = [Pause(0.2) if isinstance(step, Pause) else step for step in steps]
    with Misbehaving(steps) as server, asker() as user:
        found = user.ask(server.url, leaving)
        assert server.wait_left() == [left]
    assert (found.outcome, found.detail, found.tokens) == (Outcome.CANCELLED, "client_cancel", tokens)


def test_a_user_who_stops_reading_keeps_the_connection_and_leaves_after_the_idle_limit():
    steps = [HEAD, *TOKENS, chunk(done(2)), LAST]
    slow = [*steps[:2], Pause(0.05), *steps[2:]]
    with Misbehaving(slow) as server, asker(idle_s=0.3) as user:
        found = user.ask(server.url, Leaving(at_token=1, stop_reading=True))
        assert server.wait_left() == ["fin"]
    assert (found.outcome, found.tokens) == (Outcome.CANCELLED, 1)
    assert found.closed_ns - found.last_content_ns >= 0.3 * clock.SECOND


def test_when_the_run_ends_the_record_says_interrupted_and_the_kill_goes_on():
    with Misbehaving(ENDLESS[:3]) as server, asker() as user:
        held = []

        def stay():
            with user.open(server.url) as exchange:
                held.append(exchange)
                exchange.wait()

        greenlet = gevent.spawn(stay)
        while not (held and held[0]._reception.position == 2):
            gevent.sleep(0.01)
        greenlet.kill()
        assert isinstance(greenlet.value, gevent.GreenletExit)
        assert server.wait_left() == ["fin"]
        assert len(user.sweep) == 0
    record = held[0].record
    assert (record.outcome, record.detail, record.tokens) == (Outcome.INTERRUPTED, "run_ended", 2)


def test_a_run_that_ends_while_connecting_leaves_a_record_too():
    with socket.socket() as full, socket.socket() as first, socket.socket() as second, asker() as user:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        receiving = reception()
        address = url_of(full)
        greenlet = gevent.spawn(user.open(address, reception=receiving).__enter__)
        gevent.sleep(0.05)
        greenlet.kill()
    assert (receiving.record.outcome, receiving.record.detail) == (Outcome.INTERRUPTED, "run_ended")


def test_patience_that_runs_out_is_an_abandoned_stream():
    with (
        Misbehaving(ENDLESS[:3]) as server,
        asker() as user,
        gevent.Timeout(0.2, False),
        user.open(server.url) as exchange,
    ):
        exchange.wait()
    assert (exchange.record.outcome, exchange.record.detail) == (Outcome.ABANDONED, "client_abandon")


def test_a_bug_in_the_callback_becomes_an_ending_and_never_a_hang():
    receiving = reception()

    def fail(_event):
        raise ValueError("a bug of ours")

    receiving.hear = fail
    with Misbehaving(ENDLESS[:3]) as server, asker() as user:
        with (
            pytest.raises(ValueError, match="a bug of ours"),
            user.open(server.url, reception=receiving) as held,
        ):
            held.wait()
        assert len(user.sweep) == 0
    assert (receiving.record.outcome, receiving.record.detail) == (Outcome.INTERRUPTED, "harness_error")


def test_a_bug_before_the_answer_leaves_a_record_too(monkeypatch):
    receiving = reception()
    monkeypatch.setattr("harness.transports.http1._wire", lambda *_: 1 / 0)
    with (
        Misbehaving(WHOLE) as server,
        asker() as user,
        pytest.raises(ZeroDivisionError),
        user.open(server.url, reception=receiving),
    ):
        raise AssertionError("the block must not be entered")
    assert receiving.record.detail == "harness_error"


def test_many_streams_in_a_row_reuse_descriptors_and_never_hear_each_other():
    """A watcher that outlived its socket would fire for the next connection with the same number."""
    with Misbehaving([HEAD, *TOKENS, Rst(0)], WHOLE) as server, asker(pooled=False) as user:
        records = [user.ask(server.url) for _ in range(20)]
        readers = []
        for _ in range(5):
            left, right = socket.socketpair()
            readers += [left, right]
        gevent.sleep(0.05)
        for reader in readers:
            reader.close()
    assert [record.outcome for record in records[1:]] == [Outcome.COMPLETED] * 19
    assert [record.tokens for record in records[1:]] == [2] * 19


def test_the_end_of_a_connection_is_not_a_read_without_a_stamp():
    found = ask(head(), BODY, Fin())
    assert found.stamps_absent == found.stamps_implausible == 0
    assert found.stamps_kernel >= 1


def test_a_late_reader_still_gets_the_instant_of_arrival():
    steps = [HEAD, TOKENS[0], Pause(0.1), TOKENS[1], chunk(done(2)), LAST]
    with Misbehaving(steps) as server, asker() as user, user.open(server.url) as exchange:
        while exchange.record.first_content_ns is None:
            gevent.sleep(0.005)
        blocked_ns = clock.now()
        while clock.now() - blocked_ns < 400_000_000:
            pass  # the loop is busy while the second token arrives
        exchange.wait()
    found = exchange.record
    assert found.outcome is Outcome.COMPLETED
    assert found.last_content_ns < blocked_ns + 300_000_000


def test_iterating_gives_each_event_and_the_whole_record():
    with (
        Misbehaving([HEAD, *TOKENS, chunk(done(2)), LAST]) as server,
        asker() as user,
        user.open(server.url, events=True) as exchange,
    ):
        kinds = [event.kind.name for event in exchange]
    assert kinds == ["TEXT", "TEXT", "USAGE", "FINISH", "END"]
    assert (exchange.record.outcome, exchange.missed) == (Outcome.COMPLETED, 0)


def test_whoever_leaves_the_block_early_has_cancelled():
    with Misbehaving(ENDLESS[:3]) as server, asker() as user:
        with user.open(server.url, events=True) as exchange:
            for _event in exchange:
                break
        assert server.wait_left() == ["fin"]
    assert (exchange.record.outcome, exchange.record.detail) == (Outcome.CANCELLED, "client_cancel")


def test_an_exception_in_the_block_is_the_user_leaving_and_goes_on():
    receiving = reception()

    def read_on_and_fail(user, url):
        with user.open(url, events=True, reception=receiving) as exchange:
            for _event in exchange:
                raise KeyError

    with Misbehaving(ENDLESS[:3]) as server, asker() as user, pytest.raises(KeyError):
        read_on_and_fail(user, server.url)
    assert receiving.record.detail == "client_cancel"


@pytest.mark.parametrize(
    ("steps", "settings", "detail"),
    [
        ([HEAD, TOKENS[0], Pause(0.05), TOKENS[1], Fin()], {}, "truncated_fin"),
        ([HEAD, TOKENS[0], Pause(3)], {"idle_s": 0.1}, "timeout_idle"),
        ([HEAD, TOKENS[0], Rst()], {}, "reset"),
    ],
)
def test_an_iteration_ends_when_the_answer_does(steps, settings, detail):
    with (
        Misbehaving(steps) as server,
        asker(**settings) as user,
        user.open(server.url, events=True) as exchange,
    ):
        kinds = {event.kind.name for event in exchange}
    assert (kinds, exchange.record.detail) == ({"TEXT"}, detail)


def test_without_a_connection_there_is_nothing_to_iterate():
    with socket.socket() as taken, asker() as user:
        taken.bind(("127.0.0.1", 0))
        with user.open(url_of(taken), events=True) as exchange:
            assert list(exchange) == []
    assert exchange.record.outcome is Outcome.REFUSED


def test_a_user_who_thinks_while_reading_misses_nothing():
    with (
        Misbehaving([HEAD, *TOKENS, chunk(done(2)), LAST]) as server,
        asker() as user,
        user.open(server.url, events=True) as exchange,
    ):
        exchange.wait()
        assert len(list(exchange)) == 5
    assert exchange.record.outcome is Outcome.COMPLETED
