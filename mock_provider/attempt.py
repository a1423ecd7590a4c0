"""One request -> what will be answered: which stream, how long, when, with which fault. Pure."""

import hashlib
import zlib
from dataclasses import dataclass
from http import HTTPStatus

from harness import dialects
from harness.answer import marked_streams, token
from harness.dialects.dialect import Encoder, Reply
from harness.dialects.events import Usage
from harness.plan.draws import generator
from harness.plan.provider import ModelProfile
from mock_provider.pacing import answer_length, schedule
from mock_provider.requests.request import ChatRequest
from mock_provider.script import Do, Framing, Script, Step, whole

CREATED_S = 1_700_000_000  # fixed: the same request has the same bytes on every day
_UNMARKED = 1_000_000  # streams of requests without an id are numbered from here, clear of planned ones


@dataclass(frozen=True, slots=True)
class Identity:
    """Which stream a request belongs to. `recorded` is what the ledger says: -1 no mark, -2 several."""

    stream: int
    recorded: int


def identify(prompt: str) -> Identity:
    """The stream marked in `prompt`; without exactly one, a number made from the prompt, and the truth."""
    marked = set(marked_streams(prompt))
    if len(marked) == 1:
        stream = marked.pop()
        return Identity(stream, stream)
    return Identity(_UNMARKED + zlib.crc32(prompt.encode()) % _UNMARKED, -2 if marked else -1)


class Attempts:
    """How often each stream has come to this provider; the oldest are forgotten beyond `bound`."""

    def __init__(self, bound: int = 500_000) -> None:
        self._seen: dict[int, int] = {}
        self._bound = bound

    def count(self, identity: Identity) -> int:
        """1 for the first. Requests without an id are not told apart, so each of them is a first."""
        if identity.recorded < 0:
            return 1
        number = self._seen.pop(identity.stream, 0) + 1
        self._seen[identity.stream] = number
        if len(self._seen) > self._bound:
            del self._seen[next(iter(self._seen))]
        return number


def key_digest(key: str) -> str:
    """How a ledger names a key: enough to tell keys apart, too little to use one."""
    return hashlib.sha256(key.encode()).hexdigest()[:8] if key else ""


@dataclass(frozen=True, slots=True)
class Planned:
    """A whole answer before quotas and faults."""

    script: Script
    encoder: Encoder
    tokens: int
    prefill_ns: int


def text_of(seed: int, stream: int, first: int, count: int) -> str:
    """Tokens `first` to `first + count` of the canonical answer."""
    if count == 1:
        return token(seed, stream, first)
    return "".join(token(seed, stream, first + index) for index in range(count))


def plan_answer(
    profile: ModelProfile,
    asked: ChatRequest,
    input_tokens: int,
    *,
    seed: int,
    stream: int,
    attempt: int,
) -> Planned:
    """What `asked` gets if nothing goes wrong. The same arguments give the same bytes and offsets."""
    rng = generator(seed, stream, attempt)
    tokens, reason = answer_length(profile, asked.max_tokens, rng)
    plan = schedule(profile, input_tokens, tokens, rng)
    dialect = dialects.load(profile.dialect)
    reply = Reply(
        id=f"chatcmpl-{seed:x}-{stream:06d}-{attempt}",
        model=asked.model,
        created_s=CREATED_S,
        include_usage=asked.include_usage,
    )
    encoder = dialect.encoder(reply)
    last_ns = plan.due_ns[-1]
    if not asked.stream:
        text = text_of(seed, stream, 0, tokens)
        body = dialect.whole(reply, text, reason, Usage(input_tokens, tokens))
        script = whole(200, body, (), at_ns=last_ns, tokens=tokens, finish_reason=reason)
        return Planned(script, encoder, tokens, plan.prefill_ns)
    steps = [Step(0, Do.HEAD), Step(plan.prefill_ns, Do.START)]
    steps += [Step(at_ns, Do.TOKENS, size) for at_ns, size in zip(plan.due_ns, plan.tokens, strict=True)]
    steps += [Step(last_ns, Do.FINISH), Step(last_ns, Do.END), Step(last_ns, Do.CLOSE)]
    kind = ("content-type", "text/event-stream; charset=utf-8")
    script = Script(
        steps=steps,
        headers=(kind, ("cache-control", "no-cache")),
        framing=Framing.CHUNKED,
        finish_reason=reason,
    )
    return Planned(script, encoder, tokens, plan.prefill_ns)


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
