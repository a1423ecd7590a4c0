"""The work that every tool is given, and what comes back of it."""

from pathlib import Path
from typing import Protocol

import msgspec


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """`streams` at once, each `rounds` answers one after the other, of `tokens` tokens at `rate` a second."""

    streams: int
    rate: float
    tokens: int
    rounds: int
    ttft_ms: float

    @property
    def answers(self) -> int:
        return self.streams * self.rounds

    @property
    def answer_s(self) -> float:
        """How long an answer takes."""
        return self.ttft_ms / 1000 + self.tokens / self.rate


class Reported(msgspec.Struct, kw_only=True):
    """What a tool says of its own run. Times are ms."""

    completed: int
    failed: int
    ttft_mean_ms: float | None
    ttft_p50_ms: float | None
    ttft_p99_ms: float | None


class NotThere(Exception):
    """A tool that cannot be installed or run; the text says why in one line."""


class Tool(Protocol):
    """`bench/peer/<name>.py` has these."""

    LABEL: str  # with its version

    def command(self, work: Work, url: str, folder: Path) -> tuple[list[str], dict[str, str]]:
        """Command line and environment variables that do `work` against `url`; files go to `folder`.

        Raises NotThere when the tool cannot be had.
        """

    def report(self, work: Work, folder: Path) -> Reported:
        """What the tool wrote. Raises NotThere when it wrote nothing."""
