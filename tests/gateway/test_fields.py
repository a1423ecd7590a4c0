import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fields import DEEPEST, BadJson, Field, Fields
from harness.dialects import jsontext

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def cut(text: str, places: list[int]) -> list[str]:
    bounds = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[first:last] for first, last in pairwise(bounds)]


def assembled(fields: list[Field]) -> Any:
    """The document that has each field in its place, built from nothing but paths and values."""
    root: dict[str, Any] = {}
    for field in fields:
        here, key = root, ""
        for part in field.path.split("/")[1:]:
            here, key = here.setdefault(key, {}), part.replace("~1", "/").replace("~0", "~")
        here[key] = field.value
    return root.get("")


def numbered(value: Any, path: str = "") -> Any:
    """Arrays as objects with numbers for keys, as pointers have them."""
    if isinstance(value, list) and value:
        value = {str(number): item for number, item in enumerate(value)}
    return {key: numbered(item) for key, item in value.items()} if isinstance(value, dict) else value


@given(value=VALUES, places=st.lists(st.integers(0, 500), max_size=8))
def test_all_fields_in_their_places_are_the_document_however_the_text_was_cut(
    value: Any, places: list[int]
) -> None:
    fields, found = Fields(), []
    for piece in cut(json.dumps(value, ensure_ascii=False), places):
        found += fields.feed(piece)
    found += fields.close()
    assert json.loads(jsontext.encode(fields.value)) == value
    plain = json.loads(jsontext.encode(assembled(found)))
    assert plain == numbered(value)


@given(value=VALUES)
def test_at_no_character_is_half_a_value_in_what_is_complete(value: Any) -> None:
    whole = {"answer": value}
    fields, leaves = Fields(), 0
    for character in json.dumps(whole):
        leaves += len(fields.feed(character))
        if leaves:
            assert part_of(json.loads(jsontext.encode(fields.value)), whole)
        else:
            assert not fields.begun


def part_of(part: Any, whole: Any) -> bool:
    match part, whole:
        case dict(), dict() if part:
            return all(key in whole and part_of(value, whole[key]) for key, value in part.items())
        case list(), list() if part:
            return len(part) <= len(whole) and all(map(part_of, part, whole))
        case _:
            return bool(part == whole)


def test_a_field_comes_with_the_character_that_completes_it():
    fields = Fields()
    text = '{"name":"Ann","age":30,"tags":["a",[]],"o":{}}'
    seen = [(text[: at + 1], fields.feed(text[at])) for at in range(len(text))]
    assert [(before, found) for before, found in seen if found] == [
        ('{"name":"Ann"', [Field("/name", "Ann")]),
        ('{"name":"Ann","age":30,', [Field("/age", 30)]),  # 30 might have become 300
        ('{"name":"Ann","age":30,"tags":["a"', [Field("/tags/0", "a")]),
        ('{"name":"Ann","age":30,"tags":["a",[]', [Field("/tags/1", [])]),
        ('{"name":"Ann","age":30,"tags":["a",[]],"o":{}', [Field("/o", {})]),
    ]


def test_a_container_appears_with_its_first_value():
    fields = Fields()
    fields.feed('{"a":1,"person":{"names":[')
    assert fields.value == {"a": 1}
    fields.feed('"Ann"')
    assert fields.value == {"a": 1, "person": {"names": ["Ann"]}}


def test_objects_in_arrays_keep_their_numbers():
    fields = Fields()
    found = fields.feed('[{"a":1,"b":2},[],{"a":{"~/":3}}]')
    assert [field.path for field in found] == ["/0/a", "/0/b", "/1", "/2/a/~0~1"]


@pytest.mark.parametrize("text", ['{"a": nul}', "{'a': 1}", '{"a": 1}}', "```json", '{"a": 1} and more'])
def test_what_is_no_json_is_refused_and_stays_refused(text: str):
    fields = Fields()
    with pytest.raises(BadJson):
        fields.feed(text)
    for again in (lambda: fields.feed(" "), fields.close):
        with pytest.raises(BadJson):
            again()


@pytest.mark.parametrize("text", ["", '{"a": "x', '{"a": 1', "[1, 2"])
def test_what_ends_too_early_is_refused(text: str):
    fields = Fields()
    fields.feed(text)
    with pytest.raises(BadJson):
        fields.close()


def test_blanks_around_the_document_are_nothing():
    fields = Fields()
    assert fields.feed(' \n{"a" : 1 } \n ') == [Field("/a", 1)]
    assert fields.close() == []


def test_brackets_without_end_are_not_followed():
    with pytest.raises(BadJson, match="levels"):
        Fields().feed("[" * (DEEPEST + 1))


def test_a_number_keeps_its_digits():
    fields = Fields()
    fields.feed("[1.10, 123456789012345678901234567890, 1e400]")
    assert jsontext.encode(fields.value) == b"[1.10,123456789012345678901234567890,1E+400]"
