"""Too few descriptors are the load machine's fault: refused where that can be known, else INVALID."""

import resource
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.driving import COMMAND, Finished

pytestmark = pytest.mark.slow

PLAN = """
name: many
target: {{dialect: openai, model: mock-chat}}
stack: {{system: {system}}}
provider: {{workers: 2, models: {{mock-chat: {{ttft_ms: 300, itl_ms: 400, output_tokens: 10}}}}}}
phases:
  - {{name: steady, duration_s: 4, load: {{{load}}}}}
"""


@pytest.fixture
def run(tmp_path: Path):
    """Runs a plan in a shell with these limits (soft, hard; None: the machine's)."""

    def call(system: str, load: str, soft: int, hard: int | None) -> Finished:
        (tmp_path / "plan.yaml").write_text(PLAN.format(system=system, load=load))
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1] if hard is None else hard
        done = subprocess.run(
            [COMMAND, "run", "plan.yaml"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most)),
            check=False,
        )
        folders = list(tmp_path.glob("runs/*"))
        return Finished(done.returncode, done.stdout + done.stderr, folders[0] if folders else None)

    return call


def test_users_for_whom_there_are_too_few_are_refused(run, tmp_path: Path) -> None:
    finished = run("gateway", "users: 400", soft=300, hard=300)
    assert finished.code == 4, finished.output
    assert "400 users need" in finished.output
    assert "a process here may have 300" in finished.output
    assert "ulimit -Hn" in finished.output
    assert not (tmp_path / "runs").exists()


def test_a_shell_s_own_limit_is_none(run) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < 700:
        pytest.skip(f"needs a hard limit of 700 descriptors, not {hard}")
    finished = run("gateway", "users: 300, ramp_s: 2, think_s: 0.5", soft=256, hard=None)
    assert finished.broken() == [], finished.output
    assert finished.distrust() == set()
    assert max(finished.summary.timeseries.in_flight) > 256, "else the limit was never met"


def test_a_load_process_that_cannot_open_more_is_no_evidence_against_the_system(run) -> None:
    finished = run("none", "rate: 60", soft=100, hard=120)
    assert finished.code == 2, finished.output
    [sockets] = [check for check in finished.summary.validity.checks if check.id == "sockets"]
    assert sockets.state == "INVALID"
    assert sockets.value is not None
    assert sockets.value > 0
    assert "EMFILE" in sockets.note
    assert "sockets" in finished.output
    assert "EMFILE" in (finished.root / "report.html").read_text()
