"""docs/schema.md from the columns of `harness.record`: `python -m harness.schema_doc docs/schema.md`."""

import sys
from pathlib import Path

import msgspec

from harness.record import ROW_TYPES, Column, columns

_FILES = {
    "streams": "streams.parquet",
    "ledger": "ledger.parquet",
    "host": "host.parquet",
}
_HEAD = """\
# The columns of a run

Written by `make docs` from `harness/record.py`; a test compares the two. Stamps are integer nanoseconds of
one monotonic clock, the same for every process of the host. A `list[int32]` holds offsets in the unit
given. The same descriptions ride in the Parquet files as field metadata.
"""


def document() -> str:
    """The whole of docs/schema.md."""
    return _HEAD + "".join(_section(table, row_type) for table, row_type in ROW_TYPES.items())


def _section(table: str, row_type: type[msgspec.Struct]) -> str:
    title = (row_type.__doc__ or "").strip()
    head = f"\n## `{_FILES[table]}`\n\n{title}\n\n| column | type | unit | meaning |\n|---|---|---|---|\n"
    return head + "".join(_row(column) for column in columns(row_type))


def _row(column: Column) -> str:
    kind = f"{column.kind}, may be null" if column.nullable else column.kind
    return f"| `{column.name}` | {kind} | {column.unit} | {column.doc} |\n"


def main(argv: list[str]) -> int:
    Path(argv[0]).write_text(document(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
