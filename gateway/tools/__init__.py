"""What a model can have done on the server: one tool a file, found by its name.

A module has `TOOL`, a `Tool` of `tool.py`. Tools only compute: a thread cannot be stopped from outside, so
each bounds its own work.
"""

import importlib
import pkgutil

from gateway.tools.tool import Tool

_NOT_TOOLS = {"tool"}


def names() -> list[str]:
    """Every tool there is, by name."""
    return sorted({module.name for module in pkgutil.iter_modules(__path__)} - _NOT_TOOLS)


def load(name: str) -> Tool:
    """The tool called `name`. Raises ValueError for a name that no file has."""
    if name not in names():
        raise ValueError(f"there is no tool {name!r} (known: {', '.join(names())})")
    tool: Tool = importlib.import_module(f"{__name__}.{name}").TOOL
    return tool
