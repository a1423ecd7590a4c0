"""`streamproof doctor` on this machine, with loads small enough for a busy one."""

import json
from pathlib import Path

import msgspec
import pytest

from harness import calibration
from harness.cli import main
from harness.doctor import examination, search
from harness.doctor.findings import Finding
from harness.stack.errors import StackError
from tests.doctor.test_search import bad, reading


class Stub:
    """A climber whose machine manages a known number of streams."""

    def __init__(self, most: int, held: int | None = None, others: float = 0.0) -> None:
        self.most, self.held = most, held if held is not None else most
        self.workers, self.tried, self.others_cpu = 1, [], others
        self.climbs: list[list[int]] = []

    def climb(self, steps, step_s):
        self.climbs.append(list(steps))
        most = self.held if len(steps) == 1 else self.most
        made = [reading(streams) if streams <= most else bad(streams) for streams in steps]
        self.tried += made
        return made


@pytest.fixture
def machine(monkeypatch, tmp_path: Path):
    """Examines with a stub in the climber's place; returns (diagnosis, lines, stubs, file)."""
    monkeypatch.setattr(examination, "findings", lambda _: [])

    def run(quick: bool = False, workers: int = 1, *, most: int = 0, held: int | None = None, others=0.0):
        stubs: list[Stub] = []

        def climber(workers: int, tell):
            stub = Stub(most * workers, held, others)
            stub.workers = workers
            stubs.append(stub)
            return stub

        monkeypatch.setattr(examination, "Climber", climber)
        lines: list[str] = []
        file = tmp_path / "doctor.json"
        return examination.examine(quick, workers, lines.append, file), stubs, file

    return run


def test_the_search_narrows_down_holds_what_it_found_and_keeps_it(machine):
    found, [stub], file = machine(most=650)
    assert stub.climbs == [list(search.COARSE), [400, 475, 550, 625, 700], [625]]
    assert (found.exit_code, found.capacity[0].best.streams, found.capacity[0].broke.streams) == (0, 625, 700)
    kept = calibration.load(file, calibration.fingerprint())
    assert (kept.events_cap, kept.at_least, kept.broke_first) == (31_250.0, False, "cpu")


def test_what_cannot_be_held_is_tried_lower(machine):
    found, [stub], _ = machine(most=650, held=540)
    assert stub.climbs[2:] == [[625], [531]]
    assert (found.capacity[0].best.streams, found.capacity[0].broke.streams) == (531, 625)


def test_a_machine_beyond_the_largest_load_has_at_least_that(machine):
    found, _, file = machine(most=10_000)
    assert found.capacity[0].broke is None
    assert calibration.load(file, calibration.fingerprint()).at_least


def test_a_machine_that_manages_nothing_cannot_measure_and_keeps_nothing(machine):
    found, _, file = machine(most=3)
    assert found.exit_code == 2
    assert not file.exists()


def test_quick_is_one_climb(machine):
    found, [stub], _ = machine(quick=True, most=450)
    assert stub.climbs == [list(search.QUICK)]
    assert found.capacity[0].best.streams == 450


def test_then_all_workers_together(machine):
    found, [_, together], _ = machine(quick=True, workers=2, most=450)
    assert together.climbs == [[225, 450, 675, 900]]
    assert [capacity.workers for capacity in found.capacity] == [1, 2]


def test_what_was_measured_on_a_disturbed_machine_is_told_but_not_kept(machine):
    found, _, file = machine(quick=True, most=450, others=0.4)
    assert found.exit_code == 0
    assert "40%" in found.why_not_kept
    assert not file.exists()


def test_a_machine_that_fails_a_requirement_is_not_loaded(monkeypatch, tmp_path: Path):
    poor = Finding(id="memory", state="FAIL", number="1 MB", limit="256 MB", fix="more")
    monkeypatch.setattr(examination, "findings", lambda _: [poor])
    found = examination.examine(True, 1, lambda _: None, tmp_path / "doctor.json")
    assert (found.exit_code, found.capacity) == (2, [])


def test_a_load_that_cannot_start_is_told(monkeypatch, tmp_path: Path):
    def broken(*_):
        raise StackError("the load never started")

    monkeypatch.setattr(examination, "findings", lambda _: [])
    monkeypatch.setattr(examination.Climber, "climb", broken)
    found = examination.examine(True, 1, lambda _: None, tmp_path / "doctor.json")
    assert (found.exit_code, found.why_not) == (2, "the load never started")


def test_a_wrong_number_of_workers_is_a_usage_error(capsys):
    assert main(["doctor", "--workers", "0"]) == 4
    assert "--workers" in capsys.readouterr().err


@pytest.mark.slow
def test_the_known_answer_is_measured_with_real_processes(monkeypatch, tmp_path: Path, capsys):
    monkeypatch.setattr(search, "QUICK", (10, 30))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    code = main(["doctor", "--quick", "--workers", "2", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert code in (0, 2)  # a busy machine may really be unable
    alone = found["capacity"][0]
    assert [step["streams"] for step in alone["tried"]] == [10, 30]
    for step in alone["tried"]:
        assert step["failed"] == 0
        assert step["events_s"] > 0.5 * step["streams"] * found["tokens_s"]
        assert step["stamp_error_p50_ms"] < 1.0
        assert step["cpu"] > 0
    assert code == 2 or found["capacity"][1]["workers"] == 2
    assert bool(found["kept_in"]) == (tmp_path / "streamproof" / "doctor.json").exists()
    msgspec.convert(found["findings"], list[Finding])
