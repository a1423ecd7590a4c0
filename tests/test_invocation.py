"""The line that says how to call again what was called, from wherever it was."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from harness.invocation import again, program


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a python and our script, in the current folder and not on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("python", "streamproof"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("PATH", "/usr/bin")
    return folder


def test_a_script_that_is_not_on_the_path_is_called_again_as_it_was_named(venv: Path):
    assert program("bin/streamproof") == "bin/streamproof"
    assert program(str(venv / "streamproof")) == str(venv / "streamproof")


def test_a_module_is_called_again_by_the_script_beside_its_interpreter(venv: Path):
    assert program("/somewhere/harness/cli.py") == str(venv / "streamproof")


def test_the_bare_name_is_for_those_whose_shell_finds_this_very_script(
    venv: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("PATH", str(venv))
    assert program(str(venv / "streamproof")) == "streamproof"
    other = tmp_path / "other"
    other.mkdir()
    (other / "streamproof").write_text("#!/bin/sh\n")
    (other / "streamproof").chmod(0o755)
    monkeypatch.setenv("PATH", str(other))
    assert program(str(venv / "streamproof")) == str(venv / "streamproof")


def test_without_any_script_there_is_only_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert program("/somewhere/harness/cli.py") == "streamproof"


def test_words_with_spaces_come_through_the_shell_as_they_were():
    line = again(["bin/streamproof", "compare", "--gate", "ttft_user p95"])
    assert shlex.split(line) == ["bin/streamproof", "compare", "--gate", "ttft_user p95"]
    assert (
        again(["streamproof", "demo"], "run", "runs/a b/plan.yaml") == "streamproof run 'runs/a b/plan.yaml'"
    )


@pytest.mark.slow
def test_a_line_told_by_a_command_that_is_called_by_its_path_can_be_called(tmp_path: Path):
    script = Path(sys.executable).with_name("streamproof")
    bare = {**os.environ, "PATH": "/usr/bin:/bin"}
    (tmp_path / "p.yaml").write_text(
        "name: p\nstack: {system: none}\nphases: [{name: p, duration_s: 1, load: {users: 1, ramp_s: 0}}]\n"
    )
    done = subprocess.run(
        [script, "run", "p.yaml"], cwd=tmp_path, env=bare, capture_output=True, text=True, check=False
    )
    (line,) = (text for text in done.stdout.splitlines() if "  again " in text)
    words = shlex.split(line.partition("again")[2] + " --help")
    told = subprocess.run(words, cwd=tmp_path, env=bare, capture_output=True, text=True, check=False)
    assert told.returncode == 0
    assert (tmp_path / words[2]).is_file()
