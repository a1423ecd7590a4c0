"""What each part of a plan says about itself."""

from typing import Any

import msgspec
import pytest

from harness.plan.network import Cohort, NamedJourney, Network, Step
from harness.plan.phases import Leave, Load, Phase
from harness.plan.plan import GatewayOptions, Plan
from harness.plan.provider import FaultRule, ModelProfile, Provider, Quota
from harness.plan.target import Expect, Limits, Target

LTE = {"links": {"lte": "ours/lte"}}
GO = {"link": "lte", "for_s": 5}
LOAD = {"users": 1}
PHASE = {"name": "a", "duration_s": 1, "load": LOAD}
RESUMING = {"retry": {}, "resume": True}
PLAN: dict[str, Any] = {"name": "p", "phases": [PHASE]}


@pytest.mark.parametrize(
    ("kind", "written", "message"),
    [
        (Load, {}, "exactly one of users, rate, trace"),
        (Load, {"users": 1, "trace": "x"}, "exactly one of users, rate, trace"),
        (Load, {"users": 0}, "users must be at least 1"),
        (Load, {"rate": 0}, "rate must be positive"),
        (Load, {"rate": 1, "cv": 0}, "cv and max_in_flight must be positive"),
        (Load, {"rate": 1, "max_in_flight": 0}, "cv and max_in_flight must be positive"),
        (Load, {"users": 1, "ramp_s": -1}, "ramp_s must not be negative"),
        (Load, {"rate": 1, "arrivals": "pareto"}, "Invalid enum value 'pareto'"),
        (Leave, {}, "exactly one of at_token, after_s, before_first"),
        (Leave, {"at_token": 3, "after_s": 1}, "exactly one of at_token, after_s, before_first"),
        (Leave, {"at_token": 3, "share": 1.5}, "share is from 0 to 1"),
        (Leave, {"at_token": 0}, "at_token must be at least 1"),
        (Leave, {"after_s": 0}, "after_s positive"),
        (Phase, {**PHASE, "duration_s": 0}, "duration_s must be positive"),
        (Phase, {**PHASE, "slo": ["x"]}, "cannot read the objective 'x'"),
        (
            Phase,
            {**PHASE, "network": [{"name": "c", "journey": "j"}, {"name": "c", "journey": "k"}]},
            "two cohorts of a phase have the same name",
        ),
        (Cohort, {"name": "c", "journey": "j", "share": 0}, "share must be positive"),
        (Cohort, {"name": "c", "journey": "j", "offset_s": -1}, "offset_s must not be negative"),
        (Step, {}, "exactly one of link, outage, cut, refuse"),
        (Step, {"link": "lte", "cut": "rst"}, "exactly one of link, outage, cut, refuse"),
        (Step, {"cut": "rst", "for_s": 1}, "a cut has no length"),
        (Step, {"outage": "blackhole", "for_s": 1}, "a blackhole never ends"),
        (Step, {"link": "lte", "tcp_rto": True}, "tcp_rto belongs to a sealed outage"),
        (Network, {"links": {"l t e": "x"}}, "letters, digits, dots, dashes or _"),
        (Network, {**LTE, "journeys": {"j": []}}, "journey j must begin with a link"),
        (Network, {**LTE, "journeys": {"j": [{"cut": "rst"}]}}, "journey j must begin with a link"),
        (Network, {**LTE, "journeys": {"j": [{"link": "5g"}]}}, "uses link 5g, which links does not name"),
        (
            Network,
            {**LTE, "journeys": {"j": [{"link": "lte"}, GO]}},
            "only the last step may leave out for_s",
        ),
        (
            Network,
            {**LTE, "journeys": {"j": [GO, {"outage": "blackhole"}, GO]}},
            "nothing comes after a blackhole",
        ),
        (
            Network,
            {**LTE, "journeys": {"j": [GO, {"cut": "rst"}, {"cut": "fin"}]}},
            "make two journeys of it",
        ),
        (NamedJourney, {"description": "d", "links": {}, "steps": [GO]}, "uses link lte"),
        (Limits, {"idle_s": 0}, "idle_s must be above 0 and at most 1800"),
        (Limits, {"total_s": 1801}, "total_s must be above 0 and at most 1800"),
        (Expect, {"cancel_within_s": 0}, "cancel_within_s must be positive"),
        (Target, {"url": "example"}, "url must begin with http:// or https://"),
        (Target, {"url": "http://me:pw@example"}, "take it out, and name the environment variable"),
        (Target, {"path": "v1/chat"}, "path must begin with /"),
        (Target, {"max_tokens": 0}, "max_tokens must be at least 1"),
        (GatewayOptions, {"idle_s": 0}, "idle_s must be above 0 and at most 3600"),
        (FaultRule, {"id": "s1", "p": 1.1}, "p is a share from 0 to 1"),
        (FaultRule, {"id": "s1", "at_token": -1}, "at_token and seconds must not be negative"),
        (FaultRule, {"id": "s6", "seconds": -1}, "at_token and seconds must not be negative"),
        (Quota, {"rpm": 0}, "rpm must be at least 1"),
        (Quota, {"rpm": 1, "burst_s": 0}, "burst_s must be positive"),
        (ModelProfile, {"tokens_per_chunk": 0}, "tokens_per_chunk"),
        (Provider, {"models": {}}, "at least one model"),
        (Plan, {**PLAN, "phases": []}, "at least one phase"),
        (Plan, {**PLAN, "phases": [PHASE, PHASE]}, "two phases have the same name"),
        (Plan, {**PLAN, "workers": 0}, "workers must be at least 1"),
        (Plan, {**PLAN, "workers": 100_000}, "and at most 256, a process each, not 100000"),
        (Plan, {**PLAN, "drain_s": -1}, "drain_s must not be negative"),
        (Plan, {**PLAN, "seed": -1}, "seed must not be negative"),
        (Plan, {**PLAN, "name": ""}, "name is part of a folder's name"),
        (Plan, {**PLAN, "name": "../up"}, "name is part of a folder's name"),
        (Plan, {**PLAN, "name": "a/b"}, "name is part of a folder's name"),
        (Plan, {**PLAN, "target": {"model": "gpt"}}, "asks for model gpt; the provider has: mock-chat"),
        (Target, {"whole_path": "batch"}, "whole_path must begin with /"),
        (Phase, {**PHASE, "streamed": False, "leave": {"at_token": 3}}, "leave.at_token of phase"),
        (Phase, {**PHASE, "streamed": False, "behaviour": RESUMING}, "behaviour.resume of phase"),
        (
            Plan,
            {**PLAN, "phases": [{**PHASE, "network": [{"name": "c", "journey": "moon"}]}]},
            "takes the journey moon",
        ),
    ],
)
def test_what_means_nothing_is_refused_with_its_reason(
    kind: type, written: dict[str, Any], message: str
) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(written, kind)


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (Load, {"trace": "arrivals.txt"}),
        (Load, {"rate": 0.5, "arrivals": "gamma", "cv": 3}),
        (Leave, {"before_first": True, "how": "rst"}),
        (Step, {"outage": "sealed", "for_s": {"dist": "uniform", "low": 1, "high": 2}, "tcp_rto": False}),
        (
            Network,
            {**LTE, "journeys": {"j": [GO, {"cut": "rst"}, {"refuse": True, "for_s": 1}, {"link": "lte"}]}},
        ),
        (Target, {"url": "https://example.test/base", "path": "/v1/chat"}),
        (Plan, {**PLAN, "provider": None, "target": {"model": "anything"}}),
        (Plan, {**PLAN, "name": "Größe 1, nightly"}),
    ],
)
def test_what_means_something_is_taken(kind: type, written: dict[str, Any]) -> None:
    assert msgspec.convert(msgspec.to_builtins(msgspec.convert(written, kind)), kind) == msgspec.convert(
        written, kind
    )


