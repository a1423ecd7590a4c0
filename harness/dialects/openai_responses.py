"""OpenAI Responses: named, numbered events; items that open and close; a last event that repeats it all."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from harness.dialects import jsontext
from harness.dialects.dialect import Ask, HttpRequest, Reply, ToolCall
from harness.dialects.events import (
    END,
    OTHER,
    UNREADABLE,
    Completion,
    Count,
    Kind,
    TokenEvent,
    Usage,
    after_end,
    corrupt,
    failed,
)
from harness.dialects.generic import refuse_other_shape
from harness.dialects.openai import DIALECT as CHAT
from harness.wire.frame import Frame


class _Item(msgspec.Struct, gc=False):
    type: str = ""
    name: str = ""


class _Details(msgspec.Struct, gc=False):
    reasoning_tokens: Count = 0


class _Usage(msgspec.Struct, gc=False):
    input_tokens: Count = 0
    output_tokens: Count = 0
    output_tokens_details: _Details | None = None


class _Incomplete(msgspec.Struct, gc=False):
    reason: str = ""


class _Response(msgspec.Struct, gc=False):
    usage: _Usage | None = None
    incomplete_details: _Incomplete | None = None
    error: Any = None


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    delta: str = ""
    item: _Item | None = None
    response: _Response | None = None
    error: Any = None
    message: str | None = None  # the flat form of an error
    code: str | None = None


class _Part(msgspec.Struct, gc=False):
    """Of a message, or of a summary of reasoning."""

    text: str = ""
    refusal: str = ""


class _Output(msgspec.Struct, gc=False):
    """An item of a whole answer."""

    type: str = ""
    content: list[_Part] | None = None
    summary: list[_Part] | None = None
    name: str = ""
    arguments: str = ""


class _Whole(msgspec.Struct, gc=False):
    """What a whole answer has beside a `_Response`."""

    status: str = ""
    output: list[_Output] | None = None
    error: Any = None


class _Type(msgspec.Struct):
    type: str = ""


_DELTAS = {
    "response.output_text.delta": Kind.TEXT,
    "response.refusal.delta": Kind.TEXT,
    "response.reasoning_summary_text.delta": Kind.REASONING,
    "response.reasoning_text.delta": Kind.REASONING,
    "response.function_call_arguments.delta": Kind.TOOL,
}
_ENDS = ("response.completed", "response.incomplete", "response.failed")
_KNOWN = {*_DELTAS, *_ENDS, "response.output_item.added", "error"}
_read = jsontext.reader(_Event)
_read_whole = jsontext.reader(_Whole)
_read_response = jsontext.reader(_Response)
_read_type = jsontext.reader(_Type)


class ResponsesDecoder:
    """Events -> token events. Complete is `response.completed`, or a legitimate `response.incomplete`."""

    __slots__ = ("after_done", "completion")

    def __init__(self) -> None:
        self.completion = Completion.OPEN
        self.after_done = 0

    def feed(self, frame: Frame) -> Sequence[TokenEvent]:
        if not frame.data or frame.data == b"[DONE]":  # some proxies add the other API's marker
            return (OTHER,)
        try:
            event = _read(frame.data)
        except UNREADABLE as error:
            return _unread(frame, error)
        kind = event.type or frame.event
        if self.completion is Completion.FULL:
            self.after_done += 1
            return after_end(_meaning(kind, event))
        if kind in ("response.completed", "response.incomplete"):
            self.completion = Completion.FULL
        return _meaning(kind, event)


def _unread(frame: Frame, error: Exception) -> Sequence[TokenEvent]:
    # An event of an unknown type may give our field names other types; that is its right.
    try:
        known = (_read_type(frame.data).type or frame.event) in _KNOWN
    except UNREADABLE:
        known = True
    return corrupt(error) if known else (OTHER,)


def _meaning(kind: str, event: _Event) -> Sequence[TokenEvent]:
    if kind in _DELTAS:
        return (TokenEvent(_DELTAS[kind], event.delta),) if event.delta else (OTHER,)
    if kind == "response.output_item.added" and event.item is not None:
        return (
            (TokenEvent(Kind.TOOL, code=event.item.name),) if event.item.type == "function_call" else (OTHER,)
        )
    if kind in _ENDS:
        return _ending(kind, event.response or _Response())
    if kind == "error" or event.error is not None:
        return (failed(event.message, event.code) if event.error is None else failed(event.error),)
    return (OTHER,)


def _ending(kind: str, response: _Response) -> Sequence[TokenEvent]:
    if kind == "response.failed":
        return (failed(response.error),)
    events = []
    if response.usage is not None:
        counts = response.usage
        thought = counts.output_tokens_details.reasoning_tokens if counts.output_tokens_details else 0
        usage = Usage(counts.input_tokens, counts.output_tokens, thought)
        events.append(TokenEvent(Kind.USAGE, usage=usage))
    reason = "completed"
    if kind == "response.incomplete":
        reason = response.incomplete_details.reason if response.incomplete_details else "incomplete"
    return [*events, TokenEvent(Kind.FINISH, code=reason), END]


def _item(item: _Output) -> list[TokenEvent]:
    """The content of one item of a whole answer."""
    if item.type == "function_call":
        return [TokenEvent(Kind.TOOL, item.arguments, item.name)]
    events = [TokenEvent(Kind.REASONING, part.text) for part in item.summary or () if part.text]
    kind = Kind.REASONING if item.type == "reasoning" else Kind.TEXT
    said = [part.text or part.refusal for part in item.content or ()]
    return [*events, *(TokenEvent(kind, text) for text in said if text)]


class ResponsesEncoder:
    """Keeps the items, since their ends and the last event repeat them."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._sequence = 0
        self._items: list[dict[str, object]] = []
        self._kind = ""  # of the open item: reasoning, message, function_call
        self._item: dict[str, object] = {}
        self._pieces: list[str] = []
        self._before = b""  # of a delta's text in the open item
        self._after = b""
        self._last = b""

    def start(self) -> bytes:
        opened = response(self._reply, "in_progress", [], None)
        return self._event("created", {"response": opened}) + self._event("in_progress", {"response": opened})

    def text(self, piece: str, tokens: int = 1) -> bytes:
        return (b"" if self._kind == "message" else self._open_message()) + self._delta(piece)

    def reasoning(self, piece: str) -> bytes:
        return (b"" if self._kind == "reasoning" else self._open_reasoning()) + self._delta(piece)

    def tool_open(self, index: int, id: str, name: str) -> bytes:
        item = {
            "id": _id("fc", id),
            "type": "function_call",
            "status": "in_progress",
            "call_id": id,
            "name": name,
        }
        opened = self._open("function_call", {**item, "arguments": ""})
        self._deltas(
            "function_call_arguments", {"item_id": item["id"], "output_index": len(self._items)}, b""
        )
        return opened

    def tool_fragment(self, index: int, piece: str) -> bytes:
        return self._delta(piece)

    def finish(self, reason: str, usage: Usage, last: str = "") -> bytes:
        """Closes the items. Reason and usage travel in the last word itself, see `end`."""
        closed = (self.text(last) if last else b"") + self._close()
        details = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(reason)
        status = "incomplete" if details else "completed"
        whole = response(self._reply, status, self._items, _counts(usage), details)
        self._last = self._event(status, {"response": whole})
        return closed

    def end(self) -> bytes:
        return self._last

    def error(self, code: str, message: str, shape: str = "") -> bytes:
        refuse_other_shape(DIALECT.error_shapes, shape)
        if shape == "failed":
            why = {"code": code if code in _CODES else "server_error", "message": message}
            ended = response(self._reply, "failed", self._items, None, error=why)
            return self._event("failed", {"response": ended})
        error: dict[str, object] = {"code": code, "message": message, "param": None}
        if shape == "nested":
            error = {"error": {"type": code, **error}}
        body = {"type": "error", **error, "sequence_number": self._sequence}
        self._sequence += 1
        return b"event: error\ndata: %b\n\n" % jsontext.encode(body)

    def _event(self, kind: str, fields: Mapping[str, object]) -> bytes:
        name = f"response.{kind}"
        body = jsontext.encode({"type": name, **fields, "sequence_number": self._sequence})
        self._sequence += 1
        return b"event: %b\ndata: %b\n\n" % (name.encode(), body)

    def _deltas(self, kind: str, place: Mapping[str, object], after: bytes) -> None:
        body = jsontext.encode({"type": f"response.{kind}.delta", **place})[:-1]
        self._before = b"event: response.%b.delta\ndata: %b" % (kind.encode(), body) + b',"delta":'
        self._after = after + b',"sequence_number":%d}\n\n'

    def _delta(self, piece: str) -> bytes:
        self._pieces.append(piece)
        self._sequence += 1
        return self._before + jsontext.encode(piece) + self._after % (self._sequence - 1)

    def _open(self, kind: str, item: dict[str, object]) -> bytes:
        closed = self._close()
        self._kind, self._item, self._pieces = kind, item, []
        return closed + self._event("output_item.added", {"output_index": len(self._items), "item": item})

    def _place(self) -> dict[str, object]:
        """Where the open item's only part is."""
        part = "summary_index" if self._kind == "reasoning" else "content_index"
        return {"item_id": self._item["id"], "output_index": len(self._items), part: 0}

    def _item_id(self, kind: str) -> str:
        again = sum(str(item["id"]).startswith(kind) for item in self._items)
        return _id(kind, self._reply.id) + (f"_{again + 1}" if again else "")

    def _open_reasoning(self) -> bytes:
        added = self._open("reasoning", {"id": self._item_id("rs"), "type": "reasoning", "summary": []})
        part = {"type": "summary_text", "text": ""}
        opened = added + self._event("reasoning_summary_part.added", {**self._place(), "part": part})
        self._deltas("reasoning_summary_text", self._place(), b"")
        return opened

    def _open_message(self) -> bytes:
        added = self._open("message", message(self._item_id("msg"), "in_progress", []))
        part = output_text("")
        opened = added + self._event("content_part.added", {**self._place(), "part": part})
        self._deltas("output_text", self._place(), b',"logprobs":[]')
        return opened

    def _close(self) -> bytes:
        if not self._kind:
            return b""
        text, index = "".join(self._pieces), len(self._items)
        if self._kind == "reasoning":
            part: dict[str, object] = {"type": "summary_text", "text": text}
            done = self._event("reasoning_summary_text.done", {**self._place(), "text": text})
            done += self._event("reasoning_summary_part.done", {**self._place(), "part": part})
            self._item = {**self._item, "summary": [part]}
        elif self._kind == "message":
            part = output_text(text)
            done = self._event("output_text.done", {**self._place(), "text": text, "logprobs": []})
            done += self._event("content_part.done", {**self._place(), "part": part})
            self._item = message(str(self._item["id"]), "completed", [part])
        else:
            place = {"item_id": self._item["id"], "output_index": index}
            done = self._event("function_call_arguments.done", {**place, "arguments": text})
            self._item = {**self._item, "status": "completed", "arguments": text}
        done += self._event("output_item.done", {"output_index": index, "item": self._item})
        self._items.append(self._item)
        self._kind = ""
        return done


