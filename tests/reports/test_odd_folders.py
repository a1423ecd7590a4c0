"""Run folders that nobody would want, through the command: a readable report, or one clear error."""

import math
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness import cli
from harness.record import Outcome
from harness.run_folder import RunFolder, collect_parts, write_run_facts
from tests.reports.examples import MARKUP
from tests.reports.test_html import Page
from tests.sample import sample_scene
from tests.synthetic import Scene, plan
from tests.test_run_folder import written


@pytest.fixture
def report(tmp_path, capsys):
    """`streamproof report` on a scene or a folder; gives its exit code, page and what it said."""

    def run(made: Scene | RunFolder, *words: str) -> tuple[int, Page | None, str]:
        folder = made if isinstance(made, RunFolder) else folder_of(made, tmp_path / "run")
        code = cli.main(["report", str(folder.root), *words])
        out = capsys.readouterr()
        page = Page(folder.report.read_text("utf-8")) if folder.report.is_file() else None
        return code, page, out.out + out.err

    return run


def folder_of(scene: Scene, root: Path) -> RunFolder:
    folder = written(scene, root)
    collect_parts(folder)
    return folder


@pytest.fixture
def whole(tmp_path):
    return folder_of(sample_scene(), tmp_path / "whole")


def test_markup_and_terminal_escapes_in_error_texts_are_shown_and_not_obeyed(report):
    scene = sample_scene()
    for row in scene.streams[::7]:
        row.error = row.error_code = row.detail = row.cohort = MARKUP
        row.outcome = Outcome.ERROR_EVENT
    code, page, said = report(scene)
    assert code == 1
    assert page is not None
    assert len(page.scripts) == 2
    assert "alert(1)" in page.text
    assert "\x1b[31m" not in said


def test_numbers_that_are_none_are_not_printed_as_numbers(report, whole):
    table = pq.read_table(whole.table("host"))
    nan = pa.array([math.nan] * len(table), pa.float64())
    for name in ("cpu", "loop_lag_p99_ms", "gc_max_ms", "steal"):
        table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), nan)
    pq.write_table(table, whole.table("host"))
    _, page, said = report(whole)
    assert page is not None
    words = page.text.lower().split() + said.lower().split()
    assert not {"nan", "nan,", "-nan", "inf"} & set(words)
    assert b"NaN" not in whole.summary.read_bytes()


def test_a_phase_without_streams_and_one_that_never_began_are_told(report):
    phases = [{"name": name, "duration_s": 5.0, "load": {"users": 1}} for name in ("busy", "idle", "later")]
    scene = Scene(plan(phases=phases))
    scene.timeline = [entry for entry in scene.timeline if entry.phase != "later"]
    for stream in range(20):
        scene.whole(stream, 1.0, phase="busy")
    _, page, _ = report(scene)
    assert page is not None
    assert "0 streams intended" in page.text
    assert "phase later did not take place" in page.text


def test_one_stream_is_a_report_that_says_how_little_that_is(report):
    scene = Scene()
    scene.whole(1)
    code, page, said = report(scene)
    assert code != 4
    assert page is not None
    assert "n too small (needs 11)" in page.text
    assert "The one stream gave its user a whole answer" in " ".join(said.split())


def test_no_stream_at_all_is_a_report_that_says_so(report):
    code, page, said = report(Scene())
    assert code == 2
    assert page is not None
    assert "No stream was recorded." in page.text
    assert "No stream was recorded." in said


def test_nobody_ever_got_a_token(report):
    scene = Scene()
    for stream in range(300):
        scene.stream(stream, 1.0 + stream / 100, tokens=0, outcome=Outcome.REFUSED, status=503)
    _, page, _ = report(scene)
    assert page is not None
    assert "\u221e" in page.text
    assert "at least half of all streams never got a first token" in page.text


