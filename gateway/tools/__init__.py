"""What a model can have done on the server: one tool a file, found by its name.

A module has `TOOL`, a `Tool` of `tool.py`. Tools only compute: a thread cannot be stopped from outside, so
each bounds its own work.
"""

from gateway.tools.tool import Tool
from harness.named import Family

_TOOLS = Family[Tool](__name__, "TOOL")


def names() -> list[str]:
    """Every tool there is, by name."""
    return _TOOLS.names()


def load(name: str) -> Tool:
    """The tool called `name`. Raises ValueError for a name that no file has."""
    if name not in names():
        raise ValueError(f"there is no tool {name!r} (known: {', '.join(names())})")
    return _TOOLS.load(name)
