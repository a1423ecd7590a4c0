"""The sweep ends what has outlived a limit, and nothing else."""

from harness.clock import SECOND
from harness.plan import behaviour
from harness.plan.behaviour import Hazard
from harness.plan.target import Limits
from harness.policies.patience import Patience
from harness.record import StreamRecord
from harness.transports.ending import Cause
from harness.transports.leaving import Leaving
from harness.transports.sweep import Sweep

LIMITS = Limits(headers_s=2, first_content_s=4, idle_s=3, total_s=20)


class FakeWatch:
    def __init__(self, last_s: float) -> None:
        self.last_ns = int(last_s * SECOND)
        self.endings: list[Cause] = []

    def end(self, cause: Cause) -> None:
        self.endings.append(cause)


def stream() -> StreamRecord:
    ten = 10 * SECOND
    return StreamRecord(
        stream=1, intended_ns=ten, dispatched_ns=ten, sent_ns=ten, headers_ns=ten, first_content_ns=ten
    )


def test_each_stream_is_held_against_its_own_last_read():
    sweep, silent, lively = Sweep(), FakeWatch(10), FakeWatch(13)
    for watch in (silent, lively):
        sweep.add(stream(), watch, LIMITS, None)  # type: ignore[arg-type]
    sweep.look(14 * SECOND)
    assert (silent.endings, lively.endings) == ([Cause.TIMEOUT_IDLE], [])


def test_a_user_who_leaves_goes_before_a_limit_would_end_the_stream():
    sweep, watch = Sweep(), FakeWatch(10)
    sweep.add(stream(), watch, LIMITS, Leaving(after_s=3))  # type: ignore[arg-type]
    sweep.look(14 * SECOND)
    assert watch.endings == [Cause.LEFT]


def test_a_user_whose_patience_ran_out_is_not_one_who_left_by_plan():
    plan = behaviour.Patience(stall=Hazard(calm_s=1, per_s=8))
    patience = Patience(plan, 10 * SECOND, resolve=1.0)  # leaves after 1.5 s of silence
    sweep, watch, record = Sweep(), FakeWatch(10), stream()
    record.last_content_ns = 11 * SECOND
    sweep.add(record, watch, LIMITS, None, patience)  # type: ignore[arg-type]
    sweep.look(12 * SECOND)
    assert watch.endings == []
    sweep.look(int(12.5 * SECOND))
    assert watch.endings == [Cause.GAVE_UP]


def test_a_stream_that_was_removed_is_left_alone():
    sweep, watch = Sweep(), FakeWatch(0)
    sweep.add(stream(), watch, LIMITS, None)  # type: ignore[arg-type]
    assert len(sweep) == 1
    sweep.remove(watch)  # type: ignore[arg-type]
    sweep.remove(watch)  # type: ignore[arg-type]
    sweep.look(99 * SECOND)
    assert (len(sweep), watch.endings) == (0, [])


class Counted(FakeWatch):
    """Counts how often it is looked at."""

    looks = 0

    @property
    def last_ns(self) -> int:
        self.looks += 1
        return self._last_ns

    @last_ns.setter
    def last_ns(self, value: int) -> None:
        self._last_ns = value


def test_nobody_is_looked_at_before_a_limit_can_run_out():
    sweep, watch = Sweep(), Counted(10)
    sweep.add(stream(), watch, LIMITS, None)  # type: ignore[arg-type]
    sweep.look(11 * SECOND)
    looks = watch.looks
    sweep.look(int(12.9 * SECOND))
    assert watch.looks == looks
    sweep.look(14 * SECOND)
    assert watch.endings == [Cause.TIMEOUT_IDLE]


def test_a_new_stream_is_looked_at_while_the_others_have_time():
    sweep, patient, new = Sweep(), FakeWatch(10), FakeWatch(11)
    sweep.add(stream(), patient, LIMITS, None)  # type: ignore[arg-type]
    sweep.look(11 * SECOND)
    sweep.add(stream(), new, Limits(idle_s=0.5), None)  # type: ignore[arg-type]
    sweep.look(12 * SECOND)
    assert (patient.endings, new.endings) == ([], [Cause.TIMEOUT_IDLE])
