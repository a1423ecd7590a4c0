"""A search on real sockets, as short as one can be."""

import signal
import time
from pathlib import Path

import pytest

from harness.capacity.hunt import Hunt
from harness.capacity.search import Search
from harness.cli import main
from harness.judge import judge
from harness.metrics.join import Joined
from harness.plan.plan import Plan
from harness.stack.errors import StackError
from harness.summary import Capacity, CapacityStep, Summary
from reports.json_report import decode
from tests.capacity.probed import OPEN, probed, searched, step
from tests.end_to_end.driving import Running
from tests.reports import examples

PLAN = """
name: small
target: {dialect: generic, model: mock-batch}
provider:
  models:
    mock-batch: {output_tokens: 10, batch: {step_ms: 20, max_batch: 2, queue_max: 1000}}
phases:
  - name: offered
    duration_s: 5
    load: {users: 2, ramp_s: 0.5, think_s: 0}
    slo: [ttft_user p50 < 150 ms]
"""


@pytest.mark.slow
def test_users_beyond_the_providers_batch_wait_and_the_search_says_so(tmp_path: Path):
    (tmp_path / "small.yaml").write_text(PLAN, encoding="utf-8")
    words = ["--start", "2", "--most", "8", "--step-s", "4", "--ratio", "2"]
    with Running(tmp_path, "capacity", "small.yaml", *words) as running:
        done = running.finish(280)
    assert done.code in (0, 2), done.output  # a busy machine may make the measurement invalid
    [path] = (tmp_path / "runs").glob("*/capacity/summary.json")
    summary = decode(path.read_bytes())
    assert summary.capacity is not None
    assert summary.capacity.unit == "users"
    assert summary.capacity.sentence in done.output.replace("\n", " ")
    loads = [step.load for step in summary.capacity.steps]
    assert loads[0] == 2.0
    if done.code == 0:
        assert summary.capacity.low in (2.0, 3.0)
        assert summary.capacity.high in (4.0, 8.0)
        assert summary.capacity.limited_by.startswith("provider")
    assert main(["gate", str(path.parent)]) == done.code


class Interrupted(Hunt):
    """Its user has seen enough after so many probes, the first of which pass."""

    patience = 2

    def _probe(self, load: float, direction: str = "up") -> CapacityStep:
        if len(self.steps) == self.patience:
            raise KeyboardInterrupt
        self.steps.append(step(load, "PASS" if load < 8 else "FAIL"))
        return self.steps[-1]

    def _down(self, low: float, high: float) -> bool | None:
        raise KeyboardInterrupt


def interrupted(tmp_path: Path, patience: int) -> Capacity:
    hunt = Interrupted(searched(), tmp_path, tmp_path, OPEN, [], lambda _: None, lambda _: None)
    hunt.patience = patience
    return hunt.search(Search(4.0), sweep=True)


def test_an_interrupted_search_ends_in_the_bracket_so_far(tmp_path: Path):
    found = interrupted(tmp_path, 2)
    assert (found.low, found.high, found.answer, found.ended) == (4.0, 8.0, None, "interrupted")
    assert len(found.steps) == 2


def test_an_interrupted_sweep_leaves_the_answer(tmp_path: Path):
    found = interrupted(tmp_path, 40)
    assert found.answer == pytest.approx(8.0, rel=0.05)
    assert (found.hysteresis, found.ended) == (None, "interrupted")


class Broken(Interrupted):
    """Its stack does not start any more after so many probes."""

    def _probe(self, load: float, direction: str = "up") -> CapacityStep:
        try:
            return super()._probe(load, direction)
        except KeyboardInterrupt:
            raise StackError("the gateway did not say that it is ready") from None


def broken(tmp_path: Path, patience: int, summary: Summary | None) -> Broken:
    hunt = Broken(searched(), tmp_path, tmp_path, OPEN, [], lambda _: None, lambda _: None)
    hunt.patience, hunt.summary = patience, summary
    return hunt


def test_a_stack_that_does_not_start_again_leaves_the_steps_so_far(tmp_path: Path):
    hunt = broken(tmp_path, 2, summary=examples.empty())
    found = hunt.search(Search(4.0), sweep=False)
    assert (found.low, found.high, found.answer) == (4.0, 8.0, None)
    assert "did not say that it is ready" in str(hunt.failure)


def test_a_stack_that_never_started_is_the_whole_message(tmp_path: Path):
    with pytest.raises(StackError, match="ready"):
        broken(tmp_path, 0, summary=None).search(Search(4.0), sweep=False)


