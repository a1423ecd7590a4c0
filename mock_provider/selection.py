"""Which planned fault hits an attempt: the first rule that matches and is drawn."""

from collections.abc import Iterable

from harness.plan.draws import generator
from harness.plan.provider import FaultRule
from mock_provider import faults


def choose(
    rules: Iterable[FaultRule],
    *,
    model: str,
    path: str,
    stream: int,
    streaming: bool,
    seed: int,
    drawn_for: tuple[int, int],
    since_start_s: float,
) -> FaultRule | None:
    """The rule to play, or None. The draw depends on the seed, `drawn_for` and the rule's place.

    `stream` is the id in the prompt; `drawn_for` is (stream, attempt), made up where there is no id.
    """
    for place, rule in enumerate(rules):
        if not _matches(rule, model, path, stream) or not _in_window(rule, since_start_s):
            continue
        if faults.load(rule.id).needs_stream and not streaming:
            continue
        if rule.p >= 1 or generator(seed, "fault", *drawn_for, place).random() < rule.p:
            return rule
    return None


def _matches(rule: FaultRule, model: str, path: str, stream: int) -> bool:
    wanted = ((rule.match.model, model), (rule.match.path, path), (rule.match.stream, stream))
    return all(want is None or want == have for want, have in wanted)


def _in_window(rule: FaultRule, since_start_s: float) -> bool:
    return rule.window_s is None or rule.window_s[0] <= since_start_s < rule.window_s[1]
