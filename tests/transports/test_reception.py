"""Every ending has its name, by the precedence of the outcomes, and TTFT begins with content only."""

from array import array

import pytest

from harness import dialects
from harness.answer import token
from harness.record import Outcome
from harness.transports.ending import Cause
from tests.transports.answers import HEAD, LAST, SEED, STREAM, chunk, done, event, outcome_of, reception, text

MS = 1_000_000
WHOLE = (HEAD, chunk(text(0)), chunk(text(1)), chunk(done(2)), LAST)


def ints(data: bytes) -> list[int]:
    return list(array("i", data))


def error_head(status: int, body: bytes, extra: bytes = b"") -> bytes:
    return b"HTTP/1.1 %d X\r\n%bcontent-length: %d\r\n\r\n%b" % (status, extra, len(body), body)


def named(found) -> tuple[Outcome, str]:
    return found.outcome, found.detail


def test_a_whole_answer_is_completed_and_every_stamp_is_that_of_its_read():
    found = outcome_of(*WHOLE)
    assert named(found) == (Outcome.COMPLETED, "complete")
    stamps = (
        found.headers_ns, found.first_byte_ns, found.first_event_ns, found.first_content_ns,
        found.first_output_ns, found.last_content_ns, found.terminal_ns, found.closed_ns,
    )  # fmt: skip
    assert stamps == (1 * MS, 2 * MS, 2 * MS, 2 * MS, 2 * MS, 3 * MS, 4 * MS, 100 * MS)
    assert (found.tokens, found.content_events, found.frames) == (2, 2, 3)
    assert (found.status, found.finish_reason, found.http_complete) == (200, "stop", True)
    assert (found.input_tokens, found.output_tokens, found.verified, found.error) == (3, 2, True, "")


def test_the_arrays_have_one_entry_a_read_of_the_body():
    found = outcome_of(*WHOLE)
    assert ints(found.read_us) == [1999, 2999, 3999]  # from sent_ns, which is 1 µs
    assert ints(found.read_lag_us) == [5, 5, 5]
    assert ints(found.read_bytes) == [len(text(0)), len(text(1)), len(done(2))]
    assert sum(ints(found.read_bytes)) == found.body_bytes
    assert ints(found.read_events) == [1, 1, 0]
    assert ints(found.read_tokens) == [1, 1, 0]


def test_the_same_bytes_mean_the_same_however_they_were_cut():
    whole = outcome_of(*WHOLE)
    data = b"".join(WHOLE)
    for found in (outcome_of(data), outcome_of(*(data[at : at + 1] for at in range(len(data))))):
        assert named(found) == named(whole)
        assert (found.tokens, found.content_events, found.frames, found.body_bytes) == (
            whole.tokens, whole.content_events, whole.frames, whole.body_bytes,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("dialect", "lifeless"),
    [
        ("generic", b": ping\n\n"),
        ("generic", event(content="")),
        ("openai", event(choices=[{"index": 0, "delta": {"role": "assistant", "content": ""}}])),
        ("openai", event(choices=[{"index": 0, "delta": {"content": ""}}])),
        ("openai", event(choices=[], usage={"prompt_tokens": 1, "completion_tokens": 0, "total_tokens": 1})),
        ("anthropic", b'event: ping\ndata: {"type": "ping"}\n\n'),
    ],
)
def test_ttft_never_begins_with_proof_of_life(dialect, lifeless):
    found = outcome_of(HEAD, chunk(lifeless), verified=False, dialect=dialect)
    assert found.first_byte_ns == 2 * MS
    assert found.first_content_ns is found.first_output_ns is None
    assert found.content_events == 0


