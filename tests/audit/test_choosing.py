"""Which checks are meant by --only and --group."""

import pytest

from harness.audit.choosing import chosen, listing
from harness.checks import audit as checks
from harness.plan.reader import PlanError
from harness.scorecard import GROUPS


def test_without_a_choice_every_check_is_meant_group_by_group() -> None:
    found = chosen(None, None)
    assert {check.id for check in found} == set(checks.names())
    assert [check.group for check in found] == sorted((c.group for c in found), key=GROUPS.index)


def test_some_are_chosen_by_name_each_once() -> None:
    found = chosen("reports_usage, delivers_every_token,reports_usage", None)
    assert [check.id for check in found] == ["delivers_every_token", "reports_usage"]


def test_some_are_chosen_by_group() -> None:
    assert {check.group for check in chosen(None, ["errors", "limits"])} == {"errors", "limits"}


def test_a_name_that_there_is_not_is_answered_with_the_nearest() -> None:
    with pytest.raises(PlanError, match="did you mean reports_usage"):
        chosen("report_usage", None)
    with pytest.raises(PlanError, match="--list names them"):
        chosen("xyzzy", None)


def test_a_choice_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(PlanError, match="leave no check"):
        chosen("reports_usage", ["errors"])


def test_the_list_has_a_line_for_each_check_under_its_group() -> None:
    lines = list(listing(chosen("reports_usage,stops_on_close", None)))
    assert [line.split()[0] for line in lines] == [
        "integrity",
        "reports_usage",
        "cancellation",
        "stops_on_close",
    ]
