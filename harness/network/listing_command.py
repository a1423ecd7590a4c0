"""List the link profiles with their sources, and the journeys that have a name."""

import argparse
from collections.abc import Callable, Sequence

from harness.network.listing import journey_lines, profile_lines
from harness.network.profiles import load_profiles
from harness.plan.network import NamedJourney
from harness.plan.reader import JOURNEYS, load_as


def options(_: argparse.ArgumentParser) -> None:
    """There are none."""


def run(_: argparse.Namespace, _argv: Sequence[str], say: Callable[[str], None], *_more: object) -> int:
    for line in profile_lines(load_profiles()):
        say(line)
    journeys = {path.stem: load_as(path, NamedJourney) for path in sorted(JOURNEYS.glob("*.yaml"))}
    say("\njourneys, by name in a plan's cohorts:")
    for line in journey_lines(journeys):
        say(line)
    return 0
