import pytest

from harness.checks.audit.check import Heard, Question, Terms
from harness.checks.audit.reports_a_stall import CHECK
from harness.transports.ending import Cause
from tests.checks.audit import scenes
from tests.checks.audit.breaking import broken, error_event, finding, questions, state

TERMS = Terms(stall_limit_s=6.0)
AS_IS = Terms(stall_limit_s=6.0, provider_fault="as_is")


def silent(asked: Question, waited_s: float, told: bytes = b"", ending: Cause = Cause.HTTP_END) -> Heard:
    """Ten tokens, silence, and then `told`."""
    pieces = scenes.pieces_of(asked)[:10]
    at_ms = pieces[-1][0] + waited_s * 1000
    said = [*pieces, *([(at_ms, told)] if told else [])]
    row = scenes.ledger_of(asked, tokens=10, ended_by="peer", terminal_ns=None)
    return scenes.heard(asked, said, ending=ending, ends_ms=at_ms, ledger=[row])


def test_a_silence_that_is_given_up_in_time_and_told_passes() -> None:
    found = finding(CHECK, [silent(asked, 6.1, error_event()) for asked in questions(CHECK, TERMS)], TERMS)
    assert found.state == "PASS"
    assert found.value == pytest.approx(6.1)
    assert "2 of 2 users were told in time" in found.evidence


@pytest.mark.parametrize(
    ("waited_s", "expected"), [(2.0, "FAIL"), (5.0, "PASS"), (8.4, "PASS"), (8.7, "FAIL")]
)
def test_the_declared_limit_is_held_to(waited_s: float, expected: str) -> None:
    heard = [silent(asked, waited_s, error_event()) for asked in questions(CHECK, TERMS)]
    assert state(CHECK, heard, TERMS) == expected


def test_heartbeats_are_no_content() -> None:
    (asked, *_) = questions(CHECK, TERMS)
    pieces = scenes.pieces_of(asked)[:10]
    at_ms = pieces[-1][0]
    beats = [(at_ms + 1000.0 * beat, b": heartbeat\n\n") for beat in range(1, 6)]
    said = [*pieces, *beats, (at_ms + 6_000, error_event())]
    one = scenes.heard(asked, said, ledger=[scenes.ledger_of(asked, tokens=10)])
    assert finding(CHECK, [one], TERMS).value == pytest.approx(6.0)


def test_a_silence_that_is_waited_out_fails() -> None:
    heard = [
        scenes.heard(asked, scenes.silent(scenes.pieces_of(asked), 10, 11.0))
        for asked in questions(CHECK, TERMS)
    ]
    found = finding(CHECK, heard, TERMS)
    assert found.state == "FAIL"
    assert "the silence was waited out, 11.0 s" in found.evidence


def test_a_close_without_a_word_fails_but_for_a_transparent_proxy() -> None:
    heard = [silent(asked, 6.0, ending=Cause.EOF) for asked in questions(CHECK, TERMS)]
    assert state(CHECK, heard, TERMS) == "FAIL"
    assert state(CHECK, heard, AS_IS) == "PASS"


def test_the_silence_outlasts_the_limit_that_it_is_to_find() -> None:
    for limit_s in (1.0, 6.0, 90.0):
        for asked in questions(CHECK, Terms(stall_limit_s=limit_s)):
            assert float(asked.fault.partition(":")[2]) > limit_s * 1.25 + 1


@pytest.mark.parametrize("terms", [Terms(), Terms(stall_limit_s=600)])
def test_no_limit_or_one_that_nobody_waits_for_is_not_measured(terms: Terms) -> None:
    assert questions(CHECK, terms) == []
    assert state(CHECK, [], terms) == "NOT MEASURED"


def test_a_provider_that_was_never_silent_says_nothing() -> None:
    heard = [scenes.heard(asked, ledger=[]) for asked in questions(CHECK, TERMS)]
    assert state(CHECK, heard, TERMS) == "INCONCLUSIVE"


def test_an_answer_without_a_token_says_nothing_of_the_silence_after_it() -> None:
    heard = [broken(asked, tokens=0, told=error_event()) for asked in questions(CHECK, TERMS)]
    assert state(CHECK, heard, TERMS) == "INCONCLUSIVE"
