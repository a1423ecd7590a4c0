"""Figures: deterministic, themed, escaped, and absent where there is nothing to draw."""

import re
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import numpy as np
import pytest

from harness.summary import GapHeat, Span, TimeSeries
from reports.figures import nines, write_figures
from reports.figures.distribution import spreads
from reports.figures.gap_heat import shaded
from reports.figures.inline import distribution, streams, timeline
from reports.figures.series import MOST_BINS, series
from reports.figures.timeline import rows
from tests.reports.examples import MARKUP, demo, empty, hostile, long_run, never_reached, one_stream


@cache
def pictures(example):
    """All pictures of an example; drawn once for all tests."""
    summary = example()
    data = series(summary)
    rows = timeline(summary, data) if data else []
    spread = [one for metric in summary.distributions for one in distribution(summary, metric)]
    return rows + spread + streams(summary)


DRAWN = (demo, hostile, one_stream, never_reached, long_run, empty)  # the others draw what the demo draws


@pytest.mark.parametrize("example", DRAWN, ids=lambda example: example.__name__)
def test_every_picture_is_well_formed_in_both_sizes(example) -> None:
    for picture in pictures(example):
        for text in (picture.wide, picture.narrow):
            assert ElementTree.fromstring(text).tag.endswith("svg")


def test_the_timeline_has_a_row_for_everything_that_was_measured() -> None:
    rows = [picture for picture in pictures(demo) if "-" not in picture.id]
    assert [row.id for row in rows] == [
        "flight",
        "outcomes",
        "tokens",
        "gaps",
        "stalled",
        "arrivals",
        "health",
    ]
    assert [key.label for key in rows[1].keys] == [
        "completed",
        "truncated",
        "reset",
        "error event",
        "rate limited",
    ]


def test_a_row_without_data_is_absent() -> None:
    only = empty(timeseries=TimeSeries(t_s=[0.0, 1.0], in_flight=[1.0, 2.0], ttft_p50=[None, None]))
    rows = timeline(only, series(only))
    assert [(row.id, row.title) for row in rows] == [("flight", "Streams in flight")]


def test_colours_of_the_palette_are_variables_and_fonts_are_the_page_s() -> None:
    text = "".join(picture.wide + picture.narrow for picture in pictures(demo))
    assert set(re.findall(r"#[0-9a-f]{6}", re.sub(r"url\(#[^)]*\)|href=\"#[^\"]*\"", "", text))) == set()
    assert "var(--completed)" in text
    assert "font-family" not in text


def test_pictures_neither_share_ids_nor_point_outside() -> None:
    text = "".join(picture.wide + picture.narrow for picture in pictures(demo))
    ids = re.findall(r'\bid="([^"]*)"', text)
    assert len(ids) == len(set(ids))
    targets = re.findall(r'href="([^"]*)"', text) + re.findall(r"url\(([^)]*)\)", text)
    assert {target[1:] for target in targets if target.startswith("#")} <= set(ids)
    assert all(
        target.startswith("#") for target in targets if not target.startswith("data:image/png;base64,")
    )


def test_names_with_markup_and_dollars_are_text() -> None:
    text = "".join(picture.wide for picture in pictures(hostile))
    assert "<script" not in text
    assert "steady &lt;script&gt;alert" in text


def test_the_same_summary_gives_the_same_files(tmp_path: Path) -> None:
    first = write_figures(one_stream(), tmp_path / "a")
    second = write_figures(one_stream(), tmp_path / "b")
    names = [f"{name}.{ending}" for name in ("timeline", "ttft_user") for ending in ("png", "svg")]
    assert [path.name for path in first] == names
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in first if path.suffix == ".png")


def test_svg_files_are_whole_documents_whatever_the_names(tmp_path: Path) -> None:
    for path in write_figures(hostile(), tmp_path):
        if path.suffix == ".svg":
            assert ElementTree.parse(path).getroot().tag == "{http://www.w3.org/2000/svg}svg"


def test_a_run_without_streams_has_no_figures(tmp_path: Path) -> None:
    assert write_figures(empty(), tmp_path / "figures") == []


def test_a_hostile_metric_name_stays_inside_the_folder(tmp_path: Path) -> None:
    summary = msgspec.structs.replace(one_stream(), distributions={f"../../{MARKUP}": {"only": [1.0]}})
    written = write_figures(summary, tmp_path / "figures")
    assert len(written) == 4
    assert all(path.parent == tmp_path / "figures" for path in written)


def test_a_long_run_is_thinned_by_peaks_for_latency_and_by_means_for_rates() -> None:
    raw = TimeSeries(
        t_s=[float(second) for second in range(1200)],
        ttft_p95=[1.0, 9.0] * 600,
        started=[1, 3] * 600,
        stalled=[0.0] * 1199 + [5.0],
    )
    data = series(empty(timeseries=raw))
    assert data is not None
    assert (data.bin_s, len(data.middles)) == (2, MOST_BINS)
    assert set(data.values["ttft_p95"]) == {9.0}
    assert set(data.values["started"]) == {2.0}
    assert data.values["stalled"][-1] == 5.0


