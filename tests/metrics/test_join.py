import pytest

from harness.metrics.false_success import false_successes
from harness.metrics.join import join
from harness.metrics.waste import wasted_tokens
from harness.record import Outcome
from tests.synthetic import MS, Scene, at, plan


def test_both_ends_of_a_stream_meet_by_its_id():
    scene = Scene()
    scene.whole(7, tokens=5)
    scene.stream(8)
    joined = join(scene.run())
    assert joined.attempts["up_n"].tolist() == [1, 0]
    assert joined.attempts["up_emitted_tokens"].tolist()[0] == 5
    assert joined.upstream["attempt_row"].tolist() == [0]
    assert joined.has_ledger


def test_each_request_belongs_to_the_attempt_that_had_begun_by_then():
    scene = Scene()
    first = scene.stream(1, begin_s=1.0, outcome=Outcome.RESET)
    second = scene.stream(1, begin_s=3.0, attempt=2)
    scene.served(second, request="b")
    scene.served(first, request="a")
    joined = join(scene.run())
    assert joined.attempts["attempt"].tolist() == [1, 2]
    assert dict(zip(joined.upstream["request"], joined.upstream["attempt_row"], strict=True)) == {
        "a": 0,
        "b": 1,
    }
    assert joined.attempts["last"].tolist() == [False, True]
    assert joined.attempts["stream_row"].tolist() == [1, 1]
    assert joined.attempts["call_intended"].tolist() == pytest.approx([1000.0, 1000.0])


def test_a_request_stamped_before_its_sender_had_stamped_it_still_finds_it():
    scene = Scene()
    row = scene.stream(1)
    scene.served(row, received_ns=row.sent_ns - MS // 4)
    assert join(scene.run()).upstream["attempt_row"].tolist() == [0]


def test_a_system_that_asks_again_shows_its_last_request_and_how_many_there_were():
    scene = Scene()
    row = scene.stream(1, ttft_ms=500.0)
    scene.served(row, fault="s1@3", ended_by="fault", emitted=3, terminal_ns=None)
    scene.served(row, received_ns=row.sent_ns + 200 * MS)
    attempt = join(scene.run()).attempts.iloc[0]
    assert (attempt["up_n"], attempt["up_ended_by"], attempt["up_fault"], attempt["up_last_fault"]) == (
        2, "provider", "s1@3", "",
    )  # fmt: skip
    assert attempt["up_emitted_all"] == 13
    assert attempt["up_received"] - attempt["up_first_received"] == pytest.approx(199.75)


def held_back(scene: Scene, outcome: Outcome = Outcome.COMPLETED, **served: object) -> None:
    """Two questions of one stream wait in an outage, and that whose user has gone arrives last."""
    scene.stream(1, 1.0, tokens=0, outcome=Outcome.TIMED_OUT, headers_ns=None)
    row = scene.stream(1, 3.0, attempt=2, tokens=10 if outcome is Outcome.COMPLETED else 0, outcome=outcome)
    scene.served(row, **served)
    scene.served(row, emitted=3, ended_by="peer", terminal_ns=None, received_ns=row.sent_ns + MS)


def test_a_question_that_comes_late_out_of_an_outage_is_not_the_answer_that_its_user_got():
    scene = Scene()
    held_back(scene)
    joined = join(scene.run())
    attempt = joined.attempts.iloc[1]
    assert (attempt["up_n"], attempt["up_text_tokens"], attempt["up_ended_by"]) == (2, 10, "provider")
    assert len(false_successes(joined)) == 0
    assert wasted_tokens(joined).tolist() == [0, 3]


def test_nor_is_it_the_refusal_that_its_user_was_told():
    scene = Scene()
    held_back(scene, Outcome.RATE_LIMITED, status=429, emitted=0, limit="rpm")
    assert join(scene.run()).attempts["hit_quota"].tolist() == [False, True]


def test_a_request_of_nobody_is_kept_apart():
    scene = Scene()
    row = scene.whole(1)
    scene.served(row, stream=99)
    scene.served(row, stream=-1)
    assert sorted(join(scene.run()).upstream["attempt_row"].tolist()) == [-1, -1, 0]


def test_instants_are_milliseconds_from_the_start_of_the_load():
    scene = Scene()
    scene.stream(1, begin_s=2.5, ttft_ms=100.0)
    joined = join(scene.run())
    assert joined.ms("intended").tolist() == [2500.0]
    assert joined.ms("first_content").tolist() == [2601.0]
    assert joined.seconds(at(4.0)) == 4.0


def test_a_run_without_anything_joins_to_nothing():
    joined = join(Scene().run())
    assert len(joined.attempts) == len(joined.upstream) == 0
    assert not joined.has_ledger


def test_without_a_provider_of_ours_a_ledger_is_not_to_be_had():
    scene = Scene(plan(provider=None))
    scene.whole(1)
    assert not join(scene.run()).has_ledger


def test_the_warm_up_is_not_measured():
    phases = [
        {"name": "warm", "kind": "warm_up", "duration_s": 2.0, "load": {"users": 1}},
        {"name": "steady", "duration_s": 2.0, "load": {"users": 1}},
    ]
    scene = Scene(plan(phases=phases))
    scene.stream(1, phase="warm")
    scene.stream(2, begin_s=2.5, phase="steady")
    assert join(scene.run()).measured.tolist() == [False, True]
