import signal

import gevent
import pytest
from gevent.event import Event

from harness.audit.interruption import Interrupted, Interruption


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_waits_is_interrupted_and_may_clear_up(number: signal.Signals) -> None:
    cleared = []

    def wait(interruption: Interruption) -> None:
        with interruption.obeyed():
            gevent.spawn(signal.raise_signal, number)
            try:
                Event().wait()
            finally:
                signal.raise_signal(number)  # impatience
                gevent.sleep(0)
                cleared.append(number)

    with Interruption() as interruption:
        with pytest.raises(Interrupted):
            wait(interruption)
        assert (interruption.heard, cleared) == (True, [number])


def test_what_was_heard_before_is_obeyed_at_once() -> None:
    with Interruption() as interruption:
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(Interrupted), interruption.obeyed():
            pytest.fail("nothing is begun any more")


def test_outside_of_what_obeys_it_is_only_noted() -> None:
    with Interruption() as interruption:
        with interruption.obeyed():
            pass
        signal.raise_signal(signal.SIGINT)
        gevent.sleep(0)
        assert interruption.heard


def test_afterwards_signals_mean_what_they_meant() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with Interruption():
        assert signal.getsignal(signal.SIGTERM) not in before
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
