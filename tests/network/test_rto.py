import pytest

from harness.network.rto import retransmissions, silence_s


def test_the_ladder_doubles_from_200_ms_up_to_steps_of_120_s() -> None:
    ladder = retransmissions()
    assert ladder[:10] == [0.2, 0.6, 1.4, 3.0, 6.2, 12.6, 25.4, 51.0, 102.2, 204.6]
    assert ladder[10:] == [324.6, 444.6, 564.6, 684.6, 804.6, 924.6]


@pytest.mark.parametrize(
    ("outage_s", "measured_s"), [(0.3, 0.67), (1, 1.50), (2, 3.15), (4, 6.51), (8, 13.24)]
)
def test_the_silence_is_what_a_kernel_showed(outage_s: float, measured_s: float) -> None:
    assert silence_s(outage_s) == pytest.approx(measured_s, rel=0.07)


def test_no_outage_is_no_silence() -> None:
    assert silence_s(0) == 0


def test_beyond_the_ladder_the_outage_itself_counts() -> None:
    assert silence_s(1000) == pytest.approx(1050)
