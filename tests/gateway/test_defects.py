"""Every defect is a real one: the part that it replaces misbehaves where the correct part does not."""

import asyncio
import json
import math
import zlib
from collections.abc import Callable

import pytest
from aiohttp.test_utils import make_mocked_request

from gateway import defects, failure
from gateway.__main__ import _parts as parts_with
from gateway.answer import Answer
from gateway.coding import Coding
from gateway.failure import Failure
from gateway.kept import Kept
from gateway.options import parse
from gateway.parts import Parts
from gateway.writer import Writer
from harness.checks import audit
from harness.dialects import openai
from harness.dialects.events import Kind, TokenEvent, Usage
from harness.plan.plan import GatewayOptions
from harness.wire.frame import Frame

RIGHT = Parts()
TEXT = b'data: {"choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n'
FINISH = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":7}}\n\n'
ERROR = b'data: {"error":{"message":"no room","type":"overloaded"}}\n\n'
DONE = b"data: [DONE]\n\n"


def broken(name: str) -> Parts:
    return defects.load(name).apply(Parts())


@pytest.mark.parametrize("name", defects.names())
def test_a_defect_says_what_it_is_and_which_checks_find_it(name: str):
    defect = defects.load(name)
    assert defect.name == name
    assert defect.says.endswith(".")
    assert defect.must_fail
    assert not defect.must_fail & defect.may_fail
    assert defect.must_fail | defect.may_fail <= set(audit.names())
    assert defect.apply(Parts()) != Parts()


def test_no_file_no_defect():
    with pytest.raises(KeyError):
        defects.load("defect")


# The wire


def frames(parts: Parts, *reads: bytes) -> list[bytes]:
    decoder = parts.wire()
    found: list[Frame] = []
    for data in reads:
        found += decoder.feed(data)
    return [frame.data for frame in found]


@pytest.mark.parametrize(
    ("name", "reads", "right", "wrong"),
    [
        ("splits_utf8", (b"data: w\xc3", b"\xb6rd\n\n"), ["wörd".encode()], ["w��rd".encode()]),
        ("misreads_crlf", (b"data: a\r\n\r\ndata: b\r\n\r\n",), [b"a", b"b"], []),
        ("misreads_comments", (b": ping\n\ndata: a\n\n",), [b"a"], [b"ping", b"a"]),
        ("misreads_multiline_data", (b"data: {\ndata: }\n\n",), [b"{\n}"], [b"}"]),
    ],
)
def test_events_are_misread(name: str, reads: tuple[bytes, ...], right: list[bytes], wrong: list[bytes]):
    assert frames(RIGHT, *reads) == right
    assert frames(broken(name), *reads) == wrong


@pytest.mark.parametrize(
    "name", ["splits_utf8", "misreads_crlf", "misreads_comments", "misreads_multiline_data"]
)
def test_usual_events_are_read_all_the_same(name: str):
    assert frames(broken(name), TEXT, FINISH + DONE) == frames(RIGHT, TEXT, FINISH + DONE)


# How an answer ends


def after(parts: Parts, data: bytes, end: Callable[[Answer], object]) -> Answer:
    answer = parts.answer(parts.wire(), openai.DIALECT.decoder())
    answer.feed(data)
    end(answer)
    return answer


ENDS: dict[str, tuple[bytes, Callable[[Answer], object]]] = {
    "forges_end_after_truncation": (TEXT, Answer.end),
    "forges_end_after_fin": (TEXT, lambda answer: answer.close(failure.DIED)),
    "forges_end_after_reset": (TEXT, lambda answer: answer.close(failure.RESET)),
    "swallows_error_events": (TEXT + ERROR, lambda answer: None),
}


@pytest.mark.parametrize("name", ENDS)
def test_half_an_answer_gets_an_ending(name: str):
    assert after(RIGHT, *ENDS[name]).failure is not None
    found = after(broken(name), *ENDS[name])
    assert (found.over, found.failure, found.reason) == (True, None, "stop")


def test_each_forged_end_is_one_kind_of_death():
    for name in ENDS:
        for other, death in ENDS.items():
            assert (after(broken(name), *death).failure is None) == (name == other)


