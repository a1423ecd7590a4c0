"""Objectives as people write them: `ttft_user p95 < 800 ms`, `success_share >= 0.99`."""

import re
from typing import Literal

import msgspec

_FORM = re.compile(
    r"(?P<metric>[a-z][a-z0-9_]*)(?:\s+p(?P<percent>\d{1,2}(?:\.\d+)?))?\s*(?P<relation><=|>=|<|>)\s*"
    r"(?P<limit>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|%)?"
)
_SCALE = {None: 1.0, "ms": 1.0, "s": 1000.0, "%": 0.01}


class Slo(msgspec.Struct, frozen=True):
    """One objective. `limit` is in ms for times and a plain number or share otherwise."""

    text: str
    metric: str
    percent: float | None
    relation: Literal["<", "<=", ">", ">="]
    limit: float

    def holds(self, value: float) -> bool:
        match self.relation:
            case "<":
                return value < self.limit
            case "<=":
                return value <= self.limit
            case ">":
                return value > self.limit
            case ">=":
                return value >= self.limit


def parse_slo(text: str) -> Slo:
    """Raises ValueError that shows the form."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"cannot read the objective {text!r}; write it like 'ttft_user p95 < 800 ms'")
    percent = float(found["percent"]) if found["percent"] else None
    limit = float(found["limit"]) * _SCALE[found["unit"]]
    return Slo(" ".join(text.split()), found["metric"], percent, found["relation"], limit)  # type: ignore[arg-type]
