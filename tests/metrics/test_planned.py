import pytest

from harness.checks import run_checks
from harness.metrics.faults import hit_by
from harness.metrics.join import join
from harness.record import Outcome
from tests.synthetic import Scene, at


def flags(scene):
    attempts = join(scene.run()).attempts.set_index("stream")
    return attempts[["hit_cut", "hit_outage", "hit_refuse"]]


def with_cut(how="rst"):
    scene = Scene()
    scene.note(5.0, "network", "cut", cohort="a", phase="steady", params={"how": how})
    scene.note(5.5, "network", "cut_end", cohort="a", phase="steady", params={"how": how})
    return scene


def test_a_cut_hits_what_was_open_and_broke_while_it_was_armed():
    scene = with_cut()
    scene.stream(1, 4.0, cohort="a", outcome=Outcome.RESET, closed_ns=at(5.01))
    scene.stream(2, 4.0, cohort="a", outcome=Outcome.RESET, closed_ns=at(5.45))  # its next token came late
    assert flags(scene)["hit_cut"].tolist() == ["rst", "rst"]


@pytest.mark.parametrize(
    "fields",
    [
        {"cohort": "b", "closed_ns": at(5.01)},
        {"cohort": "a", "closed_ns": at(4.5)},
        {"cohort": "a", "closed_ns": at(6.5)},
        {"cohort": "a", "closed_ns": at(5.01), "phase": "another"},
        {"cohort": "", "closed_ns": at(5.01)},
    ],
)
def test_a_failure_beside_a_cut_is_not_excused_by_it(fields):
    scene = with_cut()
    scene.stream(1, 4.0, outcome=Outcome.RESET, **fields)
    assert flags(scene)["hit_cut"].tolist() == [""]


@pytest.mark.parametrize("outcome", [Outcome.RATE_LIMITED, Outcome.REFUSED, Outcome.ERROR_EVENT])
def test_a_stream_that_was_given_an_answer_was_not_cut(outcome):
    scene = with_cut()
    scene.stream(1, 4.9, cohort="a", outcome=outcome, closed_ns=at(5.01))
    assert flags(scene)["hit_cut"].tolist() == [""]


def test_a_stream_that_completed_was_not_cut():
    scene = with_cut()
    scene.stream(1, 4.0, cohort="a", terminal_ns=at(5.2), closed_ns=at(5.2))
    assert flags(scene)["hit_cut"].tolist() == [""]


def test_an_outage_hits_every_stream_that_was_open_in_it():
    scene = Scene()
    scene.note(5.0, "network", "outage_begin", cohort="a")
    scene.note(8.0, "network", "outage_end", cohort="a")
    scene.stream(1, 4.0, cohort="a", gaps_ms=[3500.0], tokens=2)
    scene.stream(2, 6.0, cohort="a", ttft_ms=2500.0)
    scene.stream(3, 3.0, cohort="a")
    scene.stream(4, 8.5, cohort="a")
    scene.stream(5, 4.0, cohort="b", gaps_ms=[3500.0], tokens=2)
    assert flags(scene)["hit_outage"].tolist() == [True, True, False, False, False]


def test_a_refusing_network_hits_new_connections_and_closes_the_open_ones():
    scene = Scene()
    scene.note(5.0, "network", "refuse_begin", cohort="a")
    scene.note(7.0, "network", "refuse_end", cohort="a")
    scene.stream(1, 5.5, cohort="a", tokens=0, outcome=Outcome.REFUSED, connected_ns=None, sent_ns=None)
    scene.stream(2, 4.0, cohort="a", outcome=Outcome.TRUNCATED, closed_ns=at(5.01))
    scene.stream(3, 4.0, cohort="a", outcome=Outcome.TRUNCATED, closed_ns=at(6.0))
    scene.stream(4, 7.5, cohort="a", tokens=0, outcome=Outcome.REFUSED)
    scene.stream(5, 4.0, cohort="a")
    assert flags(scene)["hit_refuse"].tolist() == [True, True, False, False, False]


@pytest.mark.parametrize(
    "params", [{"kind": "blackhole"}, {"kind": "sealed", "outage_s": 90.0, "hold_s": 94.5}]
)
def test_an_outage_that_outlasts_its_users_is_a_silence_that_breaks_streams_by_plan(params):
    scene = Scene()
    scene.note(5.0, "network", "outage_begin", cohort="a", phase="steady", params=params)
    scene.stream(1, 4.0, cohort="a", outcome=Outcome.STALLED, closed_ns=at(25.0))
    scene.stream(2, 4.0, cohort="a", outcome=Outcome.TRUNCATED, closed_ns=at(6.0))
    scene.stream(3, 4.0, cohort="b", outcome=Outcome.STALLED, closed_ns=at(25.0))
    assert flags(scene)["hit_cut"].tolist() == ["silence", "", ""]
    assert not flags(scene)["hit_outage"].any()


