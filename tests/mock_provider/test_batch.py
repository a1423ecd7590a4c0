from harness.plan.provider import Batch, Collapse
from mock_provider.batch import BatchEngine


def engine(**settings: object) -> BatchEngine:
    return BatchEngine(Batch(**settings))  # type: ignore[arg-type]


def test_a_lone_stream_gets_a_token_a_step_and_is_then_gone() -> None:
    one = engine()
    assert one.submit(1, 10, 3)
    assert [one.step().granted for _ in range(4)] == [[1], [1], [1], []]
    assert one.idle


def test_a_long_prompt_is_read_in_pieces_before_its_first_token() -> None:
    one = engine(prefill_chunk_tokens=100)
    one.submit(1, 250, 1)
    assert [one.step().granted for _ in range(3)] == [[], [], [1]]


def test_prompts_share_the_budget_of_a_step() -> None:
    one = engine(prefill_chunk_tokens=100)
    one.submit(1, 100, 1)
    one.submit(2, 100, 1)
    assert [one.step().granted for _ in range(2)] == [[1], [2]]


def test_who_does_not_fit_into_the_batch_waits_his_turn() -> None:
    one = engine(max_batch=2)
    for number in (1, 2, 3):
        assert one.submit(number, 1, 2)
    first, second, third = one.step(), one.step(), one.step()
    assert (first.admitted, first.granted) == ([1, 2], [1, 2])
    assert (second.admitted, second.granted) == ([], [1, 2])
    assert (third.admitted, third.granted) == ([3], [3])


def test_memory_for_keys_and_values_is_reserved_whole() -> None:
    one = engine(kv_tokens=100)
    one.submit(1, 50, 10)
    one.submit(2, 50, 10)
    assert one.step().admitted == [1]
    one.leave(1)
    assert one.step().admitted == [2]


def test_a_full_queue_and_an_impossible_request_are_refused() -> None:
    one = engine(max_batch=1, queue_max=1, kv_tokens=100)
    assert one.submit(1, 1, 5)
    one.step()
    assert one.submit(2, 1, 5)
    assert not one.submit(3, 1, 5)
    assert not engine(kv_tokens=100).submit(1, 50, 51)


def test_without_a_queue_there_is_room_as_long_as_there_is_a_batch() -> None:
    one = engine(max_batch=1, queue_max=0)
    assert one.submit(1, 1, 5)
    one.step()
    assert not one.submit(2, 1, 5)


def test_who_leaves_frees_his_place_queued_or_running() -> None:
    one = engine(max_batch=1)
    for number in (1, 2, 3):
        one.submit(number, 1, 5)
    one.step()
    one.leave(2)
    one.leave(1)
    one.leave(99)
    assert one.step().admitted == [3]
    assert (one.running, one.queued) == (1, 0)


def test_goodput_collapses_past_the_threshold_and_everybody_still_advances() -> None:
    one = engine(max_batch=10, collapse=Collapse(threshold=0.5, floor=0.2))
    for number in range(10):
        one.submit(number, 1, 100)
    steps = [one.step().granted for _ in range(5)]
    assert [len(granted) for granted in steps] == [2] * 5
    assert {number for granted in steps for number in granted} == set(range(10))


def test_below_the_threshold_nothing_collapses() -> None:
    one = engine(max_batch=10, collapse=Collapse(threshold=0.5, floor=0.2))
    for number in range(5):
        one.submit(number, 1, 100)
    assert len(one.step().granted) == 5
