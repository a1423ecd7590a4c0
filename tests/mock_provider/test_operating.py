"""The mock over real sockets, as an operator sees it: channels for faults, admin, batches, waste."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.record import LedgerRow
from tests.mock_provider.running import Mock, Response, chat, exchange, get, mock, post, request_bytes

pytestmark = pytest.mark.slow

CONFIG = """
models:
  fast: {ttft_ms: 5, itl_ms: 1, output_tokens: 12}
  stubborn: {ttft_ms: 5, itl_ms: 5, output_tokens: 60, cancellable: false}
  batch: {output_tokens: 6, batch: {step_ms: 5, max_batch: 2, queue_max: 1}}
  endless: {output_tokens: 100000, batch: {step_ms: 5, max_batch: 1, queue_max: 0, overflow_status: 503}}
keys:
  sk-broken: {faults: [{id: h1, status: 401}]}
faults: [{id: h1, status: 502, match: {stream: 77}}]
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with mock(tmp_path_factory.mktemp("mock"), CONFIG, "--seed", "7") as server:
        yield server
        assert server.stop() == 0
        assert server.rest[1] == ""


def operate(server: Mock, method: str, path: str, body: Any = None, **headers: str) -> Response:
    raw = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "host: m", "connection: close", f"content-length: {len(raw)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return exchange(server, "\r\n".join(lines).encode() + b"\r\n\r\n" + raw)


def test_each_channel_chooses_a_fault_and_the_nearer_one_wins(shared: Mock) -> None:
    asked = chat(1, stream=False)
    assert post(shared, asked).status == 200
    assert post(shared, asked | {"model": "fast+fault=h1:501"}).status == 501
    assert post(shared, asked, path="/f/h1:503/v1/chat/completions").status == 503
    assert post(shared, asked, x_mock_fault="h1:504").status == 504
    assert post(shared, asked, authorization="Bearer sk-broken").status == 401
    assert post(shared, chat(77, stream=False)).status == 502
    named = asked | {"model": "fast+fault=h1:501"}
    assert post(shared, named, path="/f/h1:503/v1/chat/completions", x_mock_fault="h1:504").status == 503
    assert post(shared, named, x_mock_fault="h1:504", authorization="Bearer sk-broken").status == 501


def test_what_an_operator_queues_is_played_so_often_and_seen_in_the_state(shared: Mock) -> None:
    entry = {"fault": {"id": "h1", "status": 599, "match": {"model": "fast", "stream": 5}}, "times": 2}
    assert operate(shared, "POST", "/-/queue", [entry]).status == 200
    assert len(json.loads(get(shared, "/-/state").body)["queue"]) == 1
    assert post(shared, chat(6, stream=False)).status == 200
    assert [post(shared, chat(5, stream=False)).status for _ in range(3)] == [599, 599, 200]
    assert json.loads(get(shared, "/-/state").body)["queue"] == []


def test_rules_are_changed_while_it_runs_and_a_reset_brings_the_plan_back(shared: Mock) -> None:
    assert operate(shared, "PUT", "/-/rules", [{"id": "h1", "status": 598}]).status == 200
    assert post(shared, chat(8, stream=False)).status == 598
    refused = operate(shared, "PUT", "/-/rules", [{"id": "s99"}])
    assert (refused.status, "s99" in refused.error["message"]) == (400, True)
    assert operate(shared, "POST", "/-/reset").status == 200
    assert post(shared, chat(8, stream=False)).status == 200
    assert post(shared, chat(77, stream=False)).status == 502


def test_the_ledger_is_read_by_cursor(shared: Mock) -> None:
    before = json.loads(get(shared, "/-/ledger").body)["after"]
    post(shared, chat(901, stream=False))
    shared.row(901)
    page = json.loads(get(shared, f"/-/ledger?after={before}").body)
    assert [row["stream"] for row in page["rows"]] == [901]
    assert json.loads(get(shared, f"/-/ledger?after={page['after']}").body)["rows"] == []
    assert get(shared, "/-/ledger?after=yesterday").status == 400


def test_metrics_are_there_for_prometheus(shared: Mock) -> None:
    post(shared, chat(902, stream=False))
    shared.row(902)
    for path in ("/metrics", "/-/metrics"):
        got = get(shared, path)
        assert got.status == 200
        assert b"# TYPE mock_pacing_lateness_ms histogram" in got.body
        assert b'mock_attempts_total{worker="mock-0",ended_by="provider"}' in got.body


def test_unknown_commands_name_the_known_ones(shared: Mock) -> None:
    got = get(shared, "/-/nowhere")
    assert (got.status, "GET /-/state" in got.error["message"]) == (404, True)


