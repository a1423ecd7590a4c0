"""OpenMetrics: read back with the rules of its specification (1.0.0, section "Overall structure")."""

import re

import pytest

from harness.summary import Metric, Summary
from reports.formats.openmetrics import render
from tests.reports.examples import EVERY, demo, empty

SAMPLE = re.compile(
    r'^([a-zA-Z_:][a-zA-Z0-9_:]*)\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[n"\\])*",?)*)\} (\S+)$'
)


def samples(summary: Summary) -> dict[tuple[str, str], float]:
    """(name, labels) -> value; fails where the text breaks a rule."""
    lines = render(summary).split("\n")
    assert lines[-2:] == ["# EOF", ""]
    found: dict[tuple[str, str], float] = {}
    families: list[str] = []
    kind = ""
    for line in lines[:-2]:
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in families, "a family must come once, and whole"
            families.append(name)
        elif line.startswith("# UNIT "):
            _, _, name, unit = line.split(" ")
            assert name == families[-1]
            assert name.endswith(f"_{unit}")
        elif line.startswith("# HELP "):
            assert line.split(" ")[2] == families[-1]
        else:
            match = SAMPLE.match(line)
            assert match, line
            assert match[1] == families[-1] + ("_info" if kind == "info" else "")
            assert (match[1], match[2]) not in found, "a sample must come once"
            found[match[1], match[2]] = float(match[3].replace("+Inf", "inf"))
    return found


@pytest.mark.parametrize("example", EVERY.values(), ids=EVERY.keys())
def test_every_summary_follows_the_format(example) -> None:
    assert len(samples(example())) >= 8


def test_times_are_seconds() -> None:
    value = demo().phases[1].metrics["ttft_user"].all["p95"][0]
    labels = 'plan="demo",phase="steady",series="all",quantile="0.95"'
    assert samples(demo())["streamproof_ttft_user_seconds", labels] == pytest.approx(value / 1000)


def test_shares_are_ratios_and_other_units_keep_their_name() -> None:
    known = {"p50": (3.0, 2.0, 4.0)}
    metrics = {unit: Metric(unit=unit, n=20, censored=0, all=known) for unit in ("share", "tokens", "")}
    names = {name for name, _ in samples(empty(metrics=metrics))}
    assert {"streamproof_share_ratio", "streamproof_tokens_tokens", "streamproof_"} <= names


def test_never_reached_is_infinite_and_not_measurable_is_absent() -> None:
    metric = Metric(unit="ms", n=20, censored=20, all={"p50": ("inf", "inf", "inf"), "p95": None})
    found = {
        labels: value
        for (name, labels), value in samples(empty(metrics={"m": metric})).items()
        if "_m_" in name
    }
    assert found == {'plan="empty",phase="",series="all",quantile="0.5"': float("inf")}


def test_exactly_one_state_of_the_verdict_is_on() -> None:
    on = [
        labels for (name, labels), value in samples(demo()).items() if name == "streamproof_verdict" and value
    ]
    assert on == ['plan="demo",streamproof_verdict="PASS"']


def test_attempts_by_outcome_add_up() -> None:
    counted = [value for (name, _), value in samples(demo()).items() if name == "streamproof_attempts"]
    assert sum(counted) == 658
