import pytest

from harness.checks.audit.check import Terms
from tests.checks.audit import scenes
from tests.checks.audit.asking import finding, unasked

NAME = "passes_first_token_on"


def adding(before_ms, after_ms):
    """A system that takes so long before it asks, and with each token in its hands."""

    def answer(asked, stream):
        pieces = [(at + before_ms + after_ms, data) for at, data in scenes.pieces_of(asked, stream)]
        row = scenes.ledger_of(asked, stream)
        row.received_ns += round(before_ms * scenes.MS)
        assert row.first_token_ns is not None
        row.first_token_ns += round(before_ms * scenes.MS)
        return scenes.heard(asked, pieces, stream=stream, ledger=[row])

    return answer


def test_a_few_milliseconds_pass():
    found = finding(NAME, answer=adding(2, 3))
    assert (found.state, found.value, found.limit, found.unit) == ("PASS", pytest.approx(5.0), 100.0, "ms")
    assert "2.0 ms before it asked the provider and 3.0 ms with the first token" in found.evidence


def test_what_the_audits_own_ends_need_is_not_held_against_the_system():
    slow = adding(60, 60)
    found = finding(NAME, Terms(direct_hold_ms=50), answer=slow)
    assert (found.state, "took 50 ms as well" in found.evidence) == ("INVALID", True)
    assert finding(NAME, Terms(direct_hold_ms=5), answer=slow).state == "FAIL"


@pytest.mark.parametrize(("before", "after", "fix"), [(300, 2, "pooled"), (2, 300, "proxy_buffering")])
def test_a_slow_system_fails_and_is_told_where(before, after, fix):
    found = finding(NAME, answer=adding(before, after))
    assert (found.state, fix in found.fix) == ("FAIL", True)


def test_a_few_slow_answers_of_many_do_not_fail_it():
    slow = adding(2, 400)
    assert finding(NAME, answer=adding(2, 2), question_1=slow, question_5=slow).state == "PASS"


def test_a_machine_that_is_now_fast_and_now_slow_decides_nothing():
    fast = adding(2, 2)
    found = finding(
        NAME, answer=adding(2, 400), question_1=fast, question_2=fast, question_3=fast, question_4=fast
    )
    assert found.state == "INCONCLUSIVE"


def test_without_first_tokens_nothing_is_decided():
    assert finding(NAME, answer=unasked).state == "INCONCLUSIVE"
