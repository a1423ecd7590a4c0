"""Where a request is decided: who answers it, what the house says, which script it gets. Pure."""

from dataclasses import dataclass, replace

import msgspec

from harness import dialects
from harness.clock import SECOND
from harness.dialects.dialect import Encoder
from harness.plan.provider import FaultRule, ModelProfile, Provider
from harness.record import LedgerRow
from mock_provider import faults, notation, requests, settings
from mock_provider.attempt import identify
from mock_provider.content import Content, compose
from mock_provider.examples import BadSchema
from mock_provider.faults.fault import Setting
from mock_provider.house import Arrival, Entry
from mock_provider.orders import Order
from mock_provider.planning import plan_answer
from mock_provider.requests.request import MODEL, Api, ChatRequest, Incoming, Problem, count_tokens
from mock_provider.script import Do, Framing, Headers, Script, Step, whole

FAULT_HEADER = "x-mock-fault"
MODELS = ("GET", "/v1/models")  # the server's own route, and no attempt


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a request."""

    script: Script
    encoder: Encoder | None = None
    seed: int = 0
    stream: int = 0
    batched: bool = False
    cancellable: bool = True
    ordered: bool = False  # an operator has said how this stream is answered


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that makes sense, before the house has been asked."""

    api: Api
    request: ChatRequest
    profile: ModelProfile
    content: Content
    arrival: Arrival


