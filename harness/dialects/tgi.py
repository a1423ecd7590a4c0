"""Hugging Face TGI's own API: an event a token, the last with all of the text; no other marker."""

from collections.abc import Sequence
from typing import Any

import msgspec

from harness.dialects import jsontext
from harness.dialects.dialect import Ask, HttpRequest, Reply, ToolCall
from harness.dialects.events import (
    END,
    OTHER,
    UNREADABLE,
    Count,
    Kind,
    TokenEvent,
    Usage,
    corrupt,
    failed,
)
from harness.dialects.generic import refuse_other_shape
from harness.dialects.objects import ObjectDecoder
from harness.wire.frame import Frame


class _Token(msgspec.Struct, gc=False):
    text: str = ""
    special: bool = False


class _Details(msgspec.Struct, gc=False):
    finish_reason: str = ""
    generated_tokens: Count = 0
    input_length: Count | None = None


class _Event(msgspec.Struct, gc=False):
    token: _Token | None = None
    generated_text: str | None = None
    details: _Details | None = None
    error: Any = None
    error_type: str | None = None


_read = jsontext.reader(_Event)
_read_list = jsontext.reader(list[_Event])


def _decoder() -> ObjectDecoder[_Event]:
    """Complete is the event that has `generated_text`."""
    return ObjectDecoder(_read, _meaning)


def _meaning(event: _Event) -> Sequence[TokenEvent]:
    if event.error is not None:
        return (failed(event.error, event.error_type),)
    events: list[TokenEvent] = []
    if event.token is not None and event.token.text and not event.token.special:
        events.append(TokenEvent(Kind.TEXT, event.token.text))
    details = event.details
    if details is not None:
        usage = Usage(details.input_length or 0, details.generated_tokens)
        events.append(TokenEvent(Kind.USAGE, usage=usage))
    if event.generated_text is not None:
        events += (TokenEvent(Kind.FINISH, code=details.finish_reason if details else ""), END)
    return events or (OTHER,)


_REASONS = {"stop": "eos_token"}


def _details(reason: str, usage: Usage) -> dict[str, object]:
    """What those of a stream and of a whole answer have in common."""
    reason = _REASONS.get(reason, reason)
    return {"finish_reason": reason, "generated_tokens": usage.output_tokens, "seed": None}


class TgiEncoder:
    """Keeps the text, since the last event repeats it whole; the details are there for who asked for them."""

    def __init__(self, reply: Reply) -> None:
        self._detailed = reply.include_usage
        self._index = 0
        self._escaped: list[bytes] = []  # the answer so far, as the insides of JSON strings

    def start(self) -> bytes:
        return b""

    def text(self, piece: str, tokens: int = 1) -> bytes:
        return self._token(jsontext.encode(piece), b'"generated_text":null,"details":null')

    def reasoning(self, piece: str) -> bytes:
        return b""

    def tool_open(self, index: int, id: str, name: str) -> bytes:
        return b""

    def tool_fragment(self, index: int, piece: str) -> bytes:
        return b""

    def finish(self, reason: str, usage: Usage, last: str = "") -> bytes:
        """The reason rides on the last token; if that is out already, on a special end-of-text token."""
        details = {**_details(reason, usage), "input_length": usage.input_tokens} if self._detailed else None
        text = jsontext.encode(last)
        ending = b'"generated_text":"%b","details":%b'
        ending %= (b"".join(self._escaped) + text[1:-1], jsontext.encode(details))
        return self._token(text, ending) if last else self._token(b'"</s>"', ending, b"true")

    def end(self) -> bytes:
        return b""

    def error(self, code: str, message: str, shape: str = "") -> bytes:
        refuse_other_shape(DIALECT.error_shapes, shape)
        kind = code if code in _TYPES else _STREAMED.get(code, "generation")
        return b"data: %b\n\n" % DIALECT.error_body(424, kind, message)

    def _token(self, text: bytes, ending: bytes, special: bytes = b"false") -> bytes:
        self._index += 1
        if special == b"false":
            self._escaped.append(text[1:-1])
        token = b'{"id":%d,"text":%b,"logprob":-0.1,"special":%b}' % (self._index, text, special)
        return b'data: {"index":%d,"token":%b,"top_tokens":[],%b}\n\n' % (self._index, token, ending)


def _inputs(ask: Ask) -> str:
    """All that was said, as text: this API knows no turns, and no tools."""
    if not ask.turns:
        return ask.prompt
    return "\n".join(f"{turn.role}: {turn.text}" for turn in ask.turns)


_TYPES = ("overloaded", "validation", "generation", "incomplete_generation")
_KINDS = {424: "generation", 429: "overloaded"}
_STREAMED = {"overloaded_error": "overloaded", "rate_limit_exceeded": "overloaded"}  # other providers' words


class Tgi:
    name = "tgi"
    wire = "sse"
    path = "/generate_stream"
    error_shapes = ("plain",)

    def request(self, ask: Ask, path: str) -> HttpRequest:
        parameters: dict[str, object] = {"details": True}
        if ask.max_tokens is not None:
            parameters["max_new_tokens"] = ask.max_tokens
        if ask.schema is not None:
            parameters["grammar"] = {"type": "json", "value": ask.schema}
        if ask.temperature is not None:
            parameters["temperature"] = ask.temperature
        if ask.top_p is not None:
            parameters["top_p"] = ask.top_p
        if ask.stop:
            parameters["stop"] = ask.stop
        headers = {"content-type": "application/json"}
        if ask.api_key:
            headers["authorization"] = f"Bearer {ask.api_key}"
        where = path if ask.stream else path.removesuffix("_stream")
        body = jsontext.encode({"inputs": _inputs(ask), "parameters": parameters})
        return HttpRequest("POST", where, headers, body)

    def decoder(self) -> ObjectDecoder[_Event]:
        return _decoder()

    def encoder(self, reply: Reply) -> TgiEncoder:
        return TgiEncoder(reply)

    def whole(
        self,
        reply: Reply,
        text: str,
        reason: str,
        usage: Usage,
        tools: Sequence[ToolCall] = (),
        reasoning: str = "",
    ) -> bytes:
        if not reply.include_usage:
            return jsontext.encode({"generated_text": text})
        details = {**_details(reason, usage), "prefill": [], "tokens": []}
        return jsontext.encode({"generated_text": text, "details": details})

    def read_whole(self, body: bytes) -> Sequence[TokenEvent]:
        """An object, or a list of one, as the path `/` gives it."""
        try:
            answers = _read_list(body) if body.startswith(b"[") else [_read(body)]
        except UNREADABLE as error:
            return corrupt(error)
        if len(answers) != 1:
            return corrupt(f"{len(answers)} answers in one piece")
        answer = answers[0]
        if answer.generated_text is None and answer.error is None:
            return corrupt("an answer in one piece without `generated_text`")
        text = [TokenEvent(Kind.TEXT, answer.generated_text)] if answer.generated_text else []
        return [*text, *_meaning(answer)] if answer.error is None else _meaning(answer)

    def error_body(self, status: int, code: str, message: str) -> bytes:
        """The type follows the status, unless `code` names one."""
        kind = code or _KINDS.get(status, "validation" if status < 500 else "incomplete_generation")
        return jsontext.encode({"error": message, "error_type": kind})

    def read_error(self, body: bytes) -> tuple[str, str]:
        event = _decoder().feed(Frame(body))[0]
        return (event.code, event.text) if event.kind is Kind.ERROR else ("", "")


DIALECT = Tgi()
