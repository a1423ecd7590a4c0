import numpy as np
import pytest

from harness.metrics.buffering import Reading, Signature, Trial, Verdict, read, signature
from tests.metrics.paths import Path, filling, open_path, opening, pausing, shaking, ticking, whole

PASSES = {"A": (40, 64, 100), "B": (40, 2048, 100), "C": (200, 64, 10)}  # events, bytes, gap in ms
KIB = 1024
V = Verdict


def trial(name: str, path: Path) -> Trial:
    events, size, gap_ms = PASSES[name]
    leaving = [gap_ms * (number + 1.0) for number in range(events)]
    arriving = path(leaving, [size] * events)
    return Trial(np.array(leaving), np.array(arriving), np.full(events, float(size)))


def readings(path: Path) -> dict[str, Reading]:
    return {name: read(trial(name, path), 0.3) for name in PASSES}


# burst ratio, spread, p95 of the hold in ms, verdict; as modelled for these paths before this code was.
MODELLED = [
    (open_path, "A", 0, 1.00, 0, V.CLEAN),
    (open_path, "B", 0, 1.00, 0, V.CLEAN),
    (open_path, "C", 0, 1.00, 0, V.CLEAN),
    (whole, "A", 1.0, 0.00, 3704, V.BUFFERED),
    (whole, "B", 1.0, 0.00, 3704, V.BUFFERED),
    (whole, "C", 1.0, 0.00, 1887, V.BUFFERED),
    (filling(4 * KIB), "A", 1.0, 0.00, 3704, V.BUFFERED),
    (filling(4 * KIB), "B", 0.51, 0.97, 100, V.PARTIAL),
    (filling(4 * KIB), "C", 0.98, 0.68, 600, V.BUFFERED),
    (filling(16 * KIB), "A", 1.0, 0.00, 3704, V.BUFFERED),
    (filling(16 * KIB), "B", 0.90, 0.82, 700, V.BUFFERED),
    (filling(16 * KIB), "C", 1.0, 0.00, 1887, V.BUFFERED),
    (ticking(40), "A", 0, 1.00, 20, V.IRREGULAR),
    (ticking(40), "C", 0.75, 0.99, 30, V.BUFFERED),
    (ticking(200), "A", 0.51, 0.97, 100, V.PARTIAL),
    (ticking(200), "B", 0.51, 0.97, 100, V.PARTIAL),
    (ticking(200), "C", 0.95, 0.91, 180, V.BUFFERED),
    (ticking(1000), "A", 0.92, 0.77, 900, V.BUFFERED),
    (ticking(1000), "C", 0.99, 0.50, 939, V.BUFFERED),
    (opening(1500), "A", 0.36, 0.64, 1205, V.PARTIAL),
    (opening(1500), "C", 0.75, 0.25, 1391, V.BUFFERED),
]


@pytest.mark.parametrize(("path", "name", "burst", "spread", "hold_ms", "verdict"), MODELLED)
def test_each_path_reads_as_modelled(path, name, burst, spread, hold_ms, verdict):
    found = read(trial(name, path), 0.3)
    assert found.burst == pytest.approx(burst, abs=0.006)
    assert found.spread == pytest.approx(spread, abs=0.006)
    assert found.hold_p95_ms == pytest.approx(hold_ms, abs=4)
    assert found.verdict is verdict


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (open_path, Signature("none")),
        (whole, Signature("full", bytes=40 * 2048)),
        (filling(1 * KIB), Signature("size", bytes=1 * KIB)),
        (filling(4 * KIB), Signature("size", bytes=4 * KIB)),
        (filling(8 * KIB), Signature("size", bytes=8 * KIB)),
        (filling(16 * KIB), Signature("size", bytes=16 * KIB)),
        (filling(32 * KIB), Signature("size", bytes=32 * KIB)),
        (filling(128 * KIB), Signature("full", bytes=40 * 2048)),  # more than was ever sent
        (ticking(20), Signature("timer", ms=20)),
        (ticking(40), Signature("timer", ms=40)),
        (ticking(200), Signature("timer", ms=200)),
        (ticking(500), Signature("timer", ms=500)),
        (ticking(1000), Signature("timer", ms=1000)),
        (opening(1500), Signature("initial", ms=1490)),  # since the first event was emitted, at 10 ms
    ],
)
def test_each_kind_of_buffer_is_known_by_what_its_clusters_have_in_common(path, expected):
    found = signature(readings(path))
    assert found.kind == expected.kind
    assert found.bytes == pytest.approx(expected.bytes, rel=0.1)
    assert found.ms == pytest.approx(expected.ms, rel=0.05)


def test_a_path_that_delays_all_alike_holds_nothing_back():
    found = read(trial("A", shaking([250.0])))
    assert (found.verdict, found.hold_p95_ms) == (V.CLEAN, 0)


def test_what_the_generator_adds_by_itself_is_not_held_against_the_path():
    late = shaking([0, 6, 1, 2, 7, 0, 2])
    assert read(trial("C", late), direct_hold_ms=0).verdict is V.IRREGULAR
    assert read(trial("C", late), direct_hold_ms=0.5).verdict is V.CLEAN


def test_a_busy_machine_that_is_a_little_late_is_no_buffer():
    assert read(trial("C", shaking([0, 3, 1, 2, 4, 0, 2])), direct_hold_ms=0).verdict is V.CLEAN


def test_a_burst_of_the_provider_is_not_the_paths():
    emitted = np.array([0.0, 100, 200, 200.5, 201, 300, 400, 500])
    found = read(Trial(emitted, emitted + 5, np.full(8, 64.0)))
    assert (found.burst, found.verdict) == (0, V.CLEAN)


def test_lateness_without_clusters_is_irregular_and_names_no_buffer():
    late = shaking([0, 40, 10, 70, 25])
    found = {name: read(trial(name, late)) for name in ("A", "B")}
    assert {reading.verdict for reading in found.values()} == {V.IRREGULAR}
    assert signature(found) == Signature("irregular")


def test_clusters_without_anything_in_common_are_irregular():
    late = shaking([0, 0, 0, 0, 0, 900, 0, 0, 0, 0, 300, 0, 0, 0, 2400])
    found = signature(readings(late))
    assert found == Signature("irregular")


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7])
@pytest.mark.parametrize("mean_ms", [5, 15, 40, 100])
def test_the_pauses_of_a_busy_machine_are_no_buffer(share, mean_ms):
    for seed in range(6):
        assert signature(readings(pausing(share, mean_ms, seed))).kind in ("none", "irregular")


def test_a_pass_needs_three_events():
    with pytest.raises(ValueError, match="three"):
        read(Trial(np.zeros(2), np.zeros(2), np.zeros(2)))