@pytest.mark.slow
def test_an_interruption_leaves_a_report_of_the_steps_so_far(tmp_path: Path):
    (tmp_path / "small.yaml").write_text(PLAN, encoding="utf-8")
    with Running(tmp_path, "capacity", "small.yaml", "--rate", "--start", "4", "--step-s", "4") as running:
        running.wait_for(" streams, ", 120)
        running.process.send_signal(signal.SIGINT)
        done = running.finish(60)
    assert done.code == 4, done.output
    [path] = (tmp_path / "runs").glob("*/capacity/summary.json")
    summary = decode(path.read_bytes())
    assert summary.capacity is not None
    assert summary.capacity.ended == "interrupted"
    assert len(summary.capacity.steps) >= 1
    assert summary.verdict.exit_code == 4
    assert summary.capacity.sentence in done.output.replace("\n", " ")
    assert summary.capacity.sentence in path.with_name("report.html").read_text(encoding="utf-8")
    assert main(["gate", str(path.parent)]) == 4


@pytest.mark.slow
def test_an_interruption_within_the_first_probe_leaves_a_report_too(tmp_path: Path):
    (tmp_path / "small.yaml").write_text(PLAN, encoding="utf-8")
    with Running(tmp_path, "capacity", "small.yaml", "--start", "1", "--step-s", "60") as running:
        deadline = time.monotonic() + 60
        while not list((tmp_path / "runs").glob("*/parts/live.jsonl")):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        running.process.send_signal(signal.SIGINT)
        done = running.finish(60)
    assert done.code == 4, done.output
    assert "Interrupted after 0 probes" in done.output.replace("\n", " ")
    assert len(list((tmp_path / "runs").glob("*/capacity/report.html"))) == 1


def test_a_plan_without_objectives_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "plan.yaml").write_text(PLAN.replace("ttft_user p50 < 150 ms", ""), encoding="utf-8")
    assert main(["capacity", str(tmp_path / "plan.yaml")]) == 4
    assert "no steady phase states an slo" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [["--ratio", "1"], ["--start", "9", "--most", "8"], ["--step-s", "0"], ["--target", "ftp://here"]],
)
def test_a_search_without_sense_is_refused(tmp_path: Path, words: list[str]):
    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")
    assert main(["capacity", str(tmp_path / "plan.yaml"), *words]) == 4


class Watched(Hunt):
    """Its runs have been; each is the next of `runs`. `asked` are the streams that each was to have."""

    def __init__(self, plan: Plan, runs: list[Joined]) -> None:
        self.told: list[str] = []
        super().__init__(plan, Path("p.yaml"), Path("runs"), OPEN, [], self.told.append, lambda _: None)
        self.runs = runs
        self.asked: list[int] = []

    def _run(self, load: float, streams: int, seed: int) -> tuple[Joined, Summary]:
        self.asked.append(streams)
        joined = self.runs.pop(0)
        return joined, judge(joined.run)


def test_a_first_probe_of_guessed_length_is_made_again_where_it_was_too_short():
    hunt = Watched(searched(provider=None), [probed(40, seconds=10.0), probed(130, seconds=40.0)])
    step = hunt._probe(8.0)
    assert (step.decision, step.streams, step.looks) == ("PASS", 130, 1)
    assert hunt.asked == [130, 130]
    assert any("made again" in line for line in hunt.told)


@pytest.mark.parametrize("plan", [searched(provider=None), searched()], ids=["guessed", "by the model"])
def test_a_first_probe_that_had_its_streams_is_made_once(plan: Plan):
    hunt = Watched(plan, [probed(130, seconds=40.0)])
    assert hunt._probe(8.0).decision == "PASS"
    assert hunt.asked == [130]


def test_a_first_probe_without_a_stream_teaches_nothing_and_is_not_waited_for_again():
    hunt = Watched(searched(provider=None), [probed(0, seconds=10.0)] * 3)
    hunt._probe(8.0)
    assert hunt.asked == [130, 130]  # invalid, therefore tried twice


def test_a_sweep_that_cannot_be_believed_leaves_the_question_open(monkeypatch: pytest.MonkeyPatch):
    hunt = Watched(searched(), [])
    broken = probed(0)
    monkeypatch.setattr(hunt, "_execute", lambda _plan: (broken, judge(broken.run)))
    assert hunt._down(8.0, 9.0) is None
    assert hunt.told == ["the sweep's measurement is invalid: nothing is known of the system's recovery"]
