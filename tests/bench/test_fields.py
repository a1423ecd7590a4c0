"""The figures of completed values, with short answers."""

import json

from bench import fields


def test_the_answer_is_json_of_about_the_length_asked_for():
    text = fields.answer(50)
    assert json.loads(text)["rows"]
    assert 50 <= len(fields.cut(text)) < 70
    assert "".join(fields.cut(text)) == text


def test_both_ways_are_measured_and_half_texts_are_counted():
    (row,) = fields.measure([30])
    assert row["pieces"] == len(fields.cut(fields.answer(30)))
    assert row["kept_state_us"] > 0  # type: ignore[operator]
    assert row["started_again_us"] > 0  # type: ignore[operator]
    assert 0 < row["guessed"] < row["pieces"]  # type: ignore[operator]


def test_a_half_text_is_one_that_the_whole_has_not():
    assert fields.guessed(['{"a":"ri', "ver", '","b":1}']) == 1
