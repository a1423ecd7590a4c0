"""A structured answer is collected and parsed when it is whole, for that is what JSON parsers want."""

from dataclasses import replace

from gateway.defects.defect import Defect
from gateway.fields import Field, Fields


class ParsesAtTheEnd(Fields):
    _text = ""

    def feed(self, text: str) -> list[Field]:
        self._text += text
        return []

    def close(self) -> list[Field]:
        return super().feed(self._text) + super().close()


DEFECT = Defect(
    name="waits_for_closing_brace",
    says="A form that could fill itself field by field stays empty until the last brace has come.",
    apply=lambda parts: replace(parts, fields=ParsesAtTheEnd),
    must_fail=frozenset({"shows_fields_early"}),
)
