"""The data of an event may stand on several lines, with or without a space before it."""

from harness.checks.audit import same_answer

CHECK = same_answer.check(
    id="reads_multiline_data",
    promise="Data on several lines, or without a space after the colon, is read like any other.",
    how="The same answer is written with its JSON cut over two data lines, and with no and two spaces after "
    "the colon.",
    fix="Collect the `data` lines of an event, join them with a line feed at the blank line, and parse only "
    "then; take off one space after the colon where there is one, and no more.",
    questions=same_answer.questions(
        {"data on two lines": "s10:W13", "no space after the colon": "s10:W05", "two spaces": "s10:W06"}
    ),
)