def test_usage_that_comes_behind_the_finish_is_not_read():
    data = TEXT + FINISH + USAGE + DONE
    assert after(RIGHT, data, Answer.end).usage == Usage(3, 7)
    assert after(broken("drops_usage"), data, Answer.end).usage is None


def test_tokens_are_counted_by_events():
    assert after(broken("miscounts_tokens"), TEXT + TEXT + FINISH + USAGE, Answer.end).usage == Usage(3, 2)


def test_an_event_without_its_blank_line_is_lost():
    data = TEXT + FINISH + USAGE.rstrip()
    assert after(RIGHT, data, lambda answer: answer.end()).usage == Usage(3, 7)
    assert after(broken("loses_last_event"), data, lambda answer: answer.end()).usage is None


# Limits and retries


@pytest.mark.parametrize(("parts", "held"), [(RIGHT, 0), (broken("leaks_slots"), 1)])
def test_who_leaves_in_the_middle_keeps_a_slot(parts: Parts, held: int):
    async def play() -> int:
        limiter = parts.limiter(GatewayOptions(concurrency=2))

        async def leave() -> None:
            async with limiter.slot():
                raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            await leave()
        return limiter.held

    assert asyncio.run(play()) == held


def test_a_queue_has_no_end():
    async def play() -> int:
        limiter = broken("unbounded_queue").limiter(GatewayOptions(concurrency=1, queue=1))

        async def hold() -> None:
            async with limiter.slot():
                await asyncio.Event().wait()

        users = [asyncio.create_task(hold()) for _ in range(50)]
        await asyncio.sleep(0)
        waiting = limiter.queued
        for user in users:
            user.cancel()
        await asyncio.gather(*users, return_exceptions=True)
        return waiting

    assert asyncio.run(play()) == 49


BUSY = Failure(429, "rate_limit", "later", {"retry-after": "2"}, passing=True)


def test_a_storm_does_not_wait_and_hardly_ends():
    options = GatewayOptions(retries=1)
    right, storm = RIGHT.retrying(options), broken("retry_storm").retrying(options)
    assert (right.wait_s(BUSY, 1, 0) or 0) >= 2
    assert right.wait_s(BUSY, 2, 0) is None
    assert [storm.wait_s(BUSY, attempts, 0) for attempts in (1, 2, 11)] == [0, 0, 0]


def test_a_begun_answer_is_asked_for_again():
    options = GatewayOptions(retries=1)
    assert RIGHT.retrying(options).wait_s(failure.DIED, 1, content=5) is None
    assert broken("retries_after_first_token").retrying(options).wait_s(failure.DIED, 1, content=5)


def test_what_flows_is_cut_after_the_idle_limit():
    options = GatewayOptions(idle_s=5, first_token_s=5)
    for parts, lost in ((RIGHT, None), (broken("counts_total_as_idle"), failure.STALLED)):
        patience = parts.patience(options, 0.0)
        for second in range(1, 5):
            patience.heard(second, content=True)
        assert patience.lost(5.5) == lost


# Towards the user


def test_no_beat_is_ever_due():
    assert broken("no_heartbeat").heartbeat(1.0, now=0.0).due == math.inf
    beat = broken("no_heartbeat").heartbeat(1.0, now=0.0)
    beat.told(5.0)
    assert beat.due == math.inf


@pytest.mark.parametrize(("name", "kind"), [("leaks_reasoning", Kind.REASONING)], ids=["leaks_reasoning"])
def test_what_is_to_be_hidden_is_shown(name: str, kind: Kind):
    options, event = GatewayOptions(reasoning="hidden", tools="hidden"), TokenEvent(kind, "hm")
    assert RIGHT.showing(options).show([event]) == []
    assert broken(name).showing(options).show([event]) == [event]


def test_later_text_waits_for_the_timer():
    for parts, due in ((RIGHT, 1.0), (broken("flushes_on_a_timer"), 1.2)):
        chunks = parts.chunks()
        chunks.add([TokenEvent(Kind.TEXT, "a")], now=0.0)
        chunks.take()
        chunks.add([TokenEvent(Kind.TEXT, "b")], now=1.0)
        assert chunks.due == due


