"""A search on real sockets, as short as one can be."""

from pathlib import Path

import pytest

from harness.cli import main
from reports.json_report import decode
from tests.end_to_end.driving import Running

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
    done = Running(tmp_path, "capacity", "small.yaml", *words).finish(280)
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
