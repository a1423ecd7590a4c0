"""An answer is saved where it is complete; one that broke off, or was stopped, is saved nowhere."""

from dataclasses import replace

from gateway.defects.defect import Defect
from gateway.kept import Kept, KeptAnswers


class WholeAnswersOnly(KeptAnswers):
    def put(self, id: str, kept: Kept) -> None:
        if kept.failure is None:
            super().put(id, kept)


DEFECT = Defect(
    name="forgets_partial_answer",
    says="Of an answer that was stopped half-way, or lost its connection, nothing is found later.",
    apply=lambda parts: replace(parts, keeper=WholeAnswersOnly),
    must_fail=frozenset({"keeps_partial_answer"}),
)
