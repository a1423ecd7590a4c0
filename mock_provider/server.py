"""The provider as an aiohttp application: routes a request, then leaves the connection to a player."""

import asyncio

import msgspec
from aiohttp import web

from harness import clock
from harness.plan.provider import Provider
from harness.record import LedgerRow
from mock_provider.admin import Admin
from mock_provider.attempt import key_digest
from mock_provider.batch import Step
from mock_provider.desk import MODELS, Asked, Decision, Desk
from mock_provider.ledger import Ledger
from mock_provider.link import Link
from mock_provider.metrics import Counters
from mock_provider.pacer import Pacer
from mock_provider.planning import CREATED_S, head_bytes
from mock_provider.player import Player
from mock_provider.requests.request import Incoming
from mock_provider.script import Do, Framing

MAX_BODY = 32 << 20
_EARLY = 1_000


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
    """One worker of the provider. Its streams depend on `seed` and on the requests alone."""

    def __init__(
        self,
        config: Provider,
        seed: int,
        link: Link,
        ledger: Ledger | None = None,
        worker: str = "mock-0",
        admin_token: str = "",
    ) -> None:
        self._config, self._seed, self._worker, self._link = config, seed, worker, link
        self._desk = Desk(config, seed)
        self._ledger = ledger or Ledger(None, worker)
        self._admin = Admin(link, self._ledger.folder, admin_token)
        self._counters = Counters(worker)
        self._pacer: Pacer | None = None
        self._open: set[Player] = set()
        self._batched: dict[int, Player] = {}
        self._early: dict[int, list[tuple[bool, int]]] = {}  # a batch may grant before the entry is read
        self._requests = 0
        self._stopping = False

    def application(self) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_route("*", "/-/{rest:.*}", self._operate)
        app.router.add_route("*", "/metrics", self._operate)
        app.router.add_get(MODELS[1], self._models)
        app.router.add_route("*", "/{path:.*}", self._answer)
        app.on_startup.append(self._on_startup)
        return app

    async def _on_startup(self, app: web.Application) -> None:
        self._pacer = Pacer(asyncio.get_running_loop())
        self._link.start(self._pacer, self._deliver)

    async def _operate(self, request: web.Request) -> web.Response:
        if request.path == "/-/health":
            return self._health()
        return await self._admin.answer(request, self._counters.text(len(self._open)))

    def _health(self) -> web.Response:
        counters = self._counters
        return _json(
            {
                "status": "ok",
                "worker": self._worker,
                "seed": self._seed,
                "now_ns": clock.now(),
                "requests": self._requests,
                "open": len(self._open),
                "ledger_rows": counters.rows,
                "emitted_tokens": counters.tokens,
                "wasted_tokens": counters.wasted,
                "lateness_p99_ms": counters.lateness_ms(0.99),
                "ended_by": counters.ended_by,
                "models": list(self._config.models),
            }
        )

    async def _models(self, request: web.Request) -> web.Response:
        names = list(self._config.models)
        if "anthropic-version" in request.headers:
            created = {"type": "model", "created_at": "2023-11-14T22:13:20Z", "lifecycle": "active"}
            entries = [{"id": name, "display_name": name, **created} for name in names]
            return _json({"data": entries, "has_more": False, "first_id": names[0], "last_id": names[-1]})
        fixed = {"object": "model", "created": CREATED_S, "owned_by": "mock"}
        return _json({"object": "list", "data": [{"id": name, **fixed} for name in names]})

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        """One attempt, from its body to its row in the ledger."""
        body, unread = b"", None
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            unread = (413, f"The body is larger than the {MAX_BODY} bytes that this provider takes.")
        except web.RequestPayloadError as error:
            unread = (400, f"The body could not be read: {error}")
        transport = request.transport
        if transport is None or self._stopping:
            raise ConnectionResetError("nobody is there any more")
        row = self._row(request, clock.now())
        player: Player | None = None
        try:
            incoming = Incoming(
                method=request.method,
                path=request.path,
                query=dict(request.query),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=body,
                unread=unread,
            )
            decision, ticket = await self._decide(incoming, row)
            player = self._play(decision, ticket, row, request, transport, stays=unread is None)
            await player.over
        except asyncio.CancelledError:
            if player is not None:
                player.peer_left()
            else:
                row.peer_left_ns = row.closed_ns = clock.now()
                row.ended_by = "peer"
                self._written(row)
            raise
        return Played(player.keep_alive)

    def _row(self, request: web.Request, received_ns: int) -> LedgerRow:
        self._requests += 1
        given = request.headers
        key = given.get("authorization", "").removeprefix("Bearer ").strip()
        key = key or given.get("x-api-key", "") or given.get("x-goog-api-key", "")
        return LedgerRow(
            request=f"req_{self._worker}_{self._requests}",
            worker=self._worker,
            path=request.path,
            key=key_digest(key),
            received_ns=received_ns,
        )

    async def _decide(self, incoming: Incoming, row: LedgerRow) -> tuple[Decision, int]:
        asked = self._desk.read(row, incoming)
        if isinstance(asked, Decision):
            return asked, 0
        return await self._enter(asked, row)

    async def _enter(self, asked: Asked, row: LedgerRow) -> tuple[Decision, int]:
        entry = await self._link.enter(asked.arrival)
        return self._desk.decide(asked, entry, row), entry.ticket

    def _play(
        self,
        decision: Decision,
        ticket: int,
        row: LedgerRow,
        request: web.Request,
        transport: asyncio.Transport,
        *,
        stays: bool,
    ) -> Player:
        """`stays`: the connection can be used again, as far as the request is concerned."""
        script, http_1_1 = decision.script, request.version >= (1, 1)
        if script.framing is Framing.CHUNKED and not http_1_1:
            script = script.replace(script.steps, framing=Framing.CLOSE)
        if request.method == "HEAD":  # no route has it, so it is an error; of that, too, the head alone
            script = script.replace([step for step in script.steps if step.do is not Do.BYTES])
        keep_alive = request.keep_alive and stays
        row.status = script.status

        def ended(player: Player) -> None:
            self._open.discard(player)
            if ticket:
                self._batched.pop(ticket, None)
                self._link.leave(ticket, player.row.emitted_tokens)
            self._written(player.row, decision.ordered)

        assert self._pacer is not None
        player = Player(
            script,
            decision.encoder,
            row,
            transport,
            self._pacer,
            seed=decision.seed,
            stream=decision.stream,
            keep_alive=keep_alive,
            head=head_bytes(script, http_1_1=http_1_1, keep_alive=keep_alive),
            batched=decision.batched,
            cancellable=decision.cancellable,
            on_end=ended,
        )
        self._open.add(player)
        if decision.batched:
            self._batched[ticket] = player
        player.begin(row.received_ns)
        for granted, at_ns in self._early.pop(ticket, ()):
            (player.grant if granted else player.dequeued)(at_ns)
        return player

    def _deliver(self, step: Step, at_ns: int) -> None:
        """Tell the players what a step of their batch did."""
        for granted, tickets in ((False, step.admitted), (True, step.granted)):
            for ticket in tickets:
                player = self._batched.get(ticket)
                if player is None:
                    self._early.setdefault(ticket, []).append((granted, at_ns))
                    while len(self._early) > _EARLY:
                        del self._early[next(iter(self._early))]  # its player ended as the step was made
                else:
                    (player.grant if granted else player.dequeued)(at_ns)

    def _written(self, row: LedgerRow, ordered: bool = False) -> None:
        self._counters.add(row)
        self._ledger.write(row, ordered)

    def shut_down(self) -> None:
        """End every open attempt now; their rows are in the ledger when this returns."""
        self._stopping = True
        for player in list(self._open):
            player.shut_down()
        self._ledger.close()


def _json(body: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), content_type="application/json")
