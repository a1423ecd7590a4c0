"""How the tests of the audit's checks ask and judge: what a check asks for, answered by scenes."""

from collections.abc import Callable, Sequence

from harness.checks import audit
from harness.checks.audit.check import Finding, Heard, Question, Terms
from tests.checks.audit import scenes

Answer = Callable[[Question, int], Heard]


def good(asked: Question, stream: int) -> Heard:
    return scenes.heard(asked, stream=stream)


def answered(name: str, terms: Terms, *, answer: Answer = good, **others: Answer) -> list[Heard]:
    """What a check asks for under `terms`, answered by `answer`; `others` answer questions by their names,
    without commas and with `_` for every space."""
    found = []
    for stream, asked in enumerate(audit.load(name).ask(terms), scenes.STREAM):
        by_name = others.get(asked.name.replace(",", "").replace(" ", "_"), answer)
        found.append(by_name(asked, stream))
    return found


def judged(name: str, heard: Sequence[Heard], terms: Terms) -> Finding:
    return audit.load(name).judge(heard, terms)


def finding(name: str, terms: Terms | None = None, *, answer: Answer = good, **others: Answer) -> Finding:
    """What a check says of a system that answers so."""
    terms = terms or Terms()
    return judged(name, answered(name, terms, answer=answer, **others), terms)


def unasked(asked: Question, stream: int) -> Heard:
    """The system was busy: the provider heard nothing of it."""
    body = b'{"error":{"type":"gateway_busy","message":"busy"}}'
    return scenes.heard(asked, [(2.0, body)], status=503, stream=stream, ledger=[])
