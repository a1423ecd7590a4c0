"""Content -> chunks of OpenAI Chat Completions, for clients that speak nothing else. Pure."""

from gateway.failure import Failure
from harness.dialects import openai
from harness.dialects.dialect import Reply
from harness.dialects.events import Kind, TokenEvent, Usage


class OpenAiVoice:
    """Says one answer: the role, content, a finish reason, usage where it was asked for and is known, and
    `[DONE]`.

    Reasoning that is shown takes the field that vLLM gave it. This API knows tools that the client runs and
    no others, so what was run here is not said, whatever the policy: a client would run it again.
    """

    hopeless = False  # before the end

    def __init__(self, reply: Reply, clients_tools: bool) -> None:
        """`clients_tools`: the calls are for the client, who brought the tools."""
        self._encoder = openai.DIALECT.encoder(reply)
        self._calls = 0
        self._clients_tools = clients_tools

    def start(self) -> bytes:
        return self._encoder.start()

    def say(self, events: list[TokenEvent]) -> bytes:
        return b"".join(map(self._one, events))

    def verdict(self, failure: Failure | None, reason: str) -> Failure | None:
        return failure

    def end(self, failure: Failure | None, reason: str, usage: Usage | None, numbered: bool) -> bytes:
        """After an error there is no `[DONE]`: some clients take it for a whole answer."""
        if failure is not None:
            return self._encoder.error(failure.code, failure.message)
        return self._encoder.finish(reason, usage) + self._encoder.end()

    def _one(self, event: TokenEvent) -> bytes:
        match event.kind:
            case Kind.TEXT:
                return self._encoder.text(event.text)
            case Kind.REASONING:
                return self._encoder.relative({"reasoning": event.text})
            case Kind.TOOL if self._clients_tools:
                index, self._calls = self._calls, self._calls + 1
                opening = self._encoder.tool_open(index, event.id, event.code)
                return opening + self._encoder.tool_fragment(index, event.text)
            case _:
                return b""
