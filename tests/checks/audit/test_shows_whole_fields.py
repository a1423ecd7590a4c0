import pytest

from harness.checks.audit import structure
from harness.checks.audit.check import Terms
from harness.dialects import generic, jsontext
from tests.checks.audit import scenes
from tests.checks.audit.asking import finding, good, unasked

NAME = "shows_whole_fields"
PATHS = sorted(structure.leaves())
EVENTS = [generic.field(path, structure.at(path)) for path in PATHS]
SNAPSHOTS = [
    generic.fields({"title": structure.TRUTH["title"]}),
    generic.fields({**structure.TRUTH, "place": {"name": "Saint-Malo, Bretagne"}}),
    generic.fields(structure.TRUTH),
]
END = b'data: {"done":true}\n\n'


def saying(events):
    def answer(asked, stream):
        pieces = [(50.0 + 100 * number, event) for number, event in enumerate([*events, END])]
        return scenes.heard(asked, pieces, stream=stream, check=False)

    return answer


def text(value):
    return [generic.GenericEncoder(scenes.Reply(id="", model="", created_s=0)).text(value)]


@pytest.mark.parametrize(
    ("pattern", "events"),
    [("events", EVENTS), ("fields", SNAPSHOTS), ("raw", text(jsontext.encode(structure.TRUTH).decode()))],
)
def test_complete_values_pass(pattern, events):
    assert finding(NAME, Terms(structured=pattern), answer=saying(events)).state == "PASS"


@pytest.mark.parametrize(
    ("pattern", "events", "why"),
    [
        ("events", [generic.field("/title", "Tides, "), *EVENTS], '/title was shown as "Tides, " instead of'),
        (
            "events",
            [generic.field("/height_cm", 123), *EVENTS],
            "/height_cm was shown as 123 instead of 1234567",
        ),
        ("events", [generic.field("/nothing", 1), *EVENTS], "/nothing is not in the schema"),
        ("events", [generic.field("/rising", 0), *EVENTS], "/rising was shown as 0 instead of false"),
        ("events", EVENTS[1:], f"{PATHS[0]} never shown"),
        (
            "fields",
            [generic.fields({"place": {"name": "Sai"}}), *SNAPSHOTS],
            '/place/name was shown as "Sai"',
        ),
        ("fields", SNAPSHOTS[:-1], "/place/country never shown"),
        ("fields", [], "never shown"),
        ("raw", text('{"title":"Tid'), "its text is no JSON, 13 characters"),
        ("raw", text('{"title":"Ebb"}'), "other JSON than the provider's"),
    ],
)
def test_half_or_missing_values_fail(pattern, events, why):
    found = finding(NAME, Terms(structured=pattern), answer=saying(events))
    assert (found.state, why in found.evidence) == ("FAIL", True), found.evidence


def test_answers_that_nobody_was_asked_for_decide_nothing():
    assert finding(NAME, answer=unasked).state == "INCONCLUSIVE"


def test_plain_text_is_no_structured_answer():
    assert finding(NAME, answer=good).state == "FAIL"
