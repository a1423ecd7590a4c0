"""What the matrix says of audits whose findings are given."""

from bench.matrix import page, told
from bench.matrix_table import CLEAN, Row, good, last_line, lines, row
from harness.summary import State

ALL: dict[str, State] = {"one": "PASS", "two": "PASS", "three": "PASS"}
WELL = Row(name=CLEAN, states=ALL)


def defect(must: set[str], may: set[str] = frozenset(), **states: State) -> Row:  # type: ignore[assignment]
    return Row(name="bug", must_fail=frozenset(must), may_fail=frozenset(may), states={**ALL, **states})


def test_a_defect_is_found_by_all_of_its_checks():
    found = defect({"one", "two"}, one="FAIL", two="FAIL")
    assert (found.found, found.found_by, found.unrelated) == (True, ["one", "two"], [])
    half = defect({"one", "two"}, one="FAIL", two="INCONCLUSIVE")
    assert (half.found, half.found_by, half.unrelated) == (False, ["one"], [])


def test_what_has_no_reason_to_fail_is_unrelated_also_where_it_is_only_unsure():
    found = defect({"one"}, {"two"}, one="FAIL", two="FAIL", three="INCONCLUSIVE")
    assert found.unrelated == ["three"]


def test_everything_is_good_only_when_all_is_found_and_nothing_else():
    found = defect({"one"}, one="FAIL")
    assert good([WELL, found], 3)
    assert last_line([WELL, found], 3) == "1/1 defects found, 0 unrelated failures, clean gateway 3/3"
    assert not good([WELL, defect({"one"})], 3)
    assert not good([WELL, defect({"one"}, one="FAIL", two="FAIL")], 3)
    assert not good([WELL, found], 4)  # a check that was never asked
    assert not good([Row(name=CLEAN, states={**ALL, "two": "NOT MEASURED"}), found], 3)
    assert not good([], 3)


def test_an_audit_that_could_not_be_made_is_neither_found_nor_good():
    nothing = Row(name="bug", must_fail=frozenset({"one"}), states={}, trouble="it did not start")
    assert not good([WELL, nothing], 3)
    assert last_line([WELL, nothing], 3) == "0/1 defects found, 0 unrelated failures, clean gateway 3/3"
    assert lines([nothing])[-1] == "| bug | **no audit**: it did not start | | 0 |"


def test_what_should_not_have_been_said_is_told_with_its_evidence():
    found = row("bug", {**ALL, "two": "FAIL"}, dict.fromkeys(ALL, "because"), ["one"], [], 9)
    assert told(found) == [
        "| bug | **missed by one** | two FAIL | 9 |",
        "    two FAIL: because",
        "    one PASS: ",
    ]


def test_of_several_passes_the_worst_clean_gateway_counts():
    bad = Row(name=CLEAN, states={**ALL, "two": "FAIL"})
    assert last_line([WELL, bad], 3) == "0/0 defects found, 0 unrelated failures, clean gateway 2/3"
    assert not good([WELL, bad], 3)


def test_the_page_ends_with_the_line_that_counts():
    found = row("bug", {**ALL, "one": "FAIL", "two": "FAIL"}, dict.fromkeys(ALL, "said"), ["one"], ["two"], 9)
    assert found.evidence == {"one": "said", "two": "said"}
    text = page([WELL, found], 3, 60.0)
    assert f"| {CLEAN} | nothing: 3 of 3 checks passed |  | 0 |" in text
    assert "| bug | one (also two) |  | 9 |" in text
    assert text.splitlines()[-1] == "    1/1 defects found, 0 unrelated failures, clean gateway 3/3"
