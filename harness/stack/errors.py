"""What can keep a run from starting, said for people."""


class StackError(Exception):
    """A part of the run could not be had or started; the text names it and the way out."""
