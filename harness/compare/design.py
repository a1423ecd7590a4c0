"""A live comparison as one plan: two phases a pair, one a block, each with a system of its own. Pure.

Both blocks of a pair have the same arrivals, the same prompts and, with the mock behind both systems, the
same draws of lengths and times, so that what is left between them is the systems.
"""

import msgspec
import numpy as np

from harness.compare.gates import Rule
from harness.compare.order import Arm, Order, order_of
from harness.plan.draws import (
    Const,
    Draw,
    Empirical,
    Exponential,
    LogNormal,
    Normal,
    Quantiles,
    Uniform,
    generator,
)
from harness.plan.phases import Load, Phase
from harness.plan.plan import Plan
from harness.plan.reader import PlanError

GATES = ("ttft_user p95", "gap p99", "stall_ratio", "failure_share")
LOOK_ALPHA = 0.005  # where there may be a second look at more pairs, each look may err half as often
SLOWER = "-slower"  # suffix of the mock's model that the positive control asks for


class Design(msgspec.Struct, frozen=True, kw_only=True):
    """Fixed before the first block; `compare.json` of the run folder."""

    pairs: int = 20  # of this run
    first: int = 0  # the number of its first pair; an extension goes on where the comparison stopped
    extend: bool = False  # declared beforehand: once more as many pairs where these leave it INCONCLUSIVE
    extends: str = ""  # the run that this one extends, a folder beside it
    streams: int = 100  # measured ones of a block
    warm: int = 5  # unmeasured ones that open it
    rate: float = 50.0  # streams a second within a block
    rest_s: float = 1.0  # at its end, for its last streams
    seed: int = 7
    order: Order = "coin"
    rule: Rule = Rule()
    baseline: str = ""  # the systems
    candidate: str = ""
    slower: float = 0.0  # positive control: the candidate's provider is made slower by this share
    gates: list[str] = msgspec.field(default_factory=lambda: list(GATES))

    def __post_init__(self) -> None:
        if self.pairs < 5 or self.streams < 20:
            raise ValueError("a comparison needs at least 5 pairs of at least 20 streams")
        if (self.extend or self.extends) and self.rule.alpha > LOOK_ALPHA:
            raise ValueError(f"a comparison that may be extended is judged twice, so alpha is {LOOK_ALPHA}")
        if self.rate <= 0 or self.warm < 0 or self.rest_s < 0:
            raise ValueError("rate must be positive, warm and rest_s must not be negative")
        if not 1 <= len(self.gates) <= 4:
            raise ValueError("name one to four gates: every further one costs the others power")

    @property
    def block(self) -> int:
        """Streams of a block, warm ones included."""
        return self.warm + self.streams

    @property
    def blocks(self) -> list[tuple[int, Arm]]:
        """(pair, arm) in the order in which they are run; pair -1 warms both arms up."""
        order = order_of(self.first + self.pairs, self.seed, self.order)
        warm: list[tuple[int, Arm]] = [(-1, "baseline"), (-1, "candidate")]
        return warm + [(pair, arm) for pair in self.numbers for arm in order[pair]]

    @property
    def numbers(self) -> range:
        """The pairs of this run."""
        return range(self.first, self.first + self.pairs)


def extension(design: Design, run: str) -> Design:
    """As many further pairs as the comparison in the folder `run` has had; it cannot be extended again."""
    return msgspec.structs.replace(design, first=design.first + design.pairs, extend=False, extends=run)


def phase_name(pair: int, arm: Arm) -> str:
    return f"warm {arm}" if pair < 0 else f"pair {pair:02d} {arm}"


def arrivals(design: Design, pair: int) -> np.ndarray:
    """Seconds from the block's start at which its streams are due, the same for both arms."""
    gaps = generator(design.seed, "pair", pair + 1).exponential(1 / design.rate, design.block)
    offsets: np.ndarray = np.cumsum(gaps)
    return offsets


def prompts(design: Design, known: list[str]) -> list[str]:
    """One prompt a stream of a block."""
    picks = generator(design.seed, "prompts").integers(0, len(known), design.block)
    return [known[pick] for pick in picks]


def block_plan(plan: Plan, design: Design, traces: dict[int, str], prompts_file: str) -> Plan:
    """`plan`'s target and provider under blocks instead of its own phases. Raises PlanError.

    `traces` are the files of `arrivals`, by pair.
    """
    model = plan.target.model
    provider = plan.provider
    if provider is not None:
        base = model or next(iter(provider.models))
        if "+" in base:
            raise PlanError(f"target.model {base}: a comparison makes the settings behind the + itself")
        model = base
        if design.slower:
            profile = provider.models[base]
            slower = msgspec.structs.replace(profile, ttft_ms=scaled(profile.ttft_ms, 1 + design.slower))
            models = {**provider.models, base + SLOWER: slower}
            provider = msgspec.structs.replace(provider, models=models)
    phases = []
    for pair, arm in design.blocks:
        asked = model
        if provider is not None and asked is not None:
            suffix = SLOWER if design.slower and arm == "candidate" else ""
            asked = f"{asked}{suffix}+pace={design.seed * 1000 + pair + 1}:{design.block}"
        phases.append(
            Phase(
                name=phase_name(pair, arm),
                kind="warm_up" if pair < 0 else "steady",
                duration_s=round(float(arrivals(design, pair)[-1]) + design.rest_s, 3),
                scenario="paired",
                load=Load(trace=traces[pair]),
                model=asked,
                checks=[],
            )
        )
    target = msgspec.structs.replace(
        plan.target, url=design.baseline or None, model=model, prompts=prompts_file
    )
    return msgspec.structs.replace(
        plan,
        name=f"compare-{plan.name}"[:80],
        seed=design.seed,
        target=target,
        provider=provider,
        phases=phases,
        workers=1,  # streams must be numbered in order of arrival
    )


def scaled(draw: Draw, factor: float) -> Draw:
    """The same draws, `factor` times as large."""
    match draw:
        case float() | int():
            return draw * factor
        case Const(value=value):
            return Const(value=value * factor)
        case Uniform(low=low, high=high):
            return Uniform(low=low * factor, high=high * factor)
        case Normal(mean=mean, sd=sd):
            return Normal(mean=mean * factor, sd=sd * factor)
        case LogNormal():
            names = ("mean", "median", "cap")
            known = {name: getattr(draw, name) for name in names if getattr(draw, name) is not None}
            return msgspec.structs.replace(draw, **{name: value * factor for name, value in known.items()})
        case Exponential(mean=mean):
            return Exponential(mean=mean * factor)
        case Quantiles():
            points = {name: getattr(draw, name) for name in draw.__struct_fields__}
            return Quantiles(**{name: v * factor for name, v in points.items() if v is not None})
        case Empirical(values=values):
            if values is None:
                raise ValueError(f"the values of {draw.file} have not been read")
            return Empirical(values=[value * factor for value in values])
