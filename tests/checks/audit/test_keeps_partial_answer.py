from harness.checks.audit.check import Terms
from harness.checks.audit.keeps_partial_answer import CHECK
from tests.checks.audit import scenes
from tests.checks.audit.breaking import finding, left, questions, state, unreached

TERMS = Terms(has=frozenset({"stop"}))
ASKED = questions(CHECK, TERMS)
TEXT = left(ASKED[0], at_ms=600).text()


def test_what_was_read_is_kept_and_what_was_on_its_way_may_be() -> None:
    heard = [
        left(asked, at_ms=600, kept=TEXT + more) for asked, more in zip(ASKED, ("", "", "x"), strict=True)
    ]
    found = finding(CHECK, heard, TERMS)
    assert (found.state, found.value) == ("PASS", 0)
    assert "3 of 3 broken-off answers were kept" in found.evidence


def test_nothing_kept_fails() -> None:
    for kept in (None, ""):
        found = finding(CHECK, [left(asked, at_ms=600, kept=kept) for asked in ASKED], TERMS)
        assert (found.state, found.value) == ("FAIL", 3)
        assert "nothing was kept" in found.evidence


def test_less_than_was_read_or_something_else_fails() -> None:
    for kept in (TEXT[:-1], "Another answer", "x" + TEXT):
        assert state(CHECK, [left(ASKED[0], at_ms=600, kept=kept)], TERMS) == "FAIL"


def test_without_an_answer_that_had_begun_nothing_is_said() -> None:
    assert state(CHECK, [unreached(asked) for asked in ASKED]) == "INCONCLUSIVE"
    assert state(CHECK, [left(ASKED[0], at_ms=5, kept="")]) == "INCONCLUSIVE"
    assert state(CHECK, [left(ASKED[0], at_ms=5, kept=TEXT)]) == "PASS"
    assert state(CHECK, [scenes.heard(ASKED[0])]) == "INCONCLUSIVE"


def test_the_button_is_pressed_where_there_is_one() -> None:
    assert [asked.name for asked in questions(CHECK)] == ["closes", "resets"]
    assert ASKED[2].leave is not None
    assert ASKED[2].leave.how == "stop_button"
