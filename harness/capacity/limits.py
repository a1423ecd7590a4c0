"""What held a load back: the generator, the mock, a quota, the provider, or the system. Pure."""

from collections import Counter

from harness.metrics.join import Joined
from harness.summary import CapacityStep, Summary
from reports.numerals import counted

_OF_THE_MOCK = {"mock_lateness"}
_OF_THE_RUN = {"parts_alive", "parts_complete", "records", "conservation"}
_PLATEAU = 1.05  # provider's share of growth that still counts as none
_GROWN = 1.15


def what_limited(
    joined: Joined, summary: Summary, step: CapacityStep, before: list[CapacityStep]
) -> tuple[str, str]:
    """(who, in words); who is empty where the load was carried.

    First match: the harness itself, for then nothing else can be believed; a quota, which says its name; then
    whoever the time to first token was spent with. `before` are the earlier steps of the search.
    """
    broken = [check for check in summary.validity.checks if check.state == "INVALID"]
    if summary.run.died:
        return "harness", "; ".join(summary.run.died)
    for check in broken:
        who = "mock" if check.id in _OF_THE_MOCK else "harness" if check.id in _OF_THE_RUN else "generator"
        return who, f"{check.id}: {check.note or 'beyond its limit'}"
    if step.decision == "PASS":
        return "", ""
    return _quota(joined) or _by_time(step, before)


def _quota(joined: Joined) -> tuple[str, str] | None:
    """Refusals of the provider that name their limit."""
    mine = joined.of_phase("probe")
    limits = Counter(
        name for name in joined.attempts["up_limit"][mine].astype(str) if name not in ("", "nan")
    )
    refused = int((mine & joined.is_outcome("rate_limited")).sum())
    if limits:
        name, hits = limits.most_common(1)[0]
        if name == "queue":
            return "provider", f"its queue was full for {hits} of {counted(int(mine.sum()), 'request')}"
        return "provider quota", f"{name} refused {hits} of {counted(int(mine.sum()), 'request')}"
    if refused > 0.01 * int(mine.sum()):
        return "quota", f"{refused} of {counted(int(mine.sum()), 'stream')} were told to come back later"
    return None


def _by_time(step: CapacityStep, before: list[CapacityStep]) -> tuple[str, str]:
    calm = min((s for s in before if s.decision == "PASS"), key=lambda s: s.load, default=None)
    added, provider = step.added_ttft_p50_ms, step.provider_ttft_p50_ms
    if added is None or provider is None:
        return "system", "beyond its objectives; without the mock behind it the provider's part is not known"
    usual_added = (calm.added_ttft_p50_ms if calm else None) or 0.0
    usual_provider = (calm.provider_ttft_p50_ms if calm else None) or 0.0
    grew_added, grew_provider = added - usual_added, provider - usual_provider
    spent = f"the first token took {provider:.0f} ms at the provider and {added:.0f} ms in the system"
    if grew_provider >= grew_added:
        return "provider", spent
    cap = _plateau(step, before)
    if cap is not None:
        return "system", f"it lets about {cap:.0f} streams reach the provider at once; {spent}"
    return "system", spent


def _plateau(step: CapacityStep, before: list[CapacityStep]) -> float | None:
    """Where the provider's streams stopped growing with the users': the system caps its concurrency."""
    here, users = step.provider_in_flight, step.in_flight
    if not here or not users:
        return None
    if users > _GROWN * here:
        return here  # of the open streams some are held back right now
    lower = [s for s in before if s.load < step.load and s.provider_in_flight and s.in_flight]
    for other in lower:
        if users >= _GROWN * (other.in_flight or 0) and here <= _PLATEAU * (other.provider_in_flight or 0):
            return here
    return None
