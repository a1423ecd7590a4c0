"""The words and floors of reports agree with the code that computes."""

from harness.metrics.percentiles import PERCENTILES, floor
from reports.definitions import FLOORS, label


def test_the_printed_floors_are_those_of_the_metrics() -> None:
    assert {name: floor(p) for name, p in PERCENTILES.items()} == FLOORS


def test_an_unknown_metric_keeps_its_id() -> None:
    assert label("my_metric") == "my metric"
    assert label("ttft_user") == "TTFT"
