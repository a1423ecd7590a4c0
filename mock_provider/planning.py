"""A request that was let in -> the script of its answer. Pure: same arguments, same bytes and offsets."""

from dataclasses import dataclass, replace
from functools import cache
from http import HTTPStatus

from harness import dialects
from harness.dialects.dialect import Encoder, Reply
from harness.dialects.events import Usage
from harness.plan.draws import generator
from harness.plan.provider import ModelProfile
from mock_provider.content import Content, frame_tokens, frames, text_of, thoughts
from mock_provider.house import Entry
from mock_provider.pacing import due_times, frame_sizes
from mock_provider.requests.request import ChatRequest
from mock_provider.script import Do, Framing, Headers, Script, Step, whole

CREATED_S = 1_700_000_000  # fixed: the same request has the same bytes on every day
_STREAMS: dict[str, Headers] = {
    "sse": (("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache")),
    "ndjson": (("content-type", "application/x-ndjson"),),
}

_dialect = cache(dialects.load)
_PREFIXES = {"anthropic": "msg_", "openai_responses": "resp_"}


@dataclass(frozen=True, slots=True)
class Planned:
    """A whole answer before faults."""

    script: Script
    encoder: Encoder
    tokens: int
    prefill_ns: int


def plan_answer(
    profile: ModelProfile, asked: ChatRequest, content: Content, entry: Entry, input_tokens: int, *,
    seed: int, stream: int, draws: tuple[int, int] | None = None,
) -> Planned:  # fmt: skip
    """What `asked` gets if nothing goes wrong; `draws` is the (seed, stream) of its times, if not its own."""
    rng = generator(*(draws or (seed, stream)), entry.attempt, "pace")
    if entry.reasoning_tokens:
        content = replace(content, reasoning=thoughts(entry.reasoning_tokens, stream))
    left = max(0, entry.tokens - asked.resume_at)
    sizes = frame_sizes(left, profile.tokens_per_chunk, rng)
    counts = frame_tokens(content, sizes)
    due_ns = due_times(profile, input_tokens, counts, rng, entry.scales)
    prefill_ns, last_ns, tokens = (due_ns[0], due_ns[-1], sum(counts)) if due_ns else (0, 0, 0)
    reason = asked.called_reason if content.tools else entry.finish_reason
    dialect = _dialect(profile.dialect)
    reply = Reply(
        id=f"{_PREFIXES.get(dialect.name, 'chatcmpl-')}{seed:x}-{stream:06d}-{entry.attempt}",
        model=asked.model,
        created_s=CREATED_S,
        include_usage=asked.include_usage,
        continuous_usage=asked.continuous_usage,
        input_tokens=input_tokens,
        resume_at=asked.resume_at,
    )
    if asked.stream:
        opening_ns = prefill_ns if profile.opening == "first_token" else 0
        head = [Step(0, Do.HEAD), Step(opening_ns, Do.START)]
        tail = [Step(last_ns, do) for do in (Do.FINISH, Do.END, Do.CLOSE)]
        script = Script(
            steps=[*head, *frames(content, sizes, asked.resume_at, due_ns), *tail],
            headers=_STREAMS[dialect.wire],
            framing=Framing.CHUNKED,
            finish_reason=reason,
        )
    else:
        text = "" if content.tools else "".join(content.json) or text_of(seed, stream, 0, left)
        usage = Usage(input_tokens, tokens, len(content.reasoning))
        body = dialect.whole(reply, text, reason, usage, content.tools, "".join(content.reasoning))
        if asked.listed:
            body = b"[%b]" % body
        other = tokens if content.tools else len(content.reasoning)
        script = whole(200, body, (), at_ns=last_ns, tokens=tokens, other_tokens=other, finish_reason=reason)
    return Planned(script, dialect.encoder(reply), tokens, prefill_ns)


def head_bytes(script: Script, *, http_1_1: bool, keep_alive: bool) -> bytes:
    """The response head. HTTP/1.0 knows no chunks; its streams end with the connection."""
    lines = [f"HTTP/1.{int(http_1_1)} {script.status} {_phrase(script.status)}"]
    lines += [f"{name}: {value}" for name, value in script.headers]
    match script.framing:
        case Framing.CHUNKED:
            lines.append("transfer-encoding: chunked")
        case Framing.LENGTH:
            lines.append(f"content-length: {script.length}")
        case Framing.CLOSE:
            keep_alive = False
    if not keep_alive:
        lines.append("connection: close")
    elif not http_1_1:
        lines.append("connection: keep-alive")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Overloaded" if status == 529 else "Unknown"
