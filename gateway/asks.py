"""What a user's request asks for: a question, an answer that was begun, or both."""

import msgspec
from aiohttp import web

from gateway.answers import valid_id
from gateway.bodies import body_of
from gateway.failure import Refused, bad_request
from harness.dialects.dialect import Ask
from harness.dialects.events import UNREADABLE


class Asked(msgspec.Struct, frozen=True):
    """`stream` is the id under which the answer can be asked for again, chosen by the user, who so knows it
    even if not a byte arrives. `last_event` is the number of the last event heard of it."""

    ask: Ask | None
    stream: str
    last_event: int | None
    authorization: str

    def question(self) -> Ask:
        """Raises Refused where only an answer was named."""
        if self.ask is None:
            raise Refused(bad_request("send prompt, and optionally model and max_tokens"))
        return self.ask


class _Body(msgspec.Struct):
    prompt: str | None = None
    model: str = ""
    max_tokens: int | None = None
    stream: str = ""


async def read_asked(request: web.Request, model: str) -> Asked:
    """From a GET's query or a POST's JSON; `model` is for users who name none. Raises Refused."""
    last = request.headers.get("last-event-id", "")
    try:
        if request.method == "POST":
            body = msgspec.json.decode(await body_of(request), type=_Body)
        else:
            body = msgspec.convert(dict(request.query), _Body, strict=False)
    except UNREADABLE as error:
        message = f"send prompt, and optionally model and max_tokens: {error}"
        raise Refused(bad_request(message)) from error
    if body.stream and not valid_id(body.stream):
        raise Refused(bad_request("stream is 1 to 64 letters, digits, dashes or underscores"))
    if last and not (last.isdecimal() and len(last) < 10):
        raise Refused(bad_request("Last-Event-ID is the number of an event"))
    asked = Asked(
        ask=None
        if body.prompt is None
        else Ask(prompt=body.prompt, model=body.model or model, max_tokens=body.max_tokens),
        stream=body.stream,
        last_event=int(last) if last else None,
        authorization=request.headers.get("authorization", ""),
    )
    if not asked.stream:
        asked.question()
    return asked
