import socket

import pytest

from harness.network.layout import HIGHEST_PORT, LOWEST_PORT, free_ports

pytestmark = pytest.mark.slow


def test_free_ports_are_different_and_below_the_kernels_own() -> None:
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert all(LOWEST_PORT <= port <= HIGHEST_PORT < 32768 for port in ports)


def test_a_port_in_use_is_left_out() -> None:
    (port,) = free_ports(1)
    with socket.create_server(("127.0.0.1", port)):
        assert port not in free_ports(3)
