"""However odd its records are, a run gets a summary that can be written and read back."""

import msgspec
import numpy as np
import pytest

from harness.judge import exit_code
from harness.record import HostSample, LedgerRow, Outcome, StreamRecord
from harness.summary import Summary
from tests.sample import sample_scene
from tests.synthetic import SECOND, Scene, at, int32s

STAMPS = [name for name in StreamRecord.__struct_fields__ if name.endswith("_ns") and name != "intended_ns"]
LEDGER_STAMPS = [
    name for name in LedgerRow.__struct_fields__ if name.endswith("_ns") and name != "received_ns"
]


def some_instant(rng):
    return at(float(rng.uniform(-5.0, 60.0))) if rng.random() < 0.7 else None


def some_array(rng, top):
    return int32s(np.sort(rng.integers(0, top, rng.integers(0, 6))))


def odd_stream(rng):
    return StreamRecord(
        stream=int(rng.integers(0, 40)), attempt=int(rng.integers(1, 4)), worker=f"load-{rng.integers(2)}",
        phase=str(rng.choice(["warm", "steady", "commute", "faults", "quota", "nowhere"])),
        cohort=str(rng.choice(["", "train", "lift", "desk"])), outcome=Outcome(rng.choice(list(Outcome))),
        intended_ns=at(float(rng.uniform(-1.0, 55.0))), status=rng.choice([None, 200, 429, 500]),
        tokens=int(rng.integers(0, 9)), verified=bool(rng.random() < 0.8), lost=int(rng.random() < 0.1),
        output_tokens=rng.choice([None, 5]), stamps_kernel=int(rng.integers(0, 5)),
        read_us=some_array(rng, 10**7), read_lag_us=some_array(rng, 10**4), read_bytes=some_array(rng, 900),
        read_events=some_array(rng, 3), read_tokens=some_array(rng, 3),
        **{name: some_instant(rng) for name in STAMPS},
    )  # fmt: skip


def odd_row(rng, number):
    return LedgerRow(
        request=str(number), stream=int(rng.integers(-2, 45)), received_ns=at(float(rng.uniform(0, 55))),
        status=int(rng.choice([200, 429, 500])),
        fault=str(rng.choice(["", "s1@3", "s6@1:2:die", "h1:500", "zz"])),
        ended_by=str(rng.choice(["", "provider", "peer", "fault", "limit", "shutdown"])),
        limit=str(rng.choice(["", "rpm"])), emitted_tokens=int(rng.integers(0, 9)),
        emit_us=some_array(rng, 10**7), emit_tokens=some_array(rng, 3), late_us=some_array(rng, 10**4),
        **{name: some_instant(rng) for name in LEDGER_STAMPS},
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_odd_records_are_judged(seed):
    rng = np.random.default_rng(seed)
    whole = sample_scene()
    scene = Scene(whole.plan, timeline=whole.timeline)
    scene.streams = [odd_stream(rng) for _ in range(rng.integers(0, 60))]
    scene.ledger = [odd_row(rng, number) for number in range(rng.integers(0, 60))]
    scene.host = [HostSample(t_ns=at(second), process=f"load-{second % 2}") for second in range(20)]
    scene.facts = {"ended_ns": at(float(rng.uniform(0.0, 60.0))), "interrupted": bool(rng.random() < 0.3)}
    summary = scene.summary()
    assert msgspec.json.decode(msgspec.json.encode(summary), type=Summary) == summary
    assert exit_code(summary) in range(5)
    assert sum(summary.streams["outcomes"].values()) == len(scene.streams)


def test_a_run_whose_clock_went_far_before_the_load_began_is_judged():
    scene = sample_scene()
    for row in scene.streams:
        row.intended_ns -= 10 * SECOND
    assert scene.summary().streams["attempts"] == 553
