"""What is frozen when, told by the collector of this very process."""

import gc
from collections.abc import Iterator
from weakref import ref

import pytest

from harness.load.collector import Collector


class Loop:
    """Garbage that only a collection finds."""

    def __init__(self) -> None:
        self.self = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_exists_at_the_start_is_frozen_and_what_was_garbage_is_gone() -> None:
    garbage = ref(Loop())
    Collector().start()
    assert garbage() is None
    assert gc.get_freeze_count() > 1000


def test_more_open_streams_than_ever_are_frozen_once() -> None:
    collector = Collector()
    collector.start()
    kept = [Loop() for _ in range(500)]
    collector.look(500)
    frozen = gc.get_freeze_count()
    more = [Loop() for _ in range(500)]
    collector.look(500)
    collector.look(300)
    assert gc.get_freeze_count() <= frozen
    collector.look(501)
    assert gc.get_freeze_count() >= frozen + len(more)
    assert len(kept) == 500


def test_garbage_of_a_steady_load_is_still_collected() -> None:
    collector = Collector()
    collector.start()
    collector.look(10)
    garbage = ref(Loop())
    collector.look(10)
    gc.collect()
    assert garbage() is None


def test_the_next_load_takes_out_what_was_frozen() -> None:
    collector = Collector()
    collector.start()
    garbage = ref(Loop())
    collector.look(1)
    gc.collect()
    assert garbage() is not None
    collector.start()
    assert garbage() is None
    late = ref(Loop())
    collector.look(1)
    assert late() is not None  # peaks are those of one load
