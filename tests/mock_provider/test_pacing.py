import pytest

from harness.plan.draws import Const, LogNormal, generator
from harness.plan.provider import ModelProfile
from mock_provider.pacing import MAX_TOKENS, answer_length, schedule

STEADY = ModelProfile(ttft_ms=100.0, itl_ms=20.0, output_tokens=5.0)
MS = 1_000_000


def test_a_constant_pace_is_a_ladder_of_absolute_offsets() -> None:
    plan = schedule(STEADY, 0, 4, generator(7, 1, 1))
    assert plan.due_ns == [100 * MS, 120 * MS, 140 * MS, 160 * MS]
    assert plan.tokens == [1, 1, 1, 1]
    assert plan.prefill_ns == 100 * MS


def test_prefill_grows_with_the_prompt() -> None:
    profile = ModelProfile(ttft_ms=100.0, prefill_ms_per_token=0.5, itl_ms=20.0)
    assert schedule(profile, 200, 1, generator(7, 1, 1)).due_ns == [200 * MS]


def test_a_frame_leaves_when_its_last_token_is_generated() -> None:
    profile = ModelProfile(ttft_ms=100.0, itl_ms=10.0, tokens_per_chunk=3)
    plan = schedule(profile, 0, 6, generator(7, 1, 1))
    assert plan.tokens == [1, 3, 2]
    assert plan.due_ns == [100 * MS, 130 * MS, 150 * MS]


def test_the_same_seed_gives_the_same_schedule_and_another_attempt_another() -> None:
    profile = ModelProfile(itl_ms=LogNormal(mean=20, cv=0.5))
    first, again, retry = (schedule(profile, 9, 50, generator(7, 42, attempt)) for attempt in (1, 1, 2))
    assert first == again
    assert first != retry


def test_offsets_never_fall_even_with_a_wild_draw() -> None:
    profile = ModelProfile(itl_ms=LogNormal(mean=20, cv=5))
    due = schedule(profile, 0, 500, generator(7, 1, 1)).due_ns
    assert due == sorted(due)


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
