"""An examination in words."""

import msgspec

from harness.doctor.diagnosis import Capacity, Diagnosis
from harness.doctor.findings import Finding
from harness.doctor.text import closing_lines, reading_line
from tests.doctor.test_search import bad, reading


def diagnosis(best, broke, **keys) -> Diagnosis:
    first = [limit.id for limit in broke.broken()] if broke is not None else []
    capacity = Capacity(workers=1, best=best, broke=broke, broke_first=first, tried=[])
    return Diagnosis(machine={}, findings=[], tokens_s=50.0, capacity=[capacity], **keys)


def test_the_figure_names_streams_rate_error_and_the_limit_that_broke_first():
    text = "\n".join(closing_lines(diagnosis(reading(800), bad(1000), kept_in="doctor.json")))
    assert "800 streams x 50 tok/s per process with p99 stamp error 0.02 ms" in text
    assert "at 1000 streams the first limit broke, cpu 0.97 core, at most 0.9" in text
    assert "hold 40,000 events/s" in text
    assert "VALID up to 32,000" in text


def test_where_no_limit_broke_it_says_so():
    assert "no limit broke" in "\n".join(closing_lines(diagnosis(reading(800), None)))


def test_a_machine_that_measures_nothing_right_has_exit_code_2():
    found = diagnosis(None, bad(100))
    assert found.exit_code == 2
    assert "not even the smallest load" in "\n".join(closing_lines(found))


def test_a_failed_requirement_has_exit_code_2_and_a_good_machine_0():
    found = diagnosis(reading(100), None)
    assert found.exit_code == 0
    found.findings.append(Finding(id="memory", state="FAIL", number="1", limit="2", fix="3"))
    assert found.exit_code == 2


def test_why_nothing_was_kept_is_told():
    lines = closing_lines(diagnosis(reading(100), None, why_not_kept="others took 40 % of the machine"))
    assert "others took 40 %" in lines[-1]


def test_the_json_is_whole_also_where_nothing_was_measured():
    empty = reading(100, stamp_error_p99_ms=float("nan"))
    read = msgspec.json.decode(msgspec.json.encode(diagnosis(None, empty)))
    assert read["capacity"][0]["broke"]["stamp_error_p99_ms"] is None
    assert read["capacity"][0]["broke_first"] == ["stamp_error_p99_ms"]


def test_a_step_is_one_line_with_what_it_breaks():
    assert reading_line(reading(100)).endswith("within all limits")
    assert reading_line(bad(100)).endswith("cpu")