def test_compressed_text_stays_in_the_compressor():
    for parts, early in ((RIGHT, TEXT), (broken("compresses_without_flush"), b"")):
        coding = parts.coding("gzip", True)
        reader = zlib.decompressobj(31)
        assert reader.decompress(coding.feed(TEXT)) == early
        assert early + reader.decompress(coding.end()) == TEXT


def test_a_broken_answer_is_not_kept():
    kept = Kept("me", "what", [], failure.LEFT, "", None)
    for parts, found in ((RIGHT, kept), (broken("forgets_partial_answer"), None)):
        store = parts.keeper("", 1000)
        store.put("one", kept)
        assert store.get("one") == found
        store.close()


def test_refusals_lose_what_makes_them_useful():
    right = RIGHT.refusal(BUSY, b"{}")
    assert (right.status, right.headers["retry-after"]) == (429, "2")
    assert "retry-after" not in broken("hides_retry_after").refusal(BUSY, b"{}").headers
    assert broken("error_in_a_200").refusal(BUSY, b"{}").status == 200


class Response:
    """The user's end, which takes note."""

    def __init__(self) -> None:
        self.heard = b""

    async def write(self, data: bytes) -> None:
        self.heard += data

    async def write_eof(self) -> None:
        pass


class Transport(asyncio.Transport):
    def get_write_buffer_size(self) -> int:
        return 0


def writing(parts: Parts, response: Response) -> Writer:
    request = make_mocked_request("GET", "/", transport=Transport())
    writer = parts.writer(request, Coding("", False), 1.0)
    writer._response = response  # type: ignore[assignment]
    return writer


@pytest.mark.parametrize(
    ("parts", "early"), [(RIGHT, 5000), (broken("buffers_response"), 0), (broken("buffers_4k"), 4096)]
)
def test_bytes_wait_in_a_buffer(parts: Parts, early: int):
    async def play() -> tuple[int, int]:
        response = Response()
        writer = writing(parts, response)
        await writer.write(b"x" * 5000)
        before = len(response.heard)
        await writer.close()
        return before, len(response.heard)

    assert asyncio.run(play()) == (early, 5000)


def crowd(parts: Parts, users: int, events: int = 4) -> list[bytes]:
    """What each of so many users hears who are all written to at the same pace."""

    async def play() -> list[bytes]:
        responses = [Response() for _ in range(users)]
        writers = [writing(parts, response) for response in responses]
        for number in range(events):
            await asyncio.gather(*(w.write(b"%d.%d " % (user, number)) for user, w in enumerate(writers)))
        await asyncio.gather(*(writer.close() for writer in writers))
        return [response.heard for response in responses]

    return asyncio.run(play())


def own(users: int, events: int = 4) -> list[bytes]:
    return [b"".join(b"%d.%d " % (user, number) for number in range(events)) for user in range(users)]


@pytest.mark.parametrize("name", ["mixes_streams", "reorders_under_load"])
def test_with_few_users_nothing_is_wrong(name: str):
    assert crowd(broken(name), 8) == own(8)
    assert crowd(RIGHT, 40) == own(40)


def test_in_a_crowd_users_get_each_others_text():
    heard = crowd(broken("mixes_streams"), 40)
    assert sorted(b"".join(heard).split()) == sorted(b"".join(own(40)).split())  # all of it, to whomever
    assert sum(mine != theirs for mine, theirs in zip(heard, own(40), strict=True)) >= 8


def test_in_a_crowd_events_change_places():
    heard = crowd(broken("reorders_under_load"), 40)
    assert [sorted(mine.split()) for mine in heard] == [sorted(right.split()) for right in own(40)]
    assert heard != own(40)


def test_one_user_who_does_not_read_holds_the_pump():
    class Frozen(Response):
        async def write(self, data: bytes) -> None:
            await asyncio.Event().wait()

    async def play(parts: Parts) -> bytes:
        frozen, other = Frozen(), Response()
        stuck = asyncio.create_task(writing(parts, frozen).write(b"x"))
        await asyncio.sleep(0)
        second = asyncio.create_task(writing(parts, other).write(b"y"))
        for _ in range(5):
            await asyncio.sleep(0)
        for task in (stuck, second):
            task.cancel()
        await asyncio.gather(stuck, second, return_exceptions=True)
        return other.heard

    assert asyncio.run(play(RIGHT)) == b"y"
    assert asyncio.run(play(broken("stalls_all_on_a_frozen_reader"))) == b""


