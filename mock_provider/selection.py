"""Which planned fault hits an attempt: the first rule that matches and is drawn."""

from collections.abc import Iterable

import msgspec

from harness.plan.draws import generator
from harness.plan.provider import FaultRule
from mock_provider import faults
from mock_provider.attempt import key_digest


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What rules look at. `stream` is the id in the prompt, `key` a digest."""

    model: str
    path: str
    stream: int
    key: str = ""
    streaming: bool = True


def choose(
    rules: Iterable[FaultRule],
    request: Request,
    seed: int,
    drawn_for: tuple[int, int],
    since_start_s: float,
) -> FaultRule | None:
    """The rule to play, or None. The draw depends on `seed`, `drawn_for` and the rule's place.

    `drawn_for` is (stream, attempt), with a stream made up where the prompt names none.
    """
    for place, rule in enumerate(rules):
        if not matches(rule, request) or not _in_window(rule, since_start_s):
            continue
        if rule.p >= 1 or generator(seed, "fault", *drawn_for, place).random() < rule.p:
            return rule
    return None


def matches(rule: FaultRule, request: Request) -> bool:
    """Whether the rule means this request and can be played on it."""
    want = rule.match
    if faults.load(rule.id).needs_stream and not request.streaming:
        return False
    return (
        want.model in (None, request.model)
        and want.path in (None, request.path)
        and want.stream in (None, request.stream)
        and (want.key is None or key_digest(want.key) == request.key)
    )


def _in_window(rule: FaultRule, since_start_s: float) -> bool:
    if rule.window_s is None:
        return True
    at_s = since_start_s % rule.every_s if rule.every_s else since_start_s
    return rule.window_s[0] <= at_s < rule.window_s[1]
