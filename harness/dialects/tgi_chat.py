"""TGI's OpenAI-compatible chat: the role in every delta, no separate usage chunk, its own error shape."""

from collections.abc import Sequence

from harness.dialects import jsontext
from harness.dialects.dialect import Ask, HttpRequest, Reply, ToolCall
from harness.dialects.events import TokenEvent, Usage
from harness.dialects.generic import refuse_other_shape
from harness.dialects.openai import DIALECT as OPENAI
from harness.dialects.openai import DONE, OpenAiDecoder, plain_counts, whole_message
from harness.dialects.tgi import DIALECT as TGI

_FINGERPRINT = "3.3.0-streamproof"


class TgiChatEncoder:
    def __init__(self, reply: Reply) -> None:
        self._include_usage = reply.include_usage
        self._tools: dict[int, tuple[str, str]] = {}
        envelope = {
            "id": "",
            "object": "chat.completion.chunk",
            "created": reply.created_s,
            "model": reply.model,
            "system_fingerprint": _FINGERPRINT,
        }
        self._before = (
            b"data: "
            + jsontext.encode(envelope)[:-1]
            + b',"choices":[{"index":0,"delta":{"role":"assistant",'
        )
        self._after = b'},"logprobs":null,"finish_reason":null}],"usage":null}\n\n'

    def start(self) -> bytes:
        return b""

    def text(self, piece: str, tokens: int = 1) -> bytes:
        return self._before + b'"content":' + jsontext.encode(piece) + self._after

    def reasoning(self, piece: str) -> bytes:
        return b""

    def tool_open(self, index: int, id: str, name: str) -> bytes:
        self._tools[index] = (id, name)
        return self._tool(index, id, {"name": name, "arguments": ""})

    def tool_fragment(self, index: int, piece: str) -> bytes:
        """Each fragment repeats the id and the type of its call."""
        return self._tool(index, self._tools[index][0], {"name": None, "arguments": piece})

    def finish(self, reason: str, usage: Usage, last: str = "") -> bytes:
        counts = jsontext.encode(plain_counts(usage)) if self._include_usage else b"null"
        content = b'"content":%b},"logprobs":null,"finish_reason":%b}],"usage":%b}\n\n'
        return self._before + content % (jsontext.encode(last), jsontext.encode(reason), counts)

    def end(self) -> bytes:
        return DONE

    def error(self, code: str, message: str, shape: str = "") -> bytes:
        refuse_other_shape(DIALECT.error_shapes, shape)
        status = int(code) if code.isascii() and code.isdigit() else 422
        return b"data: %b\n\n" % jsontext.encode({"error": {"message": message, "http_status_code": status}})

    def _tool(self, index: int, id: str, function: dict[str, str | None]) -> bytes:
        call = jsontext.encode([{"index": index, "id": id, "type": "function", "function": function}])
        return self._before + b'"tool_calls":' + call + self._after


class TgiChat:
    name = "tgi_chat"
    wire = "sse"
    path = "/v1/chat/completions"
    error_shapes = ("nested",)

    def request(self, ask: Ask, path: str) -> HttpRequest:
        return OPENAI.request(ask, path)

    def decoder(self) -> OpenAiDecoder:
        return OpenAiDecoder()

    def encoder(self, reply: Reply) -> TgiChatEncoder:
        return TgiChatEncoder(reply)

    def whole(
        self,
        reply: Reply,
        text: str,
        reason: str,
        usage: Usage,
        tools: Sequence[ToolCall] = (),
        reasoning: str = "",
    ) -> bytes:
        message = whole_message(text, tools)
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
        body = {"id": "", "object": "chat.completion", "created": reply.created_s, "model": reply.model}
        counts = plain_counts(usage)
        return jsontext.encode(
            {**body, "system_fingerprint": _FINGERPRINT, "choices": [choice], "usage": counts}
        )

    def read_whole(self, body: bytes) -> Sequence[TokenEvent]:
        return OPENAI.read_whole(body)

    def error_body(self, status: int, code: str, message: str) -> bytes:
        return TGI.error_body(status, code, message)

    def read_error(self, body: bytes) -> tuple[str, str]:
        return OPENAI.read_error(body)


DIALECT = TgiChat()
