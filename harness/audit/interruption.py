"""Ctrl-C and SIGTERM: heard at any moment, obeyed where nothing is left half done."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import gevent


class Interrupted(BaseException):
    """The audit was told to end. No check may take it for a failure of its own."""


class Interruption:
    """Whether somebody wants the audit to end. Used in a `with` block of the main thread; before it begins
    nothing is heard.

    A handler that raised would do so between any two lines: while a process is started that nobody knows of
    yet, or in what clears up. So it takes a note, and who waits in `obeyed` is woken by gevent's hub.
    """

    def __init__(self) -> None:
        self.heard = False
        self._hub = gevent.get_hub()
        self._throw: Callable[[type[Interrupted]], object] | None = None  # into who waits
        self._usual: dict[signal.Signals, object] = {}

    def __enter__(self) -> "Interruption":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._usual[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._usual.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # it came from there

    def _hear(self, *_: object) -> None:
        self.heard = True
        self._hub.loop.run_callback_threadsafe(self._wake)

    def _wake(self) -> None:
        throw, self._throw = self._throw, None  # once: a second signal must not disturb the clearing up
        if throw is not None:
            throw(Interrupted)

    @contextmanager
    def obeyed(self) -> Iterator[None]:
        """Inside it the calling greenlet gets Interrupted, at once or where it next waits."""
        self._throw = gevent.getcurrent().throw
        try:
            if self.heard:
                raise Interrupted
            yield
        finally:
            self._throw = None
