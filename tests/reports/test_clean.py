"""What `clean` takes out of names and texts, and what it refuses."""

import math

import msgspec
import pytest

from harness.summary import Metric, TimeSeries
from reports.clean import cleaned, visible
from tests.reports.examples import empty


def test_control_characters_become_pictures_of_themselves() -> None:
    assert visible("a\x00b\x1b[31m\x7f\r") == "a␀b␛[31m␡␍"


def test_direction_overrides_and_lone_surrogates_are_replaced() -> None:
    assert visible("a\u202eb\u2066c\ud800d\x9b") == "a\ufffdb\ufffdc\ufffdd\ufffd"


def test_markup_accents_line_ends_and_emoji_stay() -> None:
    text = "<b>é & 你好 🙂\n\t</b>"
    assert visible(text) == text


def test_infinite_numbers_become_the_word_and_nan_becomes_null() -> None:
    metric = Metric(unit="ms", n=3, censored=1, all={"p50": (math.nan, 1.0, math.inf)})
    assert cleaned(empty(metrics={"m": metric})).metrics["m"].all["p50"] == (None, 1.0, "inf")


def test_nan_where_a_number_must_be_names_the_field() -> None:
    broken = empty(timeseries=TimeSeries(t_s=[0.0], stalled=[math.nan]))
    with pytest.raises(ValueError, match=r"run r0 cannot be reported.*timeseries\.stalled\[0\]"):
        cleaned(broken)


def test_a_clean_summary_is_left_as_it_is() -> None:
    summary = empty()
    assert cleaned(summary) == summary
    assert cleaned(msgspec.structs.replace(summary, env={"a": [1, {"b": None}]})).env == {
        "a": [1, {"b": None}]
    }
