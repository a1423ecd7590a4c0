"""A Locust worker's duties towards its master: take the start instant, ship rows, answer the drain."""

from functools import cache
from typing import Any

import locust.argument_parser
from gevent.event import Event

from harness import clock
from harness.load.session import Session

_CUT_WITHIN_S = 2.0


class Worker:
    """Registered in `init`, so its quitting listener runs before Locust says goodbye to the master."""

    def __init__(self, environment: Any, runner: Any, session: Session) -> None:
        self._environment, self._runner, self._session = environment, runner, session
        self._draining = False
        self._drained = Event()
        environment.events.report_to_master.add_listener(self.on_report)
        environment.events.test_start.add_listener(self.on_start)
        environment.events.quitting.add_listener(self.on_quitting)
        runner.register_message("sp_drain", self.on_drain, concurrent=True)

    def start_ns(self) -> int:
        """The common start of all workers, converted from the master's wall clock."""
        return int(self._environment.parsed_options.sp_start_wall_ns) - clock.wall_minus_monotonic()

    def shard(self) -> tuple[int | None, int]:
        """(this worker's share of the arrivals, how many shares there are); None for a late-comer."""
        shares: dict[str, int] = self._environment.parsed_options.sp_shards
        return shares.get(self._runner.client_id), max(1, len(shares))

    def on_start(self, **_: Any) -> None:
        self._draining = False
        self._drained.clear()

    def on_report(self, data: dict[str, Any], **_: Any) -> None:
        session = self._session
        ttft_ms, session.ttft_ms = session.ttft_ms, []
        data["streamproof"] = {
            "v": 1,
            **session.outbox.parcel(),
            "process": session.process,
            "in_flight": session.in_flight,
            "outcomes": {str(outcome): count for outcome, count in session.outcomes.items()},
            "ttft_ms": ttft_ms,
            "tokens": session.tokens,
            "errors": session.harness_errors,
        }

    def on_drain(self, msg: Any, **_: Any) -> None:
        self._drain(float(msg.data["limit_s"]))

    def on_quitting(self, **_: Any) -> None:
        self._drain(0)

    def _drain(self, limit_s: float) -> None:
        """Let running streams finish, then cut; afterwards every record exists and is on its way.

        Asked again while they may still finish, it cuts them, and whoever asked first answers.
        """
        if self._drained.is_set():
            return
        again, self._draining = self._draining, True
        self._stop_streams(0 if again else limit_s)
        if again:
            self._drained.wait(_CUT_WITHIN_S)
            return
        self._session.end()
        self._runner._send_stats()  # Locust's rows and ours, ahead of the answer on one socket
        self._runner.send_message("sp_drained", {"made": self._session.outbox.made})
        self._drained.set()

    def _stop_streams(self, limit_s: float) -> None:
        environment, runner = self._environment, self._runner
        environment.stop_timeout = limit_s
        environment.events.test_stopping.fire(environment=environment)
        runner.stop_users(runner.user_classes_count)


# On every change of the user count a worker asks for the default options once an option, and each answer
# parses them all: 180 ms in which no socket was read, measured at each change of phase. They do not change.
locust.argument_parser.default_args_dict = cache(locust.argument_parser.default_args_dict)
