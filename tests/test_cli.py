"""The command line itself: every command is found, and none is loaded before it is asked for."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness import cli
from harness.problem import Problem

COMMANDS = sorted(cli._COMMANDS)
LOADED = (
    "import sys; from harness import cli\n"
    "try: cli.main(['--help'])\n"
    "except SystemExit as left: code = left.code\n"
    "heavy = {'pandas', 'numpy', 'msgspec', 'rich', 'gevent', 'requests', 'yaml'} & set(sys.modules)\n"
    "sys.exit(f'{code} {heavy}' if code or heavy else 0)"
)


def left_with(words: list[str]) -> object:
    try:
        return cli.main(words)
    except SystemExit as left:
        return left.code


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_how_it_is_used(name: str, capsys: pytest.CaptureFixture[str]):
    assert left_with([name, "--help"]) == 0
    assert f"{name} [-h]" in capsys.readouterr().out


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]):
    assert left_with(["--help"]) == 0
    told = capsys.readouterr().out.split()
    assert set(COMMANDS) <= set(told)


@pytest.mark.parametrize("words", [[], ["rum"], ["--", "run"], ["--nothing"], ["run"], ["toxiproxy"]])
def test_what_is_no_command_is_a_mistake_and_no_invalid_measurement(
    words: list[str], capsys: pytest.CaptureFixture[str]
):
    assert left_with(words) == 4
    assert capsys.readouterr().err.startswith("usage: streamproof")


def test_a_wrong_flag_is_told_the_nearest_one(capsys: pytest.CaptureFixture[str]):
    assert left_with(["run", "plan.yaml", "--targt=http://127.0.0.1:1"]) == 4
    told = capsys.readouterr().err
    assert "unrecognized arguments: --targt" in told
    assert "did you mean --target?" in told
    assert left_with(["run", "plan.yaml", "--xyzzy"]) == 4
    assert "did you mean" not in capsys.readouterr().err


def test_a_problem_is_one_message_and_4(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def broken(_: list[str]) -> int:
        raise Problem("plan.yaml:3: there is no dialect 'opeani'; openai is meant?")

    monkeypatch.setattr(cli, "_run", broken)
    assert cli.main(["run", "plan.yaml"]) == 4
    assert (
        capsys.readouterr().err
        == "streamproof: plan.yaml:3: there is no dialect 'opeani'; openai is meant?\n"
    )


@pytest.mark.slow
def test_help_loads_none_of_the_heavy_libraries():
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.slow
def test_a_pipe_whose_reader_has_seen_enough_is_no_failure():
    command = [sys.executable, "-m", "harness.cli", "networks"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_an_interruption_while_a_command_is_loaded_waits_for_that_and_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "told_to_end.py").write_text(
        "import signal\nsignal.raise_signal(signal.SIGTERM)\nwhole = True"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(cli._COMMANDS, "run", ("told_to_end", ""))
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert cli.main(["run"]) == 4
    assert (sys.modules.pop("told_to_end").whole, capsys.readouterr().err) == (
        True,
        "streamproof: interrupted\n",
    )
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
