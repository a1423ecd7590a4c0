"""What a Prometheus gets while a run lasts."""

import msgspec

from reports.live_metrics import render
from tests.reports.examples import MARKUP
from tests.reports.test_progress import LIVE


def test_before_the_first_moment_nothing_is_known() -> None:
    assert render(None) == "# TYPE streamproof_up gauge\nstreamproof_up 0\n# EOF\n"


def test_every_counter_of_the_moment_is_a_sample() -> None:
    lines = render(msgspec.structs.replace(LIVE, tokens=900, lights={"CPU": "SUSPECT"})).splitlines()
    assert lines[-1] == "# EOF"
    for sample in (
        "streamproof_up 1",
        "streamproof_streams_in_flight 52",
        "streamproof_users 60",
        "streamproof_tokens_total 900",
        'streamproof_attempts_total{outcome="completed"} 300',
        'streamproof_recent_ttft_seconds{quantile="0.5"} 0.2403',
        'streamproof_phase{phase="mobile network"} 1',
        'streamproof_measurement{question="CPU",state="SUSPECT"} 1',
        "streamproof_faults_active 1",
    ):
        assert sample in lines
    assert not any("0.95" in line for line in lines)  # not known at this moment


def test_arrivals_at_a_rate_have_no_users_to_count() -> None:
    assert "streamproof_users" not in render(msgspec.structs.replace(LIVE, users=None))


def test_every_sample_follows_the_type_of_its_family() -> None:
    family = ""
    for line in render(LIVE).splitlines()[:-1]:
        if line.startswith("# TYPE "):
            family = line.split()[2]
        else:
            assert line.startswith(family)


def test_names_from_plans_cannot_end_a_label_or_a_line() -> None:
    text = render(msgspec.structs.replace(LIVE, phase=f"a\n{MARKUP}"))
    (line,) = [line for line in text.split("\n") if line.startswith("streamproof_phase{")]
    assert line.endswith('"} 1')
    assert '\\"' in line
    assert "\x1b" not in text
