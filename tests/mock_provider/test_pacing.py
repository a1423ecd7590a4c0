import itertools

import pytest

from harness.plan.draws import Const, Empirical, LogNormal, generator
from harness.plan.provider import Batch, ModelProfile, SlowPhases
from mock_provider.pacing import MAX_TOKENS, answer_length, due_times, frame_sizes
from mock_provider.timeline import Scales

MS = 1_000_000
STEADY = ModelProfile(ttft_ms=100.0, itl_ms=20.0)


def test_a_constant_pace_is_a_ladder_of_absolute_offsets() -> None:
    due = due_times(STEADY, 0, [1, 1, 1, 1], generator(7, 1, 1))
    assert due == [100 * MS, 120 * MS, 140 * MS, 160 * MS]


def test_prefill_grows_with_the_prompt() -> None:
    profile = ModelProfile(ttft_ms=100.0, prefill_ms_per_token=0.5, itl_ms=20.0)
    assert due_times(profile, 200, [1], generator(7, 1, 1)) == [200 * MS]


def test_a_frame_leaves_when_its_last_token_is_generated() -> None:
    profile = ModelProfile(ttft_ms=100.0, itl_ms=10.0)
    assert due_times(profile, 0, [1, 3, 2], generator(7, 1, 1)) == [100 * MS, 130 * MS, 150 * MS]


def test_the_timeline_stretches_first_token_and_gaps_apart() -> None:
    due = due_times(STEADY, 0, [1, 1], generator(7, 1, 1), Scales(ttft=2, itl=3))
    assert due == [200 * MS, 260 * MS]


def test_the_same_seed_gives_the_same_schedule_and_another_attempt_another() -> None:
    profile = ModelProfile(itl_ms=LogNormal(mean=20, cv=0.5))
    first, again, retry = (
        due_times(profile, 9, [1] * 50, generator(7, 42, attempt)) for attempt in (1, 1, 2)
    )
    assert first == again
    assert first != retry


def test_offsets_never_fall_even_with_a_wild_draw() -> None:
    profile = ModelProfile(itl_ms=LogNormal(mean=20, cv=5))
    due = due_times(profile, 0, [1] * 500, generator(7, 1, 1))
    assert due == sorted(due)


def test_slow_phases_come_in_runs_and_slow_every_gap_in_them() -> None:
    slow = SlowPhases(enter=0.05, leave=0.1, factor=5)
    profile = ModelProfile(ttft_ms=0.0, itl_ms=10.0, slow=slow)
    due = due_times(profile, 0, [1] * 2000, generator(7, 1, 1))
    gaps = [round((later - earlier) / MS) for earlier, later in itertools.pairwise(due)]
    assert set(gaps) == {10, 50}
    share = gaps.count(50) / len(gaps)
    assert 0.2 < share < 0.5  # enter / (enter + leave) = 1/3; the seed is fixed
    again = sum(a == b == 50 for a, b in itertools.pairwise(gaps)) / gaps.count(50)
    assert again > 0.8  # one leaves after ten gaps, not after one


def test_measured_values_are_drawn_from_what_was_measured() -> None:
    profile = ModelProfile(ttft_ms=0.0, itl_ms=Empirical(values=[5, 7]))
    due = due_times(profile, 0, [1] * 100, generator(7, 1, 1))
    assert {(b - a) // MS for a, b in itertools.pairwise(due)} == {5, 7}


def test_in_a_batch_the_schedule_leaves_every_token_to_the_batch() -> None:
    assert due_times(ModelProfile(batch=Batch()), 5, [1, 2], generator(7, 1, 1)) == [0, 0]


@pytest.mark.parametrize(
    ("tokens", "per_chunk", "expected"),
    [
        (0, 1, []),
        (1, 4, [1]),
        (4, 1, [1, 1, 1, 1]),
        (6, 3, [1, 3, 2]),
        (7, 3, [1, 3, 3]),
        (5, {2: 1.0}, [1, 2, 2]),
        (4, {2: 1.0}, [1, 2, 1]),
    ],
)
def test_frames_hold_their_tokens_and_the_first_is_never_held_back(
    tokens: int, per_chunk: int | dict[int, float], expected: list[int]
) -> None:
    assert frame_sizes(tokens, per_chunk, generator(7)) == expected


def test_a_mix_of_frame_sizes_has_its_weights_and_loses_no_token() -> None:
    sizes = frame_sizes(3000, {1: 0.8, 2: 0.15, 4: 0.05}, generator(7))
    assert sum(sizes) == 3000
    assert 0.75 < sizes.count(1) / len(sizes) < 0.85


@pytest.mark.parametrize(
    ("draw", "cap", "expected"),
    [
        (10.0, None, (10, "stop")),
        (10.0, 10, (10, "stop")),
        (10.0, 9, (9, "length")),
        (0.0, None, (1, "stop")),
        (Const(value=1e9), None, (MAX_TOKENS, "stop")),
    ],
)
def test_the_peers_cap_and_ours_bound_an_answer(
    draw: float, cap: int | None, expected: tuple[int, str]
) -> None:
    profile = ModelProfile(output_tokens=draw)
    assert answer_length(profile, cap, generator(7, 1, 1)) == expected
