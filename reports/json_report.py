"""`summary.json`: the summary as JSON, which every other format is made from."""

import msgspec

from harness.summary import SCHEMA, Summary
from reports.clean import cleaned


def encode(summary: Summary) -> bytes:
    """The bytes of `summary.json`. The same summary gives the same bytes."""
    return msgspec.json.encode(cleaned(summary)) + b"\n"


def decode(data: bytes) -> Summary:
    """Read `summary.json` back; keys that this version does not know are skipped.

    Raises ValueError naming the field that does not fit the schema, or the schema where that is another: its
    words may mean something else.
    """
    try:
        summary = msgspec.json.decode(data, type=Summary)
    except msgspec.DecodeError as error:
        raise ValueError(f"this is not a summary of {SCHEMA}: {error}") from error
    if summary.schema != SCHEMA:
        raise ValueError(
            f"this is not a summary of {SCHEMA}, but of {summary.schema}; use the version that wrote it"
        )
    return summary
