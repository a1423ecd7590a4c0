"""Every scenario of the house runs alone under plain Locust and leaves records that make sense."""

import itertools

import pytest

from harness.preflight import SCENARIOS
from tests.load.locusts import live, locust, recording, rows, said
from tests.misbehaving import Fin, Misbehaving, Pause, head
from tests.transports.answers import done, event

pytestmark = pytest.mark.slow

LONG = [head(), *(event(content="x" * 50) for _ in range(40)), done(40), Fin()]
BUSY = b'{"error": {"type": "rate_limit_exceeded", "message": "slow down"}}'
REFUSAL = [head(429, length=len(BUSY), retry_after="2", connection="close"), BUSY]


def run(name, folder, *scripts, users=2):
    with Misbehaving(*scripts) as server:
        arguments = ["--host", server.url, "-u", str(users), "-r", str(users), "-t", "8"]
        locust(*arguments, *recording(server, folder), file=SCENARIOS / f"{name}.py", cwd=folder)
    return sorted(rows(folder), key=lambda row: row.intended_ns)


@pytest.mark.parametrize("name", sorted(path.stem for path in SCENARIOS.glob("[a-z]*.py")))
def test_every_scenario_runs_alone(name, tmp_path):
    found = run(name, tmp_path, LONG)
    assert found
    assert {row.outcome for row in found} <= {"completed", "cancelled", "interrupted"}
    assert {row.phase for row in found} == {"load"}
    assert len({row.name for row in found}) == 1
    assert found[0].name
    assert said(live(tmp_path), "harness_error") == []


def test_skimmers_leave_when_they_have_read_enough(tmp_path):
    slow = [head(), *(step for _ in range(100) for step in (event(content="x" * 50), Pause(0.02)))]
    found = run("skimmers", tmp_path, slow)
    left = [row for row in found if row.outcome == "cancelled"]
    assert left
    assert {row.detail for row in left} == {"client_cancel"}
    assert len({row.content_events for row in found}) > 1
    assert all(100 <= row.content_events * 50 < 1500 + 100 for row in left)


def test_whoever_meets_a_quota_does_as_retry_after_says(tmp_path):
    found = run("rate_limits", tmp_path, REFUSAL, users=1)
    assert len(found) >= 2
    assert {row.outcome for row in found} == {"rate_limited"}
    for earlier, later in itertools.pairwise(found):
        assert later.dispatched_ns - earlier.closed_ns >= 2_000_000_000