class Desk:
    """One worker's view of the configuration. It keeps no state of its own."""

    def __init__(self, config: Provider, seed: int) -> None:
        self._config, self._seed = config, seed
        self._apis = {name: requests.load(name) for name in requests.names()}
        # A path that several dialects share belongs to openai until a profile says otherwise, and to the
        # generic ones only then.
        self._by_route: dict[tuple[str, str], list[str]] = {}
        for name in sorted(self._apis, key=lambda name: (name != "openai", name.startswith("generic"), name)):
            for route in self._apis[name].routes:
                self._by_route.setdefault(route, []).append(name)
        cut = {path.partition(MODEL) for _, path in self._by_route if MODEL in path}
        self._open_routes = sorted((before, after) for before, _, after in cut)

    @property
    def routes(self) -> list[tuple[str, str]]:
        """(method, path) of everything that is answered."""
        return sorted(self._by_route)

    def read(self, row: LedgerRow, incoming: Incoming) -> Asked | Decision:
        """What is asked, or the refusal of what makes no sense; fills in what the ledger knows by now."""
        try:
            path, prefix_fault = _without_prefix(incoming.path)
        except notation.BadNotation as error:
            problem = Problem(400, f"{incoming.path}: {error}; write /f/<fault>/ before the usual path.")
            return Decision(_error(self._apis["openai"], problem, row, ()))
        incoming = msgspec.structs.replace(incoming, path=path)
        names = self._by_route.get((incoming.method, self._place(path)))
        if names is None:
            return self._lost(incoming, row)
        name = names[0]
        try:
            if incoming.unread is not None:
                raise Problem(*incoming.unread)
            asked_model = self._apis[name].model(incoming)
            name = self._dialect(names, asked_model)
            return self._read(name, row, incoming, prefix_fault)
        except Problem as problem:
            row.dialect = name
            return Decision(_error(self._apis[name], problem, row, ()))

    def _place(self, path: str) -> str:
        """The route that `path` is on: itself, or one that has a model's name in it."""
        for before, after in self._open_routes:
            if path.startswith(before) and path.endswith(after) and len(path) > len(before) + len(after):
                return f"{before}{MODEL}{after}"
        return path

    def _lost(self, incoming: Incoming, row: LedgerRow) -> Decision:
        """No such place, 404, or not with this method, 405: in the words of who answers there."""
        place = self._place(incoming.path)
        api = self._apis["anthropic" if "anthropic-version" in incoming.headers else "openai"]
        served = sorted([*self.routes, MODELS])
        methods = [method for method, path in served if path == place]
        if not methods:
            known = ", ".join(f"{method} {path}" for method, path in served)
            text = f"Unknown request URL: {incoming.method} {incoming.path}. Served here: {known}"
            return Decision(_error(api, Problem(404, text, code="unknown_url"), row, ()))
        if names := self._by_route.get((methods[0], place)):
            row.dialect = names[0]
            api = self._apis[names[0]]
        text = f"Not allowed to {incoming.method} {incoming.path}; use {' or '.join(methods)}."
        headers = (*api.headers(row.request, {}), ("allow", ", ".join(methods)))
        return Decision(_error(api, Problem(405, text), row, headers))

    def _dialect(self, names: list[str], model: str) -> str:
        """Which of the dialects on a path answers: that of the model's profile, else the usual one."""
        base, _, rest = model.partition("+")
        profile = self._config.models.get(base)
        wanted = {profile.dialect} if profile is not None else set()
        for part in rest.split("+"):
            if part.startswith("api="):
                wanted = {part.removeprefix("api=")}
        return next((name for name in names if name in wanted), names[0])

    def _read(
        self, name: str, row: LedgerRow, incoming: Incoming, prefix_fault: FaultRule | None
    ) -> Asked | Decision:
        api = self._apis[name]
        request = api.parse(incoming)
        row.model, row.streaming, row.dialect = request.model, request.stream, name
        try:
            given = settings.parse(request.model or next(iter(self._config.models)))
        except settings.BadSetting as error:
            raise Problem(400, f"The model name {request.model!r}: {error}", param="model") from None
        profile = self._profile(name, given, incoming.path)
        asked_fault = prefix_fault or given.fault or _header_fault(incoming)
        if asked_fault is not None:
            _must_fit(asked_fault, request, profile.dialect)
        identity = identify(request.prompt)
        row.stream, row.input_tokens = identity.recorded, count_tokens(request.prompt)
        seed = self._seed if given.seed is None else given.seed
        try:
            content = compose(request, profile.parallel_tools, seed, identity.stream)
        except BadSchema as error:
            raise Problem(400, f"Invalid request: {error}.") from None
        arrival = Arrival(
            worker=row.worker,
            stream=identity.stream,
            recorded=identity.recorded,
            model=given.model,
            path=incoming.path,
            key=row.key,
            streaming=request.stream,
            input_tokens=row.input_tokens,
            max_tokens=request.max_tokens,
            fixed_tokens=content.fixed_tokens,
            seed=seed,
            draws=(given.pace[0], identity.stream % given.pace[1]) if given.pace else None,
            profile=profile if given.changes else None,
            asked=asked_fault,
        )
        return Asked(api, request, profile, content, arrival)

    def _profile(self, name: str, given: settings.Settings, path: str) -> ModelProfile:
        profile = self._config.models.get(given.model)
        if profile is None:
            known = ", ".join(self._config.models)
            text = f"The model `{given.model}` does not exist; this provider has: {known}"
            raise Problem(404, text, param="model")
        try:
            profile = given.apply(profile)
        except settings.BadSetting as error:
            raise Problem(400, f"The model name: {error}", param="model") from None
        # A default profile answers wherever it is asked; one that names its dialect answers there.
        return profile if profile.dialect == name else msgspec.structs.replace(profile, dialect=name)

    def decide(self, asked: Asked, entry: Entry, row: LedgerRow) -> Decision:
        """The script of the answer, now that the house has spoken."""
        return replace(self._decide(asked, entry, row), ordered=entry.order is not None)

    def _decide(self, asked: Asked, entry: Entry, row: LedgerRow) -> Decision:
        api, request = asked.api, asked.request
        headers = api.headers(row.request, entry.standing)
        if entry.refusal is not None:
            problem, retry = api.refusal(request.model, entry.refusal)
            wait_ns = entry.refusal.wait_ns
            row.limit, row.ended_by = entry.refusal.limit, "limit"
            row.retry_after_s = wait_ns / SECOND if wait_ns is not None else None
            return Decision(_error(api, problem, row, (*headers, *retry)))
        if entry.overflow:
            row.limit, row.ended_by = "queue", "limit"
            problem = Problem(entry.overflow, "The engine is overloaded; its queue is full.")
            return Decision(_error(api, problem, row, headers))
        if request.resume_at and request.resume_at >= entry.tokens:
            nothing = Script(steps=[Step(0, Do.HEAD), Step(0, Do.CLOSE)], status=204, headers=headers)
            return Decision(nothing.replace(nothing.steps, framing=Framing.EMPTY))
        if entry.order is not None:
            asked, entry = self._as_ordered(asked, entry, entry.order)
            request = asked.request
        planned = plan_answer(
            asked.profile,
            request,
            asked.content,
            entry,
            row.input_tokens,
            seed=asked.arrival.seed,
            stream=asked.arrival.stream,
            draws=asked.arrival.draws,
        )
        row.planned_tokens, row.prefill_us = planned.tokens, planned.prefill_ns // 1000
        script = planned.script
        script = script.replace(script.steps, headers=(*script.headers, *headers))
        batched = asked.profile.batch is not None
        if entry.rule is not None:
            fault = faults.load(entry.rule.id)
            script = self._play(entry.rule, script, asked, row, headers)
            batched = batched and fault.generates
        return Decision(
            script,
            planned.encoder,
            asked.arrival.seed,
            asked.arrival.stream,
            batched,
            asked.profile.cancellable,
        )

    def _as_ordered(self, asked: Asked, entry: Entry, order: Order) -> tuple[Asked, Entry]:
        """The house knows the orders, so only now can the content be what they say."""
        arrival = asked.arrival
        request = order.request(asked.request, entry.attempt)
        try:
            content = compose(request, order.tool_calls, arrival.seed, arrival.stream)
        except BadSchema:
            content = Content()  # the ledger shows that nothing of the schema came
        tokens = entry.tokens if content.fixed_tokens is None else content.fixed_tokens
        changed = replace(asked, request=request, content=content, profile=order.profile(asked.profile))
        return changed, msgspec.structs.replace(entry, tokens=tokens)

    def _play(
        self, rule: FaultRule, script: Script, asked: Asked, row: LedgerRow, headers: Headers
    ) -> Script:
        def error(problem: Problem, more: Headers) -> Script:
            return _error(asked.api, problem, row, (*headers, *more))

        fault, dialect = faults.load(rule.id), dialects.load(asked.profile.dialect)
        if not fault.can_play(fault.kind(rule), dialect):
            return script  # a rule may match more than it can harm; the ledger names no fault then
        played = fault.play(
            script, rule, Setting(dialect=dialect, error=error, input_tokens=row.input_tokens)
        )
        return played.replace(played.steps, fault=notation.label(rule))


