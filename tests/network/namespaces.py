"""A client, a router and a server in network namespaces of their own: real TCP, real loss (Linux, root).

Addresses live in the namespaces only; nothing leaves the host. A thread enters a namespace for itself,
and sockets that it opens there stay there, whoever uses them.
"""

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

CLONE_NEWNET = 0x40000000
CLIENT, SERVER = "10.99.1.2", "10.99.2.2"

T = TypeVar("T")


class Cannot(Exception):
    """Namespaces cannot be had here; the text is the reason."""


class Route:
    """The three namespaces, and what can be done to the packets between client and server."""

    def __init__(self) -> None:
        self._names = {side: f"sp{os.getpid()}{side}" for side in "ARB"}

    @property
    def client(self) -> str:
        return self._names["A"]

    @property
    def server(self) -> str:
        return self._names["B"]

    def build(self) -> None:
        a, r, b = self._names["A"], self._names["R"], self._names["B"]
        for name in (a, r, b):
            run(f"ip netns add {name}")
            run(f"ip -n {name} link set lo up")
        for end, address, router, gateway in ((a, CLIENT, "r0", "10.99.1.1"), (b, SERVER, "r1", "10.99.2.1")):
            run(f"ip link add e0 netns {end} type veth peer name {router} netns {r}")
            run(f"ip -n {end} addr add {address}/24 dev e0")
            run(f"ip -n {r} addr add {gateway}/24 dev {router}")
            run(f"ip -n {end} link set e0 up")
            run(f"ip -n {r} link set {router} up")
            run(f"ip -n {end} route add default via {gateway}")
        self.forwards(True)

    def forwards(self, wanted: bool) -> None:
        """Without it the router drops what it should pass on: the link is down for both and says nothing."""
        name = self._names["R"]
        run_in(name, lambda: Path("/proc/sys/net/ipv4/ip_forward").write_text(str(int(wanted))))

    def lose(self, per_mille: int) -> None:
        """Drop this share of the packets, either way, from now on."""
        nft = f"ip netns exec {self._names['R']} nft"
        run(f"{nft} add table ip flaky")
        run(f"{nft} add chain ip flaky path {{ type filter hook forward priority 0 ; policy accept ; }}")
        run(f"{nft} add rule ip flaky path numgen random mod 1000 < {per_mille} counter drop")

    def dropped(self) -> int:
        """Packets that `lose` has dropped."""
        listed = run(f"ip netns exec {self._names['R']} nft list table ip flaky")
        return int(listed.partition("counter packets ")[2].split()[0])

    def remove(self) -> None:
        for name in self._names.values():
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


@contextlib.contextmanager
def route() -> Iterator[Route]:
    """Raises Cannot where the machine does not allow it."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or shutil.which("ip") is None:
        raise Cannot("network namespaces need Linux, root and iproute2")
    made = Route()
    try:
        try:
            made.build()
        except (subprocess.CalledProcessError, OSError) as error:
            raise Cannot(f"network namespaces are not allowed here: {error}") from error
        yield made
    finally:
        made.remove()


def run(command: str) -> str:
    return subprocess.run(command.split(), check=True, capture_output=True, text=True).stdout


def enter(name: str) -> None:
    """Move the calling thread, and no other, into a namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/var/run/netns/{name}") as handle:
        if libc.setns(handle.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {name}")


def run_in(name: str, work: Callable[[], T]) -> T:
    """The result of `work` in a namespace."""
    results: list[T] = []
    errors: list[OSError] = []

    def body() -> None:
        try:
            enter(name)
            results.append(work())
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
