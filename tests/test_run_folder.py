import hashlib
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from harness.judge import judge
from harness.plan.reader import PlanError
from harness.record import PartWriter
from harness.run_folder import (
    RunFolder,
    RunFolderError,
    collect_parts,
    made_early,
    none_if_refused,
    read_run,
    write_plan,
    write_run_facts,
    write_timeline,
)
from tests.sample import sample_scene


@pytest.fixture
def scene():
    return sample_scene()


def written(scene, root):
    """The folder as a runner leaves it: parts of processes, then tables."""
    folder = RunFolder(root)
    run = scene.run()
    write_plan(folder, run.plan)
    for table, process, rows in (
        ("streams", "load-0", scene.streams),
        ("ledger", "mock-0", scene.ledger),
        ("host", "load-0", scene.host),
    ):
        part = PartWriter(folder.parts, table, process)
        for row in rows:
            part.write(row)
        part.close()
    write_timeline(folder, scene.timeline)
    write_run_facts(folder, run.facts)
    return folder


def test_a_run_can_be_judged_again_from_its_folder_alone(scene, tmp_path):
    folder = written(scene, tmp_path / "run")
    assert collect_parts(folder) == 0
    again, at_once = judge(read_run(folder.root)), judge(scene.run())
    again.run.plan_sha256 = at_once.run.plan_sha256 = ""
    again.plan = at_once.plan = ""  # 20 is 20.0 after a way through YAML
    assert again == at_once


def test_the_plan_in_the_folder_is_told_by_its_digest(scene, tmp_path):
    folder = written(scene, tmp_path)
    collect_parts(folder)
    assert read_run(tmp_path).plan_sha256 == hashlib.sha256(folder.plan.read_bytes()).hexdigest()


def test_lines_cut_short_are_counted_wherever_they_are(scene, tmp_path):
    folder = written(scene, tmp_path)
    part = folder.parts / "streams-load-0.jsonl"
    part.write_bytes(part.read_bytes()[:-40])
    folder.timeline.write_bytes(folder.timeline.read_bytes()[:-10])
    damaged = collect_parts(folder)
    assert damaged == 1
    write_run_facts(folder, msgspec.structs.replace(scene.run().facts, damaged=damaged))
    run = read_run(tmp_path)
    assert run.facts.damaged == 2
    assert judge(run).validity.state == "INVALID"


def test_tables_that_an_early_end_left_unwritten_are_empty(scene, tmp_path):
    folder = RunFolder(tmp_path)
    write_plan(folder, scene.plan)
    write_run_facts(folder, msgspec.structs.replace(scene.run().facts, interrupted=True))
    run = read_run(tmp_path)
    assert (len(run.streams), len(run.ledger), len(run.host), run.timeline) == (0, 0, 0, [])
    assert judge(run).verdict.exit_code == 4


