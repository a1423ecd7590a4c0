"""The operator's side, under `/-/`: health, state, rules, fault queue, streams' orders, ledger,
metrics, reset."""

import hmac
import ipaddress
from pathlib import Path

import msgspec
from aiohttp import web

from mock_provider.house import BadCommand
from mock_provider.ledger import read_after
from mock_provider.link import Link

_COMMANDS = {
    ("GET", "/-/state"): "state",
    ("GET", "/-/rules"): "rules",
    ("PUT", "/-/rules"): "set-rules",
    ("POST", "/-/queue"): "queue",
    ("DELETE", "/-/queue"): "clear-queue",
    ("GET", "/-/streams"): "streams",
    ("PUT", "/-/streams"): "set-streams",
    ("DELETE", "/-/streams"): "clear-streams",
    ("POST", "/-/reset"): "reset",
}
_OTHERS = ("GET /-/health", "GET /-/ledger", "GET /-/metrics")
PATHS = sorted([*(f"{method} {path}" for method, path in _COMMANDS), *_OTHERS])


class Admin:
    """Answers everything under `/-/` but health, which needs no permission."""

    def __init__(self, link: Link, ledger_dir: Path | None, token: str) -> None:
        self._link, self._ledger_dir, self._token = link, ledger_dir, token

    async def answer(self, request: web.Request, metrics: str) -> web.Response:
        if not self._permitted(request):
            return _refused(403, "off loopback this needs `authorization: Bearer <admin token>`")
        verb = _COMMANDS.get((request.method, request.path))
        if verb is not None:
            try:
                body = await request.read()
            except (web.HTTPRequestEntityTooLarge, web.RequestPayloadError) as error:
                return _refused(error.status if isinstance(error, web.HTTPException) else 400, f"{error}")
            return await self._command(verb, body)
        match request.method, request.path:
            case "GET", "/-/metrics" | "/metrics":
                return web.Response(text=metrics)
            case "GET", "/-/ledger":
                return self._ledger(request.query.get("after", ""))
        return _refused(404, f"no {request.method} {request.path}; there is {', '.join(PATHS)}")

    async def _command(self, verb: str, body: bytes) -> web.Response:
        try:
            answer = await self._link.command(verb, body)
        except BadCommand as error:
            return _refused(400, str(error))
        return web.Response(body=answer, content_type="application/json")

    def _ledger(self, cursor: str) -> web.Response:
        if self._ledger_dir is None:
            return _refused(404, "no ledger is written here")
        try:
            rows, after = read_after(self._ledger_dir, cursor)
        except ValueError:
            return _refused(400, f"after={cursor}: not a cursor that /-/ledger gave")
        body = b'{"rows":[%b],"after":%b}' % (b",".join(rows), msgspec.json.encode(after))
        return web.Response(body=body, content_type="application/json")

    def _permitted(self, request: web.Request) -> bool:
        given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if self._token and hmac.compare_digest(given.encode(), self._token.encode()):
            return True
        try:
            return not self._token and ipaddress.ip_address(request.remote or "").is_loopback
        except ValueError:
            return False


def _refused(status: int, message: str) -> web.Response:
    body = msgspec.json.encode({"error": {"type": "admin", "message": message}})
    return web.Response(status=status, body=body, content_type="application/json")
