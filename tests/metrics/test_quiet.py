import pytest

from harness.metrics.quiet import end_mode, quiet, says_so
from harness.record import Outcome, StreamRecord
from harness.transports.ending import Cause
from tests.checks.audit.scenes import beating, heard, pieces_of, question, silent

ASKED = question(tokens=3, ttft_ms=1000, itl_ms=1000)
ERROR = b'data: {"error":{"type":"upstream_stalled","message":"silent"}}\n\n'


def near(value: float) -> object:
    return pytest.approx(value, abs=0.01)


def test_a_steady_answer_has_no_silence_at_its_end():
    found = quiet(heard(ASKED).record)
    assert (found.longest_s, found.lasted_s, found.beats) == (near(1), near(3), 0)
    assert found.after_content_s == near(0)


def test_beats_break_a_silence_but_are_no_content():
    pieces = beating(silent(pieces_of(ASKED), 1, 5), 2)
    found = quiet(heard(ASKED, pieces).record)
    assert (found.longest_s, found.beats, found.beats_at_the_end) == (near(2), 2, 0)


def test_time_since_the_last_byte_and_since_the_last_content_are_two_things():
    pieces = [*pieces_of(ASKED)[:2], (4000.0, b": ping\n\n"), (6000.0, b": ping\n\n")]
    found = quiet(heard(ASKED, pieces, ending=Cause.EOF, ends_ms=7500).record)
    assert (found.after_byte_s, found.after_content_s) == (near(1.5), near(5.5))
    assert (found.beats, found.beats_at_the_end) == (2, 2)


def test_what_arrives_with_the_end_is_no_sign_of_life():
    pieces = [*pieces_of(ASKED)[:2], (7000.0, ERROR)]
    found = quiet(heard(ASKED, pieces, ending=Cause.EOF).record)
    assert (found.after_byte_s, found.beats) == (near(5), 0)


def test_a_refusals_head_is_its_end():
    found = quiet(heard(ASKED, [(5000.0, b"{}")], status=504, headers={}, headers_ms=5000).record)
    assert (found.after_byte_s, found.after_content_s, found.lasted_s) == (near(5), near(5), near(5))


def test_before_the_first_byte_time_runs_from_the_question():
    found = quiet(heard(ASKED, [], status=0, ending=Cause.EOF, ends_ms=4000).record)
    assert found.after_byte_s == found.lasted_s == near(4)


def test_a_stream_that_was_never_sent_has_no_time():
    found = quiet(StreamRecord(stream=1, intended_ns=5))
    assert (found.lasted_s, found.longest_s) == (0, 0)


@pytest.mark.parametrize(
    ("one", "mode", "told"),
    [
        (heard(ASKED), "whole", False),
        (heard(ASKED, pieces_of(ASKED)[:2], ending=Cause.EOF), "FIN, in the middle of the response", False),
        (heard(ASKED, pieces_of(ASKED)[:2]), "a clean HTTP end without the end marker", False),
        (heard(ASKED, pieces_of(ASKED)[:2], ending=Cause.RESET), "RST", False),
        (heard(ASKED, [(5.0, ERROR)], ending=Cause.EOF), "an error event (upstream_stalled)", True),
        (heard(ASKED, [(5.0, b"x")], status=504, headers={}), "HTTP 504", True),
        (heard(ASKED, [(5.0, b"data: <html>\n\n")]), "bytes inside the 200 that are no stream", False),
        (heard(ASKED, [], status=0, ending=Cause.REFUSED), "no connection", False),
        (heard(ASKED, [], ending=Cause.TIMEOUT_IDLE), "a black hole", False),
        (heard(ASKED, [], ending=Cause.LEFT), "cancelled", False),
    ],
)
def test_an_end_is_named_by_how_it_looked(one, mode, told):
    assert end_mode(one.record).startswith(mode)
    assert says_so(one.record) is told


def test_every_outcome_has_a_name():
    for outcome in Outcome:
        assert end_mode(StreamRecord(stream=1, intended_ns=0, outcome=outcome))
