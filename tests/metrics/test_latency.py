import numpy as np
import pytest

from harness.metrics import samples_of
from harness.metrics.join import join
from harness.record import Outcome
from tests.synthetic import MS, Scene, at


def values(scene, name):
    return samples_of(join(scene.run()), name).values.tolist()


def test_the_user_s_time_counts_from_the_schedule_and_the_service_s_from_sending():
    scene = Scene()
    scene.stream(
        1, begin_s=3.0, ttft_ms=200.0, sent_ns=at(3.0) + 50 * MS, first_content_ns=at(3.0) + 250 * MS
    )
    assert values(scene, "ttft_user") == pytest.approx([250.0])
    assert values(scene, "ttft_service") == pytest.approx([200.0])


def test_every_first_has_its_own_stamp():
    scene = Scene()
    begin = at(1.0)
    scene.stream(
        1, first_byte_ns=begin + 10 * MS, first_event_ns=begin + 20 * MS, first_content_ns=begin + 30 * MS,
        first_output_ns=begin + 40 * MS,
    )  # fmt: skip
    firsts = [values(scene, f"{name}_user")[0] for name in ("ttfb", "ttfe", "ttft", "ttfo")]
    assert firsts == pytest.approx([10.0, 20.0, 30.0, 40.0])


def test_last_token_and_end_marker_are_two_ends():
    scene = Scene()
    scene.stream(1, ttft_ms=100.0, gaps_ms=10.0, tokens=11)
    assert values(scene, "e2e_last_service") == pytest.approx([200.0])
    assert values(scene, "e2e_term_service") == pytest.approx([200.5])
    assert values(scene, "tail") == pytest.approx([0.5])


def test_what_was_never_reached_is_infinite():
    scene = Scene()
    scene.stream(1, tokens=0, outcome=Outcome.RATE_LIMITED, status=429)
    scene.stream(2, outcome=Outcome.NOT_STARTED, tokens=0, sent_ns=None, closed_ns=None)
    assert values(scene, "ttft_user") == [np.inf, np.inf]
    assert values(scene, "ttft_service") == [np.inf, np.inf]


def test_a_stream_cut_in_mid_answer_has_a_first_token_and_no_end():
    scene = Scene()
    scene.stream(1, ttft_ms=100.0, outcome=Outcome.RESET)
    assert values(scene, "ttft_service") == pytest.approx([100.0])
    assert values(scene, "e2e_last_service") == [np.inf]


def test_who_leaves_by_plan_counts_for_what_came_and_not_for_what_did_not():
    scene = Scene()
    scene.stream(1, ttft_ms=100.0, outcome=Outcome.CANCELLED)
    scene.stream(2, tokens=0, outcome=Outcome.CANCELLED)
    assert values(scene, "ttft_service") == pytest.approx([100.0])
    assert values(scene, "e2e_last_user") == []


def test_streams_open_at_the_end_count_unless_somebody_stopped_the_run():
    def scene(interrupted):
        made = Scene(facts={"interrupted": interrupted})
        made.stream(1, tokens=0, outcome=Outcome.INTERRUPTED)
        return made

    assert values(scene(False), "ttft_user") == [np.inf]
    assert values(scene(True), "ttft_user") == []


def test_a_stream_with_several_attempts_keeps_its_first_intention_and_its_last_stamps():
    scene = Scene()
    scene.stream(1, begin_s=1.0, tokens=0, outcome=Outcome.RESET)
    scene.stream(1, begin_s=2.0, attempt=2, ttft_ms=99.0)
    assert values(scene, "ttft_user") == pytest.approx([1100.0])
    assert values(scene, "ttft_service") == pytest.approx([99.0])
    assert values(scene, "dispatch_delay") == pytest.approx([0.25])
    assert values(scene, "pool_wait") == pytest.approx([0.25, 0.25])


def test_a_whole_answer_without_visible_text_has_no_first_output_to_miss():
    scene = Scene()
    scene.stream(1, first_output_ns=None)
    assert values(scene, "ttfo_user") == []
