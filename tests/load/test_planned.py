"""Plans under Locust: phases of both kinds, one process and several, and every way to be stopped."""

import os
import signal
import time
from collections import Counter

import msgspec
import pytest

from harness.plan.phases import Load, Phase
from harness.plan.plan import Plan
from harness.plan.reader import dump
from harness.plan.target import Target
from harness.stack.part import free_port
from tests.load.locusts import answer, live, locust, recording, rows, running, said
from tests.misbehaving import Misbehaving, Pause, head
from tests.transports.answers import event

pytestmark = pytest.mark.slow

ENDLESS = [head(), event(content="a"), Pause(30)]
OPEN = Load(rate=8.0, arrivals="constant")


def planned(folder, *phases, drain_s=10.0):
    plan = Plan(
        name="test", provider=None, target=Target(connections="fresh"), phases=list(phases), drain_s=drain_s
    )
    file = folder / "plan.yaml"
    file.write_text(dump(plan))
    return ["--plan", str(file)]


def phase(name, load, duration_s=2.0, **fields):
    return Phase(name=name, duration_s=duration_s, load=load, **fields)


def closed(users, think_s=0.1):
    return Load(users=users, ramp_s=0.5, think_s=think_s)


def two_workers():
    port = str(free_port())
    return [
        "--processes", "2", "--expect-workers-max-wait", "30",
        "--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port,
    ]  # fmt: skip


def wait_for(condition, limit_s=40.0):
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)


def test_closed_and_open_phases_follow_each_other(tmp_path):
    phases = (phase("people", closed(3)), phase("arrivals", OPEN), phase("again", closed(2)))
    with Misbehaving(answer()) as server:
        found = locust(*planned(tmp_path, *phases), *recording(server, tmp_path), cwd=tmp_path)
    assert found.returncode == 0
    streams, lines = rows(tmp_path), live(tmp_path)
    start_ns = lines[0].t_ns
    assert {row.outcome for row in streams} == {"completed"}
    by_phase = {
        name: [row for row in streams if row.phase == name] for name in ("people", "arrivals", "again")
    }
    for number, name in enumerate(by_phase):
        begin_ns = start_ns + number * 2_000_000_000
        assert by_phase[name]
        assert all(begin_ns <= row.intended_ns < begin_ns + 2_000_000_000 for row in by_phase[name])
    arrivals = sorted(row.intended_ns - start_ns for row in by_phase["arrivals"])
    assert arrivals == [2_000_000_000 + number * 125_000_000 for number in range(16)]
    assert len({row.user for row in by_phase["people"]}) == 3
    assert len({row.user for row in by_phase["again"]}) == 2
    assert (lines[-1].event, lines[-1].rows, lines[-1].finished) == ("load_end", len(streams), len(streams))
    assert len({row.stream for row in streams}) == len(streams)


def test_streams_still_open_at_the_end_may_finish_within_the_drain(tmp_path):
    plan = planned(tmp_path, phase("p", OPEN, 1.0))
    with Misbehaving(answer(tokens=3, gap_s=0.6)) as server:
        locust(*plan, *recording(server, tmp_path), cwd=tmp_path)
    assert Counter(row.outcome for row in rows(tmp_path)) == {"completed": 8}


def test_a_drain_that_is_too_short_cuts_and_says_so(tmp_path):
    plan = planned(tmp_path, phase("p", OPEN, 1.0), drain_s=0.5)
    with Misbehaving(ENDLESS) as server:
        locust(*plan, *recording(server, tmp_path), cwd=tmp_path)
    assert Counter((row.outcome, row.detail) for row in rows(tmp_path)) == {("interrupted", "run_ended"): 8}


def test_what_the_cap_prevents_is_recorded_as_not_started(tmp_path):
    load = msgspec.structs.replace(OPEN, max_in_flight=3)
    plan = planned(tmp_path, phase("p", load, 1.0), drain_s=0.5)
    with Misbehaving(ENDLESS) as server:
        locust(*plan, *recording(server, tmp_path), cwd=tmp_path)
    streams = rows(tmp_path)
    assert Counter(row.outcome for row in streams) == {"interrupted": 3, "not_started": 5}
    missing = [row for row in streams if row.outcome == "not_started"]
    assert {(row.detail, row.phase, row.dialect) for row in missing} == {("dropped", "p", "generic")}
    assert "max_in_flight" in missing[0].error


BROKEN = """
from locust import task
from harness.users import StreamingUser

class Broken(StreamingUser):
    @task
    def ask(self):
        raise KeyError("nothing to ask")
"""


def test_an_arrival_whose_scenario_fails_has_a_record_and_the_failure_is_told(tmp_path):
    file = tmp_path / "broken.py"
    file.write_text(BROKEN)
    plan = planned(tmp_path, phase("p", OPEN, 1.0, scenario="broken"))
    with Misbehaving(answer()) as server:
        locust(*plan, *recording(server, tmp_path), file=file, cwd=tmp_path)
    streams = rows(tmp_path)
    assert Counter(row.outcome for row in streams) == {"not_started": 8}
    assert "KeyError" in streams[0].error
    assert said(live(tmp_path), "harness_error") == ["KeyError: 'nothing to ask'"]


