"""What only the built-in proxy can do, and what it says of itself."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from harness.network.api import Api
from harness.network.layout import free_ports
from tests.network.conftest import RunningServer, free_port, running, wait_until_up
from tests.network.upstream import Reader, TokenServer, wait_for

pytestmark = pytest.mark.slow


class Builtin:
    """Its raw API: the adapter knows Toxiproxy's toxics only."""

    def __init__(self, server: RunningServer) -> None:
        self.base = f"http://{server.host}:{server.port}"
        self.port = free_ports(1)[0]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, self.base + path, json=body, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def proxy(self, upstream: tuple[str, int]) -> tuple[str, int]:
        listen = f"127.0.0.1:{self.port}"
        self.call("POST", "/proxies", {"name": "p", "listen": listen, "upstream": "{}:{}".format(*upstream)})
        return "127.0.0.1", self.port

    def toxic(self, kind: str, **attributes: Any) -> None:
        self.call("POST", "/proxies/p/toxics", {"type": kind, "name": kind, **attributes})


@pytest.fixture
def builtin() -> Iterator[Builtin]:
    with running("builtin") as server:
        yield Builtin(server)


def test_it_says_what_it_is_and_where_it_differs(builtin: Builtin) -> None:
    info = builtin.call("GET", "/x/info")
    assert (info["implementation"], info["speaks"], info["seed"]) == ("streamproof-builtin", "2.12.0", 7)
    assert set(info["extra_toxics"]) == {"x_blackhole", "x_connect", "x_fin", "x_rst"}
    assert any("seeded" in text for text in info["deviations"])
    assert info["queue_limit_bytes"] > 0


@pytest.mark.parametrize(("kind", "ending"), [("x_rst", "reset"), ("x_fin", "eof")])
def test_a_live_connection_is_ended_at_once_without_being_armed(
    builtin: Builtin, kind: str, ending: str
) -> None:
    with TokenServer(count=200) as server:
        reader = Reader(builtin.proxy(server.address))
        wait_for(lambda: bool(reader.seen.data))
        builtin.toxic(kind)
        seen = reader.result()
        assert (seen.ended, seen.intact) == (ending, True)
        assert seen.whole_lines < 200
        wait_for(lambda: server.served[0].ended in ("reset", "peer_left"))
        assert Reader(("127.0.0.1", builtin.port)).result().whole_lines == 200


def test_a_reset_after_so_many_bytes_delivers_them_first(builtin: Builtin) -> None:
    with TokenServer(count=200, gap_s=0.002) as server:
        address = builtin.proxy(server.address)
        builtin.toxic("x_rst", attributes={"bytes": 100})
        for _ in range(5):
            seen = Reader(address).result()
            assert (seen.ended, len(seen.data), seen.intact) == ("reset", 100, True)


def test_clients_that_come_and_go_at_once_leave_nothing_behind(builtin: Builtin) -> None:
    with TokenServer(count=3) as server:
        address = builtin.proxy(server.address)
        for number in range(100):
            client = socket.create_connection(address, timeout=10)
            if number % 2:
                client.shutdown(socket.SHUT_WR)
            client.close()
        wait_for(lambda: len(builtin.call("GET", "/x/connections")) == 100)


def test_stopping_under_arriving_clients_leaves_nothing_open(builtin: Builtin) -> None:
    with TokenServer(count=10_000) as server:
        address = builtin.proxy(server.address)
        for _ in range(10):
            readers = [Reader(address) for _ in range(10)]
            builtin.call("PATCH", "/proxies/p", {"enabled": False})
            assert {reader.result().ended for reader in readers} <= {"eof", "refused", "reset"}
            builtin.call("PATCH", "/proxies/p", {"enabled": True})
        wait_for(lambda: all(served.ended != "open" for served in server.served))


def test_an_old_path_is_silent_while_new_connections_work(builtin: Builtin) -> None:
    """Wi-Fi to cellular: what one proxy of the original cannot do."""
    with TokenServer(count=60) as server:
        address = builtin.proxy(server.address)
        builtin.toxic("x_blackhole", toxicity=0, attributes={"existing": 1})
        old = Reader(address, idle_s=1)
        wait_for(lambda: bool(old.seen.data))
        builtin.call("PATCH", "/proxies/p/toxics/x_blackhole", {"toxicity": 1})
        new = Reader(address)
        assert new.result().whole_lines == 60
        assert old.result().ended == "idle"
        assert old.seen.whole_lines < 60


