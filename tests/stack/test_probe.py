"""One question to a system that is already up, and each way in which the answer can be wrong."""

import json
import socket

import pytest

from harness.answer import token
from harness.plan.target import Limits, Target
from harness.stack.errors import StackError
from harness.stack.probe import PROBE_STREAM, Behind, probe
from tests.misbehaving import Fin, Misbehaving, Pause, Rst, Step, certificate, chunk, head
from tests.transports.answers import LAST, done, event

pytestmark = pytest.mark.slow

SEED = 7
OURS = [event(content=token(SEED, PROBE_STREAM, number)) for number in range(3)]


def stream(*events: bytes) -> list[Step]:
    return [head(chunked=True), *map(chunk, events), LAST]


def ask(*steps, tls=None, seed=SEED, **target):
    with Misbehaving(list(steps), tls=tls) as server:
        found = probe(Target(url=server.url, **target), "the-key", seed)
        return found, server.requests[0]


def complaint(*steps, **target):
    with Misbehaving(list(steps)) as server, pytest.raises(StackError) as raised:
        probe(Target(url=server.url, **target), "", SEED)
    text = str(raised.value)
    assert text.startswith(f"the target {server.url}/api/chat/stream ")
    return text


def test_our_own_tokens_prove_that_the_mock_stands_behind():
    found, request = ask(*stream(*OURS, done(3)))
    assert found is Behind.MOCK
    assert b"sid%3A999999" in request
    assert b"Bearer the-key" in request


def test_where_nobody_streams_the_question_is_asked_in_one_piece():
    text = "".join(token(SEED, PROBE_STREAM, number) for number in range(3))
    body = json.dumps({"content": text, "finish_reason": "stop"}).encode()
    with Misbehaving([head(chunked=True, content_type="application/json"), chunk(body), LAST]) as server:
        assert probe(Target(url=server.url), "", SEED, streamed=False) is Behind.MOCK
        assert server.requests[0].startswith(b"POST /api/chat HTTP/1.1")


def test_any_other_text_is_another_provider():
    assert ask(*stream(event(content="Rivers are long."), done(3)))[0] is Behind.OTHER


def test_tokens_of_a_mock_with_another_seed_are_told():
    others = [event(content=token(SEED + 1, PROBE_STREAM, number)) for number in range(3)]
    text = complaint(*stream(*others, done(3)))
    assert "another seed" in text


def test_where_our_mock_takes_no_part_it_is_enough_that_it_streams():
    assert ask(*stream(*OURS, done(3)), seed=None)[0] is Behind.OTHER


def test_a_system_that_keeps_the_connection_open_after_the_last_word_is_not_waited_for():
    steps = [head(chunked=True), *map(chunk, OURS), chunk(done(3)), Pause(60)]
    assert ask(*steps)[0] is Behind.MOCK


def test_a_stream_that_breaks_off_after_text_still_answers_the_question():
    assert ask(head(chunked=True), chunk(OURS[0]), Fin())[0] is Behind.MOCK


def test_it_goes_through_tls(tmp_path):
    files = certificate(tmp_path)
    assert ask(*stream(*OURS, done(3)), tls=files, verify_tls=False)[0] is Behind.MOCK
    with (
        Misbehaving(stream(*OURS), tls=files) as server,
        pytest.raises(StackError, match=r"does not answer.*CERTIFICATE"),
    ):
        probe(Target(url=server.url), "", SEED)


def test_a_wrong_path_is_told_with_what_to_check():
    body = b'{"error": {"type": "not_found", "message": "no such route"}}'
    text = complaint(head(404, length=len(body)), body)
    assert "answers 404 not_found no such route; check target.path" in text


@pytest.mark.parametrize("status", [302, 204, 500])
def test_every_other_status_than_200_is_told(status):
    assert f"answers {status}" in complaint(head(status, length=0))


def test_an_error_in_the_stream_is_told():
    text = complaint(*stream(event(error={"type": "server_error", "message": "no provider"})))
    assert "streams an error: no provider" in text


def test_an_answer_that_is_no_stream_is_told_with_its_content_type():
    text = complaint(head(length=13, content_type="text/html"), b"<html></html>")
    assert "sends no stream of the generic dialect (content-type text/html); check target.path" in text


def test_bytes_without_end_are_told():
    text = complaint(head(), b"data: " + b"x" * (2 << 20), Fin())
    assert "sends no stream of the generic dialect" in text
    assert "longer than" in text


@pytest.mark.parametrize("steps", [[Rst()], [Fin()]])
def test_a_connection_that_dies_is_told(steps):
    assert "does not answer: " in complaint(*steps)


def test_silence_is_told():
    text = complaint(Pause(60), limits=Limits(first_content_s=0.2))
    assert "does not answer: timed out" in text


def test_heartbeats_for_ever_are_told():
    beats = [step for _ in range(40) for step in (b": ping\n\n", Pause(0.05))]
    text = complaint(head(), *beats, limits=Limits(first_content_s=1, total_s=0.3))
    assert "no whole answer within 0.3 s" in text


def test_a_port_that_nobody_listens_on_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(StackError, match=r"does not answer: .*refused; is it running at 127\.0\.0\.1:"):
            probe(Target(url=url), "", SEED)
