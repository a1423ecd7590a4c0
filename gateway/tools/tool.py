"""What a tool is: what the model is told of it, and what it does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.dialects.dialect import ToolOffer


class BadArguments(Exception):
    """Why a call cannot be carried out; the text is for the model."""


@dataclass(frozen=True)
class Tool:
    """`run` gets the arguments as the model gave them, unchecked, and gives back text for the model. It runs
    in a thread. Raises BadArguments."""

    offer: ToolOffer
    run: Callable[[dict[str, Any]], str]


def text_of(arguments: dict[str, Any], name: str, longest: int = 1000) -> str:
    """The argument `name`. Raises BadArguments where it is missing, no text, or too long."""
    value = arguments.get(name)
    if not isinstance(value, str):
        raise BadArguments(f"{name} must be a text")
    if len(value) > longest:
        raise BadArguments(f"{name} is longer than {longest} characters")
    return value
