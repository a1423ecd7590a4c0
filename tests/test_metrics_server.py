import socket
import urllib.error
import urllib.request

import pytest

from harness.metrics_server import MetricsServer
from harness.stack.errors import StackError
from tests.reports.test_progress import LIVE

pytestmark = pytest.mark.slow


def fetch(server, path="/metrics"):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def test_it_answers_with_what_it_was_told_last():
    with MetricsServer(0) as server:
        assert "streamproof_up 0\n" in fetch(server)[1]
        server.show(LIVE)
        kind, text = fetch(server)
    assert kind.startswith("application/openmetrics-text; version=1.0.0")
    assert "streamproof_streams_in_flight 52\n" in text


def test_there_is_nothing_else_and_afterwards_nobody():
    with MetricsServer(0) as server:
        with pytest.raises(urllib.error.HTTPError) as refused:
            fetch(server, "/")
        refused.value.close()
    assert refused.value.code == 404
    with pytest.raises(urllib.error.URLError):
        fetch(server)


def test_a_taken_port_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StackError, match=f"--metrics-port {port}: .* choose another port"):
            MetricsServer(port)


def test_a_port_that_cannot_be_is_named():
    with pytest.raises(StackError, match=r"--metrics-port 99999: no such port; choose another port"):
        MetricsServer(99999)
