import operator

import pytest

from harness.metrics.join import join
from harness.record import Outcome
from harness.validity import assess
from harness.validity.grade import graded
from tests.synthetic import MS, Scene, at, int32s, plan

OPEN = [{"name": "steady", "duration_s": 20.0, "load": {"rate": 5.0}}]


def checks(scene):
    return {check.id: check for check in assess(join(scene.run())).checks}


def some(scene=None, count=20, **fields):
    scene = scene or Scene()
    for stream in range(count):
        scene.whole(stream, 1.0 + stream * 0.2, **fields)
    return scene


def test_a_healthy_run_is_valid_and_says_by_which_numbers():
    scene = some()
    scene.seconds_of_host(20)
    scene.facts["rows_expected"] = {"load-0": 20}
    found = assess(join(scene.run()))
    assert found.state == "VALID"
    assert {check.id for check in found.checks} == {
        "parts_alive", "parts_complete", "conservation", "dispatch_delay", "loop_lag", "loop_lag_max",
        "gc_pause", "cpu", "steal", "sockets", "descriptors", "ports", "read_lag", "kernel_stamps",
        "merged_stamps", "events_per_worker", "mock_lateness", "any_success",
        "throttled", "clock",
    }  # fmt: skip
    assert all(check.value is not None and check.limit is not None and check.stat for check in found.checks)
    assert all(within(check) for check in found.checks)


def within(check):
    sides = {"at most": operator.le, "below": operator.lt, "at least": operator.ge}
    return sides[check.bound](check.value, check.limit)


def test_a_question_without_evidence_is_absent():
    scene = Scene()
    scene.stream(1, tokens=0, outcome=Outcome.REFUSED, dispatched_ns=None)
    assert set(checks(scene)) == {"parts_alive", "conservation", "sockets", "any_success"}


@pytest.mark.parametrize(
    ("value", "state"), [(10, "VALID"), (10.1, "SUSPECT"), (25, "SUSPECT"), (25.1, "INVALID")]
)
def test_a_limit_itself_is_still_within(value, state):
    assert graded(value, 10, 25) == state


def test_the_death_of_a_part_makes_a_run_invalid():
    scene = some()
    scene.facts["died"] = ["the mock provider died (status -9)"]
    found = checks(scene)["parts_alive"]
    assert (found.state, found.value, found.note) == ("INVALID", 1.0, "the mock provider died (status -9)")


def test_missing_records_and_damaged_lines_make_a_run_invalid():
    scene = some()
    scene.facts |= {"rows_expected": {"load-0": 23}, "damaged": 2}
    found = checks(scene)["parts_complete"]
    assert (found.state, found.value) == ("INVALID", 5.0)
    assert found.note == "3 records of load-0 are missing; 2 damaged lines"


def test_all_load_processes_may_be_counted_together():
    scene = some()
    scene.facts["rows_expected"] = {"load": 20}
    assert checks(scene)["parts_complete"].state == "VALID"


def test_a_run_that_left_nothing_is_invalid_unless_its_user_stopped_it():
    found = checks(Scene())["records"]
    assert (found.state, within(found)) == ("INVALID", False)
    assert "records" not in checks(Scene(facts={"interrupted": True}))


def test_a_stream_without_a_request_breaks_conservation():
    scene = some()
    scene.stream(99)
    found = checks(scene)["conservation"]
    assert (found.state, found.value) == ("INVALID", 1.0)


def test_an_empty_ledger_of_our_own_stack_is_a_loss_and_of_a_foreign_system_no_evidence():
    scene = Scene()
    scene.stream(1)
    assert checks(scene)["conservation"].state == "INVALID"
    scene.plan = plan(target={"url": "http://127.0.0.1:9"})
    assert "conservation" not in checks(scene)


def test_a_run_in_which_nothing_went_well_is_doubtful():
    scene = Scene()
    scene.stream(1, tokens=0, outcome=Outcome.REFUSED)
    found = checks(scene)["any_success"]
    assert (found.state, found.value) == ("SUSPECT", 0.0)
    scene.whole(2)
    assert checks(scene)["any_success"].state == "VALID"


