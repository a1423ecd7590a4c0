"""SSE lines end with LF, CRLF or CR, in any mix, and with nothing else."""

from harness.checks.audit import hearing, same_answer
from harness.checks.audit.check import Heard


def _held(one: Heard, control: Heard) -> str:
    """A reader that waits for an end which it does not know finds all events at once, at the end."""
    if _only_at_the_end(one) and not _only_at_the_end(control):
        return "nothing arrived before the provider had ended"
    return ""


def _only_at_the_end(one: Heard) -> bool:
    row, first_ns = hearing.last(one), one.record.first_content_ns
    return (
        row is not None
        and row.last_token_ns is not None
        and first_ns is not None
        and first_ns >= row.last_token_ns
    )


CHECK = same_answer.check(
    id="reads_any_line_ending",
    promise="The provider may end its lines with LF, CRLF or CR: the answer is the same, and as soon.",
    how="The same answer is written with each kind of line end, mixed, cut, and with U+2028 within a line.",
    fix="Let lines end at CRLF, LF or CR, in any mix, also where a CRLF is cut by a read, and at nothing "
    "else; an empty line ends the event. Do not search for two line feeds, and do not use a language's own "
    "splitting of lines (Python's `str.splitlines` also splits at U+2028).",
    questions=same_answer.questions(
        {
            "CRLF": "s10:W02",
            "CR": "s10:W03",
            "mixed ends": "s10:W04",
            "CRLF cut by a read": "s10:W18-late",
            "U+2028 within a line": "s10:W19",
        },
        itl_ms=20,
    ),
    differs=_held,
)
