from typing import Any

import msgspec
import pytest

from harness.plan.behaviour import Behaviour, Hazard, Patience, Retry
from harness.plan.plan import Plan


@pytest.mark.parametrize(
    ("kind", "written", "message"),
    [
        (Retry, {"attempts": 1}, "leave retry out to ask once"),
        (Retry, {"first_s": 0}, "first_s is positive"),
        (Retry, {"factor": 0.5}, "factor at least 1"),
        (Retry, {"first_s": 5, "max_s": 1}, "max_s at least first_s"),
        (Retry, {"budget": 0}, "budget must be positive"),
        (Retry, {"on": []}, "at least one outcome"),
        (Retry, {"on": ["completed"]}, "Invalid enum value 'completed'"),
        (Retry, {"jitter": "some"}, "Invalid enum value 'some'"),
        (Hazard, {"calm_s": -1, "per_s": 1}, "calm_s must not be negative"),
        (Hazard, {"calm_s": 1, "per_s": 0}, "per_s must be positive"),
        (Patience, {}, "patience needs wait or stall"),
        (Behaviour, {"resume": True}, "resume needs retry"),
    ],
)
def test_what_makes_no_sense_is_said(kind: type, written: dict[str, Any], message: str):
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(written, kind)


def plan(dialect: str) -> Plan:
    behaviour = {"retry": {}, "resume": True}
    phase = {"name": "a", "duration_s": 1, "load": {"users": 1}, "behaviour": behaviour}
    return msgspec.convert({"name": "p", "target": {"dialect": dialect}, "phases": [phase]}, Plan)


def test_only_a_dialect_that_can_go_on_is_asked_to():
    assert plan("generic").phases[0].behaviour.resume
    with pytest.raises(msgspec.ValidationError, match=r"needs target\.dialect generic"):
        plan("openai")


def test_users_ask_once_unless_the_plan_says_otherwise():
    assert Behaviour() == Behaviour(retry=None, resume=False, patience=None)
    assert len(Retry().on) == 7
