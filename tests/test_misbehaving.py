"""The misbehaving server does what its scripts say, or the transport tests prove nothing."""

import socket
import ssl
from pathlib import Path

import pytest

from tests.misbehaving import (
    LAST_CHUNK,
    Before,
    Fin,
    Misbehaving,
    NextRequest,
    Pause,
    Rst,
    Step,
    certificate,
    chunk,
    head,
    one_by_one,
)

pytestmark = pytest.mark.slow
REQUEST = b"GET / HTTP/1.1\r\n\r\n"


def read_all(peer: socket.socket) -> bytes:
    found = b""
    while piece := peer.recv(65536):
        found += piece
    return found


def connect(server: Misbehaving) -> socket.socket:
    return socket.create_connection((server.host, server.port), timeout=5)


def test_fin_ends_the_connection_cleanly_after_all_bytes() -> None:
    script: list[Step] = [head(chunked=True), *one_by_one(chunk(b"data: A\n\n")), Fin()]
    with Misbehaving(script) as server, connect(server) as peer:
        peer.sendall(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi")
        assert read_all(peer) == head(chunked=True) + b"9\r\ndata: A\n\n\r\n"
    assert server.requests == [b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"]
    assert server.left == ["server"]


def test_rst_resets_after_the_client_has_had_what_was_sent() -> None:
    with Misbehaving([b"some", Pause(0.01), Rst()]) as server, connect(server) as peer:
        peer.sendall(REQUEST)
        assert peer.recv(100) == b"some"
        with pytest.raises(ConnectionResetError):
            peer.recv(100)


def test_each_connection_has_its_script_and_the_last_one_repeats() -> None:
    with Misbehaving([b"one", Fin()], [b"two", Fin()]) as server:
        answers = []
        for _ in range(3):
            with connect(server) as peer:
                peer.sendall(REQUEST)
                answers.append(read_all(peer))
    assert answers == [b"one", b"two", b"two"]
    assert server.connections == 3


def test_a_connection_can_carry_several_requests() -> None:
    whole = head(length=1) + b"x"
    with Misbehaving([whole, NextRequest(), whole]) as server, connect(server) as peer:
        for _ in range(2):
            peer.sendall(REQUEST)
            assert peer.recv(1000) == whole
    assert server.requests == [REQUEST, REQUEST]


@pytest.mark.parametrize("linger", [False, True])
def test_how_the_client_left_is_known(linger: bool) -> None:
    with Misbehaving([LAST_CHUNK]) as server:
        with connect(server) as peer:
            peer.sendall(REQUEST)
            assert peer.recv(100) == LAST_CHUNK
            if linger:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        assert server.wait_left() == ["rst" if linger else "fin"]


def test_it_can_speak_before_it_was_asked_and_through_tls(tmp_path: Path) -> None:
    files = certificate(tmp_path)
    trust = ssl.create_default_context(cafile=str(files[0]))
    with (
        Misbehaving([Before(), b"early", Fin()], tls=files) as server,
        trust.wrap_socket(connect(server), server_hostname="127.0.0.1") as peer,
    ):
        assert peer.recv(100) == b"early"
