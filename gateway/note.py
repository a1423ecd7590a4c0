"""What happened to one request, noted as it happens. Pure; instants are seconds of any one clock."""

import re

from gateway import failure
from gateway.failure import Failure
from harness.dialects.dialect import Ask
from harness.dialects.events import Usage

_MARK = re.compile(r"\[sid:([0-9]{6,12})\]")  # how the harness marks a prompt
LEFT = "client_left"
LEFT_STATUS = 499  # of a request whose user left before there was a head; nobody received it


class Note:
    """Of one question to one endpoint, until it is `over`. Prompts and keys are no part of it."""

    def __init__(self, endpoint: str, now: float) -> None:
        self.endpoint = endpoint
        self.asked = now
        self.stream = ""  # the answer's id
        self.sid: int | None = None
        self.model = ""
        self.status = 0
        self.outcome = ""
        self.first: float | None = None  # when the first content was written to the user
        self.last: float | None = None
        self.ended = now
        self.pieces = 0
        self.usage: Usage | None = None
        self.position = 0  # pieces that an earlier connection of this user had heard
        self.attempts = 0  # that the provider was asked
        self.queued_s = 0.0

    def question(self, ask: Ask | None) -> None:
        """What was asked; None where only an answer was named."""
        if ask is None:
            return
        marks = _MARK.findall(ask.prompt)
        self.sid = int(marks[0]) if len(marks) == 1 else None
        self.model = ask.model

    def said(self, pieces: int, now: float) -> None:
        """So many pieces of content have been written."""
        if pieces:
            self.first = now if self.first is None else self.first
            self.last = now
            self.pieces += pieces

    def ending(self, why: Failure | None, usage: Usage | None) -> None:
        """The user has been told that the answer is whole, or why it is not."""
        self.outcome = outcome(why)
        self.usage = usage if why is None else None

    def over(self, now: float) -> None:
        """Whoever was told neither a status nor an end has left before."""
        self.ended = now
        self.status = self.status or LEFT_STATUS
        self.outcome = self.outcome or LEFT

    @property
    def ttft_s(self) -> float | None:
        return None if self.first is None else self.first - self.asked

    @property
    def total_s(self) -> float:
        return self.ended - self.asked

    @property
    def tokens(self) -> int:
        """As the provider counted them; of an answer that is not whole, and of the rest of one, the pieces
        that were passed on."""
        return self.pieces if self.usage is None or self.position else self.usage.output_tokens

    @property
    def tokens_per_s(self) -> float | None:
        """Tokens after the first, by the time from the first content to the last."""
        if self.first is None or self.last is None or self.last <= self.first or self.tokens < 2:
            return None
        return (self.tokens - 1) / (self.last - self.first)


def outcome(why: Failure | None) -> str:
    """How an answer ended, in a word: completed, stopped, or the failure's code."""
    if why is None:
        return "completed"
    return "stopped" if why == failure.STOPPED else why.code
