"""What each toxic does to real connections, on Toxiproxy and on the built-in proxy alike."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import requests

from harness.network.chain import Toxic
from harness.network.control import ProxySpec, ToxiproxyControl
from harness.network.layout import free_ports
from harness.network.patches import Patch
from tests.network.conftest import RunningServer
from tests.network.upstream import leave_abruptly, wait_for

pytestmark = pytest.mark.slow


@dataclass
class Pair:
    """Both ends of one connection through a proxy."""

    client: socket.socket
    peer: socket.socket

    def echo(self, data: bytes) -> bytes:
        """From client to peer and back."""
        self.client.sendall(data)
        self.peer.sendall(read(self.peer, len(data)))
        return read(self.client, len(data))


@dataclass
class Path:
    """A proxy in front of a listener of ours."""

    control: ToxiproxyControl
    source: socket.socket
    port: int
    open: list[socket.socket] = field(default_factory=list)

    def add(self, kind: str, stream: str = "downstream", toxicity: float = 1, **attributes: int) -> str:
        name = f"{kind}_{stream}_{len(self.control.toxics('path'))}"
        toxic = Toxic(name=name, type=kind, stream=stream, attributes=attributes, toxicity=toxicity)  # type: ignore[arg-type]
        self.control.add_toxics("path", [toxic])
        return name

    def connect(self) -> Pair:
        client = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        peer, _ = self.source.accept()
        peer.settimeout(10)
        self.open += [client, peer]
        return Pair(client, peer)


@pytest.fixture
def path(control: ToxiproxyControl) -> Iterator[Path]:
    with socket.create_server(("127.0.0.1", 0)) as source:
        source.settimeout(10)
        (port,) = free_ports(1)
        upstream = "{}:{}".format(*source.getsockname())
        control.populate([ProxySpec(name="path", listen=f"127.0.0.1:{port}", upstream=upstream)])
        path = Path(control, source, port)
        yield path
        for connection in path.open:
            connection.close()


def read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := connection.recv(size - len(data))):
        data += more
    return data


def read_all(connection: socket.socket) -> tuple[bytes, str]:
    """Everything until it ends, and how: eof or reset."""
    data = b""
    try:
        while more := connection.recv(65536):
            data += more
    except ConnectionResetError:
        return data, "reset"
    return data, "eof"


@pytest.mark.parametrize(
    ("streams", "at_least_s"),
    [
        (["downstream"], 0.1),
        (["upstream"], 0.1),
        (["upstream", "downstream"], 0.2),
        (["downstream", "downstream"], 0.2),
    ],
)
def test_latency_in_either_and_both_directions_and_chained(
    path: Path, streams: list[str], at_least_s: float
) -> None:
    for stream in streams:
        path.add("latency", stream, latency=100)
    pair = path.connect()
    began = time.monotonic()
    assert pair.echo(b"hello") == b"hello"
    assert time.monotonic() - began >= at_least_s - 0.005


def test_bandwidth_takes_its_time_and_no_less(path: Path) -> None:
    path.add("bandwidth", rate=50)
    pair = path.connect()
    began = time.monotonic()
    pair.peer.sendall(b"x" * 25_000)
    assert read(pair.client, 25_000) == b"x" * 25_000
    assert time.monotonic() - began >= 0.5 * 0.98


@pytest.mark.parametrize(("limit", "passed"), [(100, 100), (50, 50), (1, 1)])
def test_limit_data_ends_cleanly_after_exactly_its_bytes(path: Path, limit: int, passed: int) -> None:
    path.add("limit_data", bytes=limit)
    pair = path.connect()
    pair.peer.sendall(b"x" * 100)
    assert read_all(pair.client) == (b"x" * passed, "eof")
    wait_for(lambda: gone(pair.peer))


def gone(connection: socket.socket) -> bool:
    """The other end has closed: reading ends, or writing fails."""
    connection.settimeout(0.01)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_below_its_limit_limit_data_lets_everything_pass(path: Path) -> None:
    path.add("limit_data", bytes=101)
    pair = path.connect()
    pair.peer.sendall(b"x" * 100)
    pair.peer.close()
    assert read_all(pair.client) == (b"x" * 100, "eof")


def test_a_limit_can_be_set_in_mid_stream_and_counts_what_has_passed(path: Path) -> None:
    name = path.add("limit_data", bytes=1 << 40)
    pair = path.connect()
    assert pair.echo(b"x" * 60) == b"x" * 60
    path.control.apply("path", [Patch(toxic=name, attributes={"bytes": 100})])
    pair.peer.sendall(b"y" * 60)
    assert read_all(pair.client) == (b"y" * 40, "eof")


def test_reset_peer_in_place_before_the_connection_is_a_reset(path: Path) -> None:
    name = path.add("reset_peer", toxicity=0, timeout=0)
    pair = path.connect()
    assert pair.echo(b"hello") == b"hello"
    path.control.apply("path", [Patch(toxic=name, toxicity=1)])
    pair.peer.sendall(b"dropped")
    assert read_all(pair.client) == (b"", "reset")
    with pytest.raises(ConnectionResetError):
        pair.peer.recv(1)


def test_armed_and_limited_it_is_a_reset_after_exactly_so_many_bytes(path: Path) -> None:
    path.add("limit_data", bytes=50)
    path.add("reset_peer", toxicity=0, timeout=0)
    for _ in range(5):
        pair = path.connect()
        pair.peer.sendall(b"x" * 100)
        assert read_all(pair.client) == (b"x" * 50, "reset")


def test_reset_peer_added_to_an_open_connection_is_only_an_end(path: Path) -> None:
    pair = path.connect()
    assert pair.echo(b"hello") == b"hello"
    path.add("reset_peer", timeout=0)
    pair.peer.sendall(b"dropped")
    assert read_all(pair.client) == (b"", "eof")


def test_where_a_reset_is_armed_a_natural_end_is_one_too(path: Path) -> None:
    path.add("reset_peer", toxicity=0, timeout=0)
    pair = path.connect()
    assert pair.echo(b"hello") == b"hello"
    pair.peer.close()
    assert read_all(pair.client) == (b"", "reset")


def test_slow_close_delays_the_end_alone(path: Path) -> None:
    path.add("slow_close", delay=300)
    pair = path.connect()
    began = time.monotonic()
    pair.peer.sendall(b"x")
    pair.peer.close()
    assert read(pair.client, 1) == b"x"
    assert read_all(pair.client) == (b"", "eof")
    assert time.monotonic() - began >= 0.29


def test_timeout_drops_bytes_and_closes_when_it_is_quiet(path: Path) -> None:
    path.add("timeout", timeout=200)
    pair = path.connect()
    pair.peer.sendall(b"lost")
    assert read_all(pair.client) == (b"", "eof")


def test_slices_arrive_whole(path: Path) -> None:
    path.add("slicer", average_size=64, size_variation=32, delay=100)
    pair = path.connect()
    data = bytes(range(256)) * 40
    assert pair.echo(data) == data


def test_connections_persist_through_toxics_added_changed_and_removed(
    path: Path, server: RunningServer
) -> None:
    pair = path.connect()
    assert pair.echo(b"before") == b"before"
    name = path.add("latency", latency=20)
    assert pair.echo(b"with") == b"with"
    path.control.apply("path", [Patch(toxic=name, attributes={"latency": 1})])
    assert pair.echo(b"changed") == b"changed"
    url = f"http://{server.host}:{server.port}/proxies/path/toxics/{name}"
    assert requests.delete(url, timeout=10).status_code == 204
    assert pair.echo(b"without") == b"without"


def test_no_byte_is_lost_while_switches_are_thrown(path: Path) -> None:
    names = [
        path.add("latency", latency=5),
        path.add("bandwidth", toxicity=0, rate=400),
        path.add("slow_close", toxicity=0, delay=10_000),
    ]
    pair = path.connect()
    data = b"".join(n.to_bytes(4, "big") for n in range(25_000))

    def write() -> None:
        for start in range(0, len(data), 500):
            pair.peer.sendall(data[start : start + 500])
            time.sleep(0.002)
        pair.peer.close()

    writer = threading.Thread(target=write)
    writer.start()
    for n in range(20):
        path.control.apply("path", [Patch(toxic=name, toxicity=n % 2) for name in names[1:]])
    path.control.apply("path", [Patch(toxic=name, toxicity=0) for name in names[1:]])
    assert read_all(pair.client) == (data, "eof")
    writer.join()


def test_a_proxy_that_is_down_refuses_and_comes_back_on_the_same_port(path: Path) -> None:
    pair = path.connect()
    assert pair.echo(b"x") == b"x"
    with path.control.down("path"):
        assert read_all(pair.client) == (b"", "eof")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", path.port), timeout=10)
    assert path.connect().echo(b"again") == b"again"


def test_an_upstream_that_refuses_looks_like_an_end_and_never_like_a_refusal(path: Path) -> None:
    path.source.close()
    with socket.create_connection(("127.0.0.1", path.port), timeout=10) as client:
        assert read_all(client)[0] == b""


def test_a_client_that_leaves_is_told_to_the_upstream(path: Path) -> None:
    for leave in (socket.socket.close, leave_abruptly):
        pair = path.connect()
        assert pair.echo(b"x") == b"x"
        leave(pair.client)
        wait_for(lambda pair=pair: gone(pair.peer))


def test_a_hundred_connections_at_once_each_get_their_own_bytes(path: Path) -> None:
    path.source.listen(200)
    pairs = [path.connect() for _ in range(100)]
    for n, pair in enumerate(pairs):
        assert pair.echo(b"%d" % n) == b"%d" % n
