"""Spans of a run, as an exporter receives them."""

import http.server
import socket
import threading

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from harness import cli
from harness.record import Outcome
from harness.run_folder import collect_parts
from harness.traces import export
from tests.sample import sample_scene
from tests.synthetic import Scene, at
from tests.test_run_folder import written

STARTED_S = 1_795_341_600  # 2026-11-22T10:00:00Z, when the run's clock stood at two seconds before its load


def wall(seconds):
    return STARTED_S * 10**9 + at(seconds) - at(-2.0)


def spans(scene):
    memory = InMemorySpanExporter()
    assert export(scene.run(), memory) == len(scene.streams)
    found = memory.get_finished_spans()
    return [span for span in found if span.parent], [span for span in found if not span.parent]


def test_an_attempt_is_a_client_span_with_its_first_token():
    scene = Scene()
    scene.stream(7, 1.0, ttft_ms=200.0, gaps_ms=20.0, tokens=3, model="m", input_tokens=11)
    ((span,), (root,)) = spans(scene)
    assert (span.name, span.kind) == ("chat m", SpanKind.CLIENT)
    assert span.start_time == wall(1.0)
    assert span.end_time == wall(1.0) + 242 * 10**6
    assert {event.name: event.timestamp for event in span.events}["gen_ai.first_token"] == wall(1.201)
    assert dict(span.attributes) == {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "generic", "gen_ai.request.model": "m",
        "gen_ai.output.type": "text", "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 11, "gen_ai.usage.output_tokens": 3, "http.response.status_code": 200,
        "streamproof.stream": 7, "streamproof.attempt": 1, "streamproof.phase": "steady",
        "streamproof.outcome": "completed", "streamproof.tokens": 3,
    }  # fmt: skip
    assert span.parent.span_id == root.context.span_id
    assert root.status.status_code is StatusCode.UNSET


def test_spans_have_the_time_of_day_to_the_microsecond_where_the_run_knows_it():
    scene = Scene()
    scene.stream(7, 1.0, ttft_ms=200.0, gaps_ms=20.0, tokens=3)
    scene.facts["wall_minus_clock_ns"] = 1_234_567
    ((span,), _) = spans(scene)
    assert span.start_time == at(1.0) + 1_234_567


def test_what_broke_has_an_error_type_and_no_token_event():
    scene = Scene()
    scene.stream(1, tokens=0, outcome=Outcome.REFUSED, detail="http_503", status=503, closed_ns=at(1.5))
    ((span,), (root,)) = spans(scene)
    assert span.attributes["error.type"] == "http_503"
    assert [event.name for event in span.events] == []
    assert span.status.status_code is root.status.status_code is StatusCode.ERROR


def test_attempts_of_one_stream_are_one_trace_that_ends_as_its_last_did():
    scene = Scene()
    scene.stream(1, 1.0, tokens=2, outcome=Outcome.RESET)
    scene.stream(1, 2.0, attempt=2, tokens=3)
    scene.stream(2, 1.0)
    children, roots = spans(scene)
    assert len({span.context.trace_id for span in children}) == len(roots) == 2
    retried = next(root for root in roots if root.attributes["streamproof.stream"] == 1)
    assert retried.status.status_code is StatusCode.UNSET
    assert retried.end_time == max(span.end_time for span in children)


def test_a_stream_that_never_began_is_a_span_without_length():
    scene = Scene()
    nothing = dict.fromkeys(("dispatched_ns", "connected_ns", "sent_ns", "closed_ns"))
    scene.stream(1, tokens=0, outcome=Outcome.NOT_STARTED, detail="dropped", **nothing)
    ((span,), _) = spans(scene)
    assert span.start_time == span.end_time


def test_no_span_of_a_large_run_is_dropped():
    scene = Scene()
    for stream in range(5000):
        scene.stream(stream, tokens=1)
    children, roots = spans(scene)
    assert len(children) == len(roots) == 5000


@pytest.fixture
def folder(tmp_path):
    found = written(sample_scene(), tmp_path / "run")
    collect_parts(found)
    return found


@pytest.mark.slow
def test_the_command_sends_them_to_a_collector(folder, capsys):
    bodies = []

    class Collector(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/v1/traces"
        assert cli.main(["traces", str(folder.root), "--endpoint", address]) == 0
        server.shutdown()
    assert f"{len(sample_scene().streams)} attempts sent to {address}" in capsys.readouterr().out
    assert b"gen_ai.first_token" in b"".join(bodies)


@pytest.mark.slow
def test_a_collector_that_is_not_there_is_one_message(folder, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets the port
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/v1/traces"
        assert cli.main(["traces", str(folder.root), "--endpoint", address]) == 4
    assert f"streamproof: {address}: spans were not taken" in capsys.readouterr().err
