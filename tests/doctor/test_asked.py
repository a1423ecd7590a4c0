"""What the emitter understands of a request, however the bytes are cut."""

import msgspec
import pytest

from harness.doctor.asked import Request, next_request, wish

BODY = (
    b'{"model":"known","stream":true,"max_tokens":9,"messages":[{"role":"user","content":"[sid:000042] hi"}]}'
)
WHOLE = b"POST /v1/chat/completions?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (
    len(BODY),
    BODY,
)
ASKED = Request("POST", "/v1/chat/completions", BODY)


def test_a_request_is_read_once_it_is_whole_and_not_before():
    for cut in range(len(WHOLE)):
        assert next_request(WHOLE[:cut]) == (None, WHOLE[:cut])
    assert next_request(WHOLE) == (ASKED, b"")


def test_what_follows_a_request_is_kept_for_the_next():
    models = b"GET /v1/models HTTP/1.1\r\n\r\n"
    request, rest = next_request(WHOLE + models)
    assert (request, rest) == (ASKED, models)
    assert next_request(rest) == (Request("GET", "/v1/models", b""), b"")


def test_the_mark_in_the_prompt_names_the_stream():
    wanted = wish(BODY)
    assert (wanted.streaming, wanted.model, wanted.stream, wanted.tokens) == (True, "known", 42, 9)


@pytest.mark.parametrize("prompt", ["hello", "[sid:000042] and [sid:000043]"])
def test_without_one_mark_the_emitter_numbers_the_stream_itself(prompt):
    body = msgspec.json.encode({"stream": True, "messages": [{"role": "user", "content": prompt}]})
    assert wish(body).stream is None


def test_the_newer_name_of_the_length_goes_first():
    assert wish(b'{"max_tokens":5,"max_completion_tokens":7}').tokens == 7


def test_usage_is_written_for_who_asks_for_it():
    assert wish(b'{"stream_options":{"include_usage":true}}').usage
    assert not wish(b"{}").usage


def test_a_body_of_another_shape_is_refused():
    with pytest.raises(msgspec.DecodeError):
        wish(b"[1]")