def test_streams_that_their_users_left_or_nobody_began_prove_nothing_either_way():
    scene = Scene()
    for stream, outcome in enumerate((Outcome.CANCELLED, Outcome.ABANDONED, Outcome.NOT_STARTED)):
        scene.stream(stream, outcome=outcome)
    assert "any_success" not in checks(scene)


def late(delay_ms, count=20, scene=None):
    scene = scene or Scene()
    for stream in range(count):
        begin = 1.0 + stream * 0.2
        scene.whole(stream, begin, dispatched_ns=at(begin) + round(delay_ms * MS))
    return scene


@pytest.mark.parametrize(("delay_ms", "state"), [(5, "VALID"), (12, "INVALID")])
def test_streams_that_all_begin_late_make_a_run_invalid(delay_ms, state):
    assert checks(late(delay_ms))["dispatch_delay"].state == state


@pytest.mark.parametrize(("delay_ms", "state"), [(20, "VALID"), (60, "SUSPECT"), (150, "INVALID")])
def test_a_few_late_streams_show_at_p99(delay_ms, state):
    scene = late(1, 20)
    scene.whole(50, 8.0, dispatched_ns=at(8.0) + delay_ms * MS)
    assert checks(scene)["dispatch_delay"].state == state


@pytest.mark.parametrize(("dropped", "state"), [(0, "VALID"), (2, "SUSPECT"), (6, "INVALID")])
def test_an_open_loop_that_drops_streams_is_doubtful(dropped, state):
    scene = some(Scene(plan(phases=OPEN)), 100 - dropped)
    for stream in range(200, 200 + dropped):
        scene.stream(stream, tokens=0, outcome=Outcome.NOT_STARTED, dispatched_ns=None, sent_ns=None)
    found = checks(scene)["rate_achieved"]
    assert (found.state, within(found)) == (state, state == "VALID")


def test_a_closed_loop_has_no_rate_to_achieve():
    assert "rate_achieved" not in checks(some())


@pytest.mark.parametrize(
    ("column", "value", "id", "state"),
    [
        ("loop_lag_p99_ms", 9.0, "loop_lag", "VALID"),
        ("loop_lag_p99_ms", 20.0, "loop_lag", "SUSPECT"),
        ("loop_lag_p99_ms", 30.0, "loop_lag", "INVALID"),
        ("loop_lag_max_ms", 60.0, "loop_lag_max", "SUSPECT"),
        ("loop_lag_max_ms", 196.0, "loop_lag_max", "INVALID"),
        ("gc_max_ms", 20.0, "gc_pause", "SUSPECT"),
        ("gc_max_ms", 60.0, "gc_pause", "INVALID"),
        ("cpu", 0.8, "cpu", "SUSPECT"),
        ("cpu", 0.95, "cpu", "INVALID"),
        ("steal", 0.05, "steal", "SUSPECT"),
        ("throttled", 0, "throttled", "VALID"),
        ("throttled", 1, "throttled", "SUSPECT"),
        ("wall_step_ms", 0.5, "clock", "VALID"),  # NTP's slewing at its fastest
        ("wall_step_ms", 3.0, "clock", "SUSPECT"),
    ],
)
def test_a_load_process_that_is_not_well_shows(column, value, id, state):
    scene = some()
    scene.seconds_of_host(20, **{column: value})
    found = checks(scene)[id]
    assert (found.state, within(found)) == (state, state == "VALID")


def test_one_blocked_moment_of_200_ms_is_enough():
    scene = some()
    scene.seconds_of_host(20)
    scene.host[7].loop_lag_max_ms = 197.0
    assert assess(join(scene.run())).state == "INVALID"


def test_the_worst_load_process_decides_and_others_do_not_count():
    scene = some()
    scene.seconds_of_host(20, "load-0")
    scene.seconds_of_host(20, "load-1", cpu=0.95)
    scene.seconds_of_host(20, "mock-0", cpu=0.99)
    assert checks(scene)["cpu"].value == 0.95


