"""The bench of reports on folders small enough for a test."""

import json

import pytest

from bench import report
from harness.judge import judge
from harness.run_folder import read_run


@pytest.fixture
def folder(tmp_path):
    report.make(tmp_path / "run", streams=300, events=20, length_s=60)
    return tmp_path / "run"


def test_the_folder_is_a_run_that_keeps_its_promises(folder):
    summary = judge(read_run(folder))
    assert (summary.verdict.state, summary.validity.state) == ("PASS", "VALID")
    assert summary.streams["outcomes"] == {"completed": 300}
    assert summary.two_sided.tokens_emitted == summary.two_sided.tokens_received == 6000


def test_the_same_numbers_make_the_same_folder(folder, tmp_path):
    report.make(tmp_path / "again", streams=300, events=20, length_s=60)
    again = read_run(tmp_path / "again").streams
    assert again["read_us"].map(tuple).equals(read_run(folder).streams["read_us"].map(tuple))


@pytest.mark.slow
def test_it_prints_seconds_and_memory_of_the_command_itself(monkeypatch, capsys):
    made = []

    def small(streams, events, length_s):
        made.append((streams, events, streams * events))
        return measured(300, 20, 60)

    measured = report.measure
    monkeypatch.setattr(report, "measure", small)
    monkeypatch.setattr("sys.argv", ["bench.report", "--json"])
    report.main()
    figures = json.loads(capsys.readouterr().out)
    assert [events for _, _, events in made] == [1_000_000, 20_000_000]
    assert figures["seconds"] > 0
    assert 50 < figures["peak_mb"] < 1500
    assert figures["large"].keys() == {"seconds", "peak_mb"}
