"""Whether the provider is asked again, and after how long."""

import random
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from gateway.failure import Failure
from harness.plan.plan import GatewayOptions

_BASE_S = 0.2
_MOST_S = 5.0
_JITTER_S = 0.2  # beyond what Retry-After says, so that those told the same do not come back as one


class Retrying:
    """A bounded number of further attempts, for failures that pass, and only while the user has heard nothing
    of an answer: a second answer would say the beginning twice, in other words.

    `wall` gives the wall clock's seconds (a Retry-After may be a date) and `draw` numbers from 0 to 1.
    """

    def __init__(
        self,
        options: GatewayOptions,
        wall: Callable[[], float] = time.time,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._retries, self._longest_s = options.retries, options.retry_after_s
        self._wall, self._draw = wall, draw

    def wait_s(self, why: Failure, attempts: int, content: int) -> float | None:
        """Seconds until the next attempt; None: there is none, and the user is told.

        `attempts` have been made, `content` pieces have come of them. A Retry-After is never undercut; one
        beyond the bound is for the user to wait, not for a connection that is held open.
        """
        if content or attempts > self._retries or not why.passing:
            return None
        backoff_s = min(_MOST_S, _BASE_S * 2.0 ** (attempts - 1)) * (0.5 + self._draw() / 2)
        asked_s = self._retry_after_s(why.headers.get("retry-after", ""))
        if asked_s is None:
            return backoff_s
        if asked_s > self._longest_s:
            return None
        return max(backoff_s, asked_s + _JITTER_S * self._draw())

    def _retry_after_s(self, text: str) -> float | None:
        """Both forms of the header (RFC 9110, 10.2.3); None for none, or for nonsense."""
        try:
            wait_s = float(text)
        except ValueError:
            try:
                wait_s = parsedate_to_datetime(text).timestamp() - self._wall()
            except (ValueError, TypeError):
                return None
        return max(0.0, wait_s)
