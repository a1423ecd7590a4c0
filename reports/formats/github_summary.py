"""The step summary of a GitHub workflow: append it to the file named by GITHUB_STEP_SUMMARY.

A step may write 1 MiB; beyond it nothing is shown while the step stays green. 64 KiB is far from that.
"""

from harness.summary import Summary
from reports.formats.markdown import document

FILE = "step-summary.md"
MAX_BYTES = 64 * 1024 - 1


def render(summary: Summary) -> str:
    """The verdict and its tables, below 64 KiB."""
    return document(summary, MAX_BYTES)
