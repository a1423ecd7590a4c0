"""What would make a harness lie is done to a real run; each time the run itself says that it is INVALID."""

import os
import signal
import time
from pathlib import Path

import pytest

from harness.summary import TrustCheck
from tests.end_to_end.driving import Finished, Running, command

pytestmark = pytest.mark.slow

PLAN = """
name: doubtful
stack: {{system: none}}
provider: {{models: {{mock-chat: {{ttft_ms: 100, itl_ms: 20, output_tokens: 60}}}}}}
target: {{dialect: openai, model: mock-chat}}
workers: {workers}
phases:
  - {{name: steady, duration_s: {seconds}, scenario: {scenario}, load: {load}}}
"""
USERS = "{users: 8, ramp_s: 0.5, think_s: 0.2}"

BLOCKING = """
from gevent.monkey import get_original
from locust import task

from harness.users import StreamingUser

pause = get_original("time", "sleep")  # the real one: it stops the whole process


class Blocking(StreamingUser):
    streams = 0

    @task
    def ask(self) -> None:
        Blocking.streams += 1
        if Blocking.streams == 20:
            pause(0.2)
        self.stream(name="chat")
"""


def plan(folder: Path, load: str = USERS, seconds: int = 10, scenario: str = "chat", workers: int = 1) -> str:
    text = PLAN.format(load=load, seconds=seconds, scenario=scenario, workers=workers)
    (folder / "plan.yaml").write_text(text)
    return "plan.yaml"


def check(finished: Finished, id: str) -> TrustCheck:
    [found] = [found for found in finished.summary.validity.checks if found.id == id]
    return found


def assert_invalid(finished: Finished) -> None:
    summary = finished.summary
    assert (summary.validity.state, summary.verdict.state) == ("INVALID", "INVALID"), finished.output
    assert (finished.code, summary.verdict.exit_code) == (2, 2)


def test_a_loop_blocked_once_for_200_ms_shows_as_loop_lag(tmp_path: Path) -> None:
    (tmp_path / "blocking.py").write_text(BLOCKING)
    finished = command(tmp_path, "run", plan(tmp_path, scenario="blocking"))
    assert_invalid(finished)
    lag = check(finished, "loop_lag_max")
    assert lag.state == "INVALID"
    assert isinstance(lag.value, float)
    assert lag.value > 195


def test_a_provider_that_is_throttled_shows_as_mock_lateness(tmp_path: Path) -> None:
    with Running(tmp_path, "run", plan(tmp_path)) as running:
        running.wait_for("completed)")
        [mock] = [pid for pid, words in running.descendants().items() if "-m mock_provider" in words]
        for _ in range(12):
            os.kill(mock, signal.SIGSTOP)
            time.sleep(0.12)
            os.kill(mock, signal.SIGCONT)
            time.sleep(0.2)
        finished = running.finish()
    assert_invalid(finished)
    late = check(finished, "mock_lateness")
    assert late.state == "INVALID"
    assert isinstance(late.value, float)
    assert late.value > 50
    # The provider was late, nobody lost anything: its own records and ours still agree.
    assert check(finished, "conservation").state == "VALID"


def test_a_killed_worker_is_noticed_named_and_its_loss_is_counted(tmp_path: Path) -> None:
    with Running(tmp_path, "run", plan(tmp_path, seconds=14, workers=2)) as running:
        running.wait_for("completed)")
        locust = {pid for pid, words in running.descendants().items() if "-m locust" in words}
        worker = max(pid for pid in locust if parent(pid) in locust)
        os.kill(worker, signal.SIGKILL)
        finished = running.finish()
    assert_invalid(finished)
    assert check(finished, "parts_alive").state == "INVALID"
    assert any("load worker load-" in text for text in finished.summary.run.died), finished.summary.run.died
    assert set(finished.table("streams").worker) <= {"load-0", "load-1"}
    assert len(finished.table("streams")) > 0


def test_a_cap_at_half_the_need_leaves_its_streams_on_record(tmp_path: Path) -> None:
    # 8 a second, each open for 1.3 s: about 10 at once are needed.
    load = "{rate: 8, arrivals: constant, max_in_flight: 5}"
    finished = command(tmp_path, "run", plan(tmp_path, load=load))
    assert_invalid(finished)
    assert check(finished, "rate_achieved").state == "INVALID"
    streams = finished.table("streams")
    dropped = streams[streams.outcome == "not_started"]
    assert 0.3 < len(dropped) / len(streams) < 0.7
    assert dropped.error.str.contains("max_in_flight").all()
    assert dropped.intended_ns.notna().all()
    assert dropped.dispatched_ns.isna().all()
    assert finished.summary.streams["intended"] == len(streams)


def test_the_same_run_left_in_peace_is_not_invalid_for_any_of_these_reasons(tmp_path: Path) -> None:
    finished = command(tmp_path, "run", plan(tmp_path))
    assert finished.distrust() == set()
    assert check(finished, "parts_alive").state == "VALID"
    assert "not_started" not in set(finished.table("streams").outcome)


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
