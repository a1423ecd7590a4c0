"""A part of a run says when it is ready, tells why it died, and never outlives the run."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from harness.stack.errors import StackError
from harness.stack.part import Part, free_port

pytestmark = pytest.mark.slow

READY = 'import sys, time; print(\'{"port": 7, "host": "h"}\', flush=True); time.sleep(60)'


@pytest.fixture
def part(tmp_path):
    made = []

    def start(code, env=None, name="thing"):
        found = Part(name, [sys.executable, "-c", code], tmp_path / "logs" / "thing.log", env or {})
        made.append(found)
        found.start(cwd=tmp_path)
        return found

    yield start
    for found in made:
        found.stop(grace_s=0.1)


def gone(pid):
    """Whether a process has ended; one that nobody has waited for yet counts as ended."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_for(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_ready_line_is_read_and_all_output_is_in_the_log(part, tmp_path):
    found = part("import sys; print('oh', file=sys.stderr)\n" + READY)
    assert found.wait_ready_line() == {"port": 7, "host": "h"}
    assert found.exit_status() is None
    found.stop()
    log = (tmp_path / "logs" / "thing.log").read_text()
    assert "oh" in log
    assert '"port": 7' in log


def test_an_early_death_is_told_with_the_end_of_the_log(part):
    found = part("print('one'); raise SystemExit('no disk left')")
    with pytest.raises(StackError, match=r"thing ended with status 1 .*no disk left"):
        found.wait_port(free_port())


def test_a_death_before_the_first_line_is_told_too(part):
    found = part("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(StackError, match=r"thing ended with status -9 before it was ready$"):
        found.wait_ready_line()


def test_something_else_than_a_ready_line_is_told(part):
    with pytest.raises(StackError, match="thing did not say that it is ready; it said: hello"):
        part("import time; print('hello', flush=True); time.sleep(60)").wait_ready_line()


def test_a_part_that_never_gets_ready_is_told(part):
    with pytest.raises(StackError, match=r"thing was not ready within 0\.1 s"):
        part("import time; time.sleep(60)").wait_ready_line(limit_s=0.1)


def test_a_port_is_waited_for(part):
    port = free_port()
    found = part(f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); time.sleep(60)")
    found.wait_port(port)
    with socket.create_connection(("127.0.0.1", port), 5):
        assert found.exit_status() is None


def test_a_port_that_another_program_has_is_not_mistaken_for_the_parts(part):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = part("raise SystemExit('address in use')")
        wait_for(lambda: found.exit_status() is not None)
        with pytest.raises(StackError, match="address in use"):
            found.wait_port(taken.getsockname()[1])


def test_a_program_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StackError, match="thing cannot be started: /no/such/program"):
        Part("thing", ["/no/such/program"], tmp_path / "log").start()


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(StackError, match=r"taken: cannot be written: .*; choose another place with --out"):
        Part("thing", [sys.executable, "--version"], tmp_path / "taken" / "log").start()


def test_environment_is_given_and_kept_away(tmp_path, monkeypatch):
    monkeypatch.setenv("LOCUST_USERS", "9")
    code = "import json, os, time\n"
    code += "print(json.dumps([os.environ.get(name) for name in ('GIVEN', 'LOCUST_USERS')]), flush=True)\n"
    code += "time.sleep(60)"
    found = Part("thing", [sys.executable, "-c", code], tmp_path / "log", {"GIVEN": "yes"})
    found.forget(["LOCUST_USERS", "NEVER_SET"])
    found.start()
    try:
        assert found.wait_ready_line() == ["yes", None]
    finally:
        found.stop()


CHILD = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print('{"child": %d}' % child.pid, flush=True)
time.sleep(60)
"""


def test_stop_ends_a_process_that_will_not_and_its_children(part):
    found = part(CHILD)
    child = found.wait_ready_line()["child"]
    found.stop(grace_s=0.2)
    assert found.exit_status() == -signal.SIGKILL
    wait_for(lambda: gone(child))


def test_stop_lets_a_process_clean_up_and_may_be_called_again(part, tmp_path):
    code = "import signal, sys, time\n"
    code += "signal.signal(signal.SIGTERM, lambda *_: (open('clean', 'w').close(), sys.exit(0)))\n"
    found = part(code + READY)
    found.wait_ready_line()
    found.stop()
    found.stop()
    assert found.exit_status() == 0
    assert (tmp_path / "clean").exists()


def test_stop_before_start_is_nothing(tmp_path):
    found = Part("thing", ["x"], tmp_path / "log")
    found.stop()
    assert found.exit_status() is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux can promise that")
def test_a_part_does_not_outlive_a_run_that_was_killed(tmp_path):
    code = f"""
import sys, time
from pathlib import Path
from harness.stack.part import Part
part = Part("thing", [sys.executable, "-c", "import time; time.sleep(60)"], Path({str(tmp_path / "log")!r}))
part.start()
print(part.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        pid = int(run.stdout.readline())
        os.kill(run.pid, signal.SIGKILL)
    wait_for(lambda: gone(pid))