def test_an_empty_bin_stays_empty_when_thinned() -> None:
    raw = TimeSeries(t_s=[float(second) for second in range(1201)], ttft_p50=[None] * 4 + [7.0] * 1197)
    data = series(empty(timeseries=raw))
    assert data is not None
    assert np.isnan(data.values["ttft_p50"][0])
    assert data.values["ttft_p50"][1] == 7.0
    assert len(data.edges) == len(data.middles) + 1


def test_a_series_of_the_wrong_length_is_left_out_and_said_so() -> None:
    data = series(empty(timeseries=TimeSeries(t_s=[0.0, 1.0], stalled=[1.0], in_flight=[1.0, 2.0])))
    assert data is not None
    assert data.values.keys() == {"in_flight"}
    assert data.problems == ["stalled has 1 values for 2 seconds and is left out"]


def test_the_axis_reaches_to_the_end_of_everything() -> None:
    late = Span(name="outage", kind="outage", t0_s=3.0, t1_s=9.0)
    data = series(empty(timeseries=TimeSeries(t_s=[0.0], in_flight=[1.0]), events=[late]))
    assert data is not None
    assert data.end_s == 9.0


def test_marks_of_a_distribution_are_the_percentiles_of_the_tables() -> None:
    by_phase = {spread.phase: spread for spread in spreads(demo(), "ttft_user")}
    steady = demo().phases[1].metrics["ttft_user"]
    assert by_phase["steady"].marks == {name: steady.ok[name][0] for name in ("p50", "p95")}
    assert by_phase["warm-up"].marks.keys() == {"p50"}  # 48 streams are too few for p95
    assert spreads(one_stream(), "ttft_user")[0].marks == {}


def test_no_more_phases_are_drawn_than_can_be_told_apart() -> None:
    summary = long_run()
    many = {
        f"{name} {lap}": values
        for lap in range(4)
        for name, values in summary.distributions["ttft_user"].items()
    }
    drawn = spreads(msgspec.structs.replace(summary, distributions={"ttft_user": many}), "ttft_user")
    assert len({spread.ink for spread in drawn}) == len(drawn) == 6


def test_what_was_never_begun_has_a_line_only_where_there_was_some() -> None:
    def labels(dropped: list[int]) -> list[str]:
        raw = TimeSeries(t_s=[0.0, 1.0], intended=[1, 2], started=[1, 1], dropped=dropped)
        data = series(empty(timeseries=raw))
        assert data is not None
        return [key.label for row in rows(data) for key in row.keys]

    assert labels([0, 1])[-1] == "never begun"
    assert labels([0, 0])[-1] == "really begun"


def test_the_heat_map_is_clear_where_nothing_was_and_full_where_the_most_was() -> None:
    pixels = shaded(np.array([[0.0, 1.0], [30.0, 1000.0]]))
    assert pixels[0, 0, 3] == 0.0
    assert 0.14 < pixels[0, 1, 3] < pixels[1, 0, 3] < pixels[1, 1, 3] == 1.0
    assert shaded(np.zeros((2, 2))).max(axis=(0, 1))[3] == 0.0


def test_columns_of_the_heat_map_that_do_not_fit_are_left_out_and_said_so() -> None:
    gaps = GapHeat(bin_s=1, edges_ms=[1.0, 10.0], counts=[[1], [1, 2]])
    data = series(empty(timeseries=TimeSeries(t_s=[0.0, 1.0], in_flight=[1.0, 2.0], gaps=gaps)))
    assert data is not None
    assert data.gaps is None
    assert "left out" in data.problems[0]


def test_a_limit_of_the_plan_is_drawn_once_for_all_phases() -> None:
    twice = msgspec.structs.replace(demo(), objectives=demo().objectives * 2)
    assert nines.limits(twice, "ttft_user") == [nines.Limit(0.95, 800.0)]
    assert nines.limits(twice, "max_gap") == []


def test_without_curves_there_is_no_picture_by_nines() -> None:
    assert [picture.id for picture in distribution(one_stream(), "ttft_user")] == ["ttft_user-shape"]
    found = [picture.id for picture in distribution(demo(), "ttft_user")]
    assert found == ["ttft_user-shape", "ttft_user-nines"]


def test_the_gallery_has_a_picture_a_group_and_the_curves_of_the_worst() -> None:
    found = [picture.id for picture in streams(demo())]
    assert found == ["gallery-worst", "gallery-median", "gallery-random", "gallery-curves"]
    assert "300" in streams(demo())[0].wide
    assert "var(--halo)" in streams(demo())[0].wide  # around the cross of 301, which lies on a long gap
    assert streams(empty()) == []
