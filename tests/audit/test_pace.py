"""How long questions take by plan, and how many may be asked at once."""

import pytest

from harness.audit.pace import lasts_s, over_s, places
from harness.checks.audit.check import Question, Terms


def question(name: str = "q", **changes: object) -> Question:
    return Question(**{"name": name, "tokens": 11, "ttft_ms": 500, "itl_ms": 100, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        ({}, 1.5),
        ({"reasoning_tokens": 10}, 2.5),
        ({"fault": "s6@3:30"}, 31.5),
        ({"fault": "c2:7"}, 8.5),
        ({"fault": "s7@1:2"}, 21.5),
        ({"fault": "s2@3"}, 1.5),
    ],
)
def test_an_answer_lasts_as_long_as_was_ordered(changes: dict[str, object], seconds: float) -> None:
    assert lasts_s(question(**changes)) == pytest.approx(seconds)


def test_a_check_is_over_with_its_last_answer() -> None:
    assert over_s([]) == 0
    assert over_s([question("a"), question("b", start_s=4)]) == pytest.approx(5.5)
    assert over_s([question("a", start_s=1), question("b", after="a")]) == pytest.approx(4)


@pytest.mark.parametrize(
    ("concurrency", "long_ones", "wanted"), [(None, 30, 24), (64, 10, 24), (30, 10, 16), (8, 10, 1)]
)
def test_a_limited_system_is_not_filled_by_checks_that_mean_something_else(
    concurrency: int | None, long_ones: int, wanted: int
) -> None:
    assert places(Terms(concurrency=concurrency), long_ones) == wanted
