"""A character whose bytes come in two reads arrives whole."""

from collections.abc import Sequence

from harness.checks.audit import hearing, same_answer
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms

_REPLACED = "\ufffd"
_FIX = (
    "Decode the bytes of a whole line or event, never those of a read; where a read must be decoded, use an "
    'incremental decoder (`codecs.getincrementaldecoder("utf-8")`, `TextDecoder` with `stream: true`) that '
    "keeps half a character for the next read."
)


def ask(terms: Terms) -> Sequence[Question]:
    return [
        Question(name=same_answer.CONTROL, limits=hearing.BRIEF),
        Question(name="cut in characters, the rest 15 ms later", fault="s10:W17-late", limits=hearing.BRIEF),
        Question(name="cut after every byte of a character", fault="s10:W17", limits=hearing.BRIEF),
        Question(name="a byte a chunk", tokens=8, fault="s10:W16", limits=hearing.BRIEF),
    ]


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    return same_answer.judge(heard, _FIX, _replaced)


def _replaced(one: Heard, control: Heard) -> str:
    number = one.text().count(_REPLACED)
    return f"{number} replacement characters (U+FFFD)" if number else ""


CHECK = Check(
    id="splits_no_character",
    group="integrity",
    promise="A character arrives whole, also when its bytes come to the system in two reads.",
    how="Answers with characters of two, three and four bytes are written in chunks that end inside of them.",
    fix=_FIX,
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
    weight=2,
)
