from harness.answer import answer
from harness.plan.provider import ModelProfile
from mock_provider.attempt import Attempts, Identity, head_bytes, identify, key_digest, plan_answer, text_of
from mock_provider.requests.request import ChatRequest
from mock_provider.script import Do, Framing, Script


def test_one_mark_names_the_stream_and_its_repetition_changes_nothing() -> None:
    assert identify("[sid:000042] hi") == Identity(42, 42)
    assert identify("[sid:000042] hi [sid:000042]") == Identity(42, 42)


def test_no_mark_and_several_are_recorded_and_still_get_the_same_stream_each_time() -> None:
    none, several = identify("hi"), identify("[sid:000001] [sid:000002]")
    assert (none.recorded, several.recorded) == (-1, -2)
    assert none == identify("hi")
    assert none.stream != identify("ho").stream


def test_attempts_of_a_stream_are_counted_and_unmarked_requests_are_all_firsts() -> None:
    attempts = Attempts()
    assert [attempts.count(Identity(5, 5)) for _ in range(3)] == [1, 2, 3]
    assert [attempts.count(Identity(9, -1)) for _ in range(2)] == [1, 1]


def test_the_oldest_stream_is_forgotten_beyond_the_bound() -> None:
    attempts = Attempts(bound=2)
    for stream in (1, 2, 3):
        attempts.count(Identity(stream, stream))
    assert [attempts.count(Identity(stream, stream)) for stream in (3, 2, 1)] == [2, 2, 1]


def test_a_frame_of_several_tokens_is_their_text_in_a_row() -> None:
    assert text_of(7, 42, 1, 3) == "".join(answer(7, 42, 4)[1:])


def test_the_same_question_gets_the_same_script() -> None:
    asked = ChatRequest(model="m", prompt="x", stream=True)
    first, again = (plan_answer(ModelProfile(), asked, 3, seed=7, stream=5, attempt=1) for _ in range(2))
    assert first.script == again.script
    assert sum(step.tokens for step in first.script.steps) == first.tokens


def test_a_cap_ends_the_answer_with_length() -> None:
    asked = ChatRequest(model="m", prompt="x", stream=True, max_tokens=4)
    planned = plan_answer(ModelProfile(), asked, 3, seed=7, stream=5, attempt=1)
    assert (planned.tokens, planned.script.finish_reason) == (4, "length")


def test_an_unstreamed_answer_is_one_body_at_the_time_of_its_last_token() -> None:
    asked = ChatRequest(model="m", prompt="x")
    profile = ModelProfile(ttft_ms=100.0, itl_ms=10.0, output_tokens=3.0)
    script = plan_answer(profile, asked, 3, seed=7, stream=5, attempt=1).script
    assert [(step.at_ns, step.do) for step in script.steps] == [
        (120_000_000, Do.HEAD),
        (120_000_000, Do.BYTES),
        (120_000_000, Do.CLOSE),
    ]
    assert script.length == len(script.steps[1].data)


def test_heads_say_how_the_body_ends() -> None:
    chunked = Script(steps=[], framing=Framing.CHUNKED)
    assert head_bytes(chunked, http_1_1=True, keep_alive=True) == (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    sized = Script(steps=[], status=529, framing=Framing.LENGTH, length=5)
    assert head_bytes(sized, http_1_1=False, keep_alive=True) == (
        b"HTTP/1.0 529 Overloaded\r\ncontent-length: 5\r\nconnection: keep-alive\r\n\r\n"
    )
    closing = Script(steps=[], framing=Framing.CLOSE)
    assert head_bytes(closing, http_1_1=False, keep_alive=True) == (
        b"HTTP/1.0 200 OK\r\nconnection: close\r\n\r\n"
    )


def test_a_digest_tells_keys_apart_and_hides_them() -> None:
    assert key_digest("") == ""
    assert key_digest("sk-a") != key_digest("sk-b")
    assert "sk-a" not in key_digest("sk-a")
