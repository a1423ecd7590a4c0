"""What is logged as time to first token is the time to the response's head, which comes long before."""

import asyncio
from dataclasses import replace

from gateway.defects.defect import Defect
from gateway.log import line
from gateway.note import Note


class HeadNote(Note):
    """Notes when the head went out."""

    head: float | None = None

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name == "status" and value and self.head is None:
            self.head = asyncio.get_running_loop().time()


def until_the_head(note: Note) -> dict[str, object]:
    said = line(note)
    if isinstance(note, HeadNote) and note.head is not None and said["ttft_ms"] is not None:
        said["ttft_ms"] = round((note.head - note.asked) * 1000, 3)
    return said


DEFECT = Defect(
    name="logs_false_ttft",
    says="The dashboard shows a time to first token of some milliseconds while users wait for seconds.",
    apply=lambda parts: replace(parts, note=HeadNote, line=until_the_head),
    must_fail=frozenset({"logs_true_ttft"}),
)
