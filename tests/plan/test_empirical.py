from pathlib import Path

import pytest

from harness.plan.draws import Empirical, Quantiles, generator, sample_many
from harness.plan.provider import Provider
from harness.plan.reader import PlanError, dump, load_as, parse


def test_a_file_of_samples_is_read_beside_the_plan_and_written_out_with_it(tmp_path: Path) -> None:
    (tmp_path / "gaps.txt").write_text("5\n7.5\n\n9\n")
    plan = tmp_path / "mock.yaml"
    plan.write_text("models: {m: {itl_ms: {dist: empirical, file: gaps.txt}}, n: {}}")
    read = load_as(plan, Provider)
    assert read.models["m"].itl_ms == Empirical(values=[5, 7.5, 9])
    assert parse(dump(read), Provider, "again") == read


@pytest.mark.parametrize(("text", "message"), [("", "holds no sample"), ("5\nsoon", "one number a line")])
def test_a_bad_file_of_samples_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "gaps.txt").write_text(text)
    plan = tmp_path / "mock.yaml"
    plan.write_text("models: {m: {itl_ms: {dist: empirical, file: gaps.txt}}}")
    with pytest.raises(PlanError, match=message) as caught:
        load_as(plan, Provider)
    assert str(tmp_path / "gaps.txt") in str(caught.value)


def test_a_missing_file_of_samples_is_named(tmp_path: Path) -> None:
    plan = tmp_path / "mock.yaml"
    plan.write_text("models: {m: {itl_ms: {dist: empirical, file: nowhere.txt}}}")
    with pytest.raises(PlanError, match=r"nowhere\.txt: cannot be read"):
        load_as(plan, Provider)


@pytest.mark.parametrize("body", ["{dist: empirical}", "{dist: empirical, values: []}"])
def test_samples_come_from_exactly_one_place(body: str) -> None:
    with pytest.raises(PlanError, match="empirical needs"):
        parse(f"models: {{m: {{itl_ms: {body}}}}}", Provider, "p")


def test_samples_are_drawn_as_measured_and_a_file_must_have_been_read() -> None:
    assert set(sample_many(Empirical(values=[1, 2]), 50, generator(7))) == {1.0, 2.0}
    with pytest.raises(ValueError, match=r"gaps\.txt have not been read"):
        sample_many(Empirical(file="gaps.txt"), 1, generator(7))


def test_quantiles_need_no_more_than_the_median_and_the_tail() -> None:
    values = sample_many(Quantiles(p50=20, p99=90), 4000, generator(7))
    assert 18 < sorted(values)[2000] < 22
