"""A scenario runs under plain Locust, with Locust's own options, tables and files."""

import csv
import re
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from harness.stack.part import free_port
from tests.load.locusts import CHAT, answer, environment, live, locust, recording, rows, running, said
from tests.misbehaving import Misbehaving, Pause, head
from tests.transports.answers import event

pytestmark = pytest.mark.slow


def table(path):
    with path.open(newline="") as file:
        return {row["Name"]: row for row in csv.DictReader(file)}


def test_it_works_headless_and_the_ttft_row_leaves_aggregated_alone(tmp_path):
    files = ["--csv", "out", "--html", "out.html"]
    with Misbehaving(answer()) as server:
        found = locust("--host", server.url, "-u", "4", "-r", "4", "-t", "6", *files, cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    counts = dict(re.findall(r"^(?:SSE)? +(.+?) {3,}(\d+) +0\(0", found.stderr + found.stdout, re.MULTILINE))
    assert set(counts) == {"chat", "chat TTFT", "Aggregated"}
    assert counts["chat"] == counts["Aggregated"] != "0"
    # A stream that the run's end met before its first token has none.
    assert 0 <= int(counts["chat"]) - int(counts["chat TTFT"]) <= 4
    written = table(tmp_path / "out_stats.csv")
    assert set(written) == {"chat", "chat TTFT", "Aggregated"}
    assert written["Aggregated"]["Request Count"] == written["chat"]["Request Count"]
    assert "chat TTFT" in (tmp_path / "out.html").read_text()


def test_a_failed_stream_is_a_failure_in_locusts_table_and_exit_code(tmp_path):
    refusing = [head(503, length=4, connection="close"), b"busy"]
    with Misbehaving(refusing) as server:
        found = locust("--host", server.url, "-u", "1", "-t", "6", cwd=tmp_path)
    assert found.returncode == 1
    assert "StreamFailed('refused')" in found.stderr + found.stdout


def test_without_anyone_to_ask_it_says_what_to_give(tmp_path):
    found = locust("-u", "1", "-t", "3", cwd=tmp_path)
    assert "give --host" in found.stderr


def test_streams_cut_by_the_run_time_are_recorded_as_interrupted(tmp_path):
    endless = [head(), event(content="a"), Pause(20)]
    with Misbehaving(endless) as server:
        locust(
            "--host", server.url, "-u", "3", "-r", "3", "-t", "6", *recording(server, tmp_path), cwd=tmp_path
        )
    assert [(row.outcome, row.detail) for row in rows(tmp_path)] == [("interrupted", "run_ended")] * 3
    lines = live(tmp_path)
    assert (lines[0].event, lines[-1].event, lines[-1].rows) == ("load_start", "load_end", 3)
    assert lines[-1].outcomes == {"interrupted": 3}


def test_locusts_stop_timeout_lets_streams_finish(tmp_path):
    with Misbehaving(answer(tokens=4, gap_s=0.8)) as server:
        arguments = ["--host", server.url, "-u", "3", "-r", "3", "-t", "6", "-s", "10"]
        locust(*arguments, *recording(server, tmp_path), cwd=tmp_path)
    assert {row.outcome for row in rows(tmp_path)} == {"completed"}
    assert len(rows(tmp_path)) >= 3


SCENARIO = """
from locust import constant, task, TaskSet
from harness.users import StreamingUser

class Own(StreamingUser):
    wait_time = constant(0.1)

    @task
    class Conversation(TaskSet):
        @task
        def ask(self):
            self.user.stream(name="own")

class Wrong(StreamingUser):
    fixed_count = 1

    @task
    def fail(self):
        raise ValueError("the scenario is wrong")

if __name__ == "__main__":
    from locust import run_single_user
    run_single_user(Own)
"""


def test_a_users_own_wait_time_and_task_sets_work_and_its_errors_are_told(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(SCENARIO)
    with Misbehaving(answer(tokens=1, gap_s=0)) as server:
        arguments = ["--host", server.url, "-u", "2", "-r", "2", "-t", "6", *recording(server, tmp_path)]
        locust(*arguments, file=file, cwd=tmp_path)
    found = rows(tmp_path)
    assert {row.name for row in found} == {"own"}
    assert len(found) >= 10  # with a think time of 1 to 3 s it would be three
    assert said(live(tmp_path), "harness_error") == ["ValueError: the scenario is wrong"]


def test_two_scenario_files_both_ask(tmp_path):
    other = tmp_path / "other.py"
    other.write_text(SCENARIO.replace("fixed_count = 1", "abstract = True"))
    with Misbehaving(answer(tokens=1, gap_s=0)) as server:
        arguments = ["--host", server.url, "-u", "4", "-r", "4", "-t", "7", *recording(server, tmp_path)]
        locust(*arguments, file=f"{CHAT},{other}", cwd=tmp_path)
    assert {row.name for row in rows(tmp_path)} == {"own", "chat"}


def test_one_user_runs_in_a_debugger(tmp_path):
    file = tmp_path / "single.py"
    file.write_text(SCENARIO)
    with Misbehaving(answer(tokens=1, gap_s=0)) as server:
        process = subprocess.Popen(
            [sys.executable, str(file), "--host", server.url],
            cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            seen = next((line for line in process.stdout if "own" in line), "")
        finally:
            process.kill()
            process.communicate()
    assert "SSE" in seen


def fetch(url):
    with urllib.request.urlopen(url, timeout=10) as page:
        return page.read().decode()


def test_the_web_page_opens_on_this_machine_and_offers_our_options(tmp_path):
    port = free_port()
    with running("--web-host", "127.0.0.1", "--web-port", str(port), file=CHAT, cwd=tmp_path) as process:
        while process.poll() is None:
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        page = fetch(f"http://127.0.0.1:{port}/")
    for option in ("dialect", "model", "api_key_env"):
        assert option in page
    assert "Addresses of a run" not in page
