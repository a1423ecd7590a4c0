"""The HTTP API: Toxiproxy's routes with its statuses, types and words, and ours below `/x/`."""

import secrets
from collections.abc import Callable
from typing import Any

from aiohttp import web

from harness.network.builtin.collection import Collection, Refused
from harness.network.builtin.connection import SOCKET_BUFFER
from harness.network.builtin.go_json import encode
from harness.network.builtin.link import QUEUE_LIMIT
from harness.network.builtin.metrics import metrics
from harness.network.builtin.stages import stage_types

VERSION = "2.12.0"  # of the API that is spoken here; `/x/info` says what really answers
JSON = "application/json"
PLAIN = "text/plain; charset=utf-8"

DEVIATIONS = [
    "Values that crash the original are shown as they were sent and do no harm: a negative rate holds as 0 "
    "does, a slicer of impossible sizes slices nothing.",
    "A change of a toxic is applied whole or not at all; a changed rate is safe.",
    "No call waits for a connection, so a client that stops reading jams nothing.",
    "A reset of all proxies goes on past one that cannot listen, and answers 500 afterwards.",
    "Chance is seeded, one generator a connection.",
    "A client or server may stop sending and go on reading.",
    "Upstreams are dialled side by side.",
]


class Api:
    """One server's API over its proxies."""

    def __init__(self, proxies: Collection, with_metrics: bool = False) -> None:
        self._proxies, self._with_metrics = proxies, with_metrics

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Routes by hand, because the original's answers to what it does not route are part of its API."""
        parts = request.raw_path.split("?")[0].split("/")[1:]
        methods = self._methods(parts)
        if methods is None:
            return _plain(404, "404 page not found\n")
        if request.method not in methods:
            return web.Response(status=405)
        if request.headers.get("User-Agent", "").startswith("Mozilla/"):
            return _stamped(_plain(403, "User agent not allowed\n"))
        body = await request.read()
        try:
            return _stamped(methods[request.method](body))
        except Refused as refused:
            return _stamped(_refusal(refused, populate=parts == ["populate"]))

    def _methods(self, parts: list[str]) -> dict[str, Callable[[bytes], web.Response]] | None:
        match parts:
            case ["version"]:
                return {"GET": lambda _: self._version()}
            case ["reset"]:
                return {"POST": lambda _: _done(self._proxies.reset)}
            case ["populate"]:
                return {"POST": self._populate}
            case ["metrics"] if self._with_metrics:
                return {"GET": lambda _: self._metrics()}
            case ["x", "info"]:
                return {"GET": lambda _: _json(200, self.info())}
            case ["x", "connections"]:
                return {"GET": lambda _: _json(200, list(self._proxies.ended))}
            case ["proxies"]:
                return {
                    "GET": lambda _: _json(200, self._proxies.shown()),
                    "POST": lambda body: _json(201, self._proxies.create(body).shown()),
                }
            case ["proxies", name] if name:
                return self._proxy_methods(name)
            case ["proxies", name, "toxics"] if name:
                return self._toxics_methods(name)
            case ["proxies", name, "toxics", toxic] if name and toxic:
                return self._toxic_methods(name, toxic)
        return None

    def _proxy_methods(self, name: str) -> dict[str, Callable[[bytes], web.Response]]:
        def update(body: bytes) -> web.Response:
            return _json(200, self._proxies.update(name, body).shown())

        return {
            "GET": lambda _: _json(200, self._proxies.find(name).shown()),
            "POST": update,
            "PATCH": update,
            "DELETE": lambda _: _done(lambda: self._proxies.delete(name)),
        }

    def _toxics_methods(self, name: str) -> dict[str, Callable[[bytes], web.Response]]:
        return {
            "GET": lambda _: _json(200, [t.shown() for t in self._proxies.find(name).shown_toxics()]),
            "POST": lambda body: _json(200, self._proxies.add_toxic(self._proxies.find(name), body).shown()),
        }

    def _toxic_methods(self, name: str, toxic: str) -> dict[str, Callable[[bytes], web.Response]]:
        def show(_: bytes) -> web.Response:
            return _json(200, self._proxies.toxic(self._proxies.find(name), toxic).shown())

        def update(body: bytes) -> web.Response:
            return _json(200, self._proxies.update_toxic(self._proxies.find(name), toxic, body).shown())

        def delete(_: bytes) -> web.Response:
            proxy = self._proxies.find(name)
            return _done(lambda: proxy.remove(self._proxies.toxic(proxy, toxic)))

        return {"GET": show, "POST": update, "PATCH": update, "DELETE": delete}

    def _version(self) -> web.Response:
        body = b'{"version": "%s"}\n' % VERSION.encode()
        return _response(200, body, "application/json;charset=utf-8")

    def _populate(self, body: bytes) -> web.Response:
        made = [proxy.shown() for proxy in self._proxies.populate(body)]
        return _json(201, {"proxies": made or None})

    def _metrics(self) -> web.Response:
        text = metrics(self._proxies.proxies.values())
        return _response(200, text.encode(), "text/plain; version=0.0.4; charset=utf-8")

    def info(self) -> dict[str, Any]:
        """What answers here, where it differs from the original, and what it can do beyond."""
        return {
            "implementation": "streamproof-builtin",
            "speaks": VERSION,
            "seed": self._proxies.seed,
            "deviations": DEVIATIONS,
            "extra_toxics": {
                name: list(kind.attributes) for name, kind in stage_types().items() if name.startswith("x_")
            },
            "extra_routes": ["/x/info", "/x/connections"],
            "queue_limit_bytes": QUEUE_LIMIT,
            "socket_buffer_bytes": SOCKET_BUFFER,
        }


def _response(status: int, body: bytes, content_type: str) -> web.Response:
    return web.Response(status=status, body=body, headers={"Content-Type": content_type})


def _plain(status: int, text: str) -> web.Response:
    response = _response(status, text.encode(), PLAIN)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _json(status: int, value: Any) -> web.Response:
    return _response(status, encode(value), JSON)


def _done(act: Callable[[], None]) -> web.Response:
    act()
    return web.Response(status=204)


def _refusal(refused: Refused, populate: bool) -> web.Response:
    body: dict[str, Any] = {"error": refused.message, "status": refused.status}
    if populate:
        return _json(refused.status, {**body, "proxies": refused.proxies})
    return _plain(refused.status, encode(body).decode() + "\n")


def _stamped(response: web.Response) -> web.Response:
    response.headers["X-Toxiproxy-Request-Id"] = secrets.token_hex(10)
    return response
