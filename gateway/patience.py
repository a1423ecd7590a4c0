"""When the provider has been silent for too long. Pure; instants are seconds of any one clock."""

import math

from gateway import failure
from gateway.failure import Failure
from harness.plan.plan import GatewayOptions


class Patience:
    """Two limits for one attempt: from the question to its first token, and for any silence.

    A silence is ended by any byte; the wait for the first token by content only: a role chunk, a ping or a
    comment is none. There is no limit for the whole: a long answer that flows is a good one.
    """

    def __init__(self, options: GatewayOptions, now: float) -> None:
        self._idle_s = options.idle_s
        self._first = now + options.first_token_s
        self._silence = now + options.idle_s

    @property
    def until(self) -> float:
        """The instant at which waiting is over."""
        return min(self._first, self._silence)

    def heard(self, now: float, content: bool) -> None:
        """Bytes have come, with content or without."""
        self._silence = now + self._idle_s
        if content:
            self._first = math.inf

    def lost(self, now: float) -> Failure | None:
        """Why there is nothing more to wait for; None while there is."""
        if now < self.until:
            return None
        return failure.FIRST_TOKEN_TIMEOUT if self._first <= self._silence else failure.STALLED
