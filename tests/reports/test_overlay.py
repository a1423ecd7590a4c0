"""Several runs on one page: every number of each, nothing that judges, nothing asked of a network."""

import re

import msgspec
import pytest

from reports.numerals import number
from reports.overlay import MOST_RUNS, change, common_phases, differences, lines, render, shown
from reports.write import write_overlay
from tests.reports.examples import MARKUP, demo, empty, failing, hostile, never_reached, one_stream
from tests.reports.test_html import Page


def named(summary, name):
    return msgspec.structs.replace(summary, run=msgspec.structs.replace(summary.run, name=name))


def two():
    return [named(demo(), "before"), named(demo(seed=8), "after")]


def test_every_run_has_its_numbers_and_the_change_is_against_the_first():
    found = {(line.phase, line.metric, line.percentile): line.cells for line in lines(shown(two()))}
    before, after = (summary.phases[1].metrics["ttft_user"].all["p50"] for summary in two())
    cells = found["steady", "TTFT", "p50"]
    assert [cell.value for cell in cells] == [number(before[0]), number(after[0])]
    assert cells[0].change == ""
    assert cells[1].change == change(before[0], after[0]) != ""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (100.0, 113.0, "+13.0 %"), (100.0, 90.0, "-10.0 %"), ("inf", 5.0, ""), (5.0, "inf", ""),
        (0.0, 5.0, ""), (None, 5.0, ""),
    ],
)  # fmt: skip
def test_a_change_needs_two_numbers(before, after, said):
    assert change(before, after) == said


def test_the_page_stands_alone_and_has_every_section():
    text = render(two())
    found = Page(text)
    assert found.sections == ["runs", "numbers", "curves", "timeline"]
    assert len(found.ids) == len(set(found.ids))
    assert found.scripts == []
    assert re.findall(r"https?://(?!www\.w3\.org/)", text) == []
    assert "default-src 'none'" in text


def test_the_same_runs_give_the_same_page():
    assert render(two()) == render(two())


def test_only_what_differs_is_told_of_plans_and_machines():
    first, second = two()
    same = [row.what for row in differences(shown([first, named(demo(), "again")]))]
    assert same == ["verdict", "measurement", "started"]
    second.env["cpus"] = 64
    found = {row.what: row.values for row in differences(shown([first, second]))}
    assert found["seed"] == ["7", "8"]
    assert found["cpus"] == ["2", "64"]


def test_runs_of_one_plan_are_told_apart():
    one, other = demo(), demo()
    other.run.id = "later"
    assert [run.name for run in shown([one, other])] == [one.run.id, "later"]
    assert len({run.name for run in shown([demo(), demo()])}) == 2


def test_only_phases_of_all_runs_are_compared():
    short = msgspec.structs.replace(demo(), phases=demo().phases[1:3])
    assert common_phases(shown([demo(), short])) == ["steady", "mobile network"]
    assert common_phases(shown([demo(), one_stream()])) == []


@pytest.mark.parametrize("other", [empty, never_reached, one_stream, failing, hostile])
def test_any_run_can_be_laid_over_any_other(other):
    text = render([demo(), other()])
    assert Page(text).sections[0] == "runs"
    assert "<script" not in text


def test_markup_in_names_is_text():
    found = Page(render([named(demo(), MARKUP), demo()]))
    assert "<script>alert(1)</script>" in found.text


def test_one_run_or_too_many_are_refused():
    for number_of_runs in (1, MOST_RUNS + 1):
        with pytest.raises(ValueError, match=f"2 to {MOST_RUNS} runs, not {number_of_runs}"):
            render([demo()] * number_of_runs)


def test_the_page_is_written_where_it_is_wanted(tmp_path):
    path = write_overlay(two(), tmp_path / "new" / "both.html")
    assert path.read_text("utf-8") == render(two())
