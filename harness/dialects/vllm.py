"""vLLM's OpenAI-compatible chat: unset keys left out, reasoning in `delta.reasoning`, usage on every chunk if
asked for, and a finish reason that rides on the last content.

What it says is read by the OpenAI decoder; only the encoder and the errors are its own.
"""

from collections.abc import Sequence

from harness.dialects import jsontext
from harness.dialects.dialect import Ask, HttpRequest, Reply, ToolCall
from harness.dialects.events import TokenEvent, Usage
from harness.dialects.generic import refuse_other_shape
from harness.dialects.openai import DIALECT as OPENAI
from harness.dialects.openai import (
    DONE,
    OpenAiDecoder,
    number_or_text,
    plain_counts,
    tool_opening,
    tool_piece,
    whole_message,
)


class VllmEncoder:
    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._output = 0
        envelope = {
            "id": reply.id,
            "object": "chat.completion.chunk",
            "created": reply.created_s,
            "model": reply.model,
        }
        self._envelope = b"data: " + jsontext.encode(envelope)[:-1]
        self._before = self._envelope + b',"choices":[{"index":0,"delta":'
        self._after = b',"logprobs":null,"finish_reason":null,"token_ids":null}]'

    def start(self) -> bytes:
        role = b'{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]'
        return self._before + role + b',"prompt_token_ids":null' + self._counts(0)

    def text(self, piece: str, tokens: int = 1) -> bytes:
        return self._chunk(b'{"content":' + jsontext.encode(piece) + b"}", tokens)

    def reasoning(self, piece: str) -> bytes:
        return self._chunk(b'{"reasoning":' + jsontext.encode(piece) + b"}", 1)

    def tool_open(self, index: int, id: str, name: str) -> bytes:
        return self._chunk(b'{"tool_calls":[%b]}' % tool_opening(index, id, name), 1)

    def tool_fragment(self, index: int, piece: str) -> bytes:
        return self._chunk(b'{"tool_calls":[%b]}' % tool_piece(index, piece), 1)

    def finish(self, reason: str, usage: Usage, last: str = "") -> bytes:
        self._output = usage.output_tokens
        content = b'{"content":' + jsontext.encode(last) + b"}"
        tail = b',"logprobs":null,"finish_reason":%b,"stop_reason":null,"token_ids":null}]'
        end = self._before + content + tail % jsontext.encode(reason) + self._counts(0)
        if not self._reply.include_usage:
            return end
        counts = jsontext.encode(plain_counts(usage))
        return end + self._envelope + b',"choices":[],"usage":' + counts + b"}\n\n"

    def end(self) -> bytes:
        return DONE

    def error(self, code: str, message: str, shape: str = "") -> bytes:
        """`flat` is the form of older releases."""
        refuse_other_shape(DIALECT.error_shapes, shape)
        if shape == "flat":
            flat = {"object": "error", "message": message, "type": "InternalServerError", "param": None}
            return b"data: %b\n\n" % jsontext.encode({**flat, "code": number_or_text(code)})
        return b"data: %b\n\n" % DIALECT.error_body(500, code, message)

    def _chunk(self, delta: bytes, tokens: int) -> bytes:
        return self._before + delta + self._after + self._counts(tokens)

    def _counts(self, tokens: int) -> bytes:
        if not self._reply.continuous_usage:
            return b"}\n\n"
        self._output += tokens
        counts = plain_counts(Usage(self._reply.input_tokens, self._output))
        return b',"usage":%b}\n\n' % jsontext.encode(counts)


_KINDS = {400: "BadRequestError", 401: "AuthenticationError", 404: "NotFoundError", 429: "RateLimitError"}


class Vllm:
    name = "vllm"
    wire = "sse"
    path = "/v1/chat/completions"
    error_shapes = ("nested", "flat")

    def request(self, ask: Ask, path: str) -> HttpRequest:
        return OPENAI.request(ask, path)

    def decoder(self) -> OpenAiDecoder:
        return OpenAiDecoder()

    def encoder(self, reply: Reply) -> VllmEncoder:
        return VllmEncoder(reply)

    def whole(
        self,
        reply: Reply,
        text: str,
        reason: str,
        usage: Usage | None,
        tools: Sequence[ToolCall] = (),
        reasoning: str = "",
    ) -> bytes:
        message = {**whole_message(text, tools), "reasoning": reasoning or None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
        body = {"id": reply.id, "object": "chat.completion", "created": reply.created_s}
        counts = plain_counts(usage) if usage is not None else None
        return jsontext.encode({**body, "model": reply.model, "choices": [choice], "usage": counts})

    def read_whole(self, body: bytes) -> Sequence[TokenEvent]:
        return OPENAI.read_whole(body)

    def error_body(self, status: int, code: str, message: str) -> bytes:
        """The code is the HTTP status, as a number, unless the caller names another."""
        kind = _KINDS.get(status, "server_error" if status >= 500 else "BadRequestError")
        error = {"message": message, "type": kind, "param": None, "code": number_or_text(code or str(status))}
        return jsontext.encode({"error": error})

    def read_error(self, body: bytes) -> tuple[str, str]:
        return OPENAI.read_error(body)


DIALECT = Vllm()
