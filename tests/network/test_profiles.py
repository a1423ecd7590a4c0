from pathlib import Path

import pytest

from harness.network.profiles import Applied, load_profiles
from harness.plan.reader import PlanError


def test_every_source_has_its_profiles() -> None:
    prefixes = [profile.partition("/")[0] for profile in load_profiles()]
    counted = {prefix: prefixes.count(prefix) for prefix in sorted(set(prefixes))}
    assert counted == {
        "ae": 6,
        "ae+": 8,
        "atc": 10,
        "bs": 15,
        "co": 9,
        "dt": 3,
        "ff": 8,
        "lh": 3,
        "lo": 14,
        "nlc": 6,
        "nlc+": 6,
        "sp": 2,
        "ss": 12,
        "wpt": 13,
        "wptd": 1,
        "wpt15": 2,
    }


@pytest.mark.parametrize(
    ("profile", "down", "up", "delay"),
    [
        ("wpt/3gslow", 400, 400, (400, 400)),
        ("lh/mobileSlow4G", 1638.4, 750, (150, 150)),
        ("dt/fast4g", 9000, 1500, (60, 60)),
        ("ff/good3g", 1500, 750, (40, 40)),
        ("ss/3gem", 400, 400, (200, 200)),
        ("atc/edge-good", 250, 200, (350, 370)),
        ("nlc/3g-average", 780, 330, (100, 100)),
        ("co/wifi", 30000, 30000, (40, 40)),
        ("co/starlink", None, None, (20, 20)),
        ("lo/edge", 200, 260, (650, 650)),
        ("bs/4g-lte-good", 18000, 9000, (100, 100)),
        ("ae/edge", 236.8, 118.4, (240, 240)),
        ("ae+/lte", 173000, 58000, (0, 0)),
    ],
)
def test_the_numbers_are_the_sources(
    profile: str, down: float | None, up: float | None, delay: tuple[float, float]
) -> None:
    found = load_profiles()[profile]
    assert (found.down_kbps, found.up_kbps, found.delay_ms) == (down, up, delay)


def test_a_round_trip_is_halved_and_rates_are_whole_kilobytes() -> None:
    assert load_profiles()["wpt15/2g"].applied == Applied(
        rate_down=4, rate_up=4, latency_down=650, latency_up=650, jitter_down=0, jitter_up=0
    )


def test_the_odd_millisecond_of_a_round_trip_is_not_lost() -> None:
    applied = load_profiles()["ss/lte"].applied
    assert (applied.latency_down, applied.latency_up) == (18, 17)


def test_one_way_delays_are_applied_as_they_stand() -> None:
    applied = load_profiles()["atc/edge-good"].applied
    assert (applied.latency_down, applied.latency_up) == (350, 370)


def test_jitter_is_halved_with_its_round_trip_unless_stated_by_direction() -> None:
    profiles = load_profiles()
    assert (profiles["lo/3g"].applied.jitter_down, profiles["lo/3g"].applied.jitter_up) == (25, 25)
    assert (profiles["lo/4g"].applied.jitter_down, profiles["lo/4g"].applied.jitter_up) == (5, 15)


def test_a_range_of_delays_is_its_middle_with_jitter() -> None:
    applied = load_profiles()["ae/gprs"].applied
    assert (applied.latency_down, applied.jitter_down) == (175, 100)


def test_firefox_counts_in_kilos_of_1024() -> None:
    assert load_profiles()["ff/wifi"].applied.rate_down == 3840


def test_no_profile_asks_for_what_a_proxy_refuses() -> None:
    for profile in load_profiles().values():
        applied = profile.applied
        assert applied.latency_down >= applied.jitter_down >= 0
        assert applied.latency_up >= applied.jitter_up >= 0
        assert applied.rate_down is None or applied.rate_down >= 1


def test_only_our_own_are_called_unpublished() -> None:
    ours = [profile.id for profile in load_profiles().values() if not profile.published]
    assert ours == ["sp/5g", "sp/5g-cell-edge"]


def test_loss_is_named_as_not_applied() -> None:
    assert load_profiles()["co/gprs"].not_applied == ["connection set-up delay", "loss 2 %"]


def test_a_profile_describes_itself_with_its_source() -> None:
    assert load_profiles()["lo/4g"].describe() == (
        "100000/50000 kbps, 45 ms rtt ±5/15, 0.2 % loss (not applied); "
        "Loadero, network conditions page, undated copy"
    )


def test_the_caller_may_change_what_it_got() -> None:
    load_profiles().clear()
    assert load_profiles()


def test_a_misspelt_key_is_named_with_its_place(tmp_path: Path) -> None:
    text = "source: us\nsets:\n  x:\n    date: today\n    delay: rtt\n    profiles:\n      a: {delay: 3}\n"
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(PlanError, match=r"x\.yaml:7: sets\.x\.profiles\.a: unknown key delay; did you mean"):
        load_profiles(tmp_path)


def test_two_files_cannot_hold_the_same_profile(tmp_path: Path) -> None:
    text = "source: us\nsets:\n  x:\n    date: today\n    delay: rtt\n    profiles:\n      a: {delay_ms: 3}\n"
    (tmp_path / "one.yaml").write_text(text)
    (tmp_path / "two.yaml").write_text(text)
    with pytest.raises(PlanError, match="x/a is already in another file"):
        load_profiles(tmp_path)