def test_reading_a_folder_leaves_nothing_behind(scene, tmp_path):
    folder = RunFolder(tmp_path)
    write_plan(folder, scene.plan)
    write_run_facts(folder, scene.run().facts)
    before = sorted(path.name for path in tmp_path.iterdir())
    read_run(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_run_from_before_a_column_was_there_is_judged_with_its_default(scene, tmp_path):
    folder = written(scene, tmp_path)
    collect_parts(folder)
    before = judge(read_run(tmp_path))
    for name, columns in (("ledger", ["other_tokens", "late_us"]), ("streams", ["leftover"])):
        table = pq.read_table(folder.table(name))
        pq.write_table(table.drop_columns(columns), folder.table(name))
    again = judge(read_run(tmp_path))
    assert again.checks == before.checks
    assert "mock_lateness" not in {check.id for check in again.validity.checks}


def test_what_an_older_run_did_not_count_is_not_judged(scene, tmp_path):
    folder = written(scene, tmp_path)
    collect_parts(folder)
    asked = {check.id for check in judge(read_run(folder.root)).validity.checks}
    later = {"descriptors", "ports", "throttled", "wall_step_ms"}
    table = pq.read_table(folder.table("host"))
    pq.write_table(table.drop_columns(sorted(later)), folder.table("host"))
    old = {check.id for check in judge(read_run(folder.root)).validity.checks}
    assert asked - old == {"descriptors", "ports", "throttled", "clock"}


def test_a_table_without_a_column_that_it_must_have_is_none(scene, tmp_path):
    folder = written(scene, tmp_path)
    collect_parts(folder)
    table = pq.read_table(folder.table("ledger"))
    pq.write_table(table.drop_columns(["received_ns"]), folder.table("ledger"))
    with pytest.raises(RunFolderError, match=r"ledger\.parquet: the column received_ns is missing"):
        read_run(tmp_path)


def test_a_folder_that_is_no_run_is_named_with_the_way_out(tmp_path):
    with pytest.raises(RunFolderError, match=r"not the folder of a run.*streamproof run"):
        read_run(tmp_path)


def test_damaged_facts_are_named(scene, tmp_path):
    folder = RunFolder(tmp_path)
    write_plan(folder, scene.plan)
    folder.facts.write_text("{")
    with pytest.raises(RunFolderError, match=r"run\.json: cannot be read"):
        read_run(tmp_path)


def test_a_damaged_plan_is_a_plan_error(scene, tmp_path):
    folder = RunFolder(tmp_path)
    write_plan(folder, scene.plan)
    write_run_facts(folder, scene.run().facts)
    folder.plan.write_text("phases: [")
    with pytest.raises(PlanError):
        read_run(tmp_path)


def test_a_place_that_cannot_be_written_is_named_with_the_way_out(scene, tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("")
    with pytest.raises(RunFolderError, match=r"taken/run: cannot be written: Not a directory; .*--out"):
        write_plan(RunFolder(taken / "run"), scene.plan)


def begun(folder, files, problem):
    with none_if_refused(folder):
        for file in files:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text("")
        raise problem


def refused(folder, *files):
    with pytest.raises(PlanError):
        begun(folder, files, PlanError("no"))


def test_what_is_refused_leaves_no_folder_nor_one_above_it(tmp_path):
    refused(tmp_path / "runs" / "one", "plan.yaml", "logs/mock.log")
    assert list(tmp_path.iterdir()) == []


def test_what_is_refused_leaves_what_others_have_put_there(tmp_path):
    (tmp_path / "runs").mkdir()
    refused(tmp_path / "runs" / "one", "plan.yaml")
    assert list(tmp_path.iterdir()) == [tmp_path / "runs"]
    refused(tmp_path / "out" / "one", "plan.yaml", "../two/plan.yaml")
    assert list((tmp_path / "out").iterdir()) == [tmp_path / "out" / "two"]


def results_of(folder, name, problem=None):
    with made_early(folder):
        if name:
            (folder / name).write_text("")
        if problem:
            raise problem


def test_a_folder_made_before_the_work_is_there_for_its_results(tmp_path):
    results_of(tmp_path / "out" / "runs", "audit.json")
    assert [path.name for path in (tmp_path / "out" / "runs").iterdir()] == ["audit.json"]


@pytest.mark.parametrize(("name", "left"), [("", []), ("of somebody else", ["out"])])
def test_a_folder_made_before_refused_work_goes_if_it_is_empty(tmp_path, name, left):
    with pytest.raises(PlanError):
        results_of(tmp_path / "out" / "runs", name, PlanError("no"))
    assert [path.name for path in tmp_path.iterdir()] == left


def test_a_place_for_results_that_cannot_be_had_is_told_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "runs"):
        with pytest.raises(RunFolderError, match=r"file.*: cannot be written: .*; choose another place"):
            results_of(place, "")


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="a folder in which nobody may make files")
def test_a_folder_that_is_there_but_takes_no_files_is_told_before_the_work():
    with pytest.raises(RunFolderError, match=r"/proc/self: cannot be written: .*; choose another place"):
        results_of(Path("/proc/self"), "")


def test_what_was_there_before_a_refusal_stays_as_it_is(tmp_path):
    (tmp_path / "one").mkdir()
    refused(tmp_path / "one", "plan.yaml")
    assert (tmp_path / "one" / "plan.yaml").exists()


def test_what_breaks_otherwise_stays_for_whoever_looks_for_the_cause(tmp_path):
    with pytest.raises(OSError, match="disk"):
        begun(tmp_path / "one", ["plan.yaml"], OSError("disk"))
    assert (tmp_path / "one" / "plan.yaml").exists()
