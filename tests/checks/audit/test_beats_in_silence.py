import pytest

from harness.checks.audit.beats_in_silence import CHECK
from harness.checks.audit.check import Finding, Terms
from harness.transports.ending import Cause
from tests.checks.audit.scenes import heard
from tests.checks.audit.silent_system import meets

MOCK = frozenset({"mock"})


def terms(**changes) -> Terms:
    return Terms(**{"has": MOCK, "heartbeat_s": 1.0, **changes})


def judged(wanted: Terms, **behind) -> Finding:
    found = [meets(asked, **behind.get(asked.hop or "target", {})) for asked in CHECK.ask(wanted)]
    return CHECK.judge(found, wanted)


def test_the_silence_is_long_enough_for_two_beats():
    assert [one.fault for one in CHECK.ask(terms(heartbeat_s=15))] == ["s6@5:39", "c3:39"]


def test_the_silence_ends_before_the_system_gives_up():
    assert [one.fault for one in CHECK.ask(terms(heartbeat_s=15, stall_limit_s=30))] == ["s6@5:24", "c3:24"]


def test_a_system_that_beats_passes():
    found = judged(terms(), target={"beat_s": 1.0})
    assert (found.state, found.value, found.limit) == ("PASS", pytest.approx(1.0, abs=0.02), 1.5)
    assert "4 signs of life" in found.evidence


def test_a_system_without_heartbeats_fails_with_the_silence_that_its_user_met():
    found = judged(terms())
    assert (found.state, found.value) == ("FAIL", pytest.approx(2.6, abs=0.1))
    assert "0 signs of life, the longest time without any byte 2.6 s" in found.evidence
    assert len(found.streams) == 2


def test_beating_too_slowly_fails():
    assert judged(terms(), target={"beat_s": 2.0}).state == "FAIL"


def test_a_hop_that_swallows_the_beats_is_named():
    found = judged(terms(hops=("gateway",)), gateway={"beat_s": 1.0}, target={})
    assert found.state == "FAIL"
    assert "gateway: 4 signs of life" in found.evidence
    assert "the target: 0 signs of life" in found.evidence


def test_a_connection_that_ends_while_it_beats_keeps_this_promise():
    found = judged(terms(heartbeat_s=2), target={"beat_s": 1.0, "total_s": 3})
    assert found.state == "PASS"


def test_without_a_heads_worth_of_answer_nothing_can_be_said():
    asked = CHECK.ask(terms())
    answers = [heard(one, [], status=0, ending=Cause.RESET, ledger=[]) for one in asked]
    found = CHECK.judge(answers, terms())
    assert found.state == "INCONCLUSIVE"
    assert "the silence was never heard" in found.evidence


@pytest.mark.parametrize("wanted", [terms(heartbeat_s=15, stall_limit_s=20), terms(heartbeat_s=900)])
def test_a_heartbeat_too_rare_to_be_missed_is_said(wanted):
    assert all(one.limits.total_s <= 1800 for one in CHECK.ask(wanted))
    found = CHECK.judge([], wanted)
    assert found.state == "INCONCLUSIVE"
    assert "heartbeat_s" in found.fix
