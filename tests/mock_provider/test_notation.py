import pytest

from harness.plan.provider import FaultRule
from mock_provider import faults, notation


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("s1@40", FaultRule(id="s1", at_token=40)),
        ("s6@20:30", FaultRule(id="s6", at_token=20, seconds=30)),
        ("s6@20:30:die", FaultRule(id="s6", at_token=20, seconds=30, then="die")),
        ("s10:W04", FaultRule(id="s10", kind="W04")),
        ("h2:ms,1400", FaultRule(id="h2", kind="ms", seconds=1.4)),
        ("h1:529", FaultRule(id="h1", status=529)),
        ("c1", FaultRule(id="c1")),
    ],
)
def test_the_short_notation_is_a_rule(text: str, rule: FaultRule) -> None:
    assert notation.parse(text) == rule


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("s99", "no fault 's99'; did you mean"),
        ("s1@x", "fault 's1@x'"),
        ("s6@1:soon", "fault 's6@1:soon'"),
        ("s10:W99", "fault s10 has no kind 'W99'"),
        ("s6@1:2:maybe", "neither resume nor die"),
        ("s1:5", "takes no arguments"),
        ("h1:99", "status is an HTTP status"),
    ],
)
def test_a_bad_notation_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(notation.BadNotation, match=message):
        notation.parse(text)


@pytest.mark.parametrize("name", faults.names())
def test_a_label_reads_back_as_the_fault_it_names(name: str) -> None:
    label = notation.label(FaultRule(id=name, at_token=5, seconds=2, status=503))
    assert notation.label(notation.parse(label)) == label


def test_labels_name_what_matters() -> None:
    rules = [
        FaultRule(id="s1", at_token=40),
        FaultRule(id="s6", at_token=20, seconds=0.5),
        FaultRule(id="h1", status=503),
        FaultRule(id="s8"),
    ]
    assert [notation.label(rule) for rule in rules] == ["s1@40", "s6@20:0.5", "h1:503", "s8@0:bad_json"]
