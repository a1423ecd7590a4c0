"""OpenAI Chat Completions, the server's side: request body, errors, limit headers."""

import msgspec

from harness.clock import MS, SECOND
from harness.dialects import openai as dialect
from mock_provider.quota import Refusal, Standing
from mock_provider.requests.request import ChatRequest, Problem
from mock_provider.script import Headers


class _Part(msgspec.Struct):
    type: str = "text"
    text: str = ""


class _Message(msgspec.Struct):
    role: str
    content: str | list[_Part] | None = None


class _StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class _Body(msgspec.Struct):
    model: str
    messages: list[_Message]
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None


_decode = msgspec.json.Decoder(_Body).decode

# status -> (type, code)
_KINDS = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "permission_denied"),
    404: ("invalid_request_error", "model_not_found"),
    405: ("invalid_request_error", "method_not_supported"),
    413: ("invalid_request_error", "request_too_large"),
    429: ("requests", "rate_limit_exceeded"),
}
_WORDS = {
    "rpm": ("requests", "requests per min (RPM)"),
    "tpm": ("tokens", "tokens per min (TPM)"),
    "concurrent": ("requests", "concurrent requests"),
}


class OpenAiApi:
    paths: tuple[str, ...] = (dialect.DIALECT.path,)

    def parse(self, body: bytes) -> ChatRequest:
        try:
            asked = _decode(body)
        except msgspec.ValidationError as error:
            _, _, where = str(error).partition(" - at `$.")
            raise Problem(400, f"Invalid request: {error}", param=where.strip("`") or None) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Problem(400, f"We could not parse the JSON body of your request: {error}") from None
        if not asked.messages:
            raise Problem(400, "Invalid 'messages': an empty array has no question in it.", param="messages")
        limit = asked.max_completion_tokens if asked.max_completion_tokens is not None else asked.max_tokens
        if limit is not None and limit < 1:
            raise Problem(
                400, f"Invalid 'max_tokens': {limit} is below the minimum of 1.", param="max_tokens"
            )
        options = asked.stream_options
        if options is not None and not asked.stream:
            raise Problem(400, "'stream_options' is only allowed with 'stream'.", param="stream_options")
        return ChatRequest(
            model=asked.model,
            prompt="\n".join(_text(message) for message in asked.messages),
            max_tokens=limit,
            stream=bool(asked.stream),
            include_usage=bool(options and options.include_usage),
        )

    def error_body(self, problem: Problem, request_id: str) -> bytes:
        kind, code = _KINDS.get(problem.status, ("server_error", None))
        error = {
            "message": problem.message,
            "type": problem.limit or kind,
            "param": problem.param,
            "code": problem.code or code,
        }
        return msgspec.json.encode({"error": error})

    def headers(self, request_id: str, standing: dict[str, Standing]) -> Headers:
        limits = [
            (f"x-ratelimit-{word}-{name}", value)
            for name, at in standing.items()
            for word, value in (
                ("limit", str(at.limit)),
                ("remaining", str(at.remaining)),
                ("reset", duration(at.reset_ns)),
            )
        ]
        return (("x-request-id", request_id), ("openai-version", "2020-10-01"), *limits)

    def refusal(self, model: str, refusal: Refusal) -> tuple[Problem, Headers]:
        kind, words = _WORDS[refusal.limit]
        state = f"on {words}: Limit {refusal.allowed}, Used {refusal.used}, Requested {refusal.requested}."
        if refusal.wait_ns is None:
            return Problem(429, f"Request too large for {model} {state}", limit=kind), ()
        text = f"Rate limit reached for {model} {state} Please try again in {duration(refusal.wait_ns)}."
        return Problem(429, text, limit=kind), retry_headers(refusal.wait_ns)


def _text(message: _Message) -> str:
    if isinstance(message.content, list):
        return "\n".join(part.text for part in message.content)
    return message.content or ""


def duration(ns: int) -> str:
    """A wait as OpenAI writes it: `12ms`, `1.4s`, `6m0s`; never shorter than the truth."""
    ms = -(-ns // MS)
    if ms < 1000:
        return f"{ms}ms"
    if ms < 60_000:
        return f"{ms / 1000:g}s"
    minutes, rest_ms = divmod(ms, 60_000)
    return f"{minutes}m{-(-rest_ms // 1000)}s"


def retry_headers(wait_ns: int) -> Headers:
    """Both spellings of the same wait, rounded up: whole seconds, and milliseconds."""
    return (("retry-after", str(-(-wait_ns // SECOND))), ("retry-after-ms", str(-(-wait_ns // MS))))


API = OpenAiApi()
