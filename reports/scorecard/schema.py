"""The JSON Schema of `audit.json`, made from the structs that write it.

`python -m reports.scorecard.schema` writes it anew beside this file; a test compares the two.
"""

from pathlib import Path

import msgspec

from harness.scorecard import SCHEMA, Scorecard

PATH = Path(__file__).parent / "schema.json"


def generate() -> bytes:
    """The schema, indented. Readers skip unknown keys, so it allows them."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": SCHEMA}
    return msgspec.json.format(msgspec.json.encode(schema | msgspec.json.schema(Scorecard)), indent=1) + b"\n"


if __name__ == "__main__":
    PATH.write_bytes(generate())
