"""The values of a JSON text, each as soon as it is complete, while the text still arrives. Pure."""

import contextlib
from decimal import Decimal
from typing import Any

import ijson
import msgspec
from ijson.utils import sendable_list

DEEPEST = 64  # levels; a model that opens brackets without end is not followed for ever

Json = dict[str, Any] | list[Any] | str | int | Decimal | bool | None


class BadJson(Exception):
    """The text is not JSON, or ended too early."""


class Field(msgspec.Struct, frozen=True):
    """A completed value: text, number, truth value, null, or a container with nothing in it. `path` is its
    JSON pointer (RFC 6901); all fields of a document, put in their places, are the document."""

    path: str
    value: Json


class Fields:
    """Takes JSON text as it comes. `value` is all of it that is complete: no half text or number is ever in
    it, nor a container none of whose values are complete.

    Each byte is read once, by a parser that keeps its state (ijson's push interface), so a long answer costs
    no more for having come in pieces. A number is complete only when something follows it.
    """

    def __init__(self) -> None:
        self._events = sendable_list()
        self._parser = ijson.basic_parse_coro(self._events)
        self._open: list[_Container] = []
        self.value: Json = None
        self.begun = False  # there is something in `value`
        self._broken = False

    def feed(self, text: str) -> list[Field]:
        """The fields that `text` completed. Raises BadJson, again at each later call."""
        try:
            if self._broken:
                raise BadJson("the text before was not JSON")
            if text:  # no bytes at all are the parser's word for the end
                self._parser.send(text.encode())
            return self._completed()
        except BadJson:
            self._broken = True
            raise
        except (ijson.JSONError, ValueError) as error:
            self._broken = True
            raise BadJson(" ".join(str(error).split())) from error

    def close(self) -> list[Field]:
        """The text is over: what that completed. Raises BadJson where something is missing."""
        try:
            if self._broken:
                raise BadJson("the text before was not JSON")
            with contextlib.suppress(StopIteration):  # how a parser in Python says that it has ended
                self._parser.send(b"")
            return self._completed()
        except (ijson.JSONError, ValueError) as error:
            raise BadJson(" ".join(str(error).split())) from error

    def _completed(self) -> list[Field]:
        found: list[Field] = []
        for event, value in self._events:
            match event:
                case "map_key":
                    self._open[-1].key = value
                case "start_map":
                    self._enter({})
                case "start_array":
                    self._enter([])
                case "end_map" | "end_array":
                    ended = self._open.pop()
                    if not ended.value:
                        found.append(self._put(ended.value))
                    elif self._open:
                        self._open[-1].step()
                case _:
                    found.append(self._put(value))
        del self._events[:]
        return found

    def _enter(self, container: dict[str, Any] | list[Any]) -> None:
        if len(self._open) == DEEPEST:
            raise BadJson(f"more than {DEEPEST} levels")
        self._open.append(_Container(container))

    def _put(self, value: Json) -> Field:
        """Put a complete value in its place; the containers around it appear with the first one."""
        path = "".join(f"/{container.pointer}" for container in self._open)
        inner = value
        for container in reversed(self._open):
            new = not container.value
            container.put(inner)
            if not new:
                break
            inner = container.value
        else:
            self.value, self.begun = inner, True
        if self._open:
            self._open[-1].step()
        return Field(path, value)


class _Container:
    """One that is still open, and the place in it of the value that comes next."""

    def __init__(self, value: dict[str, Any] | list[Any]) -> None:
        self.value = value
        self.key = ""  # of an object
        self._index = 0  # of an array

    @property
    def pointer(self) -> str:
        """The place, as a part of a JSON pointer."""
        if isinstance(self.value, list):
            return str(self._index)
        return self.key.replace("~", "~0").replace("/", "~1")

    def put(self, value: Json) -> None:
        if isinstance(self.value, list):
            self.value[self._index :] = [value]
        else:
            self.value[self.key] = value

    def step(self) -> None:
        """The value in this place is complete."""
        self._index += 1