def test_with_a_token_only_its_holder_operates(tmp_path: Path) -> None:
    with mock(tmp_path, CONFIG, "--admin-token", "secret") as server:
        assert get(server, "/-/health").status == 200
        assert get(server, "/-/state").status == 403
        assert operate(server, "GET", "/-/state", authorization="Bearer wrong").status == 403
        assert operate(server, "GET", "/-/state", authorization="Bearer secret").status == 200


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("+tftt=5", "did you mean ttft"),
        ("+itl=p50:20", "itl=p50:20"),
        ("+fault=s1@3", "s1 can only be played on a stream"),
        ("+fault=s99", "no fault 's99'"),
    ],
)
def test_a_model_name_that_makes_no_sense_is_a_400_that_says_why(
    shared: Mock, settings: str, message: str
) -> None:
    got = post(shared, chat(9, stream=False, model="fast" + settings))
    assert (got.status, message in got.error["message"]) == (400, True)


def test_a_bad_prefix_is_a_400_that_says_why(shared: Mock) -> None:
    got = post(shared, chat(9), path="/f/s99/v1/chat/completions")
    assert (got.status, "no fault 's99'" in got.error["message"]) == (400, True)


def read_until(sock: socket.socket, awaited: bytes) -> None:
    received = b""
    while awaited not in received:
        piece = sock.recv(65536)
        assert piece
        received += piece


def test_a_provider_that_cannot_be_cancelled_generates_on_and_says_what_was_wasted(shared: Mock) -> None:
    with shared.connect() as sock:
        sock.sendall(request_bytes("/v1/chat/completions", chat(910, model="stubborn")))
        read_until(sock, b"[000910:0005]")
    shared.wait_for("open", 0)
    row = shared.row(910)
    assert (row.ended_by, row.emitted_tokens) == ("peer", 60)
    assert 40 < row.wasted_tokens < 60
    assert row.peer_left_ns is not None
    assert row.last_token_ns is not None
    assert row.closed_ns is not None
    assert row.peer_left_ns < row.last_token_ns < row.closed_ns


def batch_row(server: Mock, stream: int) -> LedgerRow:
    assert post(server, chat(stream, model="batch")).status == 200
    return server.row(stream)


def test_a_batch_gives_a_token_a_step(shared: Mock) -> None:
    row = batch_row(shared, 920)
    assert (row.emitted_tokens, row.ended_by) == (6, "provider")
    planned_us = np.frombuffer(row.emit_us, "<i4") - np.frombuffer(row.late_us, "<i4")
    assert np.abs(np.diff(planned_us) - 5_000).max() <= 1  # both are rounded to microseconds
    assert row.queue_us >= 0
    assert row.prefill_us >= 0


def test_a_full_batch_is_refused_before_any_header_and_a_peer_that_leaves_makes_room(shared: Mock) -> None:
    with shared.connect() as first:
        first.sendall(request_bytes("/v1/chat/completions", chat(930, model="endless")))
        read_until(first, b"[000930:0001]")
        refused = post(shared, chat(931, model="endless"))
        assert (refused.status, refused.error["type"]) == (503, "server_error")
    shared.wait_for("open", 0)
    row = shared.row(931)
    assert (row.limit, row.ended_by, row.status) == ("queue", "limit", 503)
    with shared.connect() as again:
        again.sendall(request_bytes("/v1/chat/completions", chat(932, model="endless")))
        read_until(again, b"[000932:0001]")


def test_a_fault_that_strikes_after_the_peer_has_left_finds_nothing_to_break(shared: Mock) -> None:
    with shared.connect() as sock:
        sock.sendall(request_bytes("/f/s3@50/v1/chat/completions", chat(940, model="stubborn")))
        read_until(sock, b"[000940:0005]")
    shared.wait_for("open", 0)
    row = shared.row(940)
    assert (row.ended_by, row.emitted_tokens, row.fault) == ("peer", 50, "s3@50")


def test_orders_for_single_streams_are_given_seen_and_forgotten(shared: Mock) -> None:
    order = {"tokens": 3, "ttft_ms": 1, "itl_ms": 1, "fault": "h1:597", "fault_times": 1}
    given = operate(shared, "PUT", "/-/streams", {"950": order})
    assert (given.status, list(json.loads(given.body))) == (200, ["950"])
    assert [post(shared, chat(950, stream=False)).status for _ in range(2)] == [597, 200]
    assert json.loads(get(shared, "/-/streams").body)["950"]["attempts"] == 2
    assert json.loads(operate(shared, "DELETE", "/-/streams", [950]).body) == {}
    refused = operate(shared, "PUT", "/-/streams", {"950": {"tokens": -1}})
    assert (refused.status, "tokens" in refused.error["message"]) == (400, True)


def test_a_cursor_can_begin_at_the_end_of_the_ledger(shared: Mock) -> None:
    post(shared, chat(960, stream=False))
    shared.row(960)
    end = json.loads(get(shared, "/-/ledger?after=end").body)
    post(shared, chat(961, stream=False))
    shared.row(961)
    page = json.loads(get(shared, f"/-/ledger?after={end['after']}").body)
    assert (end["rows"], [row["stream"] for row in page["rows"]]) == ([], [961])


def test_health_says_which_answers_it_gives_and_what_its_clock_says(shared: Mock) -> None:
    first, second = (json.loads(get(shared, "/-/health").body) for _ in range(2))
    assert first["seed"] == 7
    assert 0 < first["now_ns"] < second["now_ns"]