def test_ttft_and_the_first_visible_text_are_two_things():
    found = outcome_of(HEAD, chunk(event(reasoning="hm")), chunk(text(0)), chunk(done()), LAST)
    assert (found.first_content_ns, found.first_output_ns) == (2 * MS, 3 * MS)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(429, Outcome.RATE_LIMITED), (404, Outcome.REFUSED), (503, Outcome.REFUSED), (302, Outcome.REFUSED)],
)
def test_an_error_status_is_a_refusal_and_its_words_are_kept(status, outcome):
    body = b'{"error": {"type": "overloaded", "message": "come  back\\nlater"}}'
    found = outcome_of(error_head(status, body, b"retry-after: 2\r\n"))
    assert named(found) == (outcome, f"http_{status}")
    assert (found.error_code, found.error, found.retry_after_s) == ("overloaded", "come back later", 2.0)
    assert found.frames == 0


def test_retry_after_ms_wins_and_a_date_is_no_number():
    exact = outcome_of(error_head(429, b"x", b"retry-after: 2\r\nretry-after-ms: 1500\r\n"))
    dated = outcome_of(error_head(429, b"x", b"retry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\n"))
    assert (exact.retry_after_s, dated.retry_after_s) == (1.5, None)


def test_an_error_page_that_goes_on_for_ever_is_kept_in_part():
    receiving = reception()
    receiving.feed(b"HTTP/1.1 500 X\r\n\r\n", 1, 0)
    for _ in range(100):
        receiving.feed(b"<p>" * 10_000, 2, 0)
    receiving.settle(Cause.EOF, 3, dialects.load("generic"))
    assert len(receiving._body) == 64 * 1024
    assert len(receiving.record.error) == 300


FAILURE = event(error={"type": "server_error", "message": "gone"})
HTML = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>"
ENDINGS = [
    ("truncated_fin", Outcome.TRUNCATED, None, WHOLE[:3]),
    ("truncated_silent", Outcome.TRUNCATED, None, (*WHOLE[:3], LAST)),
    ("reset", Outcome.RESET, Cause.RESET, WHOLE[:3]),
    ("timeout_idle", Outcome.STALLED, Cause.TIMEOUT_IDLE, WHOLE[:3]),
    ("timeout_first", Outcome.TIMED_OUT, Cause.TIMEOUT_FIRST, WHOLE[:1]),
    ("timeout_headers", Outcome.TIMED_OUT, Cause.TIMEOUT_HEADERS, ()),
    ("timeout_connect", Outcome.TIMED_OUT, Cause.TIMEOUT_CONNECT, ()),
    ("timeout_total", Outcome.TIMED_OUT, Cause.TIMEOUT_TOTAL, WHOLE[:3]),
    ("connect_fail", Outcome.REFUSED, Cause.REFUSED, ()),
    ("client_cancel", Outcome.CANCELLED, Cause.LEFT, WHOLE[:3]),
    ("client_abandon", Outcome.ABANDONED, Cause.GAVE_UP, WHOLE[:3]),
    ("run_ended", Outcome.INTERRUPTED, Cause.RUN_ENDED, WHOLE[:3]),
    ("harness_error", Outcome.INTERRUPTED, Cause.HARNESS, WHOLE[:3]),
    ("error_in_stream", Outcome.ERROR_EVENT, None, (*WHOLE[:3], chunk(FAILURE), LAST)),
    ("malformed", Outcome.CORRUPT, None, (*WHOLE[:3], chunk(b"data: {nonsense\n\n"), LAST)),
    ("malformed", Outcome.CORRUPT, None, (*WHOLE[:3], b"xyz\r\n")),
    ("malformed", Outcome.CORRUPT, None, (b"SSH-2.0-OpenSSH\r\n",)),
    ("malformed", Outcome.CORRUPT, None, (*WHOLE[:4], chunk(text(2)), LAST)),
    ("corrupt", Outcome.CORRUPT, None, (HEAD, chunk(text(1)), chunk(done(1)), LAST)),
    ("empty", Outcome.TRUNCATED, None, (HEAD, chunk(done()), LAST)),
    ("short_text", Outcome.TRUNCATED, None, (HEAD, chunk(text(0)), chunk(done(2)), LAST)),
    ("truncated_silent", Outcome.TRUNCATED, None, (HTML,)),
    ("truncated_fin", Outcome.TRUNCATED, None, ()),
    ("short_text", Outcome.TRUNCATED, None, (HEAD, chunk(text(0)), chunk(done(2, "length")), LAST)),
]  # fmt: skip


