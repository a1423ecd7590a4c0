"""The log line is written by a wrapper that knows the status of the head and nothing of what came after."""

from dataclasses import replace

from gateway.defects.defect import Defect
from gateway.log import line
from gateway.note import Note


def always_well(note: Note) -> dict[str, object]:
    return line(note) | {"status": 200, "outcome": "completed"}


DEFECT = Defect(
    name="logs_false_status",
    says="Answers that broke off stand in the log as completed.",
    apply=lambda parts: replace(parts, line=always_well),
    must_fail=frozenset({"logs_true_status"}),
)
