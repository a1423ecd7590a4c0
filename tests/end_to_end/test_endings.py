"""A run that is stopped, or loses one of its parts: everything is gone in the end, and a report is there."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.driving import Running, alive

pytestmark = pytest.mark.slow

PLAN = """
name: endings
provider: {models: {mock-chat: {ttft_ms: 100, itl_ms: 20, output_tokens: 150}}}
target: {model: mock-chat}
phases:
  - {name: steady, duration_s: 60, load: {users: 10, ramp_s: 0.5, think_s: 0.2}}
"""


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    (tmp_path / "plan.yaml").write_text(PLAN)
    with Running(tmp_path, "run", "plan.yaml") as run:
        run.wait_for("completed)")  # some streams have ended, the others are open
        yield run


def test_an_interrupt_leaves_a_report_and_no_process(running: Running) -> None:
    parts = running.descendants()
    assert len(parts) >= 3
    running.process.send_signal(signal.SIGINT)
    finished = running.finish()
    assert finished.code == 4
    assert not [command for pid, command in parts.items() if alive(pid)]
    assert finished.summary.run.interrupted
    assert "interrupted" in set(finished.table("streams").outcome)
    assert "conservation" not in finished.distrust()
    assert (finished.root / "report.html").stat().st_size > 10_000


def test_a_second_interrupt_does_no_harm(running: Running) -> None:
    parts = running.descendants()
    for _ in range(2):
        running.process.send_signal(signal.SIGINT)
    finished = running.finish()
    assert finished.code == 4
    assert not [command for pid, command in parts.items() if alive(pid)]


@pytest.mark.parametrize(
    ("victim", "named"),
    [
        ("-m mock_provider", "mock provider"),
        ("-m gateway", "system under test"),
        ("-m locust", "load process"),
    ],
)
def test_the_death_of_a_part_ends_the_run_as_invalid_and_is_named(
    running: Running, victim: str, named: str
) -> None:
    parts = running.descendants()
    running.kill(victim)
    finished = running.finish()
    assert finished.code == 2
    assert named in " ".join(finished.summary.run.died)
    assert len(finished.table("streams")) > 0
    assert not [command for pid, command in parts.items() if alive(pid)]


def test_a_load_that_somebody_stops_before_the_plans_end_is_no_passed_run(running: Running) -> None:
    running.kill("-m locust", signal.SIGTERM)
    finished = running.finish()
    assert finished.code == 2
    assert "stopped before the plan's end" in " ".join(finished.summary.run.died)


def test_the_death_of_the_run_itself_leaves_no_process(running: Running) -> None:
    parts = running.descendants()
    running.process.kill()
    running.process.wait(10)
    for _ in range(100):
        left = [pid for pid in parts if alive(pid)]
        if not left:
            return
        signal.sigtimedwait([], 0.1)
    pytest.fail(f"left behind: {[parts[pid] for pid in left]}")