_CODES = ("server_error", "rate_limit_exceeded", "invalid_prompt")  # of a failed response: a closed list


def output_text(text: str) -> dict[str, object]:
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def _id(kind: str, of: str) -> str:
    """`resp_1` and `call_1` have items like `msg_1` and `fc_1`."""
    return f"{kind}_{of.rpartition('_')[2]}"


def message(id: str, status: str, content: list[dict[str, object]]) -> dict[str, object]:
    """A message item."""
    head = {"id": id, "type": "message", "status": status, "role": "assistant"}
    return {**head, "content": content}


def response(
    reply: Reply,
    status: str,
    output: list[dict[str, object]],
    usage: dict[str, object] | None,
    incomplete: str | None = None,
    error: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """The `response` object in all its states; clients check most of these fields."""
    return {
        "id": reply.id,
        "object": "response",
        "created_at": reply.created_s,
        "status": status,
        "background": False,
        "error": error,
        "incomplete_details": {"reason": incomplete} if incomplete else None,
        "instructions": None,
        "max_output_tokens": None,
        "model": reply.model,
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": usage,
        "user": None,
        "metadata": {},
    }


def _counts(usage: Usage) -> dict[str, object]:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


class OpenAiResponses:
    name = "openai_responses"
    wire = "sse"
    path = "/v1/responses"
    error_shapes = ("event", "nested", "failed")

    def request(self, ask: Ask, path: str) -> HttpRequest:
        body: dict[str, object] = {"model": ask.model, "input": ask.prompt}
        if ask.max_tokens is not None:
            body["max_output_tokens"] = ask.max_tokens
        if ask.stream:
            body["stream"] = True
        return HttpRequest("POST", path, CHAT.request(ask, path).headers, jsontext.encode(body))

    def decoder(self) -> ResponsesDecoder:
        return ResponsesDecoder()

    def encoder(self, reply: Reply) -> ResponsesEncoder:
        return ResponsesEncoder(reply)

    def whole(
        self,
        reply: Reply,
        text: str,
        reason: str,
        usage: Usage,
        tools: Sequence[ToolCall] = (),
        reasoning: str = "",
    ) -> bytes:
        """The response object of the last event of the same answer, streamed."""
        encoder = ResponsesEncoder(reply)
        if reasoning:
            encoder.reasoning(reasoning)
        if text or not tools:
            encoder.text(text)
        for index, call in enumerate(tools):
            encoder.tool_open(index, call.id, call.name)
            encoder.tool_fragment(index, call.arguments)
        encoder.finish(reason, usage)
        last = encoder.end().partition(b"\ndata: ")[2]
        return bytes(msgspec.json.decode(last, type=dict[str, msgspec.Raw])["response"])

    def read_whole(self, body: bytes) -> Sequence[TokenEvent]:
        """Complete is the status `completed`, or a legitimate `incomplete`, as in a stream."""
        try:
            answer, response = _read_whole(body), _read_response(body)
        except UNREADABLE as error:
            return corrupt(error)
        if answer.error is not None:
            return (failed(answer.error),)
        if answer.status not in ("completed", "incomplete", "failed"):
            return corrupt(f"an answer in one piece whose status is {answer.status or 'missing'}")
        content = [event for item in answer.output or () for event in _item(item)]
        ending = _ending(f"response.{answer.status}", response)
        return [*content, *ending] if answer.status != "failed" else ending

    def error_body(self, status: int, code: str, message: str) -> bytes:
        return CHAT.error_body(status, code, message)

    def read_error(self, body: bytes) -> tuple[str, str]:
        return CHAT.read_error(body)


DIALECT = OpenAiResponses()
