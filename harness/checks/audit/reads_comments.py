"""Lines that say nothing change nothing: comments, unknown fields, events without data."""

from harness.checks.audit import same_answer

CHECK = same_answer.check(
    id="reads_comments",
    promise="Comments and other lines without content, which providers send as keep-alives, harm no answer.",
    how="The same answer is written with comments, unknown fields, events without data and empty data "
    "between its tokens.",
    fix="Skip lines that begin with a colon (providers and proxies send them as keep-alives), fields that "
    "you do not know, and events without data, before anything is parsed as JSON.",
    questions=same_answer.questions(
        {
            "comments": "s10:W07",
            "events without data": "s10:W10",
            "unknown fields": "s10:W11",
            "empty data": "s10:W12",
        }
    ),
)
