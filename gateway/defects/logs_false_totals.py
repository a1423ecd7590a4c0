"""The clock of the log line stops where the handler has its response object, when the stream begins."""

from dataclasses import replace

from gateway.defects.defect import Defect
from gateway.log import line
from gateway.note import Note


def until_it_began(note: Note) -> dict[str, object]:
    said = line(note)
    return said | {"total_ms": said["ttft_ms"] or said["total_ms"]}


DEFECT = Defect(
    name="logs_false_totals",
    says="The log says that answers take as long as their first token.",
    apply=lambda parts: replace(parts, line=until_it_began),
    must_fail=frozenset({"logs_true_totals"}),
)
