from pathlib import Path

import msgspec
import pytest

from harness import record
from harness.schema_doc import document

ROOT = Path(__file__).parent.parent


def test_the_schema_page_says_what_the_code_writes():
    page = (ROOT / "docs" / "schema.md").read_text(encoding="utf-8")
    assert page == document(), "docs/schema.md is out of date: run `make docs`"


@pytest.mark.parametrize("row_type", record.ROW_TYPES.values())
def test_every_column_of_every_table_is_on_it(row_type: type[msgspec.Struct]):
    for name in row_type.__struct_fields__:
        assert f"| `{name}` |" in document()
