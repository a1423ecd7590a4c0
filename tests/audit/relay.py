"""A hop that ends what is idle or old, in one of the ways in which hops do."""

import select
import socket
import struct
import threading
import time
from contextlib import suppress
from typing import Literal

How = Literal["fin", "rst", "hole"]
_LINGER_NOT = struct.pack("ii", 1, 0)
_TICK_S = 0.05


class Relay:
    """Passes bytes on to `upstream`, until a connection is idle for `idle_s` or open for `total_s`.

    `hole`: it says nothing to either side and passes nothing on any more. Used in a `with` block.
    """

    def __init__(self, upstream: str, how: How = "fin", idle_s: float = 60, total_s: float = 60) -> None:
        host, _, port = upstream.removeprefix("http://").partition(":")
        self._upstream = (host, int(port))
        self._how, self._idle_s, self._total_s = how, idle_s, total_s
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self.url = "http://{}:{}".format(*self._listener.getsockname())

    def __enter__(self) -> "Relay":
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        self._listener.settimeout(_TICK_S)
        while not self._over.is_set():
            with suppress(TimeoutError):
                client, _ = self._listener.accept()
                thread = threading.Thread(target=self._relay, args=(client,))
                self._threads.append(thread)
                thread.start()

    def _relay(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._upstream) as upstream, suppress(OSError):
            began = heard = time.monotonic()
            while not self._over.is_set():
                readable, _, _ = select.select([client, upstream], [], [], _TICK_S)
                now = time.monotonic()
                for sock in readable:
                    data = sock.recv(65536)
                    if not data:
                        return
                    heard = now
                    (upstream if sock is client else client).sendall(data)
                if now - heard >= self._idle_s or now - began >= self._total_s:
                    self._end(client)
                    return

    def _end(self, client: socket.socket) -> None:
        if self._how == "hole":
            self._over.wait()
        elif self._how == "rst":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