def test_an_upstream_can_be_dialled_late(builtin: Builtin) -> None:
    with TokenServer(count=3) as server:
        address = builtin.proxy(server.address)
        builtin.toxic("x_connect", attributes={"delay": 300})
        reader = Reader(address)
        seen = reader.result()
        assert (seen.ended, seen.whole_lines) == ("eof", 3)


def test_an_accepted_connection_can_hang_for_ever(builtin: Builtin) -> None:
    with TokenServer(count=3) as server:
        address = builtin.proxy(server.address)
        builtin.toxic("x_connect", attributes={"delay": -1})
        assert Reader(address, idle_s=0.5).result().ended == "idle"
        assert server.served == []


def test_half_a_connection_can_be_closed(builtin: Builtin) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as source,
        socket.create_connection(builtin.proxy(source.getsockname()), timeout=10) as client,
    ):
        peer, _ = source.accept()
        with peer:
            peer.settimeout(10)
            client.sendall(b"question")
            client.shutdown(socket.SHUT_WR)
            assert peer.recv(100) == b"question"
            assert peer.recv(100) == b""
            peer.sendall(b"answer")
        assert client.recv(100) == b"answer"
        assert client.recv(100) == b""


def test_a_rate_may_change_under_open_connections(builtin: Builtin) -> None:
    with TokenServer(count=60) as server:
        address = builtin.proxy(server.address)
        builtin.toxic("bandwidth", attributes={"rate": 0})
        readers = [Reader(address) for _ in range(20)]
        wait_for(lambda: len(server.served) == 20)
        for rate in (1, 500, 2, 0, 1000):
            builtin.call("PATCH", "/proxies/p/toxics/bandwidth", {"attributes": {"rate": rate}})
        assert {(r.result().whole_lines, r.seen.intact) for r in readers} == {(60, True)}


def test_values_that_kill_the_original_do_no_harm(builtin: Builtin) -> None:
    with TokenServer(count=20) as server:
        address = builtin.proxy(server.address)
        for kind, attributes in (
            ("slicer", {}),
            ("slicer", {"average_size": 5, "size_variation": 9}),
            ("latency", {"latency": -5, "jitter": -5}),
        ):
            name = f"t{len(builtin.call('GET', '/proxies/p/toxics'))}"
            builtin.call("POST", "/proxies/p/toxics", {"type": kind, "name": name, "attributes": attributes})
        assert Reader(address).result().whole_lines == 20


def test_every_connection_leaves_its_truth(builtin: Builtin) -> None:
    with TokenServer(count=10) as server:
        address = builtin.proxy(server.address)
        Reader(address).result()
        builtin.toxic("limit_data", attributes={"bytes": 64})
        Reader(address).result()
        wait_for(lambda: len(builtin.call("GET", "/x/connections")) == 2)
    whole, cut = builtin.call("GET", "/x/connections")
    assert (whole["number"], whole["down_bytes"], whole["fault"]) == (1, [320, 320], "")
    assert whole["server"]["how"] == "fin"
    assert (cut["number"], cut["down_bytes"][1], cut["fault"]) == (2, 64, "limit_data")
    assert cut["client"]["how"] == cut["server"]["how"] == "us"


def test_the_truth_goes_to_a_file_and_a_signal_ends_it_cleanly(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "connections.jsonl"
    command = [sys.executable, "-m", "harness.network.builtin", "--port", str(port), "--log", str(log)]
    process = subprocess.Popen(command)
    try:
        wait_until_up(port, process)
        api = Api("127.0.0.1", port)
        with TokenServer(count=3) as server:
            (listen,) = free_ports(1)
            upstream = "{}:{}".format(*server.address)
            body = {"name": "p", "listen": f"127.0.0.1:{listen}", "upstream": upstream}
            api.request("POST", "/proxies", body)
            Reader(("127.0.0.1", listen)).result()
            wait_for(lambda: log.stat().st_size > 0)
        api.close()
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    (line,) = log.read_text().splitlines()
    assert json.loads(line)["down_bytes"] == [96, 96]


def test_a_taken_port_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "harness.network.builtin", "--port", str(port)],
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert done.returncode == 1
    assert done.stderr.startswith(f"the network proxy cannot serve at 127.0.0.1:{port}: ")
    assert "Traceback" not in done.stderr
