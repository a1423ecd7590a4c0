"""What to ask of a provider, by hand."""

import pytest

from harness.capacity.headroom import Demand, amplified, as_dict, headroom, lines, per_minute
from harness.plan.provider import Quota

CHAT = Demand(rate=5, stream_s=15, input_tokens=900, input_sd=600, output_tokens=300, output_sd=670.82)


@pytest.mark.parametrize(
    ("share", "retries", "factor"), [(0.05, 2, 1.0525), (0.5, 2, 1.75), (1, 3, 4), (0, 9, 1)]
)
def test_retries_raise_the_load(share: float, retries: int, factor: float):
    assert amplified(10, share, retries) == pytest.approx(10 * factor)


@pytest.mark.parametrize(("rpm", "need"), [(60, 84), (300, 354), (1200, 1307)])
def test_requests_of_the_minute_that_one_in_a_thousand_exceeds(rpm: float, need: int):
    assert round(per_minute(rpm / 60, 1, 0, 1)) == need


def test_tokens_of_that_minute():
    assert per_minute(5, 1200, 900, 1) == pytest.approx(440_281, abs=1)


def test_arrivals_that_come_in_bursts_need_more():
    assert per_minute(5, 1, 0, 4) - 300 == pytest.approx(2 * (per_minute(5, 1, 0, 1) - 300))


def test_streams_are_long_so_the_open_ones_bind_first():
    found = headroom(CHAT, Quota(rpm=1000, tpm=2_000_000, concurrent=80))
    needs = {need.name: need for need in found.needs}
    assert found.open_streams == 75
    assert needs["concurrent"].need == 100
    assert needs["rpm"].need == 354
    assert needs["tpm"].need == pytest.approx(440_281, abs=3)
    assert found.binding is needs["concurrent"]
    assert found.binding.headroom == pytest.approx(0.8)
    assert found.slots_waiting == 97


def test_without_limits_nothing_binds():
    found = headroom(Demand(rate=1, stream_s=15))
    assert found.binding is None
    assert [need.name for need in found.needs] == ["concurrent", "rpm"]
    assert as_dict(found)["binding"] is None


def test_the_lines_say_what_is_too_small():
    said = lines(headroom(CHAT, Quota(concurrent=80, rpm=1000)))
    assert said[-1] == "concurrent is too small: headroom 0.80"
    assert any("ask for        354   limit 1,000" in line for line in said)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": 0}, {"rate": float("nan")}, {"rate": float("inf")},
        {"stream_s": 0}, {"stream_s": float("nan")},
        {"failure_share": 1.5}, {"retries": -1}, {"vmr": -1},
    ],
)  # fmt: skip
def test_a_demand_that_makes_no_sense_is_refused(wrong: dict[str, float]):
    with pytest.raises(ValueError, match=r"must|from 0 to 1"):
        Demand(**{"rate": 1, "stream_s": 1, **wrong})  # type: ignore[arg-type]
