"""What all workers of a provider share: quotas, rules, attempts, batches. Asked once a request.

Time is an argument and nothing here waits, so one process can answer for many: directly, or from a
coordinator over a socket.
"""

from collections import deque
from typing import TypeVar

import msgspec

from harness.clock import SECOND
from harness.dialects.events import UNREADABLE
from harness.plan.draws import generator
from harness.plan.provider import FaultRule, KeyProfile, ModelProfile, Provider
from mock_provider import faults, notation
from mock_provider.attempt import Attempts, Identity, key_digest
from mock_provider.batch import BatchEngine, Step
from mock_provider.complaint import complaint
from mock_provider.orders import MOST, Order
from mock_provider.pacing import answer_length, drawn_length
from mock_provider.quota import Demand, KeyQuota, Refusal, Standing
from mock_provider.selection import Request, choose, matches
from mock_provider.timeline import Scales, scales

T = TypeVar("T")
_KEPT_QUOTAS = 10_000
_KEPT_LOG = 1_000
_LOGGED = 2_000  # characters of a command


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A request as the house must know it."""

    worker: str
    stream: int  # whose answer it gets
    recorded: int  # the id in the prompt; -1 none, -2 several
    model: str  # without settings
    path: str
    key: str  # digest
    streaming: bool
    input_tokens: int
    max_tokens: int | None = None
    fixed_tokens: int | None = None  # the answer's length where it is not drawn
    seed: int
    draws: tuple[int, int] | None = None  # (seed, stream) of lengths, times and faults, where not its own
    profile: ModelProfile | None = None  # instead of the model's own
    asked: FaultRule | None = None  # a fault that the request itself names


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """The house's answer. With a `refusal` or `overflow` there is no ticket to give back."""

    ticket: int = 0
    attempt: int = 1
    tokens: int = 0
    reasoning_tokens: int = 0
    finish_reason: str = "stop"
    refusal: Refusal | None = None
    overflow: int = 0  # status with which a full queue refuses
    standing: dict[str, Standing] = {}
    rule: FaultRule | None = None
    scales: Scales = Scales()
    order: Order | None = None


