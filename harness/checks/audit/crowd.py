"""Limits of how many users one machine can ask for together; shared by the checks that fill a system."""

from harness.checks.audit.check import Finding, Terms
from harness.checks.audit.hearing import unjudged
from harness.plan.target import Limits

MOST = 200  # streams that start together: more would measure the asking machine
PATIENCE = Limits(headers_s=20, first_content_s=20, idle_s=20, total_s=30)


def cannot_fill(terms: Terms, needed: int | None) -> Finding | None:
    """Why so many users cannot be asked for; None where they can."""
    if terms.concurrency is None or needed is None:
        return unjudged("The target file does not declare how many streams it serves and queues at once.",
                        "NOT MEASURED", "Declare concurrency and queue in the target file.")  # fmt: skip
    if needed > MOST:
        return unjudged(
            f"Filling this system takes {needed} streams at once; one machine asks for {MOST} at most.",
            "NOT MEASURED",
            "Audit an instance with a lower limit; the code that counts is the same.",
        )
    return None
