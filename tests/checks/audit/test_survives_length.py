import pytest

from harness.checks.audit.check import Finding, Terms
from harness.checks.audit.survives_length import CHECK
from harness.transports.ending import Cause
from tests.checks.audit.scenes import heard
from tests.checks.audit.silent_system import meets

MOCK = frozenset({"mock"})


def terms(**changes) -> Terms:
    return Terms(**{"has": MOCK, "total_s": 120, **changes})


def judged(wanted: Terms, **behind) -> Finding:
    found = [meets(asked, **behind.get(asked.hop or "target", {})) for asked in CHECK.ask(wanted)]
    return CHECK.judge(found, wanted)


def test_a_token_every_20_s_makes_an_answer_of_two_minutes():
    (asked,) = CHECK.ask(terms())
    assert (asked.tokens, asked.itl_ms) == (7, 20_000)
    assert asked.limits.total_s > 120
    assert asked.limits.idle_s > 20


def test_the_whole_ladder_stays_within_our_own_limits():
    (asked,) = CHECK.ask(terms(total_s=1800))
    assert asked.limits.total_s == 1800


def test_tokens_keep_coming_within_a_declared_limit_of_silence():
    (asked,) = CHECK.ask(terms(total_s=12, stall_limit_s=3))
    assert (asked.tokens, asked.itl_ms) == (9, 1500)


def test_an_answer_that_may_last_passes():
    found = judged(terms(), target={"beat_s": 15})
    assert (found.state, found.value) == ("PASS", pytest.approx(120.03))
    assert "6 signs of life between 7 tokens" in found.evidence


def test_a_total_limit_is_found_in_spite_of_heartbeats_and_tokens():
    found = judged(terms(), target={"beat_s": 15, "total_s": 50})
    assert (found.state, found.value) == ("FAIL", pytest.approx(50))
    assert "ended after 50.0 s and 3 tokens: RST" in found.evidence
    assert "50 s on the whole response" in found.fix


def test_a_limit_that_somebody_is_known_for_is_named():
    found = judged(terms(), target={"total_s": 30.2})
    assert "Google" in found.fix


def test_nginx_has_no_such_limit_and_is_not_blamed():
    shown = {"server": "nginx/1.22.1", "content-type": "text/event-stream"}
    found = judged(terms(), target={"total_s": 50, "headers": shown})
    assert "nginx has none" in found.fix


def test_a_cut_in_the_first_gap_may_be_an_idle_limit_and_is_left_to_the_other_probe():
    found = judged(terms(), target={"idle_s": 5})
    assert found.state == "INCONCLUSIVE"
    assert "see survives_silence" in found.evidence


def test_an_answer_that_stops_coming_without_an_end_fails():
    (asked,) = CHECK.ask(terms())
    whole = meets(asked)
    lost = heard(
        asked, [(30, whole.body[: whole.body.index(b"\n\n") + 2])], ending=Cause.TIMEOUT_IDLE, ends_ms=50_030
    )
    found = CHECK.judge([lost], terms())
    assert found.state == "FAIL"
    assert "nothing more came after 0.0 s and 1 tokens" in found.evidence


def test_an_answer_that_never_began_tells_nothing():
    (asked,) = CHECK.ask(terms())
    found = CHECK.judge([heard(asked, [], status=0, ending=Cause.RESET, ledger=[])], terms())
    assert (found.state, "no token came" in found.evidence) == ("INCONCLUSIVE", True)


def test_the_hop_is_named():
    found = judged(terms(hops=("gateway",)), gateway={}, target={"total_s": 30})
    assert found.state == "FAIL"
    assert "gateway: whole after 120.0 s" in found.evidence
    assert "the target: ended after 30.0 s" in found.evidence