def test_a_trace_that_is_missing_is_told_and_not_just_a_run_without_load(tmp_path):
    plan = planned(tmp_path, phase("p", Load(trace=str(tmp_path / "none.txt")), 1.0))
    with Misbehaving(answer()) as server:
        locust(*plan, *recording(server, tmp_path), cwd=tmp_path)
    assert "none.txt" in said(live(tmp_path), "harness_error")[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_mid_run_cuts_the_streams_and_keeps_their_records(tmp_path, number):
    plan = planned(tmp_path, phase("p", closed(4), 60.0))
    with (
        Misbehaving(ENDLESS) as server,
        running("--headless", *plan, *recording(server, tmp_path), cwd=tmp_path) as process,
    ):
        wait_for(lambda: any(line.in_flight == 4 for line in live(tmp_path)))
        process.send_signal(number)
        process.wait(30)
    assert Counter((row.outcome, row.detail) for row in rows(tmp_path)) == {("interrupted", "run_ended"): 4}
    assert live(tmp_path)[-1].event == "load_end"


@pytest.mark.parametrize(
    ("load", "workers"), [(OPEN, list), (closed(8), two_workers)], ids=["arrivals", "users of two workers"]
)
def test_a_signal_while_streams_may_still_finish_cuts_them_and_keeps_their_records(tmp_path, load, workers):
    plan = planned(tmp_path, phase("p", load, 1.0), drain_s=60.0)
    with (
        Misbehaving(ENDLESS) as server,
        running("--headless", *plan, *workers(), *recording(server, tmp_path), cwd=tmp_path) as process,
    ):
        wait_for(lambda: any(line.in_flight == 8 for line in live(tmp_path)))
        over_ns = live(tmp_path)[0].t_ns + 3_000_000_000
        wait_for(lambda: live(tmp_path)[-1].t_ns > over_ns)
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert Counter((row.outcome, row.detail) for row in rows(tmp_path)) == {("interrupted", "run_ended"): 8}
    assert [live(tmp_path)[-1].event, *said(live(tmp_path), "worker_lost")] == ["load_end"]


def test_with_two_workers_the_same_arrivals_come_and_every_row_arrives(tmp_path):
    plan = planned(tmp_path, phase("p", Load(rate=20.0, arrivals="constant"), 1.0))
    with Misbehaving(answer(tokens=3, gap_s=0.5)) as server:
        locust(*plan, *two_workers(), *recording(server, tmp_path), cwd=tmp_path)
    streams, lines = rows(tmp_path), live(tmp_path)
    assert Counter(row.outcome for row in streams) == {"completed": 20}
    assert Counter(row.worker for row in streams) == {"load-0": 10, "load-1": 10}
    start_ns = lines[0].t_ns
    offsets_ms = sorted((row.intended_ns - start_ns) / 1e6 for row in streams)
    assert offsets_ms == pytest.approx([50 * number for number in range(20)], abs=0.5)
    assert (lines[-1].event, lines[-1].rows) == ("load_end", 20)
    assert said(lines, "worker_lost") == said(lines, "harness_error") == []


def test_without_a_plan_two_workers_drain_as_locusts_stop_timeout_says(tmp_path):
    with Misbehaving(answer(tokens=3, gap_s=1.0)) as server:
        arguments = ["--host", server.url, "-u", "20", "-r", "20", "-t", "6", "-s", "10", *two_workers()]
        locust(*arguments, *recording(server, tmp_path), cwd=tmp_path)
    streams, lines = rows(tmp_path), live(tmp_path)
    assert {row.outcome for row in streams} == {"completed"}
    assert len({(row.worker, row.user) for row in streams}) == 20
    assert (lines[-1].rows, said(lines, "worker_lost")) == (len(streams), [])


@pytest.mark.parametrize("everyone", [False, True])
def test_a_ctrl_c_with_workers_loses_no_record(tmp_path, everyone):
    plan = planned(tmp_path, phase("p", closed(20), 60.0))
    with Misbehaving(ENDLESS) as server:
        arguments = ["--headless", *plan, *two_workers(), *recording(server, tmp_path)]
        with running(*arguments, cwd=tmp_path) as process:
            wait_for(lambda: any(line.in_flight == 20 for line in live(tmp_path)))
            if everyone:  # as a terminal does it
                os.killpg(process.pid, signal.SIGINT)
            else:
                process.send_signal(signal.SIGINT)
            process.wait(30)
    assert Counter((row.outcome, row.detail) for row in rows(tmp_path)) == {("interrupted", "run_ended"): 20}
    lines = live(tmp_path)
    assert (lines[-1].event, lines[-1].rows, said(lines, "worker_lost")) == ("load_end", 20, [])


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def test_a_worker_that_is_killed_is_noticed_and_the_rest_goes_on(tmp_path):
    plan = planned(tmp_path, phase("p", closed(6), 12.0), drain_s=2.0)
    with Misbehaving(answer(tokens=2, gap_s=0.1)) as server:
        arguments = ["--headless", *plan, *two_workers(), *recording(server, tmp_path)]
        with running(*arguments, cwd=tmp_path) as process:
            wait_for(lambda: any(line.finished >= 6 for line in live(tmp_path)))
            os.kill(children(process.pid)[0], signal.SIGKILL)
            process.wait(40)
    lost = said(live(tmp_path), "worker_lost")
    assert len(lost) == 1
    assert "stopped answering" in lost[0]
    assert live(tmp_path)[-1].event == "load_end"
