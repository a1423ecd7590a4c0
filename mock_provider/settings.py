"""Settings that ride in a model's name: `mock-70b+ttft=800+itl=p50:20,p99:90+out=256+fault=s1@40+seed=7`.

They survive systems that pass nothing else on. `pace=12:100` draws lengths, times and faults from seed 12
and the stream's id modulo 100, while its text stays its own: blocks of 100 streams then get the same draws.
Times are milliseconds unless a fault says seconds.
"""

import difflib
from collections.abc import Callable
from typing import Any

import msgspec

from harness.plan.draws import Draw, LogNormal, Quantiles
from harness.plan.provider import FaultRule, ModelProfile
from mock_provider import notation, requests

_LARGEST = 1e9  # of milliseconds, eleven days
_LARGEST_SEED = (1 << 63) - 1  # that all of JSON's readers know
_LARGEST_COUNT = 1_000_000
MOST_TOKENS = 100_000  # a quarter of a second to plan, in which every other stream of the mock waits
_MOST_TOOLS = 128
Apply = Callable[[ModelProfile, str], ModelProfile]


class BadSetting(Exception):
    """What is wrong with a model's name; the text is for people."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a model's name says: the model itself, and what is different this time."""

    model: str
    changes: dict[str, str] = {}
    fault: FaultRule | None = None
    seed: int | None = None
    pace: tuple[int, int] | None = None  # seed of the draws, and after how many streams they repeat

    def apply(self, profile: ModelProfile) -> ModelProfile:
        """`profile` with the changes. Raises BadSetting."""
        for key, value in self.changes.items():
            try:
                profile = _PROFILE[key](profile, value)
            except (ValueError, TypeError) as error:
                raise BadSetting(f"{key}={value}: {error}") from None
        return profile


def _number(text: str) -> float:
    """What a person may mean; beyond it sums overflow."""
    value = float(text)
    if not 0 <= value <= _LARGEST:
        raise ValueError(f"{text} is not a number from 0 to {_LARGEST:g}")
    return value


def _whole(largest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = int(text)
        if not 0 <= value <= largest:
            raise ValueError(f"{text} is not a whole number from 0 to {largest}")
        return value

    return read


def _length(text: str) -> float:
    """A number of tokens. Whoever may name a model may ask for this, so it is bounded."""
    value = _number(text)
    if value > MOST_TOKENS:
        raise ValueError(
            f"{text} is more than the {MOST_TOKENS} tokens that a model's name may ask for; a longer answer "
            "can be configured (output_tokens, reasoning_tokens)"
        )
    return value


def _draw(text: str, number_in: Callable[[str], float] = _number) -> Draw:
    """`800`, `p50:20,p99:90` or `mean:20,cv:0.5`."""
    if ":" not in text:
        return number_in(text)
    values: Any = {}
    for part in text.split(","):
        name, _, number = part.partition(":")
        values[name] = number_in(number)
    return Quantiles(**values) if "p50" in values else LogNormal(**values)


def _tokens(text: str) -> Draw:
    return _draw(text, _length)


_seed = _whole(_LARGEST_SEED)


def _pace(text: str) -> tuple[int, int]:
    """`12:100`."""
    seed, colon, cycle = text.partition(":")
    if not colon or int(cycle) < 1:
        raise ValueError("pace is the seed of the draws and after how many streams they repeat: 12:100")
    return _seed(seed), _whole(_LARGEST_SEED)(cycle)


def _dialect(text: str) -> str:
    if text not in requests.names():
        raise ValueError(f"no such dialect (known: {', '.join(requests.names())})")
    return text


def _setting(field: str, read: Callable[[str], Any]) -> Apply:
    def apply(profile: ModelProfile, text: str) -> ModelProfile:
        changed = msgspec.structs.replace(profile, **{field: read(text)})
        return msgspec.convert(msgspec.to_builtins(changed), ModelProfile)  # its own checks again

    return apply


_PROFILE: dict[str, Apply] = {
    "ttft": _setting("ttft_ms", _draw),
    "itl": _setting("itl_ms", _draw),
    "out": _setting("output_tokens", _tokens),
    "think": _setting("reasoning_tokens", _tokens),
    "chunk": _setting("tokens_per_chunk", _whole(_LARGEST_COUNT)),
    "tools": _setting("parallel_tools", _whole(_MOST_TOOLS)),
    "api": _setting("dialect", _dialect),
}
KEYS = (*_PROFILE, "fault", "seed", "pace")


def parse(name: str) -> Settings:
    """Settings of a model's name. Raises BadSetting, naming the nearest key for an unknown one."""
    model, *parts = name.split("+")
    changes: dict[str, str] = {}
    fault, seed, pace = None, None, None
    for part in parts:
        key, _, value = part.partition("=")
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, 1)
            raise BadSetting(f"unknown setting {key!r}" + (f"; did you mean {near[0]}?" if near else ""))
        try:
            if key == "fault":
                fault = notation.parse(value)
            elif key == "seed":
                seed = _seed(value)
            elif key == "pace":
                pace = _pace(value)
            else:
                changes[key] = value
        except (notation.BadNotation, ValueError) as error:
            raise BadSetting(str(error)) from None
    return Settings(model=model, changes=changes, fault=fault, seed=seed, pace=pace)