def test_what_happened_before_and_after_the_phases_is_not_held_against_them():
    scene = some()
    scene.seconds_of_host(20)
    scene.seconds_of_host(1, loop_lag_max_ms=900.0)
    scene.host[-1].t_ns = at(-1.0)
    scene.seconds_of_host(1, loop_lag_max_ms=900.0)
    scene.host[-1].t_ns = at(25.0)
    assert checks(scene)["loop_lag_max"].state == "VALID"


def test_late_reads_are_doubtful_and_without_kernel_stamps_wrong():
    lag = int32s([40_000] * 10)
    assert checks(some(read_lag_us=lag))["read_lag"].state == "SUSPECT"
    plain = some(read_lag_us=lag, stamps_kernel=0, stamps_absent=10)
    assert checks(plain)["read_lag"].state == "INVALID"
    assert checks(plain)["kernel_stamps"].state == "SUSPECT"


def test_implausible_stamps_are_counted():
    found = checks(some(stamps_kernel=9, stamps_implausible=1))["kernel_stamps"]
    assert (found.value, found.state) == (0.1, "SUSPECT")


def test_events_that_share_a_stamp_because_we_were_late_are_counted():
    merged = {
        "tokens": 10, "read_us": int32s([200_000, 220_000, 240_000, 260_000]), "read_bytes": int32s([60] * 4),
        "read_events": int32s([1, 1, 1, 7]), "read_tokens": int32s([1, 1, 1, 7]),
    }  # fmt: skip
    late_reads = some(**merged, read_lag_us=int32s([10, 10, 10, 120_000]))
    assert checks(late_reads)["merged_stamps"].state == "INVALID"
    system_s_doing = some(**merged, read_lag_us=int32s([10, 10, 10, 50]))
    assert checks(system_s_doing)["merged_stamps"].state == "VALID"


def direct(delay_ms, **keys):
    """Twenty streams on a path without anything between, each token `delay_ms` under way."""
    scene = Scene(plan(stack={"system": "none"}, **keys))
    for stream in range(20):
        scene.served(scene.stream(stream, 1.0 + stream * 0.2), delay_ms=delay_ms)
    return scene


@pytest.mark.parametrize(("delay_ms", "state"), [(2, "VALID"), (20, "SUSPECT"), (30, "INVALID")])
def test_tokens_that_come_late_where_nothing_lies_between_are_ours(delay_ms, state):
    found = checks(direct(delay_ms))["event_lateness"]
    assert (found.state, found.value) == (state, float(delay_ms))


def test_what_a_system_a_network_or_a_fault_delays_is_not_ours():
    assert "event_lateness" not in checks(some())
    network = {"links": {"radio": "lte_good"}, "journeys": {"out": [{"link": "radio"}]}}
    cohorts = [{"name": "a", "journey": "out"}]
    phase = {"name": "steady", "duration_s": 20.0, "load": {"users": 10}, "network": cohorts}
    assert "event_lateness" not in checks(direct(30, phases=[phase], network=network))
    scene = Scene(plan(stack={"system": "none"}))
    scene.served(scene.stream(1), delay_ms=30, fault="s10:W03")
    assert "event_lateness" not in checks(scene)


def mock_late(late_us, **stream):
    scene = Scene()
    for number in range(20):
        row = scene.stream(number, 1.0 + number * 0.1, **stream)
        scene.served(row, late_us=int32s([late_us] * 10))
    return scene


@pytest.mark.parametrize(("late_us", "state"), [(9_000, "VALID"), (20_000, "SUSPECT"), (30_000, "INVALID")])
def test_a_provider_that_keeps_its_schedule_badly_poisons_the_run(late_us, state):
    assert checks(mock_late(late_us))["mock_lateness"].state == state


def test_slow_answers_allow_the_provider_more():
    found = checks(mock_late(30_000, gaps_ms=400.0))["mock_lateness"]
    assert (found.limit, found.state) == (40.0, "VALID")


def test_a_provider_held_up_by_a_sealed_network_is_not_late():
    scene = mock_late(500_000, cohort="a")
    scene.whole(99, 12.0)
    scene.note(0.5, "network", "outage_begin", cohort="a")
    scene.note(9.0, "network", "outage_end", cohort="a")
    assert checks(scene)["mock_lateness"].state == "VALID"


