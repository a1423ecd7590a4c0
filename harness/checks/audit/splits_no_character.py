"""A character whose bytes come in two reads arrives whole."""

from harness.checks.audit import hearing, same_answer
from harness.checks.audit.check import Heard, Question

_REPLACED = "\ufffd"


def _replaced(one: Heard, control: Heard) -> str:
    number = one.text().count(_REPLACED)
    return f"{number} replacement characters (U+FFFD)" if number else ""


CHECK = same_answer.check(
    id="splits_no_character",
    promise="A character arrives whole, also when its bytes come to the system in two reads.",
    how="Answers with characters of two, three and four bytes are written in chunks that end inside of them.",
    fix="Decode the bytes of a whole line or event, never those of a read; where a read must be decoded, "
    'use an incremental decoder (`codecs.getincrementaldecoder("utf-8")`, `TextDecoder` with `stream: true`) '
    "that keeps half a character for the next read.",
    questions=[
        *same_answer.questions(
            {
                "cut in characters, the rest 15 ms later": "s10:W17-late",
                "cut after every byte of a character": "s10:W17",
            }
        ),
        Question(name="a byte a chunk", tokens=8, fault="s10:W16", limits=hearing.BRIEF),
    ],
    differs=_replaced,
    weight=2,
)
