"""OpenAI Chat Completions: role chunk, content deltas, finish reason, usage chunk, `[DONE]`."""

from collections.abc import Sequence

import msgspec

from harness.dialects.dialect import Ask, HttpRequest, Reply
from harness.dialects.events import END, OTHER, Completion, Kind, TokenEvent, Usage
from harness.wire import sse
from harness.wire.frame import Frame


class _Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(msgspec.Struct, gc=False):
    function: _Function | None = None


class _Delta(msgspec.Struct, gc=False):
    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(msgspec.Struct, gc=False):
    delta: _Delta | None = None
    finish_reason: str | None = None
    index: int = 0


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: int = 0
    completion_tokens: int = 0


_NULL = msgspec.Raw(b"null")


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: msgspec.Raw = _NULL  # msgspec knows no `Raw | None`
    object: str | None = None


class _Error(msgspec.Struct):
    message: str = ""
    type: str | None = None
    code: str | int | None = None


_decode_chunk = msgspec.json.Decoder(_Chunk).decode
_decode_error = msgspec.json.Decoder(_Error).decode
_FAILED = ("error", "abort")  # finish reasons of relatives that mean "no answer"


class OpenAiDecoder:
    """Chunks -> token events. `after_done` counts frames that came after `[DONE]`."""

    __slots__ = ("_done", "_finished", "after_done")

    def __init__(self) -> None:
        self._finished = False
        self._done = False
        self.after_done = 0

    @property
    def completion(self) -> Completion:
        if not self._finished:
            return Completion.OPEN
        return Completion.FULL if self._done else Completion.FINISHED

    def feed(self, frame: Frame) -> Sequence[TokenEvent]:
        data = frame.data
        if data == b"[DONE]":
            self._done = True
            return (END,)
        if self._done:
            self.after_done += 1
            return (OTHER,)
        if not data:
            return (OTHER,)
        try:
            chunk = _decode_chunk(data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return (TokenEvent(Kind.CORRUPT, str(error)),)
        if chunk.error != _NULL or chunk.object == "error":
            return (_error(chunk, data),)
        events: list[TokenEvent] = []
        for choice in chunk.choices or ():
            self._choice(choice, events)
        if chunk.usage is not None:
            usage = Usage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
            events.append(TokenEvent(Kind.USAGE, usage=usage))
        return events or (OTHER,)

    def _choice(self, choice: _Choice, events: list[TokenEvent]) -> None:
        delta = choice.delta
        if delta is not None:
            if text := delta.content or delta.refusal:
                events.append(TokenEvent(Kind.TEXT, text))
            if thought := delta.reasoning or delta.reasoning_content:
                events.append(TokenEvent(Kind.REASONING, thought))
            for call in delta.tool_calls or ():
                fragment = call.function and (call.function.arguments or call.function.name)
                if fragment:
                    events.append(TokenEvent(Kind.TOOL, fragment))
        if choice.finish_reason in _FAILED:
            events.append(TokenEvent(Kind.ERROR, "generation failed", choice.finish_reason))
        elif choice.finish_reason:
            self._finished = True
            events.append(TokenEvent(Kind.FINISH, code=choice.finish_reason))


def _error(chunk: _Chunk, data: bytes) -> TokenEvent:
    try:
        # The old flat error has its fields at the top.
        error = _decode_error(data if chunk.error == _NULL else chunk.error)
    except msgspec.DecodeError:
        return TokenEvent(Kind.ERROR, data[:200].decode("utf-8", "replace"))
    code = error.code if error.code is not None else error.type
    return TokenEvent(Kind.ERROR, error.message, str(code or ""))


class OpenAiEncoder:
    """The envelope is serialised once; a token costs one JSON string and two joins."""

    def __init__(self, reply: Reply) -> None:
        self._usage = reply.include_usage
        envelope = {
            "id": reply.id,
            "object": "chat.completion.chunk",
            "created": reply.created_s,
            "model": reply.model,
            "service_tier": "default",
            "system_fingerprint": "fp_streamproof",
        }
        self._envelope = msgspec.json.encode(envelope)[:-1]
        tail = b',"usage":null' if self._usage else b""
        self._before = b"data: " + self._envelope + b',"choices":[{"index":0,"delta":{"content":'
        self._after = b'},"logprobs":null,"finish_reason":null}]' + tail + b"}\n\n"
        self._tail = tail

    def start(self) -> bytes:
        return self._chunk(b'{"role":"assistant","content":"","refusal":null}', b"null")

    def text(self, piece: str) -> bytes:
        return self._before + msgspec.json.encode(piece) + self._after

    def finish(self, reason: str, usage: Usage) -> bytes:
        end = self._chunk(b"{}", msgspec.json.encode(reason))
        if not self._usage:
            return end
        counts = msgspec.json.encode(_usage(usage))
        return end + b"data: " + self._envelope + b',"choices":[],"usage":' + counts + b"}\n\n"

    def end(self) -> bytes:
        return b"data: [DONE]\n\n"

    def error(self, code: str, message: str) -> bytes:
        return sse.encode(DIALECT.error_body(500, code, message).decode())

    def _chunk(self, delta: bytes, reason: bytes) -> bytes:
        choice = b'{"index":0,"delta":' + delta + b',"logprobs":null,"finish_reason":' + reason + b"}"
        return b"data: " + self._envelope + b',"choices":[' + choice + b"]" + self._tail + b"}\n\n"


def _usage(usage: Usage) -> dict[str, object]:
    details = ("reasoning_tokens", "audio_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens")
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": dict.fromkeys(details, 0),
    }


class OpenAi:
    name = "openai"
    wire = "sse"
    path = "/v1/chat/completions"

    def request(self, ask: Ask, path: str) -> HttpRequest:
        body: dict[str, object] = {"model": ask.model, "messages": [{"role": "user", "content": ask.prompt}]}
        if ask.max_tokens is not None:
            body["max_tokens"] = ask.max_tokens
        if ask.stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        headers = {"content-type": "application/json"}
        if ask.api_key:
            headers["authorization"] = f"Bearer {ask.api_key}"
        return HttpRequest("POST", path, headers, msgspec.json.encode(body))

    def decoder(self) -> OpenAiDecoder:
        return OpenAiDecoder()

    def encoder(self, reply: Reply) -> OpenAiEncoder:
        return OpenAiEncoder(reply)

    def whole(self, reply: Reply, text: str, reason: str, usage: Usage) -> bytes:
        message: dict[str, object] = {
            "role": "assistant",
            "content": text,
            "refusal": None,
            "annotations": [],
        }
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
        body = {"id": reply.id, "object": "chat.completion", "created": reply.created_s}
        return msgspec.json.encode(
            {**body, "model": reply.model, "choices": [choice], "usage": _usage(usage)}
        )

    def error_body(self, status: int, code: str, message: str) -> bytes:
        kinds = {429: "requests", 400: "invalid_request_error", 401: "invalid_request_error"}
        kind = kinds.get(status, "invalid_request_error" if status == 404 else "server_error")
        return msgspec.json.encode({"error": {"message": message, "type": kind, "param": None, "code": code}})

    def read_error(self, body: bytes) -> tuple[str, str]:
        event = OpenAiDecoder().feed(Frame(body))[0] if body else OTHER
        return (event.code, event.text) if event.kind is Kind.ERROR else ("", "")


DIALECT = OpenAi()
