"""`summary.json` there and back."""

from collections.abc import Callable

import msgspec
import pytest

from harness.summary import Summary
from reports.clean import cleaned
from reports.json_report import decode, encode
from tests.reports.examples import EVERY, demo


@pytest.mark.parametrize("example", EVERY.values(), ids=EVERY.keys())
def test_what_was_written_is_read_back(example: Callable[[], Summary]) -> None:
    summary = example()
    assert decode(encode(summary)) == cleaned(summary)


def test_the_same_summary_gives_the_same_bytes() -> None:
    assert encode(demo()) == encode(demo())


def test_keys_of_a_later_version_are_skipped() -> None:
    later = msgspec.json.decode(encode(demo())) | {"of_tomorrow": {"steps": []}}
    assert decode(msgspec.json.encode(later)) == demo()


def test_a_file_of_another_kind_is_refused_with_the_field_at_fault() -> None:
    with pytest.raises(ValueError, match=r"not a summary of streamproof.report/1: .*run"):
        decode(b'{"hello": 1}')


def test_another_schema_is_refused_even_where_its_keys_fit() -> None:
    later = msgspec.json.decode(encode(demo())) | {"schema": "streamproof.report/2"}
    with pytest.raises(
        ValueError, match=r"not a summary of streamproof.report/1, but of streamproof.report/2"
    ):
        decode(msgspec.json.encode(later))
