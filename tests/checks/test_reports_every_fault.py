import pytest

from harness.checks.reports_every_fault import check
from harness.record import Outcome
from mock_provider import faults
from tests.checks.looking import view
from tests.synthetic import MS, Scene, at, plan


def hit(outcome, expect="error_event", fault="s1@10", **served):
    scene = Scene(plan(target={"expect": {"provider_fault": expect}}))
    values = {"fault": fault, "ended_by": "fault", "terminal_ns": None, **served}
    scene.served(scene.stream(1, outcome=outcome), **values)
    found = check(view(scene))
    return found[0].state if found else None


@pytest.mark.parametrize("fault", ["s1@10", "s2@10", "s3@10"])
def test_a_gateway_turns_a_broken_answer_into_an_error(fault):
    assert hit(Outcome.ERROR_EVENT, fault=fault) == "PASS"
    for wrong in (Outcome.COMPLETED, Outcome.TRUNCATED, Outcome.RESET, Outcome.STALLED):
        assert hit(wrong, fault=fault) == "FAIL", wrong


@pytest.mark.parametrize(
    ("fault", "endings"),
    [("s1@10", {Outcome.TRUNCATED}), ("s2@10", {Outcome.TRUNCATED, Outcome.RESET}),
     ("s3@10", {Outcome.TRUNCATED, Outcome.RESET})],
)  # fmt: skip
def test_a_transparent_proxy_passes_on_what_it_sees(fault, endings):
    for outcome in (Outcome.COMPLETED, Outcome.TRUNCATED, Outcome.RESET, Outcome.STALLED):
        expected = "PASS" if outcome in endings else "FAIL"
        assert hit(outcome, "as_is", fault) == expected, outcome


def test_an_error_status_is_an_error_status_for_the_user():
    assert hit(Outcome.REFUSED, fault="h1:500", status=500) == "PASS"
    assert hit(Outcome.COMPLETED, fault="h1:500", status=500) == "FAIL"
    assert hit(Outcome.RATE_LIMITED, fault="h1:429", status=429) == "PASS"
    assert hit(Outcome.REFUSED, fault="h1:429", status=429) == "FAIL"


def stalled(outcome, seconds=2.0, **target):
    served = {"ended_by": "provider", "terminal_ns": at(9.0), "injected_us": round(seconds * 1e6)}
    scene = Scene(plan(target=target))
    scene.served(scene.stream(1, outcome=outcome), fault=f"s6@10:{seconds:g}", **served)
    (found,) = check(view(scene))
    return found.state


def test_a_stall_that_ends_is_survived():
    assert stalled(Outcome.COMPLETED) == "PASS"
    assert stalled(Outcome.STALLED) == "FAIL"
    assert stalled(Outcome.ERROR_EVENT) == "FAIL"


def test_a_stall_beyond_a_declared_limit_may_end_the_stream():
    limits = {"limits": {"idle_s": 5.0}}
    assert stalled(Outcome.STALLED, 8.0, **limits) == "PASS"
    assert stalled(Outcome.COMPLETED, 8.0, **limits) == "PASS"
    assert stalled(Outcome.STALLED, 4.0, **limits) == "FAIL"


def test_a_stall_that_ends_in_death_is_an_error():
    died = {"fault": "s6@10:2:die", "injected_us": 2_000_000}
    assert hit(Outcome.ERROR_EVENT, **died) == "PASS"
    assert hit(Outcome.COMPLETED, **died) == "FAIL"


def test_a_system_that_asked_again_and_delivered_has_absorbed_the_fault():
    scene = Scene()
    row = scene.stream(1, ttft_ms=600.0)
    scene.served(row, fault="s1@3", ended_by="fault", terminal_ns=None, emitted=3)
    scene.served(row, received_ns=row.sent_ns + 300 * MS)
    assert [found.state for found in check(view(scene))] == ["PASS"]


def cut(how, outcome, **fields):
    scene = Scene()
    scene.note(5.0, "network", "cut", cohort="a", params={"how": how})
    scene.note(5.5, "network", "cut_end", cohort="a", params={"how": how})
    scene.stream(1, 4.5, cohort="a", outcome=outcome, closed_ns=at(5.1), **fields)
    found = check(view(scene))
    return found[0].state if found else None


def test_a_reset_is_a_reset_and_a_close_a_truncation():
    assert cut("rst", Outcome.RESET) == "PASS"
    assert cut("rst", Outcome.TRUNCATED) == "FAIL"
    assert cut("fin", Outcome.TRUNCATED) == "PASS"
    assert cut("fin", Outcome.STALLED) == "FAIL"


def test_before_the_head_of_a_response_a_close_may_look_like_a_reset():
    assert cut("fin", Outcome.RESET, tokens=0, headers_ns=None) == "PASS"


@pytest.mark.parametrize(
    ("fault", "expect", "honest"),
    [
        ("s4@10", "error_event", {"error_event", "refused"}),
        ("s4@10", "as_is", {"error_event", "refused", "truncated", "reset"}),
        ("s5@10:server", "error_event", {"error_event", "refused"}),
        ("s5@10:server", "as_is", {"error_event", "refused"}),
        ("s9:html", "error_event", {"error_event", "refused"}),
        ("s9:html", "as_is", {"error_event", "refused", "truncated", "corrupt"}),
        ("c1:rst", "error_event", {"error_event", "refused"}),
        ("s8@10:bad_json", "error_event", {"completed", "error_event", "refused"}),
        ("s8@10:bad_json", "as_is", {"completed", "error_event", "refused", "corrupt"}),
        ("s10:W16", "error_event", {"completed"}),
        ("s12:null", "as_is", {"completed"}),
        ("s11@5:after_done", "error_event", {"completed", "error_event", "refused"}),
        ("s11@5:duplicate", "error_event", {"completed", "error_event", "refused", "corrupt"}),
    ],
)
def test_every_fault_of_the_catalogue_has_its_honest_endings(fault, expect, honest):
    every = [outcome for outcome in Outcome if outcome not in ("cancelled", "abandoned", "interrupted")]
    passed = {str(o) for o in every if hit(o, expect, fault, terminal_ns=at(9.0)) == "PASS"}
    assert passed == honest


def test_every_fault_that_the_provider_can_play_has_a_rule():
    for fault in faults.names():
        assert hit(Outcome.COMPLETED, fault=f"{fault}@3") is not None, fault


@pytest.mark.parametrize("fault", ["s7@5:1", "c2:3", "c3:3"])
def test_a_delay_is_survived_like_a_stall(fault):
    served = {"fault": fault, "ended_by": "provider", "terminal_ns": at(9.0), "injected_us": 3_000_000}
    assert hit(Outcome.COMPLETED, **served) == "PASS"
    assert hit(Outcome.TIMED_OUT, **served) == "FAIL"
    assert hit(Outcome.TIMED_OUT, **{**served, "injected_us": 30_000_000}) == "PASS"


@pytest.mark.parametrize(
    ("fault", "status", "outcome"), [("h2:ms", 429, "rate_limited"), ("h4:context", 400, "refused")]
)
def test_a_refusal_keeps_its_class(fault, status, outcome):
    assert hit(Outcome(outcome), fault=fault, status=status) == "PASS"
    assert hit(Outcome.TRUNCATED, fault=fault, status=status) == "FAIL"


def test_who_left_on_purpose_is_not_judged():
    assert cut("rst", Outcome.CANCELLED) is None


def test_a_fault_without_a_rule_here_is_left_to_other_checks():
    assert hit(Outcome.COMPLETED, fault="s99@3") is None
