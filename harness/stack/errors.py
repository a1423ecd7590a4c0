"""What can keep a run from starting, said for people."""

from harness.problem import Problem


class StackError(Problem):
    """A part of the run could not be had or started; the text names it and the way out."""
