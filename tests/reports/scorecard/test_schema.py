"""The published schema, and that what we write is of it."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from harness import scorecard
from harness.audit.scorecard import Found
from harness.audit.scorecard import scorecard as audited
from harness.checks import audit
from harness.checks.audit.check import Finding
from harness.scorecard import AuditInfo
from reports.clean import shown
from reports.scorecard.schema import PATH, generate
from tests.reports.scorecard.examples import EVERY

SCHEMA = msgspec.json.decode(generate())
TYPES: dict[str, Any] = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float),
    "boolean": bool, "null": type(None),
}  # fmt: skip


def complaints(value: Any, schema: dict[str, Any], place: str = "$") -> Iterator[str]:
    """Where `value` breaks `schema`; knows the words of JSON Schema that ours uses, and fails on others."""
    known = {"$schema", "$defs", "$ref", "title", "description", "default", "type", "enum", "anyOf",
             "properties", "required", "items"}  # fmt: skip
    assert schema.keys() <= known, f"{place}: {schema.keys() - known}"
    if "$ref" in schema:
        yield from complaints(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], place)
    if "anyOf" in schema and all(any(complaints(value, one, place)) for one in schema["anyOf"]):
        yield f"{place}: {value!r} is nothing of anyOf"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place}: {value!r} is not in {schema['enum']}"
    if "type" in schema:
        kind = TYPES[schema["type"]]
        if not isinstance(value, kind) or (isinstance(value, bool) and schema["type"] != "boolean"):
            yield f"{place}: {value!r} is no {schema['type']}"
            return
    for name in schema.get("required", []):
        if name not in value:
            yield f"{place}: {name} is missing"
    for name, part in schema.get("properties", {}).items():
        if name in value:
            yield from complaints(value[name], part, f"{place}.{name}")
    for number, item in enumerate(value if "items" in schema else []):
        yield from complaints(item, schema["items"], f"{place}[{number}]")


def test_the_schema_file_is_the_one_that_the_structs_make() -> None:
    assert PATH.read_bytes() == generate(), "run python -m reports.scorecard.schema"


@pytest.mark.parametrize("example", EVERY.values(), ids=EVERY.keys())
def test_every_scorecard_is_of_the_schema(example) -> None:
    data = msgspec.json.decode(scorecard.encode(shown(example())))
    assert list(complaints(data, SCHEMA)) == []


def test_a_scorecard_of_every_check_is_of_the_schema() -> None:
    finding = Finding(state="FAIL", evidence="seen", value=3.0, limit="inf", unit="ms", streams=[1])
    info = AuditInfo(id="a", started_utc="2026-11-22T22:00:00Z", duration_s=1, target="http://x", dialect="g")
    card = scorecard.decode(
        scorecard.encode(audited(info, [Found(audit.load(name), finding, 0.5) for name in audit.names()]))
    )
    assert len(card.promises) == len(audit.names())
    assert list(complaints(msgspec.json.decode(scorecard.encode(shown(card))), SCHEMA)) == []


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ({"state": "GREEN"}, "$.state: 'GREEN' is not in "),
        ({"exit_code": "1"}, "$.exit_code: '1' is no integer"),
        ({"promises": [{}]}, "$.promises[0]: id is missing"),
        ({"score": "high"}, "$.score: 'high' is nothing of anyOf"),
    ],
)
def test_what_is_not_of_the_schema_is_found(broken: dict[str, Any], told: str) -> None:
    data = msgspec.json.decode(scorecard.encode(EVERY["kept"]()))
    found = list(complaints(data | broken, SCHEMA))
    assert any(one.startswith(told) for one in found), found


def test_readers_may_meet_keys_of_later_versions() -> None:
    assert all("additionalProperties" not in part for part in SCHEMA["$defs"].values())
