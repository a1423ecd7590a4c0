import numpy as np

from harness.metrics.held import arrivals_ms, trial_of
from harness.transports.ending import Cause
from tests.checks.audit.scenes import heard, ledger_of, pieces_of, question, through


def test_each_event_is_paired_with_the_read_that_completed_it():
    asked = question(tokens=9, tokens_per_chunk=4, itl_ms=10, ttft_ms=30)
    one = heard(asked, path=lambda leaving, sizes: [at + 7 for at in leaving])
    trial = trial_of(one.record, one.ledger[0])
    assert trial.emitted_ms.tolist() == [30, 70, 110]
    assert trial.arrived_ms.tolist() == [37, 77, 117]
    assert trial.sizes.sum() == one.record.body_bytes


def test_events_cut_in_two_reads_count_with_the_second():
    asked = question(tokens=2, itl_ms=10, ttft_ms=30)
    first, second, last = pieces_of(asked)
    half = (38.0, first[1][:20]), (55.0, first[1][20:] + second[1]), (60.0, last[1])
    one = heard(asked, half)
    assert trial_of(one.record, one.ledger[0]).arrived_ms.tolist() == [55, 55]


def test_events_that_never_arrived_are_left_out():
    asked = question(tokens=10)
    one = heard(asked, pieces_of(asked)[:4], ending=Cause.EOF)
    assert len(trial_of(one.record, one.ledger[0]).arrived_ms) == 4


def test_nothing_is_paired_where_tokens_are_missing_or_none_came():
    asked = question(tokens=10)
    pieces = pieces_of(asked)
    holed = heard(asked, pieces[:3] + pieces[4:])
    assert holed.record.lost == 1
    assert trial_of(holed.record, holed.ledger[0]) is None
    silent = heard(asked, [], ending=Cause.EOF)
    assert trial_of(silent.record, silent.ledger[0]) is None
    assert trial_of(heard(asked, check=False).record, ledger_of(asked)) is None


def test_an_attempt_that_wrote_nothing_pairs_with_nothing():
    asked = question(tokens=10)
    assert trial_of(heard(asked).record, ledger_of(asked, tokens=0)) is None


def test_content_events_arrive_with_their_read():
    asked = question(tokens=4, itl_ms=10, ttft_ms=30)
    pieces = through(lambda leaving, sizes: [40, 40, 60, 60, 60], pieces_of(asked))
    assert np.array_equal(arrivals_ms(heard(asked, pieces).record), [40, 40, 60, 60])
