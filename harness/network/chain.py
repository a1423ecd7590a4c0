"""The toxics that a journey needs, as pure data, in the only order that works.

Toxics stand on a proxy before its first client connects and are never added or removed afterwards: adding
draws every toxicity again, removing can kill connections or jam the proxy. What a journey does later are
changes of toxicity and of latency. Per stream the order is hold, bandwidth, latency, gate, cut, reset: a
held bandwidth stage *behind* a latency stage would deadlock the first change of that latency.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from harness.network.profiles import LinkProfile
from harness.plan.network import Step

Direction = Literal["upstream", "downstream"]

NEVER = 1 << 40  # bytes of a cut that no stream reaches
GATE_MS = 600_000  # a closed gate keeps an end back for longer than any phase

HOLD_UP, HOLD_DOWN = "hold_up", "hold_down"
LATENCY_UP, LATENCY_DOWN = "lat_up", "lat_down"
GATE_UP, GATE_DOWN = "gate_up", "gate_down"
CUT_DOWN, RST_DOWN = "cut_down", "rst_down"


class Toxic(msgspec.Struct, frozen=True, kw_only=True):
    """One toxic as the API takes it. `toxicity` is the share of connections that it touches."""

    name: str
    type: str
    stream: Direction
    attributes: dict[str, int] = {}
    toxicity: float = 1

    def body(self) -> dict[str, Any]:
        """The JSON object that creates it."""
        return {
            "name": self.name,
            "type": self.type,
            "stream": self.stream,
            "toxicity": self.toxicity,
            "attributes": self.attributes,
        }


def bandwidth_name(link: str, stream: Direction) -> str:
    """The toxic that limits a link of the plan in one direction."""
    return f"bw_{link}_{'up' if stream == 'upstream' else 'down'}"


def links_of(journey: Iterable[Step]) -> list[str]:
    """The links that a journey visits, in the order of their first visit."""
    return list(dict.fromkeys(step.link for step in journey if step.link is not None))


def standard_chain(
    journey: list[Step], links: Mapping[str, LinkProfile], uploads: bool = False
) -> list[Toxic]:
    """All toxics of a proxy whose users take `journey`, in creation order.

    Uplink bandwidth is left out unless `uploads` matter: a prompt is small, a stage costs CPU a chunk.
    `cut_down` and `rst_down` are there only for journeys that cut by them, because an armed `rst_down` turns
    every close of the proxy, a natural one too, into a reset.
    """
    visited = links_of(journey)
    first = links[visited[0]].applied
    cuts = {step.cut for step in journey}
    chain = [
        Toxic(name=HOLD_UP, type="bandwidth", stream="upstream", attributes={"rate": 0}, toxicity=0),
        Toxic(name=HOLD_DOWN, type="bandwidth", stream="downstream", attributes={"rate": 0}, toxicity=0),
    ]
    for link in visited:
        applied, toxicity = links[link].applied, int(link == visited[0])
        if uploads and applied.rate_up is not None:
            chain.append(_bandwidth(link, "upstream", applied.rate_up, toxicity))
        if applied.rate_down is not None:
            chain.append(_bandwidth(link, "downstream", applied.rate_down, toxicity))
    chain += [
        Toxic(name=LATENCY_UP, type="latency", stream="upstream", attributes=first.up),
        Toxic(name=LATENCY_DOWN, type="latency", stream="downstream", attributes=first.down),
        Toxic(name=GATE_UP, type="slow_close", stream="upstream", attributes={"delay": GATE_MS}, toxicity=0),
        Toxic(
            name=GATE_DOWN, type="slow_close", stream="downstream", attributes={"delay": GATE_MS}, toxicity=0
        ),
    ]
    if "fin" in cuts:
        chain.append(
            Toxic(name=CUT_DOWN, type="limit_data", stream="downstream", attributes={"bytes": NEVER})
        )
    if "rst" in cuts:
        chain.append(
            Toxic(
                name=RST_DOWN, type="reset_peer", stream="downstream", attributes={"timeout": 0}, toxicity=0
            )
        )
    return chain


def _bandwidth(link: str, stream: Direction, rate: int, toxicity: int) -> Toxic:
    name = bandwidth_name(link, stream)
    return Toxic(name=name, type="bandwidth", stream=stream, attributes={"rate": rate}, toxicity=toxicity)