@pytest.mark.parametrize(("detail", "outcome", "cause", "reads"), ENDINGS)
def test_every_ending_has_a_name_and_what_is_not_completed_says_why(detail, outcome, cause, reads):
    found = outcome_of(*reads, cause=cause)
    assert named(found) == (outcome, detail)
    assert found.error


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_a_legitimate_early_finish_is_complete_with_its_reason(reason):
    found = outcome_of(HEAD, chunk(text(0)), chunk(done(1, reason)), LAST)
    assert (found.outcome, found.finish_reason) == (Outcome.COMPLETED, reason)


def test_no_cause_is_without_a_name():
    for cause in Cause:
        assert isinstance(outcome_of(*WHOLE[:3], cause=cause).outcome, Outcome)


BROKEN_TEXT = chunk(event(content="nobody's text"))


@pytest.mark.parametrize(
    ("reads", "cause", "outcome"),
    [
        # status, then error, then corruption, then leaving, then what the network did
        ((error_head(429, b"x"),), Cause.RUN_ENDED, Outcome.RATE_LIMITED),
        ((HEAD, BROKEN_TEXT, chunk(FAILURE)), Cause.RESET, Outcome.ERROR_EVENT),
        ((HEAD, BROKEN_TEXT), Cause.LEFT, Outcome.CORRUPT),
        ((HEAD, BROKEN_TEXT), Cause.RESET, Outcome.CORRUPT),
        ((*WHOLE[:4], chunk(FAILURE), LAST), None, Outcome.ERROR_EVENT),
        # after the whole marker a bad end of HTTP, of the run or of the user's interest is only flagged
        (WHOLE[:4], Cause.RESET, Outcome.COMPLETED),
        (WHOLE[:4], Cause.EOF, Outcome.COMPLETED),
        (WHOLE[:4], Cause.TIMEOUT_IDLE, Outcome.COMPLETED),
        (WHOLE[:4], Cause.RUN_ENDED, Outcome.COMPLETED),
        (WHOLE[:4], Cause.LEFT, Outcome.COMPLETED),
        ((*WHOLE[:4], b"xyz\r\n"), None, Outcome.COMPLETED),
    ],
)
def test_the_first_rule_that_fits_decides(reads, cause, outcome):
    found = outcome_of(*reads, cause=cause)
    assert found.outcome is outcome
    assert not (outcome is Outcome.COMPLETED and found.http_complete)


def openai(*frames: bytes, cause: Cause | None = None):
    return outcome_of(HEAD, *map(chunk, frames), cause=cause, verified=False, dialect="openai")


HELLO = event(choices=[{"index": 0, "delta": {"content": "Hello"}}])
STOP = event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
OVER = b"data: [DONE]\n\n"


def test_a_finish_reason_without_the_last_word_counts_only_if_http_ended_cleanly():
    ended = outcome_of(HEAD, chunk(HELLO), chunk(STOP), LAST, verified=False, dialect="openai")
    assert ended.outcome is Outcome.COMPLETED
    assert named(openai(HELLO, STOP, cause=Cause.EOF)) == (Outcome.TRUNCATED, "truncated_fin")
    assert named(openai(HELLO, STOP, OVER, cause=Cause.EOF)) == (Outcome.COMPLETED, "complete")


def test_the_last_word_alone_is_not_enough():
    assert named(openai(HELLO, OVER, cause=Cause.EOF)) == (Outcome.TRUNCATED, "truncated_fin")


def test_what_a_read_completed_before_it_broke_http_counts():
    together = outcome_of(HEAD, chunk(text(0)) + b"xyz\r\n")
    apart = outcome_of(HEAD, chunk(text(0)), b"xyz\r\n")
    for found in (together, apart):
        assert named(found) == (Outcome.CORRUPT, "malformed")
        assert (found.tokens, found.content_events, found.body_bytes) == (1, 1, len(text(0)))
        assert found.first_content_ns == 2 * MS


