import asyncio
import threading
from typing import Any

import pytest

from gateway import tools
from gateway.toolbox import Toolbox
from gateway.tools.tool import Tool
from harness.dialects.dialect import ToolCall, ToolOffer
from harness.plan.plan import GatewayOptions


def results(*calls: tuple[str, str], **options: Any) -> list[str]:
    asked = [ToolCall(f"call_{number}", name, text) for number, (name, text) in enumerate(calls)]
    return asyncio.run(Toolbox(GatewayOptions(**options)).run(asked))


def test_calls_are_answered_in_their_order():
    assert results(("calculate", '{"expression":"6*7"}'), ("lookup", '{"word":"SSE "}')) == [
        "42",
        "server-sent events: text lines over HTTP, events parted by blank lines",
    ]


@pytest.mark.parametrize(
    ("name", "arguments", "why"),
    [
        ("weather", "{}", "there is no tool 'weather' (known: calculate, clock, lookup)"),
        ("../tool", "{}", "there is no tool '../tool'"),
        ("lookup", '{"word":', "the arguments are not a JSON object"),
        ("lookup", "[]", "the arguments are not a JSON object"),
        ("lookup", "{}", "word must be a text"),
    ],
)
def test_what_goes_wrong_is_told_to_the_model(name: str, arguments: str, why: str):
    (result,) = results((name, arguments))
    assert result.startswith(f"error: {why}")


def test_a_tool_that_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    release = threading.Event()

    def wait(arguments: dict[str, Any]) -> str:
        release.wait(20)
        return "too late"

    async def play() -> list[str]:
        said = await Toolbox(GatewayOptions(tool_s=0.01)).run([ToolCall("call_1", "slow", "{}")])
        release.set()
        return said

    monkeypatch.setattr(tools, "load", lambda name: Tool(ToolOffer(name), wait))
    assert asyncio.run(play()) == ["error: slow took longer than 0.01 s"]


def test_a_tool_on_offer_that_does_not_exist_is_said_at_once():
    with pytest.raises(ValueError, match=r"no tool 'wether' \(known: calculate, clock, lookup\)"):
        Toolbox(GatewayOptions(offer_tools="clock,wether"))
