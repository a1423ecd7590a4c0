"""The files of a report."""

import subprocess
import sys
from pathlib import Path

import pytest

from reports import formats, json_report
from reports.write import write_all, write_format
from tests.reports.examples import demo, one_stream


def test_everything_is_written_and_named(tmp_path: Path) -> None:
    written = write_all(demo(), tmp_path / "run")
    names = [str(path.relative_to(tmp_path / "run")) for path in written]
    pictures = ("timeline", "ttft_user", "max_gap")
    figures = [f"figures/{name}.{ending}" for name in pictures for ending in ("png", "svg")]
    assert names == ["summary.json", "report.html", *figures]
    assert json_report.decode((tmp_path / "run/summary.json").read_bytes()) == demo()


def test_the_page_depends_on_the_json_alone(tmp_path: Path) -> None:
    write_all(one_stream(), tmp_path / "a")
    again = json_report.decode((tmp_path / "a/summary.json").read_bytes())
    write_all(again, tmp_path / "b")
    for name in ("summary.json", "report.html", "figures/timeline.png"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.slow
def test_importing_the_writer_does_not_load_matplotlib() -> None:
    code = "import sys, reports.write, reports.terminal, reports.progress; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_one_more_format_is_one_more_file(tmp_path: Path) -> None:
    path = write_format("junit", demo(), tmp_path / "ci")
    assert path == tmp_path / "ci" / "junit.xml"
    assert path.read_text("utf-8") == formats.render("junit", demo())


def test_a_format_that_does_not_exist_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there are: csv"):
        write_format("pdf", demo(), tmp_path / "ci")
    assert not (tmp_path / "ci").exists()
