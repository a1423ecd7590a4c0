import pytest

from harness.checks.audit.check import Terms
from tests.checks.audit import scenes
from tests.checks.audit.asking import finding, unasked
from tests.checks.audit.test_shows_whole_fields import END, EVENTS, SNAPSHOTS, text

NAME = "shows_fields_early"


def first_at(ms, events):
    def answer(asked, stream):
        pieces = [(ms, event) for event in [*events, END]]
        return scenes.heard(asked, pieces, stream=stream, check=False)

    return answer


PATTERNS = [("events", EVENTS), ("fields", SNAPSHOTS), ("raw", text("{}"))]


@pytest.mark.parametrize(("pattern", "events"), PATTERNS)
def test_fields_while_the_provider_writes_pass(pattern, events):
    found = finding(NAME, Terms(structured=pattern), answer=first_at(40.0, events))
    assert (found.state, found.value, found.unit) == ("PASS", pytest.approx(338.0), "ms")


@pytest.mark.parametrize(("pattern", "events"), PATTERNS)
def test_fields_after_the_closing_brace_fail(pattern, events):
    found = finding(NAME, Terms(structured=pattern), answer=first_at(400.0, events))
    assert (found.state, "shown 22 ms after the provider's last token" in found.evidence) == ("FAIL", True)


def test_now_so_now_so_decides_nothing():
    early, late = first_at(40.0, EVENTS), first_at(400.0, EVENTS)
    assert finding(NAME, Terms(structured="events"), answer=early, second=late).state == "INCONCLUSIVE"


def test_answers_without_fields_decide_nothing():
    assert finding(NAME, Terms(structured="events"), answer=unasked).state == "INCONCLUSIVE"
