"""The parts that make up the gateway. Everything is built from here, so that one part can be replaced.

A defect (`gateway.defects`) replaces the part that a real system gets wrong; the others stay as they are.
"""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from gateway.answer import Answer
from gateway.chunks import Chunks
from gateway.coding import Coding
from gateway.draining import Draining
from gateway.failure import Failure
from gateway.fields import Fields
from gateway.generation import Generation
from gateway.heartbeat import Heartbeat
from gateway.kept import KeptAnswers
from gateway.leaving import Leaving
from gateway.limiter import Limiter
from gateway.log import Log, line
from gateway.metrics import Metrics
from gateway.moderated_voice import ModeratedVoice
from gateway.moderation import Moderation
from gateway.note import Note
from gateway.openai_voice import OpenAiVoice
from gateway.options import Options
from gateway.patience import Patience
from gateway.replies import refusal, stream_headers
from gateway.retrying import Retrying
from gateway.rounds import Rounds
from gateway.showing import Showing
from gateway.structured_voice import StructuredVoice
from gateway.upstream import Upstream
from gateway.voice import Voice
from gateway.writer import Writer
from harness.wire.sse import SseDecoder


@dataclass(frozen=True, kw_only=True)
class Parts:
    """One class or function for each thing that the gateway does; a comment says how often it is made."""

    # Towards the provider
    upstream: type[Upstream] = Upstream  # once: how a provider is asked and its body read
    wire: Callable[[], SseDecoder] = SseDecoder  # an attempt: bytes -> frames
    answer: type[Answer] = Answer  # an attempt: frames -> content, and how the attempt ended
    patience: type[Patience] = Patience  # an attempt: when its silence is too long
    retrying: type[Retrying] = Retrying  # an answer: whether it is asked for again, and when
    limiter: type[Limiter] = Limiter  # once: slots and the queue for them

    # An answer, apart from who listens
    generation: type[Generation] = Generation  # an answer: asks, retries, collects
    rounds: type[Rounds] = Rounds  # an answer: what follows when the provider wants tools run
    showing: type[Showing] = Showing  # an answer: which of its content users may see
    leaving: type[Leaving] = Leaving  # once: how long an answer goes on that nobody listens to
    keeper: type[KeptAnswers] = KeptAnswers  # once: where answers stay when they are over

    # Towards the user
    chunks: type[Chunks] = Chunks  # a request: when content leaves
    heartbeat: type[Heartbeat] = Heartbeat  # a request: when silence is broken
    voice: type[Voice] = Voice  # a request: content -> events of the generic stream
    fields: type[Fields] = Fields  # a structured answer: JSON text -> values as they complete
    structured: type[StructuredVoice] = StructuredVoice  # a request: content -> completed values
    moderation: type[Moderation] = Moderation  # a request: what an answer must not say
    moderated: type[ModeratedVoice] = ModeratedVoice  # a request: content -> all of it or none, at the end
    openai: type[OpenAiVoice] = OpenAiVoice  # a request: content -> OpenAI's chunks
    coding: type[Coding] = Coding  # a request: compression, flushed with every event
    writer: type[Writer] = Writer  # a request: bytes -> the user's connection
    headers: Callable[[Options, str], dict[str, str]] = stream_headers  # a request: of a stream's head
    refusal: Callable[[Failure, bytes], web.Response] = refusal  # a request: a failure -> an HTTP response

    # The house
    draining: type[Draining] = Draining  # once: how it stops
    note: type[Note] = Note  # a request: what happened when
    line: Callable[[Note], dict[str, object]] = line  # a request: its log line
    log: type[Log] = Log  # once: where lines go
    metrics: type[Metrics] = Metrics  # once
