import asyncio
import json
from collections.abc import Coroutine
from typing import Any

import pytest

from gateway.answer import Answer
from gateway.failure import Refused
from gateway.rounds import TOO_MANY, Rounds, follow_up
from harness.dialects import openai
from harness.dialects.dialect import Ask, Reply, ToolCall, ToolOffer, Turn
from harness.dialects.events import Kind, TokenEvent, Usage
from harness.plan.plan import GatewayOptions
from harness.wire.sse import SseDecoder

ASK = Ask(prompt="What is TTFT?", model="m")
SAID = [TokenEvent(Kind.REASONING, "hm"), TokenEvent(Kind.TEXT, "Let me "), TokenEvent(Kind.TEXT, "see.")]


def answer(*calls: tuple[str, str]) -> Answer:
    say = openai.DIALECT.encoder(Reply(id="x", model="m", created_s=0))
    data = say.start()
    for index, (name, arguments) in enumerate(calls):
        data += say.tool_open(index, "", name) + say.tool_fragment(index, arguments)
    given = Answer(SseDecoder(), openai.DIALECT.decoder())
    given.feed(data + say.finish("tool_calls" if calls else "stop", Usage(1, 1)) + say.end())
    assert given.failure is None
    return given


def run(play: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(play)


def test_an_answer_without_calls_is_the_last_word():
    assert run(Rounds(GatewayOptions()).go_on(ASK, answer(), SAID)) is None


def test_what_tools_gave_back_is_the_next_question_and_users_may_hear_of_it():
    asked = answer(("lookup", '{"word":"ttft"}'), ("lookup", '{"word":"sea"}'))
    following, told = run(Rounds(GatewayOptions()).go_on(ASK, asked, SAID))
    calls = (
        ToolCall("call_1", "lookup", '{"word":"ttft"}'),
        ToolCall("call_2", "lookup", '{"word":"sea"}'),
    )
    meaning = "time to first token: from the question to the first piece of the answer"
    assert following.turns == (
        Turn(role="user", text="What is TTFT?"),
        Turn(role="assistant", text="Let me see.", calls=calls),
        Turn(role="tool", text=meaning, call_id="call_1"),
        Turn(role="tool", text="'sea' is not in this glossary", call_id="call_2"),
    )
    assert (following.prompt, following.model) == (ASK.prompt, ASK.model)
    assert told[0] == TokenEvent(Kind.RESULT, meaning, "lookup", id="call_1")


def test_later_rounds_go_on_where_the_earlier_ones_ended():
    async def play() -> Ask:
        rounds, ask = Rounds(GatewayOptions()), ASK
        for _ in range(2):
            ask, _ = await rounds.go_on(ask, answer(("lookup", '{"word":"itl"}')), [])
        return ask

    turns = run(play()).turns
    assert [turn.role for turn in turns] == ["user", "assistant", "tool", "assistant", "tool"]
    assert [turn.call_id for turn in turns if turn.role == "tool"] == ["call_1", "call_2"]


def test_a_model_that_never_stops_calling_is_given_up():
    async def play() -> None:
        rounds, ask = Rounds(GatewayOptions(tool_rounds=2)), ASK
        for _ in range(2):
            ask, _ = await rounds.go_on(ask, answer(("lookup", "{}")), [])
        with pytest.raises(Refused) as refused:
            await rounds.go_on(ask, answer(("lookup", "{}")), [])
        assert refused.value.failure == TOO_MANY

    run(play())


def test_tools_on_offer_go_with_the_first_question():
    asked = Rounds(GatewayOptions(offer_tools="clock,lookup")).begin(ASK)
    assert [tool.name for tool in asked.tools] == ["clock", "lookup"]
    assert Rounds(GatewayOptions()).begin(ASK) == ASK


def test_calls_to_tools_that_the_user_brought_are_the_answer():
    brought = Ask(prompt="hi", tools=(ToolOffer("lookup"),))
    rounds = Rounds(GatewayOptions(offer_tools="clock"))
    assert rounds.begin(brought) == brought
    assert run(rounds.go_on(brought, answer(("lookup", "{}")), [])) is None


@pytest.mark.parametrize("arguments", ["{", "[1]", '{"a": nul}'])
def test_arguments_that_are_no_object_are_not_sent_back_as_they_are(arguments: str):
    asked = follow_up(ASK, "", [ToolCall("call_1", "f", arguments)], ["error"])
    assert json.loads(asked.turns[1].calls[0].arguments) == {}