@pytest.mark.parametrize("name", ["streams", "ledger", "host"])
@pytest.mark.parametrize("kept", [0, 3, 0.5, 0.99])
def test_a_parquet_file_cut_short_is_named_with_the_way_out(report, whole, name, kept):
    path = whole.table(name)
    data = path.read_bytes()
    path.write_bytes(data[: int(kept if isinstance(kept, int) else len(data) * kept)])
    code, page, said = report(whole)
    assert (code, page) == (4, None)
    assert said.startswith(f"streamproof: {path}: cannot be read: ")
    assert "cut short" in said
    assert "Traceback" not in said
    assert len(said.splitlines()) == 1


def test_bytes_spoiled_in_the_middle_are_an_error_or_the_same_report(report, whole):
    path = whole.table("streams")
    data = bytearray(path.read_bytes())
    middle = len(data) // 3
    data[middle : middle + 64] = b"\xff" * 64
    path.write_bytes(data)
    code, _, said = report(whole)
    assert "Traceback" not in said
    assert code in (1, 2, 3, 4)


def test_a_table_of_something_else_is_named_by_the_column_that_it_lacks(report, whole):
    pq.write_table(pa.table({"price": [1, 2]}), whole.table("streams"))
    code, page, said = report(whole)
    assert (code, page) == (4, None)
    assert str(whole.table("streams")) in said
    assert "column" in said


def test_a_column_of_another_type_is_named(report, whole):
    table = pq.read_table(whole.table("streams"))
    place = table.schema.get_field_index("intended_ns")
    pq.write_table(
        table.set_column(place, "intended_ns", pa.array(["soon"] * len(table))), whole.table("streams")
    )
    code, page, said = report(whole)
    assert (code, page) == (4, None)
    assert "intended_ns" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"id": 7}', b"\xff\xfe"])
def test_facts_that_are_none_are_named(report, whole, data):
    whole.facts.write_bytes(data)
    code, page, said = report(whole)
    assert (code, page) == (4, None)
    assert str(whole.facts) in said
    assert len(said.splitlines()) == 1


def test_a_timeline_cut_short_is_counted_and_the_rest_reported(report, whole):
    whole.timeline.write_bytes(whole.timeline.read_bytes()[:-20])
    code, page, _ = report(whole)
    assert code in (1, 2, 3)
    assert page is not None


@pytest.mark.parametrize("words", [[], ["--format", "junit"]])
def test_a_folder_that_is_no_run_is_told_what_would_be_one(tmp_path, capsys, words):
    assert cli.main(["report", str(tmp_path), *words]) == 4
    assert "plan.yaml or run.json is missing" in capsys.readouterr().err


def test_arrays_of_different_lengths_are_left_out_and_not_guessed(report):
    scene = sample_scene()
    for row in scene.streams[:20]:
        row.read_events = np.ones(3, dtype="<i4").tobytes()
    _, page, _ = report(scene)
    assert page is not None


def test_several_folders_are_one_page_and_the_worst_code(tmp_path, capsys):
    good, empty = folder_of(sample_scene(), tmp_path / "good"), folder_of(Scene(), tmp_path / "empty")
    target = tmp_path / "both.html"
    code = cli.main(["report", str(good.root), str(empty.root), "--overlay", str(target)])
    assert code == 2
    assert f"overlay: {target}" in capsys.readouterr().out
    assert Page(target.read_text("utf-8")).sections[0] == "runs"


def test_more_runs_than_can_be_told_apart_are_refused_before_any_work(whole, capsys):
    assert cli.main(["report", *[str(whole.root)] * 7]) == 4
    assert "at most 6 runs" in capsys.readouterr().err
    assert not whole.report.exists()


def test_the_same_folder_gives_the_same_bytes(report, whole):
    def files() -> dict[str, bytes]:
        report(whole, "--format", "csv", "--format", "junit")
        found = [path for path in whole.root.rglob("*") if path.is_file()]
        return {str(path.relative_to(whole.root)): path.read_bytes() for path in found}

    assert files() == files()


def test_a_run_that_its_user_ended_is_a_report_of_what_there_is(report, whole):
    facts = msgspec.json.decode(whole.facts.read_bytes())
    write_run_facts(whole, msgspec.convert({**facts, "interrupted": True}, type(sample_scene().run().facts)))
    code, page, _ = report(whole)
    assert code == 4
    assert page is not None
    assert "interrupted" in page.text
