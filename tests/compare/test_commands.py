"""Gate, trend and calibration as their users meet them."""

import json
import os
from pathlib import Path

import msgspec
import numpy as np
import pytest

from harness.capacity import headroom_command
from harness.cli import main
from harness.compare import calibration_store as store
from harness.compare.trend import lines, trends
from harness.scorecard import Scorecard
from harness.summary import Metric, Summary
from reports import json_report
from reports.scorecard import annotations
from reports.scorecard import write as scorecard_files
from tests.compare.stored_folder import write_folder
from tests.compare.test_stored import stored
from tests.reports.scorecard import examples
from tests.sample import sample_summary


def kept(folder: Path, state: str = "PASS", code: int = 0) -> Path:
    summary = sample_summary()
    summary.verdict.state, summary.verdict.exit_code = state, code  # type: ignore[assignment]
    folder.mkdir(parents=True)
    (folder / "summary.json").write_bytes(json_report.encode(summary))
    return folder


@pytest.mark.parametrize(
    ("state", "code", "policy", "ends"),
    [
        ("PASS", 0, "3", 0), ("FAIL", 1, "0", 1), ("INVALID", 2, "0", 2), ("INCONCLUSIVE", 3, "3", 3),
        ("INCONCLUSIVE", 3, "0", 0), ("INCONCLUSIVE", 3, "1", 1),
    ],
)  # fmt: skip
def test_the_gate_ends_with_the_verdict(tmp_path: Path, state: str, code: int, policy: str, ends: int):
    folder = kept(tmp_path / "run", state, code)
    assert main(["gate", str(folder), "--inconclusive", policy]) == ends
    names = {path.name for path in folder.iterdir()}
    assert {"junit.xml", "comment.md", "annotations.txt", "step-summary.md"} <= names


def test_under_github_annotations_are_printed_and_the_step_summary_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    step = tmp_path / "step.md"
    step.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(step))
    kept(tmp_path / "runs" / "one")
    assert main(["gate", str(tmp_path / "runs"), "--out", str(tmp_path / "out")]) == 0
    assert step.read_text(encoding="utf-8").startswith("before\n### Streamproof")
    assert "::notice" in capsys.readouterr().out
    assert (tmp_path / "out" / "junit.xml").is_file()


@pytest.mark.parametrize(
    ("card", "policy", "ends"),
    [(examples.kept(), "3", 0), (examples.broken(), "3", 1), (examples.invalid(), "3", 2),
     (examples.interrupted(), "0", 4), (examples.nothing(), "0", 4),
     (examples.card([], "INCONCLUSIVE", 3), "3", 3), (examples.card([], "INCONCLUSIVE", 3), "0", 0)],
)  # fmt: skip
def test_an_audit_is_gated_by_its_scorecard(tmp_path: Path, card: Scorecard, policy: str, ends: int):
    folder = tmp_path / "audit"
    scorecard_files.write_all(card, folder)
    before = {name: (folder / name).read_bytes() for name in ("junit.xml", "comment.md")}
    assert main(["gate", str(folder), "--inconclusive", policy]) == ends
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert (folder / "step-summary.md").read_bytes() == before["comment.md"]
    assert (folder / "annotations.txt").read_text(encoding="utf-8") == annotations.render(card)


def test_under_github_an_audits_broken_promises_are_annotations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    step = tmp_path / "step.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(step))
    scorecard_files.write_all(examples.broken(), tmp_path / "runs" / "one-audit")
    assert main(["gate", str(tmp_path / "runs"), "--out", str(tmp_path / "out")]) == 1
    assert "### Streamproof audit" in step.read_text(encoding="utf-8")
    printed = capsys.readouterr().out
    assert "::error title=FAIL" in printed
    assert "one-audit, the newest there" in printed.replace("\n", " ")


def test_of_a_run_and_an_audit_the_newer_one_is_gated(tmp_path: Path):
    run = kept(tmp_path / "run")
    scorecard_files.write_all(examples.broken(), tmp_path / "audit")
    os.utime(run / "summary.json", ns=(1, 1))
    assert main(["gate", str(tmp_path)]) == 1
    os.utime(tmp_path / "audit" / "audit.json", ns=(0, 0))
    assert main(["gate", str(tmp_path)]) == 0


def test_a_scorecard_that_cannot_be_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "audit.json").write_text("{]", encoding="utf-8")
    assert main(["gate", str(tmp_path)]) == 4
    assert "this is not a scorecard" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "summary.json").write_bytes(json_report.encode(sample_summary()))
    out = tmp_path / "summary.json" / "out"
    assert main(["gate", str(tmp_path), "--out", str(out)]) == 4
    assert capsys.readouterr().err == (
        f"streamproof: {out}: cannot be written: Not a directory; choose another place with --out\n"
    )


def test_a_step_summary_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "gone" / "step.md"))
    assert main(["gate", str(kept(tmp_path / "run"))]) == 4
    assert "step.md: cannot be written: No such file" in capsys.readouterr().err


def test_the_summary_itself_may_be_named(tmp_path: Path):
    assert main(["gate", str(kept(tmp_path / "run", "FAIL", 1) / "summary.json")]) == 1


def test_no_summary_is_said_and_ends_with_four(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["gate", str(tmp_path)]) == 4
    assert "no summary.json" in capsys.readouterr().err
    assert main(["trend", str(tmp_path)]) == 4
    assert main(["compare", str(tmp_path)]) == 4
    (tmp_path / "summary.json").write_text("{]", encoding="utf-8")
    assert main(["gate", str(tmp_path)]) == 4