def _without_prefix(path: str) -> tuple[str, FaultRule | None]:
    """(`/v1/…`, the fault) of `/f/<fault>/v1/…`; other paths as they are. Raises BadNotation."""
    if not path.startswith("/f/"):
        return path, None
    text, slash, rest = path[3:].partition("/")
    return slash + rest, notation.parse(text)


def _must_fit(rule: FaultRule, request: ChatRequest, dialect: str) -> None:
    """Raises Problem for a fault that this request has asked for and that its answer cannot have."""
    fault = faults.load(rule.id)
    if fault.needs_stream and not request.stream:
        raise Problem(400, f"The fault {rule.id} can only be played on a stream.", param="model")
    if not fault.can_play(fault.kind(rule), dialects.load(dialect)):
        text = f"The fault {notation.label(rule)} cannot be played in the dialect {dialect}."
        raise Problem(400, text, param="model")


def _header_fault(incoming: Incoming) -> FaultRule | None:
    text = incoming.headers.get(FAULT_HEADER)
    if text is None:
        return None
    try:
        return notation.parse(text)
    except notation.BadNotation as error:
        raise Problem(400, f"{FAULT_HEADER}: {error}") from None


def _error(api: Api, problem: Problem, row: LedgerRow, headers: Headers) -> Script:
    body = api.error_body(problem, row.request)
    return whole(problem.status, body, headers or api.headers(row.request, {}))
