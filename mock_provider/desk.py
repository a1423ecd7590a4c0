"""Where a request is decided: who answers it, from which quota, with which fault. Time is an argument."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from harness.clock import SECOND
from harness.dialects.dialect import Encoder
from harness.plan.provider import ModelProfile, Provider
from harness.record import LedgerRow
from mock_provider import faults, requests
from mock_provider.attempt import Attempts, identify, plan_answer
from mock_provider.faults.fault import Setting
from mock_provider.quota import KeyQuota
from mock_provider.requests.request import Api, ChatRequest, Problem, count_tokens
from mock_provider.script import Headers, Script, whole
from mock_provider.selection import choose


class _Named(msgspec.Struct):
    model: str | None = None


_named = msgspec.json.Decoder(_Named).decode


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a request. `release(emitted)` gives back what was reserved for it."""

    script: Script
    stream: int = 0
    encoder: Encoder | None = None
    release: Callable[[int], None] = lambda emitted: None


class Desk:
    """Knows the models, the quotas' state and how often each stream has come."""

    def __init__(self, config: Provider, seed: int, started_ns: int) -> None:
        self._config, self._seed, self._started_ns = config, seed, started_ns
        self._apis = {name: requests.load(name) for name in requests.names()}
        self._attempts = Attempts()
        self._quotas: dict[tuple[str, str], KeyQuota] = {}

    @property
    def paths(self) -> list[str]:
        """Every path on which some dialect is mounted."""
        return sorted({path for api in self._apis.values() for path in api.paths})

    def decide(self, row: LedgerRow, body: bytes, now_ns: int) -> Decision:
        """What the request of `row` gets; fills in what the ledger knows of it by now."""
        model = _model_of(body)
        api = self._api(row.path, model)
        try:
            return self._answer(api, row, api.parse(body), now_ns)
        except Problem as problem:
            return Decision(_error(api, problem, row, ()))

    def _api(self, path: str, model: str) -> Api:
        profile = self._config.models.get(model)
        if profile is not None and path in self._apis[profile.dialect].paths:
            return self._apis[profile.dialect]
        # A path that several dialects share belongs to openai until a profile says otherwise.
        return next(
            api
            for name, api in sorted(self._apis.items(), key=lambda item: item[0] != "openai")
            if path in api.paths
        )

    def _answer(self, api: Api, row: LedgerRow, asked: ChatRequest, now_ns: int) -> Decision:
        row.model, row.streaming = asked.model, asked.stream
        profile = self._profile(api, asked.model, row.path)
        row.dialect = profile.dialect
        identity = identify(asked.prompt)
        row.stream, row.input_tokens = identity.recorded, count_tokens(asked.prompt)
        attempt = self._attempts.count(identity)
        quota = self._quota(row.key, asked.model, profile, now_ns)
        planned = plan_answer(
            profile, asked, row.input_tokens, seed=self._seed, stream=identity.stream, attempt=attempt
        )
        row.planned_tokens, row.prefill_us = planned.tokens, planned.prefill_ns // 1000
        reserved = row.input_tokens + (asked.max_tokens or planned.tokens)
        refusal = quota.admit(reserved, now_ns) if quota is not None else None
        headers = api.headers(row.request, quota.standing(now_ns) if quota is not None else {})
        if refusal is not None:
            problem, retry = api.refusal(asked.model, refusal)
            row.limit, row.ended_by, row.planned_tokens = refusal.limit, "limit", 0
            row.retry_after_s = refusal.wait_ns / SECOND if refusal.wait_ns is not None else None
            return Decision(_error(api, problem, row, (*headers, *retry)))
        script = planned.script.replace(planned.script.steps, headers=(*planned.script.headers, *headers))
        rule = choose(
            [*profile.faults, *self._config.faults],
            model=asked.model,
            path=row.path,
            stream=identity.recorded,
            streaming=asked.stream,
            seed=self._seed,
            drawn_for=(identity.stream, attempt),
            since_start_s=(now_ns - self._started_ns) / SECOND,
        )
        if rule is not None:

            def error(status: int) -> Script:
                return _error(api, Problem(status, "The server had an error (planned fault)."), row, headers)

            script = faults.load(rule.id).play(script, rule, Setting(error=error))

        def release(emitted: int) -> None:
            if quota is not None:
                quota.release(reserved, row.input_tokens + emitted)

        return Decision(script, identity.stream, planned.encoder, release)

    def _profile(self, api: Api, model: str, path: str) -> ModelProfile:
        profile = self._config.models.get(model)
        if profile is None:
            known = ", ".join(self._config.models)
            raise Problem(
                404, f"The model `{model}` does not exist; this provider has: {known}", param="model"
            )
        if self._apis[profile.dialect] is not api:
            right = self._apis[profile.dialect].paths[0]
            raise Problem(404, f"The model `{model}` is not served on {path}; POST to {right}", param="model")
        return profile

    def _quota(self, key: str, model: str, profile: ModelProfile, now_ns: int) -> KeyQuota | None:
        if profile.quota is None:
            return None
        found = self._quotas.get((key, model))
        if found is None:
            found = self._quotas[key, model] = KeyQuota(profile.quota, now_ns)
        return found


def _model_of(body: bytes) -> str:
    try:
        return _named(body).model or ""
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""  # the dialect's own parser will say what is wrong


def _error(api: Api, problem: Problem, row: LedgerRow, headers: Headers) -> Script:
    body = api.error_body(problem, row.request)
    return whole(problem.status, body, headers or api.headers(row.request, {}))
