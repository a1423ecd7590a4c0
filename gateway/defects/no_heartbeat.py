"""The stream says something when there is something to say, and nothing in between."""

import math
from dataclasses import replace

from gateway.defects.defect import Defect
from gateway.heartbeat import Heartbeat


class NoHeartbeat(Heartbeat):
    def __init__(self, every_s: float, now: float) -> None:
        super().__init__(math.inf, now)


DEFECT = Defect(
    name="no_heartbeat",
    says="While the model thinks not a byte goes to the user, and a proxy on the way gives the stream up.",
    apply=lambda parts: replace(parts, heartbeat=NoHeartbeat),
    must_fail=frozenset({"beats_in_silence"}),
)