def test_a_stream_begun_in_a_silence_that_a_cut_ended_was_broken_by_the_cut():
    scene = Scene()
    scene.note(5.0, "network", "outage_begin", cohort="a", params={"kind": "sealed", "hold_s": 20.0})
    scene.note(8.0, "network", "cut", cohort="a", params={"how": "rst"})
    scene.note(8.5, "network", "cut_end", cohort="a", params={"how": "rst"})
    waiting = {"cohort": "a", "tokens": 0, "headers_ns": None, "first_byte_ns": None, "first_event_ns": None}
    scene.stream(1, 6.0, outcome=Outcome.RESET, closed_ns=at(8.1), **waiting)
    scene.stream(2, 6.0, outcome=Outcome.TIMED_OUT, closed_ns=at(8.1), **waiting)
    scene.stream(3, 6.0, outcome=Outcome.RESET, closed_ns=at(7.0), **waiting)
    assert flags(scene)["hit_cut"].tolist() == ["rst", "silence", "silence"]


def test_a_user_s_own_limit_that_runs_out_in_an_outage_was_not_for_the_system_to_keep():
    scene = Scene()
    scene.note(5.0, "network", "outage_begin", cohort="a", params={"kind": "sealed", "hold_s": 3.0})
    scene.note(8.0, "network", "outage_end", cohort="a")
    scene.stream(1, 5.5, cohort="a", tokens=0, outcome=Outcome.TIMED_OUT, closed_ns=at(6.5))
    scene.stream(2, 4.0, cohort="a", outcome=Outcome.STALLED, closed_ns=at(7.5))
    scene.stream(3, 5.5, cohort="a", tokens=0, outcome=Outcome.TIMED_OUT, closed_ns=at(9.0))  # a second later
    scene.stream(4, 3.0, cohort="a", tokens=0, outcome=Outcome.TIMED_OUT, closed_ns=at(4.9))
    scene.stream(5, 4.0, cohort="a", outcome=Outcome.RESET, closed_ns=at(6.5))
    scene.stream(6, 5.5, cohort="b", tokens=0, outcome=Outcome.TIMED_OUT, closed_ns=at(6.5))
    assert flags(scene)["hit_cut"].tolist() == ["silence", "silence", "", "", "", ""]
    assert flags(scene)["hit_outage"].tolist() == [True, True, True, False, True, False]


def with_failed_change():
    scene = Scene()
    scene.note(5.0, "network", "outage_begin", cohort="a", phase="steady", error="no answer within 5 s")
    scene.note(8.0, "network", "outage_end", cohort="a", phase="steady", error="the proxy is quarantined")
    return scene


def test_what_breaks_on_a_path_whose_change_failed_is_nobody_s_known_doing():
    scene = with_failed_change()
    nothing = {"tokens": 0, "headers_ns": None, "outcome": Outcome.TIMED_OUT}
    scene.stream(1, 4.0, cohort="a", outcome=Outcome.STALLED, closed_ns=at(12.0))
    scene.stream(2, 12.0, cohort="a", **nothing)
    scene.stream(3, 4.0, cohort="a")  # over before it
    scene.stream(4, 6.0, cohort="a")  # it let this one through
    scene.stream(5, 6.0, cohort="a", outcome=Outcome.ERROR_EVENT, closed_ns=at(7.0))  # a word of the system
    scene.stream(6, 12.0, cohort="b", **nothing)
    assert flags(scene)["hit_cut"].tolist() == ["unknown", "unknown", "", "", "", ""]
    assert hit_by(join(scene.run()))["network path unknown"].sum() == 2


def test_a_path_of_unknown_state_breaks_no_promise_of_the_system():
    scene = with_failed_change()
    scene.stream(1, 4.0, cohort="a", outcome=Outcome.STALLED, closed_ns=at(12.0))
    found = run_checks(join(scene.run()))
    assert {check.state for check in found} == {"NOT MEASURED"}  # without a ledger
    assert not {"completes", "survives_outages", "reports_every_fault"} & {check.id for check in found}