def test_an_unknown_key_is_refused_everywhere() -> None:
    for kind in (
        Load,
        Leave,
        Phase,
        Cohort,
        Step,
        Network,
        Limits,
        Expect,
        Target,
        FaultRule,
        Quota,
        Provider,
        Plan,
    ):
        with pytest.raises(msgspec.ValidationError, match="unknown field `zz`"):
            msgspec.convert({"zz": 1}, kind)


def test_a_plan_knows_its_length_its_cohorts_and_their_phases() -> None:
    cohort = {"journey": "j"}
    written = {
        **PLAN,
        "network": {**LTE, "journeys": {"j": [{"link": "lte"}]}},
        "phases": [
            {**PHASE, "name": "warm", "kind": "warm_up"},
            {**PHASE, "duration_s": 2.5, "network": [{**cohort, "name": "x"}, {**cohort, "name": "y"}]},
        ],
    }
    plan = msgspec.convert(written, Plan)
    assert plan.duration_s == 3.5
    assert [(phase.name, index) for phase, index in plan.cohorts] == [("a", 0), ("a", 1)]
    assert [phase.load.closed for phase in plan.phases] == [True, True]


def test_a_plan_is_frozen() -> None:
    plan = msgspec.convert(PLAN, Plan)
    with pytest.raises(AttributeError):
        plan.name = "other"  # type: ignore[misc]
