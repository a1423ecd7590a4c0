"""May two stored runs be compared at all? Only where nothing but the system differs. Pure.

What counts: workload, seed, provider and its faults, network, objectives, the harness's major version and the
class of machine. What does not: the run's name, the system's address, and how the system was started,
for that is what is being compared; and in which folder the plan's own files lie.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec

from harness.metrics.run_data import RunData

_NOT_COMPARED = ("name", "description", "stack")
_NOT_OF_THE_TARGET = ("url", "api_key_env", "verify_tls")
_OURS = "prompts.jsonl"  # what the plans of older runs call the prompts that everybody has
_MOST = 12  # differences that are named


def facts(run: RunData) -> dict[str, Any]:
    """Everything that must be the same, as plain data."""
    plan = msgspec.to_builtins(run.plan)
    workload = {key: value for key, value in plan.items() if key not in _NOT_COMPARED}
    workload["target"] = {k: v for k, v in plan["target"].items() if k not in _NOT_OF_THE_TARGET}
    workload["target"]["prompts"] = _file(plan["target"]["prompts"] or _OURS)
    workload["phases"] = [
        {**phase, "scenario": _file(phase["scenario"]), "load": {**load, "trace": _file(load["trace"])}}
        for phase in plan["phases"]
        for load in [phase["load"]]
    ]
    if plan["provider"] is not None:
        workload["provider"] = {k: v for k, v in plan["provider"].items() if k not in ("host", "port")}
    env = run.facts.env
    version = str(env.get("versions", {}).get("streamproof", "")).partition(".")[0]
    return {
        "plan": workload,
        "harness major version": version,
        "machine": {
            "kind": env.get("machine", ""),
            "cpus": env.get("cpus", 0),
            "kernel": env.get("kernel", ""),
        },
    }


def _file(path: str | None) -> str | None:
    """A checkout may lie elsewhere every time; a scenario's ending may be left out."""
    return None if path is None else Path(path).name.removesuffix(".py")


def comparability(run: RunData) -> str:
    """A hash of `facts`: equal for runs that may be compared."""
    return hashlib.sha256(json.dumps(facts(run), sort_keys=True).encode()).hexdigest()


def differences(baseline: RunData, candidate: RunData) -> list[str]:
    """What differs, by its place in the plan; empty where the runs may be compared."""
    found = _differ("", facts(baseline), facts(candidate))
    more = len(found) - _MOST
    return found[:_MOST] + ([f"and {more} more"] if more > 0 else [])


def _differ(place: str, one: Any, other: Any) -> list[str]:
    if one == other:
        return []
    if isinstance(one, dict) and isinstance(other, dict):
        keys = [*one, *(key for key in other if key not in one)]
        return [d for key in keys for d in _differ(_at(place, key), one.get(key), other.get(key))]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [
            d for n, (a, b) in enumerate(zip(one, other, strict=True)) for d in _differ(f"{place}[{n}]", a, b)
        ]
    return [f"{place}: {_short(one)} and {_short(other)}"]


def _at(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"
