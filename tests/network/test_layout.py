import socket

import pytest

from harness.network.errors import Invalid
from harness.network.layout import HIGHEST_PORT, LOWEST_PORT, free_ports, literal

pytestmark = pytest.mark.slow


def test_free_ports_are_different_and_below_the_kernels_own() -> None:
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert all(LOWEST_PORT <= port <= HIGHEST_PORT < 32768 for port in ports)


def test_a_port_in_use_is_left_out() -> None:
    (port,) = free_ports(1)
    with socket.create_server(("127.0.0.1", port)):
        assert port not in free_ports(3)


def test_a_host_name_is_looked_up_and_an_address_stays() -> None:
    assert literal("127.0.0.1", 80) == "127.0.0.1:80"
    assert literal("localhost", 80) in ("127.0.0.1:80", "[::1]:80")
    assert literal("[::1]", 80) == "[::1]:80"


def test_a_host_that_nobody_knows_is_named() -> None:
    with pytest.raises(Invalid, match="the system's host no host cannot be looked up"):
        literal("no host", 80)
