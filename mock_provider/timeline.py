"""How fast the provider is at an instant of a run: the factors that its timeline has reached."""

from typing import NamedTuple

from harness.plan.provider import Change


class Scales(NamedTuple):
    """Factors on time to first token and on the gaps between tokens."""

    ttft: float = 1.0
    itl: float = 1.0


def scales(timeline: list[Change], since_start_s: float) -> Scales:
    """Changes in order of their time, each reached in a straight line from what was before it."""
    ttft = itl = 1.0
    for change in sorted(timeline, key=lambda each: each.at_s):
        if since_start_s < change.at_s:
            break
        elapsed_s = since_start_s - change.at_s
        share = min(1.0, elapsed_s / change.over_s) if change.over_s else 1.0
        if change.ttft_scale is not None:
            ttft += (change.ttft_scale - ttft) * share
        if change.itl_scale is not None:
            itl += (change.itl_scale - itl) * share
    return Scales(ttft, itl)