class Queued(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A fault that an operator has put in line: the next `times` requests that it matches."""

    fault: FaultRule
    times: int = 1

    def __post_init__(self) -> None:
        if self.times < 1:
            raise ValueError("times is at least 1")


class BadCommand(Exception):
    """An operator's command that cannot be carried out; the text is for people."""


def _checked(body: bytes, kind: type[T]) -> T:
    """What an operator sends. Raises BadCommand, and then nothing has changed."""
    try:
        read = msgspec.json.decode(body, type=kind)
        for item in read if isinstance(read, list) else []:
            if isinstance(item, Queued | FaultRule):
                notation.check(item.fault if isinstance(item, Queued) else item)
    except msgspec.ValidationError as error:
        raise BadCommand(complaint(error, body, kind)) from None
    except (*UNREADABLE, notation.BadNotation) as error:
        raise BadCommand(str(error)) from None
    return read


def _ordered(order: Order, arrival: Arrival, attempt: int) -> FaultRule | None:
    rule = order.rule if attempt <= order.fault_times else None
    if rule is not None and faults.load(rule.id).needs_stream and not arrival.streaming:
        return None
    return rule


class _Ticket(msgspec.Struct):
    worker: str
    quota: KeyQuota | None
    reserved: Demand
    model: str  # whose batch it is in; empty for none


class House:
    def __init__(self, config: Provider, now_ns: int) -> None:
        self._config = config
        self._keys = {key_digest(key): profile for key, profile in config.keys.items()}
        self._next_ticket = 0
        self.log: deque[dict[str, object]] = deque(maxlen=_KEPT_LOG)
        self.reset(now_ns)

    def reset(self, now_ns: int) -> None:
        """As on the first day; what is open now is forgotten when it ends."""
        self._started_ns = now_ns
        self._attempts = Attempts()
        self._quotas: dict[tuple[str, str], KeyQuota] = {}
        self._tickets: dict[int, _Ticket] = {}
        self.rules = list(self._config.faults)
        self.queue: list[Queued] = []
        self.orders: dict[int, Order] = {}
        batches = {name: profile.batch for name, profile in self._config.models.items()}
        self.engines = {name: BatchEngine(batch) for name, batch in batches.items() if batch is not None}

    def enter(self, arrival: Arrival, now_ns: int) -> Entry:
        """Count the request, charge its quota, choose its fault and, in a batch, queue it."""
        profile = arrival.profile or self._config.models[arrival.model]
        order = self.orders.get(arrival.recorded)
        if order is not None:
            profile = order.profile(profile)
        key = self._keys.get(arrival.key, KeyProfile())
        attempt = self._attempts.count(Identity(arrival.stream, arrival.recorded))
        rng = generator(*(arrival.draws or (arrival.seed, arrival.stream)), attempt)
        tokens, reason = answer_length(profile, arrival.max_tokens, rng)
        reasoning = drawn_length(profile.reasoning_tokens, rng)
        if order is not None:
            tokens, reason, reasoning = order.tokens, "stop", order.reasoning_tokens
        if order is None and arrival.fixed_tokens is not None:
            tokens, reason, reasoning = arrival.fixed_tokens, "stop", 0
        elif arrival.max_tokens is not None and reasoning + tokens > arrival.max_tokens:
            # What is thought is paid for like what is said, and may leave nothing for it.
            reasoning = min(reasoning, arrival.max_tokens)
            tokens, reason = arrival.max_tokens - reasoning, "length"
        demand = Demand(arrival.input_tokens, arrival.max_tokens or tokens + reasoning)
        quota = self._quota(arrival, key, profile, now_ns)
        refusal = quota.admit(demand, now_ns) if quota is not None else None
        standing = quota.standing(now_ns) if quota is not None else {}
        if refusal is not None:
            return Entry(attempt=attempt, refusal=refusal, standing=standing, order=order)
        since_start_s = (now_ns - self._started_ns) / SECOND
        if order is not None:
            rule = _ordered(order, arrival, attempt)
        else:
            rule = self._rule(arrival, key, profile, attempt, since_start_s)
        self._next_ticket += 1
        ticket = self._next_ticket
        batched = ""
        generates = rule is None or faults.load(rule.id).generates
        if arrival.model in self.engines and order is None and generates:
            engine = self.engines[arrival.model]
            if not engine.submit(ticket, arrival.input_tokens, tokens + reasoning):
                if quota is not None:
                    quota.release(demand, 0)
                batch = self._config.models[arrival.model].batch
                return Entry(
                    attempt=attempt, standing=standing, overflow=batch.overflow_status if batch else 503
                )
            batched = arrival.model
        self._tickets[ticket] = _Ticket(arrival.worker, quota, demand, batched)
        pace = scales(self._config.timeline, since_start_s) if order is None else Scales()
        return Entry(
            ticket=ticket,
            attempt=attempt,
            tokens=tokens,
            reasoning_tokens=reasoning,
            finish_reason=reason,
            standing=standing,
            rule=rule,
            scales=Scales(pace.ttft * key.ttft_scale, pace.itl * key.itl_scale) if order is None else pace,
            order=order,
        )

    def leave(self, ticket: int, emitted: int) -> None:
        """The attempt is over: its slot is free, and the tokens it did not use."""
        found = self._tickets.pop(ticket, None)
        if found is None:
            return
        if found.quota is not None:
            found.quota.release(found.reserved, emitted)
        if found.model:
            self.engines[found.model].leave(ticket)

    def lost(self, worker: str) -> None:
        """A worker has died: what it held comes back."""
        for ticket in [number for number, held in self._tickets.items() if held.worker == worker]:
            self.leave(ticket, 0)

    def step(self, model: str) -> Step:
        """Advance the batch of `model` by one step."""
        return self.engines[model].step()

    def holder(self, ticket: int) -> str:
        """Which worker has `ticket`; empty for one that is over."""
        found = self._tickets.get(ticket)
        return found.worker if found is not None else ""

    def state(self, now_ns: int) -> dict[str, object]:
        """What an operator may want to see."""
        return {
            "since_start_s": (now_ns - self._started_ns) / SECOND,
            "open": len(self._tickets),
            "rules": self.rules,
            "log": list(self.log),
            "queue": self.queue,
            "orders": len(self.orders),
            "quotas": [
                {"key": key, "model": model, "open": quota.open, "standing": quota.standing(now_ns)}
                for (key, model), quota in self._quotas.items()
            ],
            "batches": {
                model: {"running": engine.running, "queued": engine.queued}
                for model, engine in self.engines.items()
            },
        }

    def command(self, verb: str, body: bytes, now_ns: int) -> bytes:
        """An operator's command; the verbs are those of `mock_provider.admin`. Raises BadCommand."""
        match verb:
            case "state" | "rules" | "streams":
                pass
            case "set-streams":
                self._take_orders(body)
            case "clear-streams":
                self._forget_orders(body)
            case "set-rules":
                self.rules = _checked(body, list[FaultRule])
            case "queue":
                queued = _checked(body, list[Queued])
                self.queue += queued
            case "clear-queue":
                self.queue = []
            case "reset":
                self.reset(now_ns)
            case _:
                raise BadCommand(f"no command {verb}")
        if verb not in ("state", "rules", "streams"):
            self.log.append(
                {"t_ns": now_ns, "command": verb, "body": body.decode("utf-8", "replace")[:_LOGGED]}
            )
        match verb:
            case "rules":
                return msgspec.json.encode(self.rules)
            case "streams" | "set-streams" | "clear-streams":
                return msgspec.json.encode(self._ordered_streams())
            case _:
                return msgspec.json.encode(self.state(now_ns))

    def _take_orders(self, body: bytes) -> None:
        orders = _checked(body, dict[int, Order])
        if below := [
            stream for stream in orders if stream < 0
        ]:  # of which the ledger has meanings of its own
            raise BadCommand(f"{below[0]} is no stream id; the prompt's mark [sid:…] holds numbers from 0")
        if len(self.orders.keys() | orders.keys()) > MOST:
            raise BadCommand(f"at most {MOST} streams have orders at a time; DELETE /-/streams forgets them")
        self.orders |= orders

    def _forget_orders(self, body: bytes) -> None:
        gone = _checked(body, list[int]) if body.strip() else list(self.orders)
        for stream in gone:
            self.orders.pop(stream, None)

    def _ordered_streams(self) -> dict[int, dict[str, object]]:
        """Each stream with an order, and how many attempts have come: so many rows the ledger will have."""
        return {
            stream: {"attempts": self._attempts.so_far(stream), "order": order}
            for stream, order in self.orders.items()
        }

    def _quota(
        self, arrival: Arrival, key: KeyProfile, profile: ModelProfile, now_ns: int
    ) -> KeyQuota | None:
        quota = key.quota or profile.quota
        if quota is None:
            return None
        found = self._quotas.get((arrival.key, arrival.model))
        if found is None:
            if len(self._quotas) >= _KEPT_QUOTAS:
                # Keys come and go by the thousand; a full bucket is like one never seen.
                self._quotas = {at: kept for at, kept in self._quotas.items() if not kept.idle(now_ns)}
            found = self._quotas[arrival.key, arrival.model] = KeyQuota(quota, now_ns)
        return found

    def _rule(
        self, arrival: Arrival, key: KeyProfile, profile: ModelProfile, attempt: int, since_start_s: float
    ) -> FaultRule | None:
        request = Request(
            model=arrival.model,
            path=arrival.path,
            stream=arrival.recorded,
            key=arrival.key,
            streaming=arrival.streaming,
        )
        for queued in self.queue:
            if matches(queued.fault, request):
                queued.times -= 1
                if queued.times <= 0:
                    self.queue.remove(queued)
                return queued.fault
        if arrival.asked is not None:
            return arrival.asked
        seed, stream = arrival.draws or (arrival.seed, arrival.stream)
        drawn_for = (stream, attempt)
        rules = [*key.faults, *profile.faults, *self.rules]
        return choose(rules, request, seed, drawn_for, since_start_s)
