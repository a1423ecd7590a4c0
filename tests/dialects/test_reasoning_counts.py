"""Tokens of reasoning in the usage: where each dialect has them, written and read back."""

import json

import pytest

from harness import dialects
from harness.dialects.dialect import Reply
from harness.dialects.events import Kind, Usage
from tests.dialects.reading import meanings

REPLY = Reply(id="id_1", model="m", created_s=1, include_usage=True)
THOUGHT = Usage(12, 3, 1)


@pytest.mark.parametrize("name", ["openai", "openai_responses", "gemini"])
def test_they_are_told_apart_and_read_back_from_a_stream_and_from_a_whole_answer(name: str) -> None:
    dialect = dialects.load(name)
    say = dialect.encoder(REPLY)
    events, _ = meanings(dialect, [say.start(), say.text("Hi"), say.finish("stop", THOUGHT), say.end()])
    assert [event.usage for event in events if event.kind is Kind.USAGE] == [THOUGHT]
    whole = dialect.read_whole(dialect.whole(REPLY, "Hi", "stop", THOUGHT, (), "hm"))
    assert [event.usage for event in whole if event.kind is Kind.USAGE] == [THOUGHT]


def test_gemini_counts_thoughts_beside_the_answer_and_openai_within_it() -> None:
    def counts(name: str, place: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(dialects.load(name).whole(REPLY, "Hi", "stop", THOUGHT))[place]
        return found

    assert counts("gemini", "usageMetadata") == {
        "promptTokenCount": 12,
        "candidatesTokenCount": 2,
        "thoughtsTokenCount": 1,
        "totalTokenCount": 15,
    }
    chat = counts("openai", "usage")
    assert (chat["completion_tokens"], chat["total_tokens"]) == (3, 15)


def test_a_failed_response_has_a_code_of_its_closed_list() -> None:
    """The official client refuses any other in its strict mode."""
    for code, told in (("overloaded_error", "server_error"), ("rate_limit_exceeded", "rate_limit_exceeded")):
        written = dialects.load("openai_responses").encoder(REPLY).error(code, "boom", "failed")
        assert json.loads(written.partition(b"data: ")[2])["response"]["error"]["code"] == told
