"""What an attempt is to its stream: the first, one more from the start, or the rest of the same answer."""

import msgspec

from harness.record import Outcome, StreamRecord


class Continuing(msgspec.Struct):
    """Which answer of its stream a user follows, and how far it has come."""

    stream: int
    run: str  # tells runs apart for systems that outlive one
    answer: int = 1  # counted up whenever the user asks from the start
    last_event: str = ""  # id of the last event heard of this answer
    tokens: int = 0  # heard of this answer

    @property
    def id(self) -> str:
        """Under which the system knows the answer."""
        return f"{self.run}-{self.stream}-{self.answer}"

    def heard(self, tokens: int, last_event: str) -> None:
        """An attempt has added to what the user has of the answer."""
        self.tokens += tokens
        self.last_event = last_event or self.last_event

    def anew(self) -> None:
        """What was heard is thrown away."""
        self.answer += 1
        self.last_event, self.tokens = "", 0


def call_detail(record: StreamRecord, resumed: bool) -> str:
    """The detail of an attempt that was not the first: finished calls say how (measurement's names)."""
    if record.attempt == 1:
        return record.detail
    match record.outcome:
        case Outcome.COMPLETED:
            return "resumed_ok" if resumed else "retried_ok"
        case Outcome.CORRUPT if resumed and record.detail == "corrupt":
            return "resumed_corrupt"
        case _:
            return record.detail
