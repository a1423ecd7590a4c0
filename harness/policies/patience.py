"""How long a user bears silence: a hazard of leaving that grows with each, and adds up over all of them."""

import math

from harness.clock import SECOND
from harness.plan import behaviour
from harness.plan.behaviour import Hazard


class Patience:
    """One user's patience with one stream, over all of its attempts.

    `resolve` is a draw of the unit exponential: the user leaves when the hazard, summed over the wait and
    all silences, reaches it. That is the same as leaving with that hazard in every instant, and one draw.
    Instants are ns.
    """

    def __init__(self, plan: behaviour.Patience, begun_ns: int, resolve: float) -> None:
        self._plan = plan
        self._since_ns = begun_ns
        self._waiting = True
        self._left = resolve

    def runs_out_ns(self, content_ns: int | None) -> int | None:
        """When the user leaves if nothing more comes, the last content having come at `content_ns` (None: not
        yet). None is never.

        To be asked often: of the content that came between two questions, the silences are not counted.
        """
        if content_ns is not None and content_ns > self._since_ns:
            self._left -= borne(self._hazard, (content_ns - self._since_ns) / SECOND)
            self._since_ns, self._waiting = content_ns, False
        hazard = self._hazard
        if hazard is None:
            return None
        if self._left <= 0:
            return self._since_ns
        silence_s = hazard.calm_s + math.sqrt(2 * self._left / hazard.per_s)
        return self._since_ns + round(silence_s * SECOND)

    def is_over(self, content_ns: int | None, now_ns: int) -> bool:
        """Whether the user leaves now."""
        until_ns = self.runs_out_ns(content_ns)
        return until_ns is not None and now_ns >= until_ns

    @property
    def _hazard(self) -> Hazard | None:
        return self._plan.wait if self._waiting else self._plan.stall


def borne(hazard: Hazard | None, silence_s: float) -> float:
    """Hazard summed over a silence of that length."""
    if hazard is None:
        return 0.0
    return hazard.per_s * max(0.0, silence_s - hazard.calm_s) ** 2 / 2