# Content

PIECES = ('{"price": 12', '00, "name": "Sa', 'int", "end": 1}')


def shown(parts: Parts) -> tuple[list[object], object]:
    """What users have seen after each piece of a structured answer, and at its end."""
    fields = parts.fields()
    voice = parts.structured("fields", fields, parts.voice())
    seen = [voice.say([TokenEvent(Kind.TEXT, piece)]) for piece in PIECES]
    assert voice.verdict(None, "stop") is None
    return [json.loads(each[6:])["fields"] if each else None for each in seen], fields.value


def test_fields_come_half_or_late():
    whole = {"price": 1200, "name": "Saint", "end": 1}
    assert shown(RIGHT) == ([None, {"price": 1200}, whole], whole)
    assert shown(broken("waits_for_closing_brace")) == ([None, None, None], whole)
    half, value = shown(broken("shows_half_a_field"))
    assert (half[:2], value) == ([{"price": 12}, {"price": 1200, "name": "Sa"}], whole)


def test_text_is_said_before_it_is_cleared():
    options = GatewayOptions(refused_words="secret")
    for parts, early in ((RIGHT, b""), (broken("streams_before_moderation"), b"secret")):
        voice = parts.moderated(parts.voice(), parts.moderation(options))
        said = voice.say([TokenEvent(Kind.TEXT, "secret")])
        assert (early in said, bool(said)) == (True, bool(early))
        assert voice.verdict(None, "stop") is not None


# The log


def noted(parts: Parts) -> dict[str, object]:
    """The line of an answer whose head came after 1 s, first token after 3 and end, an error, after 9."""

    async def play() -> dict[str, object]:
        loop, times = asyncio.get_running_loop(), iter((1.0,))
        note = parts.note("stream", 0.0)
        usual, loop.time = loop.time, lambda: next(times, 9.0)  # type: ignore[method-assign]
        try:
            note.status = 200
        finally:
            loop.time = usual  # type: ignore[method-assign]
        note.said(1, 3.0)
        note.ending(failure.DIED, None)
        note.over(9.0)
        return parts.line(note)

    return asyncio.run(play())


def test_the_log_says_what_was_not():
    right = noted(RIGHT)
    said = {name: right[name] for name in ("status", "outcome", "ttft_ms", "total_ms")}
    assert said == {"status": 200, "outcome": "upstream_died", "ttft_ms": 3000.0, "total_ms": 9000.0}
    assert noted(broken("logs_false_ttft")) == right | {"ttft_ms": 1000.0}
    assert noted(broken("logs_false_totals")) == right | {"total_ms": 3000.0}
    assert noted(broken("logs_false_status")) == right | {"outcome": "completed"}


def test_a_process_that_is_told_to_stop_does_not_wait():
    async def play(parts: Parts) -> bool:
        draining, cuts = parts.draining(30.0), []
        with draining.stream():
            drain = asyncio.create_task(draining.drain(lambda: cuts.append(1), asyncio.Event()))
            for _ in range(5):
                await asyncio.sleep(0)
            at_once = drain.done()
        await drain
        return at_once

    assert not asyncio.run(play(RIGHT))
    assert asyncio.run(play(broken("drops_on_drain")))


# The command line


def test_a_defect_is_asked_for_by_name_and_several_add_up():
    given = ["--upstream", "http://x", "--defect", "no_heartbeat", "--defect", "splits_utf8"]
    assert parse(given).defects == ("no_heartbeat", "splits_utf8")
    parts = parts_with(("no_heartbeat", "splits_utf8"))
    assert (parts.heartbeat, parts.wire) == (broken("no_heartbeat").heartbeat, broken("splits_utf8").wire)
    assert parts_with(()) == RIGHT


def test_the_list_needs_no_upstream(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        parse(["--defect", "list"])
    assert ended.value.code == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == defects.names()


def test_a_name_that_is_none_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        parse(["--upstream", "http://x", "--defect", "split_utf8"])
    assert ended.value.code == 4
    assert "no defect 'split_utf8'; did you mean splits_utf8?" in capsys.readouterr().err
