"""Other formats of a summary, one a file: each has `FILE`, its usual name, and `render(summary) -> str`."""

import importlib

from harness.named import files
from harness.summary import Summary


def names() -> list[str]:
    """Every format, by the name of its file here."""
    return files(__name__)


def file_name(name: str) -> str:
    """What the file of a format is usually called."""
    file: str = _module(name).FILE
    return file


def render(name: str, summary: Summary) -> str:
    """The summary in the format `name`. Raises ValueError naming the formats when there is none like it."""
    text: str = _module(name).render(summary)
    return text


def _module(name: str):  # type: ignore[no-untyped-def]
    if name not in names():
        raise ValueError(f"there is no report format {name!r}; there are: {', '.join(names())}")
    return importlib.import_module(f"{__name__}.{name}")
