"""A read understood by its likeness means what it means when it goes through every layer."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.answer import AnswerCheck, token
from harness.dialects import load
from harness.dialects.events import TEXT, TokenEvent
from harness.dialects.likeness import Likeness
from harness.record import StreamRecord
from harness.transports.alike import Alike
from harness.transports.ending import Cause
from harness.transports.reception import Reception
from tests.transports.answers import HEAD, LAST, SEED, STREAM, chunk, record

MS = 1_000_000
DONE = b"data: [DONE]\n\n"


def event(content: object, reason: str | None = None, **more: object) -> bytes:
    choice = {"index": 0, "delta": {"content": content}, "logprobs": None, "finish_reason": reason}
    return f"data: {json.dumps({'id': 'x', 'choices': [choice], **more})}\n\n".encode()


def text(index: int) -> bytes:
    return event(token(SEED, STREAM, index))


class Counting(Alike):
    """Counts the reads that went through no layer."""

    def __init__(self) -> None:
        super().__init__()
        self.understood = 0

    def understand(self, data: bytes) -> tuple[str, int] | None:
        found = super().understand(data)
        self.understood += found is not None
        return found


class Never(Alike):
    def learn(self, *_: object) -> None:
        pass


def reception(alike: Alike | None = None, leave_at: int | None = None, verified: bool = True) -> Reception:
    check = AnswerCheck(SEED, STREAM) if verified else None
    receiving = Reception(record(), load("openai"), check, leave_at)
    receiving._alike = alike or Counting()
    return receiving


def feed(receiving: Reception, *reads: bytes) -> list[Cause | None]:
    return [receiving.feed(data, at * MS, 5_000) for at, data in enumerate(reads, 2)]


def short_way(receiving: Reception) -> int:
    alike = receiving._alike
    assert isinstance(alike, Counting)
    return alike.understood


def settled(receiving: Reception, cause: Cause = Cause.EOF) -> StreamRecord:
    receiving.settle(cause, 900 * MS, load("openai"))
    return receiving.record


def test_from_the_second_text_on_a_read_goes_through_no_layer():
    receiving = reception()
    feed(receiving, HEAD, *(chunk(text(index)) for index in range(5)))
    assert short_way(receiving) == 4
    found = settled(receiving)
    assert (found.tokens, found.content_events, found.frames, found.altered) == (5, 5, 5, 0)
    assert found.body_bytes == sum(len(text(index)) for index in range(5))
    assert (found.first_content_ns, found.last_content_ns) == (3 * MS, 7 * MS)


def test_an_answer_goes_on_behind_the_short_way():
    receiving = reception()
    reads = [HEAD, *(chunk(text(index)) for index in range(3)), chunk(event("", "stop")), chunk(DONE), LAST]
    assert feed(receiving, *reads)[-1] is Cause.HTTP_END
    found = settled(receiving, Cause.HTTP_END)
    assert (found.outcome, found.tokens, found.frames, short_way(receiving)) == ("completed", 3, 5, 2)


@pytest.mark.parametrize(
    "other",
    [
        chunk(text(2))[:-1],
        chunk(text(2)) + b"5",
        chunk(text(2)) + chunk(text(3)),
        chunk(text(2) + text(3)),
        chunk(b": ping\n\n" + text(2)),
        chunk(b"id: 3\n" + text(2)),
        chunk(event("")),
        chunk(event("a", error={"message": "no"})),
        chunk(text(2)).replace(b"\r\n", b";name=value\r\n", 1),
        b"0" + chunk(text(2)),
        b"+" + chunk(text(2)),
        b"0x" + chunk(text(2)),
        b" " + chunk(text(2)),
        chunk(text(2)).replace(b"\r\n", b"\n"),
        chunk(text(2).replace(b"\n\n", b"\r\n\r\n")),
        chunk(event("QQ").replace(b"QQ", b"a\n\ndata: b")),
        chunk(event("QQ").replace(b'"QQ"', b'"a"\n\n')),
        chunk(event("QQ").replace(b'"QQ"', b' "a"')),
        chunk(event("QQ").replace(b"QQ", b"\xff")),
        chunk(event("QQ").replace(b'"QQ"', b'"')),
        chunk(event("QQ").replace(b'"QQ"', b"null")),
        b"%x\r\n%b\r\n" % (len(text(2)) + 1, text(2)),
        b"%x\r\n%b\r\n" % (len(text(2)) - 1, text(2)),
        chunk(DONE),
        LAST,
    ],
)
def test_any_other_read_goes_the_long_way_and_means_the_same(other):
    short, long = reception(), reception(Never())
    reads = (HEAD, chunk(text(0)), chunk(text(1)), other, chunk(text(4)))
    assert feed(short, *reads) == feed(long, *reads)
    assert short_way(short) <= 2  # the second, and perhaps the last
    assert settled(short) == settled(long)


def test_sizes_may_be_written_in_capitals():
    receiving = reception()
    reads = [chunk(event(word)) for word in ("wonderful", " wonderful", " wonderfully")]
    upper = [data[: data.index(b"\r")].upper() + data[data.index(b"\r") :] for data in reads]
    assert upper != reads
    feed(receiving, HEAD, *upper)
    assert short_way(receiving) == 2


def test_content_after_the_end_marker_is_still_found_out():
    receiving = reception()
    feed(receiving, HEAD, *map(chunk, (text(0), text(1), event("", "stop"), DONE, text(2), text(3))))
    found = settled(receiving)
    assert (found.after_done, found.outcome, short_way(receiving)) == (2, "corrupt", 1)


def test_an_event_held_open_before_the_read_is_not_overlooked():
    short, long = reception(), reception(Never())
    reads = (HEAD, chunk(text(0)), chunk(text(1) + b"data: 1\n"), *(chunk(text(at)) for at in range(2, 5)))
    feed(short, *reads), feed(long, *reads)
    found = settled(short)
    assert found == settled(long)
    assert found.outcome == "corrupt"


def test_what_is_no_example_is_not_taken_for_one():
    likeness = Likeness()
    likeness.before, likeness.after = b'{"content": "', b'"}'
    example, alike = b'data: {"content": "a"}\n\n', Alike()
    for body in (b"id: 1\n" + example, example + b"data: 1\n", b"data: 1\n\n"):
        alike.learn(chunk(body), [body], likeness)
    alike.learn(chunk(example)[:-1], [example], likeness)
    alike.learn(chunk(example) * 2, [example, example], likeness)
    assert alike.understand(chunk(example)) is None
    alike.learn(chunk(example), [example], likeness)
    assert alike.understand(chunk(example)) == ("a", len(example))


def test_an_event_with_a_name_is_alike_in_its_name_too():
    def delta(word: str, name: str = "content_block_delta") -> bytes:
        data = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}}
        return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()

    short, long = (Reception(record(), load("anthropic"), None) for _ in range(2))
    short._alike, long._alike = Counting(), Never()
    words = [chunk(delta(word)) for word in "abcd"]
    reads = [HEAD, *words, chunk(delta("e", "other")), chunk(delta("f", "other")), *words]
    assert feed(short, *reads) == feed(long, *reads)
    assert short_way(short) == 3 + 1 + 3
    assert settled(short) == settled(long)


def test_users_hear_of_such_texts_and_leave_at_them():
    heard: list[TokenEvent] = []
    receiving = reception(leave_at=3)
    receiving.hear = heard.append
    causes = feed(receiving, HEAD, *(chunk(text(index)) for index in range(3)))
    assert causes == [None, None, None, Cause.LEFT]
    assert [(one.kind, one.text) for one in heard] == [(TEXT, token(SEED, STREAM, at)) for at in range(3)]
    assert short_way(receiving) == 2


def test_without_a_canonical_answer_users_leave_at_events():
    receiving = reception(leave_at=3, verified=False)
    causes = feed(receiving, HEAD, *(chunk(event(word)) for word in "abc"))
    assert causes == [None, None, None, Cause.LEFT]


def test_where_the_body_is_kept_every_read_is_taken_apart():
    kept: list[bytes] = []
    receiving = reception()
    receiving.keep = lambda bodies, _: kept.extend(bodies)
    feed(receiving, HEAD, *(chunk(text(index)) for index in range(3)))
    assert b"".join(kept) == text(0) + text(1) + text(2)
    assert short_way(receiving) == 0


WORDS = st.text(st.characters(codec="utf-8"), max_size=5)
EVENTS = st.one_of(
    st.builds(event, WORDS),
    st.builds(text, st.integers(0, 8)),
    st.sampled_from([DONE, b": ping\n\n", b"data: 1\n", b"\n", b"event: e\n", b"id: 1\n", event("", "stop")]),
    st.builds(lambda word, raw: event("QQ").replace(b"QQ", raw), WORDS, st.binary(max_size=4)),
)
PIECES = st.one_of(
    st.builds(chunk, EVENTS),
    st.builds(lambda one, two: chunk(one + two), EVENTS, EVENTS),
    st.builds(lambda one, size: b"%x\r\n%b\r\n" % (max(1, len(one) + size), one), EVENTS, st.integers(-3, 3)),
    st.builds(
        lambda one, at, byte: chunk(one)[:at] + byte + chunk(one)[at:],
        EVENTS, st.integers(0, 130), st.sampled_from([b"\r", b"\n", b'"', b"\\", b" ", b"0", b"\xff", b"{"]),
    ),
)  # fmt: skip


@given(pieces=st.lists(PIECES, max_size=10), cuts=st.lists(st.integers(0, 900), max_size=3))
@example(pieces=[chunk(text(0)), chunk(text(1)), chunk(text(2))], cuts=[])
def test_any_answer_in_any_reads_means_the_same_either_way(pieces: list[bytes], cuts: list[int]):
    reads = [chunk(text(0)), chunk(text(1)), *pieces]
    for cut in cuts:  # some reads end where no chunk does
        at = cut % len(reads)
        reads[at : at + 1] = [part for part in (reads[at][: cut % 90], reads[at][cut % 90 :]) if part]
    short, long = reception(), reception(Never())
    for number, data in enumerate([HEAD, *reads], 2):
        causes = short.feed(data, number * MS, 5_000), long.feed(data, number * MS, 5_000)
        assert causes[0] is causes[1]
        if causes[0] is not None:
            break
    assert settled(short) == settled(long)
