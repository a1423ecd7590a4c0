"""Texts and numbers made fit to show: no invisible characters, nothing that JSON cannot carry.

Names and error texts come from systems under test. Markup in them is the escaper's business; here go the
characters that an escaper leaves alone and a terminal or a bidirectional line would obey.
"""

import math
import re
from typing import Any, TypeVar

import msgspec

from harness.summary import Summary

Told = TypeVar("Told", bound=msgspec.Struct)

# C0 controls other than tab and newline, DEL, C1, the bidirectional controls, lone surrogates,
# which UTF-8 cannot write at all, and the two characters that XML refuses.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def visible(text: str) -> str:
    """`text` with each control character replaced by a picture of it, or by U+FFFD."""
    return _UNSEEN.sub(_picture, text)


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def cleaned(summary: Summary) -> Summary:
    """The same summary, safe to show. Raises ValueError naming the field that holds NaN where it must not."""
    try:
        return shown(summary)
    except msgspec.ValidationError as error:
        raise ValueError(f"the summary of run {summary.run.id} cannot be reported: {error}") from error


def shown(told: Told) -> Told:
    """The same struct, safe to show. Raises msgspec.ValidationError for a value that is not of its type."""
    return msgspec.convert(_clean(msgspec.to_builtins(told, enc_hook=str)), type(told))


def _clean(value: Any) -> Any:
    match value:
        case str():
            return visible(value)
        case float() if math.isnan(value):
            return None
        case float() if math.isinf(value):
            return "inf"
        case dict():
            return {visible(str(key)): _clean(item) for key, item in value.items()}
        case list() | tuple():
            return [_clean(item) for item in value]
        case _:
            return value
