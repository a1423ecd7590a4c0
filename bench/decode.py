"""What understanding an answer costs: us of one core per token event, by part and for the whole chain.

    python -m bench.decode [--json]

Each figure is the best of several repetitions, since whatever else the machine does can only add to it.
"""

import argparse
import json
import time
from collections.abc import Callable

from harness import clock, dialects
from harness.answer import AnswerCheck, answer
from harness.dialects.dialect import Reply
from harness.dialects.events import Kind, Usage
from harness.record import Outcome, StreamRecord
from harness.transports.reception import Reception
from harness.wire import frame_decoder
from harness.wire.frame import MAX_LINE, Frame
from harness.wire.http1 import ResponseReader
from harness.wire.sse import SseDecoder

TOKENS = 2000
REPEATS = 9
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
SEED, STREAM = 7, 42


def best(work: Callable[[], object]) -> float:
    """Shortest time of `work`, s."""
    times = []
    for _ in range(REPEATS):
        before = time.perf_counter()
        work()
        times.append(time.perf_counter() - before)
    return min(times)


def us(work: Callable[[], object], events: int = TOKENS) -> float:
    return round(best(work) / events * 1e6, 3)


def written(name: str, tokens: list[str]) -> list[bytes]:
    """The answer as the dialect's encoder writes it, a piece a token."""
    say = dialects.load(name).encoder(Reply(id="id-1", model="mock-chat", created_s=1700000000))
    head, *rest = [say.text(token) for token in tokens]
    ending = say.finish("stop", Usage(12, len(tokens))) + say.end()
    return [say.start() + head, *rest, ending] if name != "openai_responses" else [head, *rest, ending]


def chunked(parts: list[bytes]) -> list[bytes]:
    """Each part as one read that holds one chunk; the head in a read of its own."""
    return [HEAD, *(b"%x\r\n%b\r\n" % (len(part), part) for part in parts), b"0\r\n\r\n"]


def coalesced(reads: list[bytes], size: int = 65_536) -> list[bytes]:
    """The same bytes in full reads, as they come when the reader is late."""
    whole = b"".join(reads)
    return [whole[at : at + size] for at in range(0, len(whole), size)]


def http1(reads: list[bytes]) -> Callable[[], None]:
    def work() -> None:
        feed = ResponseReader().feed
        for data in reads:
            feed(data)

    return work


def frames(name: str, parts: list[bytes]) -> Callable[[], list[Frame]]:
    def work() -> list[Frame]:
        feed = frame_decoder(dialects.load(name).wire).feed
        return [frame for part in parts for frame in feed(part)]

    return work


def meanings(name: str, wire_frames: list[Frame]) -> Callable[[], None]:
    def work() -> None:
        feed = dialects.load(name).decoder().feed
        for frame in wire_frames:
            feed(frame)

    return work


def check(tokens: list[str]) -> Callable[[], None]:
    def work() -> None:
        verifier = AnswerCheck(SEED, STREAM)
        for token in tokens:
            verifier.feed(token)
        assert verifier.result().tokens == len(tokens)

    return work


def encode(name: str, tokens: list[str]) -> Callable[[], None]:
    def work() -> None:
        written(name, tokens)

    return work


def chain(name: str, reads: list[bytes]) -> Callable[[], None]:
    """All of it, as a transport does it."""

    def work() -> None:
        dialect = dialects.load(name)
        http, wire, decoder = ResponseReader(), frame_decoder(dialect.wire), dialect.decoder()
        verifier = AnswerCheck(SEED, STREAM)
        for data in reads:
            pieces = http.feed(data)
            if pieces:
                body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
                for frame in wire.feed(body):
                    for event in decoder.feed(frame):
                        if event.kind is Kind.TEXT:
                            verifier.feed(event.text)
        assert verifier.result().tokens == TOKENS
        assert http.message_complete

    return work


def received(name: str, reads: list[bytes]) -> Callable[[], None]:
    """All of it and the record, as a user of a load process does it: with whatever short way there is."""

    def work() -> None:
        dialect, record = dialects.load(name), StreamRecord(stream=STREAM, intended_ns=0, sent_ns=0)
        reception = Reception(record, dialect, AnswerCheck(SEED, STREAM))
        for number, data in enumerate(reads):
            cause = reception.feed(data, number * clock.MS, 10_000)
        assert cause is not None
        reception.settle(cause, len(reads) * clock.MS, dialect)
        assert (record.outcome, record.tokens) == (Outcome.COMPLETED, TOKENS)

    return work


def long_line_ratio() -> float:
    """Time for a line of the longest length over ten times the time for a tenth of it, both in small reads.

    1 is linear; a decoder that searched its remainder again with every read would come to 10.
    """

    def line(size: int) -> Callable[[], None]:
        def work() -> None:
            feed = SseDecoder().feed
            for _ in range(size // 64):
                feed(b"x" * 64)

        return work

    return round(best(line(MAX_LINE)) / (10 * best(line(MAX_LINE // 10))), 2)


def measure() -> dict[str, object]:
    tokens = answer(SEED, STREAM, TOKENS)
    parts = {name: written(name, tokens) for name in dialects.names() if name != "generic_accumulated"}
    decoded = {name: frames(name, parts[name])() for name in parts}
    return {
        "http1_us": us(http1(chunked(parts["openai"]))),
        "sse_us": us(frames("openai", parts["openai"])),
        "answer_us": us(check(tokens)),
        "dialect_us": {name: us(meanings(name, decoded[name])) for name in parts},
        "encode_us": {name: us(encode(name, tokens)) for name in parts},
        "chain_us": {name: us(chain(name, chunked(parts[name]))) for name in parts},
        "received_us": {name: us(received(name, chunked(parts[name]))) for name in parts},
        "chain_coalesced_us": us(chain("openai", coalesced(chunked(parts["openai"])))),
        "long_line_ratio": long_line_ratio(),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true", help="one JSON line")
    as_json = options.parse_args().json
    figures = measure()
    if as_json:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        if isinstance(figure, dict):
            print(name)
            for part, value in figure.items():
                print(f"  {part:24}{value:8.3f}")
        else:
            print(f"{name:26}{figure:8.3f}")


if __name__ == "__main__":
    main()
