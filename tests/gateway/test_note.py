from gateway import failure
from gateway.log import line
from gateway.note import Note, outcome
from harness.dialects.dialect import Ask
from harness.dialects.events import Usage


def told() -> Note:
    note = Note("stream", 10.0)
    note.question(Ask(prompt="[sid:000042] hi", model="m"))
    note.stream, note.status, note.attempts, note.queued_s = "s1", 200, 2, 0.25
    note.said(1, 10.5)
    note.said(0, 11.0)  # a heartbeat
    note.said(2, 12.5)
    return note


def test_an_answer_that_was_whole():
    note = told()
    note.ending(None, Usage(3, 5))
    note.over(13.0)
    assert line(note) == {
        "stream": "s1",
        "sid": 42,
        "endpoint": "stream",
        "model": "m",
        "status": 200,
        "outcome": "completed",
        "ttft_ms": 500.0,
        "total_ms": 3000.0,
        "tokens": 5,
        "input_tokens": 3,
        "tokens_per_s": 2.0,
        "attempts": 2,
        "queued_ms": 250.0,
    }


def test_an_answer_that_broke_off_has_the_tokens_that_were_passed_on():
    note = told()
    note.ending(failure.DIED, Usage(3, 1))
    note.over(13.0)
    said = line(note)
    assert (said["status"], said["outcome"], said["tokens"]) == (200, "upstream_died", 3)
    assert said["input_tokens"] is None


def test_the_rest_of_an_answer_is_not_counted_as_the_whole():
    note = told()
    note.position = 2
    note.ending(None, Usage(3, 5))
    note.over(13.0)
    assert (note.tokens, line(note)["input_tokens"]) == (3, 3)


def test_who_left_was_told_no_end():
    note = told()
    note.over(13.0)
    assert (note.status, note.outcome, note.tokens) == (200, "client_left", 3)


def test_who_left_before_the_head_has_a_status_that_nobody_received():
    note = Note("whole", 10.0)
    note.over(11.0)
    said = line(note)
    assert (said["status"], said["outcome"]) == (499, "client_left")
    assert (said["ttft_ms"], said["tokens"], said["tokens_per_s"]) == (None, 0, None)


def test_who_leaves_after_the_end_has_heard_it():
    note = told()
    note.ending(None, None)
    note.over(13.0)
    assert note.outcome == "completed"


def test_a_prompt_with_no_mark_or_with_several_has_no_number():
    for prompt in ("hi", "[sid:000001] and [sid:000002]"):
        note = Note("stream", 0.0)
        note.question(Ask(prompt=prompt))
        assert note.sid is None


def test_one_token_has_no_rate():
    note = Note("stream", 0.0)
    note.said(1, 1.0)
    assert note.tokens_per_s is None


def test_the_words_for_endings():
    found = [outcome(why) for why in (None, failure.STOPPED, failure.STALLED, failure.busy(3))]
    assert found == ["completed", "stopped", "upstream_stalled", "gateway_busy"]
