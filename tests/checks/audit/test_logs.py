"""The checks of a system's log lines."""

from typing import Any

import msgspec
import pytest

from harness.checks import audit
from harness.checks.audit.check import Check, Heard, Question, Terms
from harness.checks.audit.logs_true_status import CHECK as STATUS
from harness.checks.audit.logs_true_totals import CHECK as TOTALS
from harness.checks.audit.logs_true_ttft import CHECK as TTFT
from tests.checks.audit import scenes
from tests.checks.audit.breaking import broken, error_event, finding, left, questions, refused, state

NAMES = ("logs_true_ttft", "logs_true_totals", "logs_true_status")


def line(asked: Question, **changes: Any) -> dict[str, Any]:
    """What a true log says of a whole answer."""
    total_ms = scenes.due_ms(asked, asked.tokens)
    said = {
        "status": 200,
        "outcome": "completed",
        "ttft_ms": asked.ttft_ms + 1,
        "total_ms": total_ms + 2,
        "tokens": asked.tokens,
        "input_tokens": scenes.INPUT_TOKENS,
        "tokens_per_s": 1000 * asked.tokens / total_ms,
    }
    return {name: value for name, value in {**said, **changes}.items() if value is not None}


def logged(check: Check, **changes: Any) -> list[Heard]:
    return [scenes.heard(asked, log=line(asked, **changes)) for asked in questions(check)]


@pytest.mark.parametrize("name", NAMES)
def test_a_log_that_names_none_of_the_streams_says_nothing(name: str) -> None:
    check = audit.load(name)
    found = finding(check, [scenes.heard(asked) for asked in questions(check)])
    assert (found.state, "log's path" in found.fix) == ("INCONCLUSIVE", True)


def test_true_times_to_first_token_pass() -> None:
    found = finding(TTFT, logged(TTFT))
    assert found.state == "PASS"
    assert found.value == pytest.approx(1)
    assert "700 ms measured, 701 ms logged" in found.evidence


@pytest.mark.parametrize("false", [0.0, 3.0, 200.0, 1_800.0, None])
def test_zero_the_head_s_time_the_total_and_nothing_are_false(false: float | None) -> None:
    found = finding(TTFT, logged(TTFT, ttft_ms=false))
    assert (found.state, len(found.streams)) == ("FAIL", 3)


def test_a_time_in_between_what_the_provider_took_and_the_user_waited_is_true_on_a_slow_machine() -> None:
    (asked, *_) = questions(TTFT)
    for logged_ms, expected in ((705, "PASS"), (1_390, "PASS"), (1_700, "FAIL"), (550, "FAIL")):
        pieces = [(at + 700, data) for at, data in scenes.pieces_of(asked)]
        assert state(TTFT, [scenes.heard(asked, pieces, log=line(asked, ttft_ms=logged_ms))]) == expected


def test_without_a_first_token_there_is_no_time_to_it() -> None:
    assert (
        state(TTFT, [refused(asked, 502, log={"status": 502}) for asked in questions(TTFT)]) == "INCONCLUSIVE"
    )


def test_true_totals_pass() -> None:
    found = finding(TOTALS, logged(TOTALS))
    assert (found.state, found.value) == ("PASS", 0)
    assert "3 of 3 log lines" in found.evidence


@pytest.mark.parametrize(
    ("false", "says"),
    [
        ({"total_ms": 0.0}, "0 ms logged, 1200 ms measured"),
        ({"total_ms": 400.0}, "400 ms logged"),
        ({"total_ms": None}, "no ms logged"),
        ({"tokens": 0}, "0 tokens logged, 33 tokens written"),
        ({"tokens": None}, "no tokens logged"),
        ({"input_tokens": 1}, "1 input tokens logged, 12 counted"),
        ({"tokens_per_s": 2.0}, "2.0 tokens/s logged"),
    ],
)
def test_false_totals_fail(false: dict[str, Any], says: str) -> None:
    found = finding(TOTALS, logged(TOTALS, **false))
    assert (found.state, found.value) == ("FAIL", 3)
    assert says in found.evidence