def series(values: np.ndarray) -> list[Summary]:
    made = []
    for night, value in enumerate(values):
        summary = sample_summary() if not made else msgspec.structs.replace(made[0])
        summary.run = msgspec.structs.replace(
            summary.run, id=f"night-{night}", started_utc=f"2026-01-{night + 1:02d}"
        )
        median = (float(value), float(value), float(value))
        summary.metrics = {"ttft_user": Metric(unit="ms", n=500, censored=0, ok={"p50": median})}
        summary.validity = msgspec.structs.replace(summary.validity, state="VALID")
        made.append(summary)
    return made


def nights() -> np.ndarray:
    rng = np.random.default_rng(1)
    return np.concatenate([300 * np.exp(rng.normal(0, 0.01, 14)), 340 * np.exp(rng.normal(0, 0.01, 14))])


def test_a_shift_over_the_nights_is_told_with_its_night():
    [trend] = trends(series(nights()))
    assert trend.changes == [trend.changes[0]]
    assert trend.changes[0].startswith("from night-14 on +1")
    assert "standard deviations of 27 earlier runs" in trend.last
    assert any("shifted from night-14" in line for line in lines([trend]))


def test_invalid_runs_are_no_part_of_a_trend_and_few_runs_say_so():
    few = series(nights()[:3])
    few[0].validity = msgspec.structs.replace(few[0].validity, state="INVALID")
    [trend] = trends(few)
    assert trend.runs == ["night-1", "night-2"]
    assert trend.last == "2 runs; 6 are needed to place the newest"
    [single] = trends(few[1:2])
    assert lines([single]) == [
        f"{single.plan}: ttft_user p50, 1 run, newest {single.values[0]:.4g} ms",
        "  newest: 1 run; 6 are needed to place the newest",
    ]
    assert lines(trends([]))[0].startswith("no usable summary")


def test_the_trend_command_ends_with_nought(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    kept(tmp_path / "one")
    assert main(["trend", str(tmp_path), "--json"]) == 0
    assert isinstance(json.loads(capsys.readouterr().out), list)


def test_a_summary_that_was_cut_short_does_not_hide_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "summary.json").write_text('{"schema":', encoding="utf-8")
    assert main(["trend", str(tmp_path)]) == 4
    kept(tmp_path / "whole")
    assert main(["trend", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "newest" in said
    assert "left out:" in said
    assert "half/summary.json" in said


def trial(kind: str, state: str, machine: str | None = None) -> store.Trial:
    return store.Trial(kind=kind, state=state, run="r", machine=machine or store.machine())  # type: ignore[arg-type]


def test_trials_of_this_machine_are_counted(tmp_path: Path):
    for number in range(40):
        store.add(tmp_path, trial("a/a", "FAIL" if number < 1 else "PASS"))
    store.add(tmp_path, trial("a/a", "FAIL", "elsewhere"))
    store.add(tmp_path, trial("a/a", "INVALID"))
    store.add(tmp_path, trial("+10 %", "FAIL"))
    with (tmp_path / store.FILE).open("ab") as file:
        file.write(b"{cut short")
    found = store.standing(store.read(tmp_path))
    assert (found.comparisons, found.false_alarms, found.controls, found.found) == (40, 1, 1, 1)
    assert not found.disabled
    assert store.gate_is_disabled(tmp_path) == ""


def test_too_many_false_alarms_disable_the_gate(tmp_path: Path):
    for _ in range(3):
        store.add(tmp_path, trial("a/a", "FAIL"))
    assert "3 of 3 A/A comparisons on this machine failed" in store.gate_is_disabled(tmp_path)


def test_headroom_from_numbers(capsys: pytest.CaptureFixture[str]):
    words = ["headroom", "--rate", "5", "--stream-s", "15", "--json"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["needs"][0]["need"] == 100
    assert main([*words, "--concurrent", "80"]) == 1


def test_headroom_from_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = write_folder(tmp_path / "run", stored())
    assert main(["headroom", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["amplified"] == pytest.approx(15.0)
    assert main(["headroom", str(folder), "--json", "--times", "2"]) == 0
    assert json.loads(capsys.readouterr().out)["amplified"] == pytest.approx(30.0)


@pytest.mark.parametrize(
    "words",
    [
        ["--rate", "5"], ["--rate", "0", "--stream-s", "1"], ["nowhere"],
        ["--rate", "1", "--stream-s", "1", "--rejected", "2"],
    ],
)  # fmt: skip
def test_headroom_without_sense_ends_with_four(words: list[str]):
    assert main(["headroom", *words]) == 4


def test_bursts_are_seen_in_a_run():
    even = np.arange(0, 60, 0.1)
    bursts = np.repeat(np.arange(0, 60, 2.0) + 0.5, 20)
    assert headroom_command._vmr(even) < 0.1
    assert headroom_command._vmr(bursts) > 5
    assert headroom_command._vmr(np.zeros(0)) == 1.0


@pytest.mark.parametrize("words", [["gate"], ["compare", "--pairs", "x"]])
def test_a_usage_error_ends_with_four(words: list[str]):
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 4


@pytest.mark.parametrize(
    "words",
    [["compare", "--pairs", "2"], ["calibrate", "--runs", "-1"], ["calibrate", "--no-mock"],
     ["compare", "--gate", "nonsense"], ["compare", "--baseline", "ftp://x"]],
)  # fmt: skip
def test_what_cannot_be_compared_is_said_before_anything_starts(words: list[str]):
    assert main(words) == 4
