"""Answers that took several attempts: what their user has is what all of them brought."""

import pytest

from harness.checks import run_checks
from harness.metrics import samples_of
from harness.metrics.conservation import conservation
from harness.metrics.false_success import false_successes
from harness.metrics.fluidity import fluidity
from harness.metrics.gap_heat import gap_heat
from harness.metrics.gap_stall import gap_stall_share
from harness.metrics.join import join
from harness.metrics.waste import aborts, wasted_tokens
from harness.record import Outcome
from tests.synthetic import SECOND, Scene, at, plan

RESUME = {"expect": {"after_disconnect": "resume", "cancel_within_s": 5.0}}


def resumed(scene: Scene, stream: int = 1, heard: int = 10, rest: int = 20, **second: object) -> None:
    """Reset 1 ms after token `heard`, back a second later, and given the rest; one request upstream."""
    first = scene.stream(stream, 1.0, tokens=heard, outcome=Outcome.RESET, detail="reset")
    scene.served(first, emitted=heard + rest)
    begin = (first.closed_ns - at(0)) / SECOND + 1.0
    values = {
        "attempt": 2, "resumed_from": heard, "ttft_ms": 50.0, "tokens": rest,
        "intended_ns": first.intended_ns,
        "output_tokens": heard + rest, "detail": "resumed_ok",
    }  # fmt: skip
    scene.stream(stream, begin, **{**values, **second})


def test_the_attempts_of_one_answer_are_told_from_those_of_another():
    scene = Scene()
    scene.stream(1, 1.0, tokens=4, outcome=Outcome.RESET)
    scene.stream(1, 2.0, tokens=5, attempt=2, outcome=Outcome.RESET)
    scene.stream(1, 3.0, tokens=6, attempt=3, resumed_from=5)
    scene.stream(2, 1.0, tokens=7, resumed_from=3)  # its beginning is nowhere: it begins an answer
    attempts = join(scene.run()).attempts
    assert attempts["resumed"].tolist() == [False, False, True, False]
    assert attempts["answer_row"].tolist() == [0, 2, 2, 3]
    assert attempts["answer_last"].tolist() == [True, False, True, True]
    assert attempts["answer_tokens"].tolist() == [4, 11, 11, 7]


def test_a_resumed_attempt_has_the_provider_s_side_of_the_one_that_asked():
    scene = Scene()
    resumed(scene)
    attempts = join(scene.run()).attempts
    assert attempts["up_n"].tolist() == [1, 0]
    assert attempts["up_row"].tolist() == [0, 0]
    assert attempts["up_text_tokens"].tolist() == [30, 30]
    assert attempts["answer_emitted"].tolist() == [30, 30]


def test_a_restarted_answer_does_not():
    scene = Scene()
    first = scene.stream(1, 1.0, tokens=4, outcome=Outcome.RESET)
    scene.served(first, emitted=6)
    scene.stream(1, 3.0, tokens=6, attempt=2)
    assert join(scene.run()).attempts["up_row"].tolist() == [0, -1]


def test_what_was_emitted_while_the_user_was_away_is_not_wasted_and_nobody_left():
    scene = Scene()
    resumed(scene)
    joined = join(scene.run())
    assert wasted_tokens(joined).tolist() == [0]
    assert len(aborts(joined).rows) == 0


def test_where_the_resumed_answer_breaks_too_its_rest_is_wasted():
    scene = Scene()
    resumed(scene, rest=90, tokens=5, outcome=Outcome.RESET, detail="reset")
    joined = join(scene.run())
    gone_ms = joined.ms("closed")[1]
    left = joined.upstream["received"][0] + joined.emissions.us / 1000.0
    assert wasted_tokens(joined).tolist() == [int((left > gone_ms).sum())]
    assert wasted_tokens(joined)[0] > 0


def test_the_user_waited_for_the_first_token_once_and_once_in_the_middle():
    scene = Scene()
    resumed(scene)
    joined = join(scene.run())
    assert samples_of(joined, "ttft_user").values.tolist() == pytest.approx([201.0])
    (longest,) = samples_of(joined, "max_gap").values
    assert longest == pytest.approx(1000.0 + 1.0 + 1.0 + 50.0)  # away, closing, sending, first token
    assert samples_of(joined, "gap").censored == 0


def test_the_reader_of_a_resumed_answer_reads_one_text():
    scene = Scene()
    resumed(scene)
    joined = join(scene.run())
    values = samples_of(joined, "reader_stall").values
    assert len(values) == 1
    assert values[0] == pytest.approx(0.0, abs=1.0)  # ten tokens last 1.9 s, longer than the user was away
    assert 0 <= samples_of(joined, "gap_stall_share").values[0] <= 1
    assert len(samples_of(joined, "fluidity").values) == 1


def test_nothing_is_unexplained_and_no_check_fails():
    scene = Scene(plan(target=RESUME))
    resumed(scene)
    scene.whole(2, 3.0, tokens=30)
    joined = join(scene.run())
    assert conservation(joined).unexplained == 0
    assert len(false_successes(joined)) == 0
    ids = {check.id: check.state for check in run_checks(joined) if check.id != "completes"}
    assert set(ids.values()) == {"PASS"}


def test_a_token_lost_between_two_attempts_is_a_false_success():
    scene = Scene(plan(target=RESUME))
    resumed(scene, rest=20, tokens=19)
    joined = join(scene.run())
    assert false_successes(joined).tolist() == [1]
    states = {check.id: check.state for check in run_checks(joined)}
    assert states["loses_no_tokens"] == states["never_fakes_success"] == "FAIL"


def test_tokens_that_no_request_explains_are_found_over_all_attempts():
    scene = Scene()
    resumed(scene, rest=20, tokens=25)
    assert conservation(join(scene.run())).surplus_tokens == 5


def gone(scene: Scene, **second: object) -> None:
    """Ten tokens, a reset, and a second attempt that brings nothing."""
    nothing = {"rest": 0, "outcome": Outcome.RESET, "detail": "reset", "output_tokens": None}
    resumed(scene, **{**nothing, **second})


def test_an_answer_whose_last_attempt_found_no_connection_keeps_its_times():
    scene = Scene()
    gone(scene, outcome=Outcome.REFUSED, connected_ns=None, sent_ns=None, status=None)
    joined = join(scene.run())
    # 0.2 s to the first token, then 20 ms apart: every deadline is met, counted from when it was wanted.
    assert fluidity(joined).values.tolist() == [1.0]
    heat = gap_heat(joined, 20)
    assert heat is not None
    assert sum(map(sum, heat.counts)) == 9
    assert gap_stall_share(joined).values.tolist() == [0.0]


def test_a_late_first_token_of_such_an_answer_is_late():
    scene = Scene()
    first = scene.stream(1, 1.0, ttft_ms=1500.0, tokens=2, outcome=Outcome.RESET)
    lost = {"connected_ns": None, "sent_ns": None, "status": None, "outcome": Outcome.REFUSED}
    scene.stream(1, 4.0, tokens=0, attempt=2, resumed_from=2, intended_ns=first.intended_ns, **lost)
    # 501 ms beyond the second that is allowed: 1 + 12 deadlines missed, then one met.
    assert fluidity(join(scene.run())).values.tolist() == [1 - 13 / 14]


def test_the_silence_after_a_broken_answer_lasts_from_its_last_token_over_all_attempts():
    scene = Scene()
    gone(scene, outcome=Outcome.STALLED, close_after_ms=4000.0)
    (longest,) = samples_of(join(scene.run()), "max_gap").values
    assert longest == pytest.approx(1.0 + 1000.0 + 1.0 + 4000.0)  # closing, away, sending, waiting
