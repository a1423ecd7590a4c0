"""Quotes and brackets that are open are closed by guess, so that the text so far can be parsed as it is."""

from dataclasses import replace

import msgspec

from gateway.defects.defect import Defect
from gateway.fields import BadJson, Field, Fields

_CLOSERS = {"{": "}", "[": "]"}


def closed(text: str) -> str:
    """`text` with what is missing at its end, perhaps."""
    missing, quoted, escaped = "", False, False
    for char in text:
        if quoted:
            quoted, escaped = char != '"' or escaped, char == "\\" and not escaped
        elif char == '"':
            quoted = True
        elif char in _CLOSERS:
            missing = _CLOSERS[char] + missing
        elif char in ("}", "]"):
            missing = missing[1:]
    return text + '"' * quoted + missing


class ClosesByGuess(Fields):
    _text = ""

    def feed(self, text: str) -> list[Field]:
        self._text += text
        try:
            value = msgspec.json.decode(closed(self._text))
        except msgspec.DecodeError:
            return []  # the next piece may make it parse
        if not value or value == self.value:
            return []
        self.value, self.begun = value, True
        return [Field("", value)]

    def close(self) -> list[Field]:
        try:
            self.value = msgspec.json.decode(self._text)
        except msgspec.DecodeError as error:
            raise BadJson(str(error)) from error
        return [Field("", self.value)]


DEFECT = Defect(
    name="shows_half_a_field",
    says="A price of 1200 is shown as 1, then as 12, then as 120, and somebody acts on it.",
    apply=lambda parts: replace(parts, fields=ClosesByGuess),
    must_fail=frozenset({"shows_whole_fields"}),
)
