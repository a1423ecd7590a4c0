"""The provider as an aiohttp application: routes a request, then leaves the connection to a player."""

import asyncio
from pathlib import Path

import msgspec
from aiohttp import web

from harness import clock
from harness.plan.provider import Provider
from harness.record import LedgerRow
from mock_provider import requests
from mock_provider.attempt import CREATED_S, head_bytes, key_digest, text_of
from mock_provider.desk import Decision, Desk
from mock_provider.ledger import Ledger
from mock_provider.pacer import Pacer
from mock_provider.player import Answer, Player
from mock_provider.requests.request import Problem
from mock_provider.script import Framing

MAX_BODY = 32 << 20


class Played(web.StreamResponse):
    """A response whose bytes the player has already written; aiohttp only learns what became of it."""

    def __init__(self, keep_alive: bool) -> None:
        super().__init__()
        self._stays = keep_alive

    @property
    def keep_alive(self) -> bool | None:
        return self._stays

    async def prepare(self, request: web.BaseRequest) -> None:
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        return None


class MockProvider:
    """One provider process. Its streams depend on `seed` and on the requests alone."""

    def __init__(self, config: Provider, seed: int, ledger_dir: Path | None, worker: str = "mock-0") -> None:
        self.ledger = Ledger(ledger_dir, worker)
        self._config, self._seed, self._worker = config, seed, worker
        self._desk = Desk(config, seed, clock.now())
        self._pacer: Pacer | None = None
        self._open: set[Player] = set()
        self._requests = 0
        self._stopping = False

    def application(self) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_get("/-/health", self._health)
        app.router.add_get("/v1/models", self._models)
        for path in self._desk.paths:
            app.router.add_post(path, self._answer)
        app.router.add_route("*", "/{path:.*}", self._no_such_route)
        app.on_startup.append(self._on_startup)
        return app

    async def _on_startup(self, app: web.Application) -> None:
        self._pacer = Pacer(asyncio.get_running_loop())

    async def _health(self, request: web.Request) -> web.Response:
        return _json(
            {
                "status": "ok",
                "worker": self._worker,
                "requests": self._requests,
                "open": len(self._open),
                "ledger_rows": self.ledger.rows,
                "emitted_tokens": self.ledger.tokens,
                "ended_by": self.ledger.ended_by,
                "models": list(self._config.models),
            }
        )

    async def _models(self, request: web.Request) -> web.Response:
        fixed = {"object": "model", "created": CREATED_S, "owned_by": "mock"}
        return _json({"object": "list", "data": [{"id": name, **fixed} for name in self._config.models]})

    async def _no_such_route(self, request: web.Request) -> web.Response:
        if request.path in self._desk.paths:
            problem = Problem(405, f"Not allowed to {request.method} on {request.path}; POST to it.")
        else:
            text = f"Unknown request URL: {request.method} {request.path}. Served here: "
            problem = Problem(404, text + ", ".join(self._desk.paths), code="unknown_url")
        body = requests.load("openai").error_body(problem, "")
        return web.Response(status=problem.status, body=body, content_type="application/json")

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        """One attempt, from its body to its row in the ledger."""
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            body = b""  # refused below, by a parser that finds no question in it
        player = self._begin(request, body, clock.now())
        try:
            await player.over
        except asyncio.CancelledError:
            player.peer_left()
            raise
        return Played(player.keep_alive)

    def _begin(self, request: web.Request, body: bytes, received_ns: int) -> Player:
        transport = request.transport
        if transport is None or self._stopping:
            raise ConnectionResetError("nobody is there any more")
        self._requests += 1
        authorization = request.headers.get("authorization", "")
        key = authorization.removeprefix("Bearer ").strip() or request.headers.get("x-api-key", "")
        row = LedgerRow(
            request=f"req_{self._worker}_{self._requests}",
            worker=self._worker,
            path=request.path,
            key=key_digest(key),
            received_ns=received_ns,
        )
        decision = self._desk.decide(row, body, received_ns)
        return self._play(decision, row, request, transport)

    def _play(
        self, decision: Decision, row: LedgerRow, request: web.Request, transport: asyncio.Transport
    ) -> Player:
        script, http_1_1 = decision.script, request.version >= (1, 1)
        if script.framing is Framing.CHUNKED and not http_1_1:
            script = script.replace(script.steps, framing=Framing.CLOSE)
        row.status = script.status

        def ended(player: Player) -> None:
            self._open.discard(player)
            decision.release(player.row.emitted_tokens)
            self.ledger.write(player.row)

        def text(first: int, count: int) -> str:
            return text_of(self._seed, decision.stream, first, count)

        assert self._pacer is not None
        player = Player(
            script,
            Answer(decision.encoder, text),
            row,
            transport,
            self._pacer,
            keep_alive=request.keep_alive,
            head=head_bytes(script, http_1_1=http_1_1, keep_alive=request.keep_alive),
            on_end=ended,
        )
        self._open.add(player)
        player.begin(row.received_ns)
        return player

    def shut_down(self) -> None:
        """End every open attempt now; their rows are in the ledger when this returns."""
        self._stopping = True
        for player in list(self._open):
            player.shut_down()
        self.ledger.close()


def _json(body: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), content_type="application/json")
