"""A master and two workers on a clock that only moves when somebody sleeps.

Asked in a process of its own, as Locust patches it. It begins at second 50; lines are [event, second, text].
"""

import pytest

from tests.load.locusts import answers_of

pytestmark = pytest.mark.slow

BEGUN = ["load_start", 52.0, ""]  # two seconds are left for the message to reach every worker


@pytest.fixture
def answers():
    return answers_of("master_in_locust")


def test_workers_that_are_ready_get_one_start_instant_and_a_share_each(answers):
    assert answers["start"] == {"start_wall_s": 1052.0, "shards": {"w1": 0, "w2": 1}, "lines": [BEGUN]}


def test_a_live_line_adds_up_the_workers_and_tells_each_ttft_once(answers):
    assert answers["progress"] == [
        {
            "users": 4, "in_flight": 2, "finished": 3, "outcomes": {"completed": 2, "refused": 1},
            "ttft_ms": [10.0, 20.0], "rows": 3, "tokens": 34,
        },
        {
            "users": 4, "in_flight": 2, "finished": 4, "outcomes": {"completed": 3, "refused": 1},
            "ttft_ms": [30.0], "rows": 4, "tokens": 49,
        },
    ]  # fmt: skip


def test_at_the_end_streams_may_finish_and_the_master_waits_for_every_answer(answers):
    assert answers["whole"] == {
        "lines": [BEGUN, ["load_end", 63.1, ""]],
        "sent": [["sp_drain", {"limit_s": 3.0}]],  # the plan's drain_s
        "waited_s": 0.1,  # until both had answered
        "exit_code": 0,
    }


def test_a_plan_that_is_stopped_early_drains_nothing_and_names_who_did_not_answer(answers):
    late = ["worker_lost", 59.0, "load worker w2 did not hand over its records in time"]
    assert answers["cut_short"] == {
        "lines": [BEGUN, late, ["load_end", 59.0, ""]],
        "sent": [["sp_drain", {"limit_s": 0.0}]],
        "waited_s": 5.0,
    }


def test_without_a_plan_locusts_own_stop_timeout_is_the_limit(answers):
    assert answers["stopped_by_hand"]["sent"] == [["sp_drain", {"limit_s": 7.0}]]
    assert answers["stopped_by_hand"]["waited_s"] == 12.0


def test_told_to_stop_while_streams_may_finish_it_has_them_cut(answers):
    assert answers["told_again"] == {
        "sent": [["sp_drain", {"limit_s": 3.0}], ["sp_drain", {"limit_s": 0.0}]],
        "waited_s": 0.15,
    }


def test_a_worker_that_was_stopped_by_somebody_else_was_missing(answers):
    assert answers["deserters"] == [
        BEGUN,
        ["worker_lost", 63.0, "load worker load-2 was stopped before the plan's end"],
        ["load_end", 63.05, ""],
    ]


def test_a_worker_that_dies_is_told_once_by_the_name_of_its_process(answers):
    assert answers["losses"] == [BEGUN, ["worker_lost", 52.0, "load worker load-2 stopped answering"]]


def test_rows_and_reports_that_never_came_are_told(answers):
    assert answers["missing_rows"] == [
        BEGUN,
        ["worker_lost", 50.0, "load-1 made 3 records, 2 arrived"],
        ["worker_lost", 50.0, "reports of workers that never arrived: 1"],
        ["load_end", 50.0, ""],
    ]


def test_an_error_of_the_harness_is_told_once_a_worker(answers):
    assert answers["errors"] == [
        BEGUN,
        ["harness_error", 51.0, "boom"],
        ["harness_error", 52.0, "bang"],
        ["harness_error", 53.0, "boom"],  # the other worker's
    ]


def test_what_never_started_has_nothing_to_wait_for(answers):
    assert answers["unstarted"] == {"sent": [], "lines": []}