def test_what_a_read_completed_before_a_line_outgrew_its_bound_counts():
    found = outcome_of(HEAD, chunk(text(0) + b"data: " + b"x" * (1 << 20)) + chunk(b"x\n\n" + text(1)))
    assert named(found) == (Outcome.CORRUPT, "malformed")
    assert "longer than" in found.error
    assert (found.tokens, found.first_content_ns) == (1, 2 * MS)


def test_html_in_a_200_is_told_by_its_content_type():
    assert outcome_of(HTML).error == "status 200 with text/html, and no frame of a stream in it"


def test_a_user_leaves_at_a_token_not_at_a_frame():
    receiving = reception(leave_at=2)
    first, second = token(SEED, STREAM, 0), token(SEED, STREAM, 1)
    pieces = [first[:5], first[5:], second[:3], second[3:]]
    causes = [receiving.feed(HEAD, 1, 0)]
    causes += [receiving.feed(chunk(event(content=piece)), 2, 0) for piece in pieces]
    assert causes == [None, None, None, None, Cause.LEFT]


def test_where_tokens_cannot_be_told_frames_are_counted():
    receiving = reception(verified=False, leave_at=2)
    causes = [receiving.feed(data, 1, 0) for data in (HEAD, chunk(text(0)), chunk(text(1)))]
    assert causes == [None, None, Cause.LEFT]


def test_reasoning_counts_for_a_user_who_leaves_at_a_token():
    receiving = reception(leave_at=2)
    reads = (HEAD, chunk(event(reasoning="a")), chunk(event(reasoning="b")))
    assert [receiving.feed(data, 1, 0) for data in reads] == [None, None, Cause.LEFT]


def test_an_answer_that_is_whole_in_the_same_read_is_not_left():
    receiving = reception(leave_at=1)
    assert receiving.feed(b"".join(WHOLE), 1, 0) is Cause.HTTP_END


def test_whoever_listens_hears_every_event_but_proofs_of_life():
    receiving, heard = reception(), []
    receiving.hear = heard.append
    receiving.feed(HEAD + chunk(b": ping\n\n" + event(content="") + text(0)) + chunk(done(1)), 1, 0)
    assert [found.kind.name for found in heard] == ["TEXT", "USAGE", "FINISH", "END"]


def test_a_connection_is_kept_only_after_a_whole_response():
    cases = {True: WHOLE, False: WHOLE[:4]}
    for kept, reads in cases.items():
        receiving = reception()
        for data in reads:
            receiving.feed(data, 1, 0)
        assert receiving.keep_alive is kept
    closing = reception()
    closing.feed(HEAD.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n") + b"".join(WHOLE[1:]), 1, 0)
    assert not closing.keep_alive


def test_gaps_of_half_an_hour_fit_and_longer_ones_are_capped():
    receiving = reception()
    receiving.feed(HEAD, 1, 0)
    receiving.feed(chunk(text(0)), 3 * 3600 * 10**9, 0)
    receiving.settle(Cause.EOF, 1, dialects.load("generic"))
    assert ints(receiving.record.read_us) == [2**31 - 1]


@pytest.mark.parametrize(("thought", "outcome"), [(0, "truncated"), (3, "completed")])
def test_tokens_that_were_thought_and_never_shown_are_not_missed(thought, outcome):
    usage = {
        "prompt_tokens": 1,
        "completion_tokens": 5,
        "completion_tokens_details": {"reasoning_tokens": thought},
    }

    def openai(reason: str | None = None, **delta: str) -> bytes:
        return event(choices=[{"index": 0, "delta": delta, "finish_reason": reason}])

    said = [openai(content=token(SEED, STREAM, index)) for index in range(2)]
    whole = (
        HEAD,
        *map(chunk, (*said, openai("stop"), event(choices=[], usage=usage), b"data: [DONE]\n\n")),
        LAST,
    )
    assert outcome_of(*whole, dialect="openai").outcome == outcome
