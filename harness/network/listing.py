"""Link profiles and journeys as lines for people: numbers, what is applied of them, and whose they are."""

from collections.abc import Mapping

from harness.network.profiles import LinkProfile
from harness.plan.network import NamedJourney

_HEAD = (
    "profile",
    "down/up kbps",
    "delay ms",
    "jitter",
    "loss",
    "applied down · up",
    "source, date of the values",
)


def profile_lines(profiles: Mapping[str, LinkProfile]) -> list[str]:
    """A table, widest entry decides each column; the delay says whether it is a round trip or one way."""
    rows = [_HEAD, *(_row(profile) for profile in profiles.values())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD) - 1)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    ]


def journey_lines(journeys: Mapping[str, NamedJourney]) -> list[str]:
    """Each journey's name and what it plays."""
    return [f"{name:<18} {' '.join(journey.description.split())}" for name, journey in journeys.items()]


def _row(profile: LinkProfile) -> tuple[str, ...]:
    way = "round trip" if profile.delay == "rtt" else "one way"
    source = profile.source if profile.published else f"ours: {profile.source}"
    doubt = "" if profile.verified else " (a copy, not the source itself)"
    applied = profile.applied
    return (
        profile.id,
        f"{_rate(profile.down_kbps)}/{_rate(profile.up_kbps)}",
        f"{_pair(profile.delay_ms)} {way}",
        _pair(profile.jitter_ms),
        f"{profile.loss_percent:g} %" if profile.loss_percent else "",
        f"{_applied(applied.rate_down, applied.latency_down, applied.jitter_down)} · "
        f"{_applied(applied.rate_up, applied.latency_up, applied.jitter_up)}",
        f"{source}, {profile.date}{doubt}",
    )


def _rate(kbps: float | None) -> str:
    return "open" if kbps is None else f"{kbps:g}"


def _pair(values: tuple[float, float]) -> str:
    down, up = values
    return f"{down:g}" if down == up else f"{down:g}/{up:g}"


def _applied(rate: int | None, latency: int, jitter: int) -> str:
    speed = "open" if rate is None else f"{rate} KB/s"
    return f"{speed} +{latency} ms" + (f" ±{jitter}" if jitter else "")
