"""The gateway as the process that a run starts."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from gateway.__main__ import main
from tests.gateway.test_app import TEXT
from tests.gateway.upstream_script import HEAD, chunk

pytestmark = pytest.mark.slow


def test_it_says_where_it_listens_and_stops_when_told():
    command = [sys.executable, "-m", "gateway", "--upstream", "http://127.0.0.1:1", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            ready = json.loads(process.stdout.readline())
            assert ready == {"ready": True, "host": "127.0.0.1", "port": ready["port"]}
            with urllib.request.urlopen(f"http://127.0.0.1:{ready['port']}/healthz", timeout=5) as answer:
                assert answer.status == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0
            assert process.stdout.read() == ""
        finally:
            process.kill()


def test_it_stops_with_a_stream_open(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as provider:
        upstream = f"http://127.0.0.1:{provider.getsockname()[1]}"
        command = [sys.executable, "-m", "gateway", "--upstream", upstream, "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                port = json.loads(process.stdout.readline())["port"]
                with socket.create_connection(("127.0.0.1", port)) as client:
                    client.sendall(b"GET /api/chat/stream?prompt=hi HTTP/1.1\r\nhost: x\r\n\r\n")
                    provider.accept()[0].close()
                    process.send_signal(signal.SIGTERM)
                    assert process.wait(timeout=10) == 0
            finally:
                process.kill()


def draining(port: int) -> bool:
    """What the gateway says of itself; it still serves."""
    with socket.create_connection(("127.0.0.1", port)) as probe:
        probe.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        return b"HTTP/1.1 503" in probe.recv(1024)


@pytest.mark.parametrize("signals", [1, 2])
def test_an_open_stream_hears_of_the_stop_before_it_is_cut(signals):
    with socket.create_server(("127.0.0.1", 0)) as provider:
        upstream = f"http://127.0.0.1:{provider.getsockname()[1]}"
        command = [sys.executable, "-m", "gateway", "--upstream", upstream, "--port", "0"]
        # With a second signal nobody waits for the drain's end; with one, the test does not either.
        command += ["--drain-s", "0.2" if signals == 1 else "3600"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                port = json.loads(process.stdout.readline())["port"]
                with socket.create_connection(("127.0.0.1", port)) as client:
                    client.sendall(b"GET /api/chat/stream?prompt=hi HTTP/1.1\r\nhost: x\r\n\r\n")
                    with provider.accept()[0] as asked, client.makefile("rb") as heard:
                        asked.sendall(HEAD + chunk(TEXT))
                        while b"content" not in heard.readline():
                            pass
                        process.send_signal(signal.SIGTERM)
                        if signals == 2:
                            while not draining(port):
                                pass
                            process.send_signal(signal.SIGTERM)
                        assert b"gateway_stopped" in heard.read()
                assert process.wait(timeout=10) == 0
            finally:
                process.kill()


def test_a_taken_port_is_one_message_and_exit_4(capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert main(["--upstream", "http://127.0.0.1:1", "--port", str(port)]) == 4
    said = capsys.readouterr()
    assert said.out == ""
    assert f"127.0.0.1:{port} is already in use" in said.err
    assert "--port" in said.err
    assert said.err.count("\n") == 1


def test_a_log_that_cannot_be_is_one_message_and_exit_4(tmp_path, capsys):
    log = tmp_path / "nowhere" / "log"
    assert main(["--upstream", "http://127.0.0.1:1", "--port", "0", "--log", str(log)]) == 4
    said = capsys.readouterr().err
    assert str(log) in said
    assert said.count("\n") == 1


def test_a_store_that_cannot_be_is_one_message_and_exit_4(tmp_path, capsys):
    store = tmp_path / "nowhere" / "answers.db"
    argv = ["--upstream", "http://127.0.0.1:1", "--port", "0", "--resume-grace-s", "5", "--store", str(store)]
    assert main(argv) == 4
    said = capsys.readouterr().err
    assert str(store) in said
    assert said.count("\n") == 1