def test_a_count_of_chunks_is_no_count_of_tokens() -> None:
    chunked = [asked for asked in questions(TOTALS) if asked.tokens_per_chunk > 1]
    heard = [scenes.heard(asked, log=line(asked, tokens=len(scenes.frames_of(asked)))) for asked in chunked]
    assert state(TOTALS, heard) == "FAIL"


def test_what_a_log_need_not_say_is_not_asked_for() -> None:
    assert state(TOTALS, logged(TOTALS, input_tokens=None, tokens_per_s=None)) == "PASS"


def test_where_nothing_was_whole_there_are_no_totals() -> None:
    heard = [refused(asked, 502, log={"status": 502}) for asked in questions(TOTALS)]
    assert state(TOTALS, heard) == "INCONCLUSIVE"


def endings(words: dict[str, dict[str, Any] | None]) -> list[Heard]:
    """Each question with its ending, and the line that `words` has for it."""
    heard = []
    for asked in questions(STATUS):
        said = words.get(asked.name, words.get(asked.name.partition(",")[0]))
        match asked.name.partition(",")[0]:
            case "whole":
                heard.append(scenes.heard(asked, log=said))
            case "left":
                heard.append(left(asked, log=said))
            case "refused":
                heard.append(refused(asked, 400, log=said))
            case _:
                heard.append(broken(asked, tokens=8, told=error_event(), log=said))
    return heard


TRUE: dict[str, dict[str, Any] | None] = {
    "whole": {"outcome": "completed", "status": 200},
    "broken connection": {"outcome": "upstream_died", "status": 200},
    "error event": {"outcome": "server_error", "status": 200},
    "refused": {"outcome": "bad_request", "status": 400},
    "left": {"outcome": "client_left", "status": 200},
}


def test_endings_that_are_told_apart_pass() -> None:
    found = finding(STATUS, endings(TRUE))
    assert (found.state, found.value) == ("PASS", 0)
    assert "left: client_left" in found.evidence


@pytest.mark.parametrize("name", ["broken connection", "error event", "refused", "left"])
@pytest.mark.parametrize("word", ["completed", "OK"])
def test_a_success_that_was_none_fails(name: str, word: str) -> None:
    status = (TRUE[name] or {})["status"]
    found = finding(STATUS, endings({**TRUE, name: {"outcome": word, "status": status}}))
    assert (found.state, found.value) == ("FAIL", 1)
    assert "as a whole one is" in found.evidence


def test_a_user_who_left_is_no_broken_answer() -> None:
    found = finding(STATUS, endings({**TRUE, "left": {"outcome": "upstream_died"}}))
    assert (found.state, "as a broken one is" in found.evidence) == ("FAIL", True)


def test_words_swapped_throughout_fail() -> None:
    swapped = {**TRUE, "whole": {"outcome": "error"}, "error event": {"outcome": "success"}}
    assert state(STATUS, endings(swapped)) == "FAIL"


def test_a_stream_without_a_line_fails() -> None:
    found = finding(STATUS, endings({**TRUE, "left": None}))
    assert (found.state, found.value) == ("FAIL", 1)
    assert "1 of 6 have no line" in found.evidence


def test_a_status_that_nobody_got_fails() -> None:
    found = finding(STATUS, endings({**TRUE, "refused": {"outcome": "bad_request", "status": 200}}))
    assert (found.state, "status 200 is logged where the user got 400" in found.evidence) == ("FAIL", True)


def test_a_log_that_has_only_statuses_cannot_tell_a_broken_answer_from_a_whole_one() -> None:
    only: dict[str, dict[str, Any] | None] = {
        name: {"status": (said or {})["status"]} for name, said in TRUE.items()
    }
    assert state(STATUS, endings(only)) == "FAIL"


def test_where_answers_outlive_their_users_nobody_leaves() -> None:
    names = [asked.name for asked in questions(STATUS, Terms(after_disconnect="drain"))]
    assert "left" not in names


def test_one_kind_of_ending_says_nothing() -> None:
    whole = [
        scenes.heard(msgspec.structs.replace(asked, fault=""), log=TRUE["whole"])
        for asked in questions(STATUS)
    ]
    assert state(STATUS, whole) == "INCONCLUSIVE"
