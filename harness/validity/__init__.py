"""May these numbers be believed? Each question with its number and its limits; the worst answer counts.

A question whose evidence is missing is absent, so that it can never be mistaken for a pass. The files of
this folder hold the questions, each a function from a joined run to its answers.
"""

from collections.abc import Callable

from harness.metrics.join import Joined
from harness.summary import Trust, TrustCheck, Validity
from harness.validity import arrivals, balance, host, network, parts, provider, schedule, stamps, success

Question = Callable[[Joined], list[TrustCheck]]

_ORDER: list[Trust] = ["VALID", "SUSPECT", "INVALID"]
_QUESTIONS: tuple[Question, ...] = (
    *parts.QUESTIONS,
    *success.QUESTIONS,
    *balance.QUESTIONS,
    *schedule.QUESTIONS,
    *arrivals.QUESTIONS,
    *host.QUESTIONS,
    *stamps.QUESTIONS,
    *provider.QUESTIONS,
    *network.QUESTIONS,
)


def assess(joined: Joined) -> Validity:
    """Every question that this run's evidence can answer."""
    checks = [check for question in _QUESTIONS for check in question(joined)]
    worst = max((_ORDER.index(check.state) for check in checks), default=0)
    return Validity(state=_ORDER[worst], checks=checks)