def test_network_events_that_came_late_or_failed_are_doubtful():
    scene = some()
    scene.note(5.3, "network", "cut", cohort="a", planned_ns=at(5.0))
    scene.note(6.0, "network", "cut", cohort="a", planned_ns=at(6.0), error="no answer from the proxy")
    for number in range(8):
        scene.note(7.0 + number, "network", "link", cohort="b", planned_ns=at(7.0 + number))
    found = checks(scene)
    assert (found["network_lateness"].state, found["network_lateness"].value) == ("SUSPECT", 300.0)
    assert found["network_applied"].state == "SUSPECT"
    assert "no answer from the proxy" in found["network_applied"].note


def test_a_run_most_of_whose_network_changes_failed_is_not_the_run_of_its_plan():
    scene = some()
    scene.note(5.0, "network", "link", cohort="a", planned_ns=at(5.0))
    scene.note(6.0, "network", "cut", cohort="a", planned_ns=at(6.0), error="no answer from the proxy")
    assert checks(scene)["network_applied"].state == "INVALID"


@pytest.mark.parametrize(("events", "state"), [(19_000, "VALID"), (22_000, "SUSPECT"), (26_000, "INVALID")])
def test_more_events_than_a_process_can_stamp_make_a_run_doubtful(events, state):
    scene = some(count=1)
    each = int32s([events // 10] * 10)
    scene.stream(50, ttft_ms=100.0, gaps_ms=10.0, read_events=each, read_tokens=int32s([0] * 10), tokens=10)
    assert checks(scene)["events_per_worker"].state == state


def test_a_machine_that_was_measured_has_a_cap_of_its_own():
    scene = some(count=1)
    scene.facts["env"] = {"events_per_worker": 10}
    assert checks(scene)["events_per_worker"].value == 1.0
    scene.facts["env"] = {"events_per_worker": 5}
    assert checks(scene)["events_per_worker"].state == "INVALID"


@pytest.mark.parametrize("code", ["EMFILE", "ENFILE", "EADDRNOTAVAIL"])
def test_a_connection_that_this_machine_could_not_open_makes_a_run_invalid(code):
    scene = some()
    scene.stream(90, tokens=0, outcome=Outcome.REFUSED, error=f"{code} connecting to 127.0.0.1:80")
    found = checks(scene)["sockets"]
    assert (found.state, found.value) == ("INVALID", 1.0)
    assert code in found.note


def test_a_connection_that_the_system_refused_says_nothing_about_this_machine():
    scene = some()
    scene.stream(90, tokens=0, outcome=Outcome.REFUSED, error="ECONNREFUSED connecting to 127.0.0.1:80")
    assert checks(scene)["sockets"].state == "VALID"


@pytest.mark.parametrize("column", ["descriptors", "ports"])
def test_nearly_no_sockets_left_is_suspect(column):
    scene = some()
    scene.seconds_of_host(10, **{column: 0.4})
    assert checks(scene)[column].state == "VALID"
    scene.seconds_of_host(10, process="load-1", **{column: 0.95})
    found = checks(scene)[column]
    assert (found.state, found.value) == ("SUSPECT", 0.95)
    assert column in found.note


def test_a_part_of_the_stack_may_run_out_of_descriptors_too():
    scene = some()
    scene.seconds_of_host(10, descriptors=0.4)
    scene.seconds_of_host(10, process="system under test", descriptors=1.0)
    found = checks(scene)["descriptors"]
    assert (found.state, found.value) == ("SUSPECT", 1.0)
    assert found.note.startswith("system under test: ")


def test_an_older_run_is_not_asked_for_what_nobody_counted_then():
    later = ["descriptors", "ports", "throttled", "wall_step_ms"]
    scene = some()
    scene.seconds_of_host(10, **dict.fromkeys(later))
    found = set(checks(scene))
    assert "loop_lag" in found
    assert not found & {"descriptors", "ports", "throttled", "clock"}
