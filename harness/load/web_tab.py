"""Streams in Locust's own web page: a tab of numbers, and a page of charts beside it, while a test runs.

Locust's charts are of requests and cannot be extended; its tables can. So the tab holds the numbers of the
last ten seconds, and `/streamproof` draws the last ten minutes of them.
"""

import json
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent

from harness import clock

_WINDOW_S = 10
_KEPT_S = 600
_PAGE = Path(__file__).with_suffix(".html")
_NAMES = [{"key": "name", "title": "Quantity"}, {"key": "value", "title": "Value"}]


class Moment(dict[str, Any]):
    """One second: t_s, in_flight, ttft_ms of the streams that began to answer, outcomes that ended in it."""


class WebTab:
    """Samples once a second and answers the page. Only where Locust has a web page at all."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self._workers: dict[str, dict[str, Any]] = {}
        self._ttft_ms: list[float] = []
        self._own: list[float] = []  # the list of the session that was read last, up to here
        self._read = 0
        self._before: Counter[str] = Counter()
        self._started_ns = clock.now()
        self._moments: deque[Moment] = deque(maxlen=_KEPT_S)
        environment.events.worker_report.add_listener(self.on_report)
        environment.events.test_start.add_listener(self.on_start)
        self._add_to(environment.web_ui)
        gevent.spawn(self._run)

    def on_start(self, **_: Any) -> None:
        self._workers.clear()
        self._moments.clear()
        self._ttft_ms.clear()
        self._before.clear()
        self._started_ns = clock.now()

    def on_report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        parcel = data.get("streamproof")
        if parcel is not None:
            self._workers[client_id] = {"in_flight": parcel["in_flight"], "outcomes": parcel["outcomes"]}
            self._ttft_ms += parcel["ttft_ms"]

    def _run(self) -> None:
        while True:
            gevent.sleep(1)
            self.sample()

    def sample(self) -> None:
        """Close the current second."""
        self._read_session()
        in_flight, outcomes = self._now()
        ended = {name: count - self._before[name] for name, count in outcomes.items()}
        self._before = outcomes
        ttft_ms, self._ttft_ms = self._ttft_ms, []
        moment = Moment(
            t_s=round((clock.now() - self._started_ns) / clock.SECOND),
            in_flight=in_flight,
            ttft_ms=ttft_ms,
            outcomes={name: count for name, count in ended.items() if count > 0},
        )
        self._moments.append(moment)

    def _read_session(self) -> None:
        """First tokens of a process with users of its own. Whoever shows progress takes the list away and

        leaves a new one; what was added to the old one since it was read is still in it.
        """
        session = getattr(self._environment, "streamproof", None)
        if session is None:
            return
        if session.ttft_ms is not self._own:
            self._ttft_ms += self._own[self._read :]
            self._own, self._read = session.ttft_ms, 0
        self._ttft_ms += self._own[self._read :]
        self._read = len(self._own)

    def _now(self) -> tuple[int, Counter[str]]:
        outcomes: Counter[str] = Counter()
        session = getattr(self._environment, "streamproof", None)
        if session is not None:
            outcomes.update({str(name): count for name, count in session.outcomes.items()})
            return session.in_flight, outcomes
        for worker in self._workers.values():
            outcomes.update(worker["outcomes"])
        return sum(worker["in_flight"] for worker in self._workers.values()), outcomes

    def rows(self) -> list[dict[str, str]]:
        """What the tab shows."""
        recent = sorted(ttft for moment in list(self._moments)[-_WINDOW_S:] for ttft in moment["ttft_ms"])
        in_flight, outcomes = self._now()
        found = [
            {"name": "streams in flight", "value": f"{in_flight:,}"},
            *[
                {"name": f"TTFT {name}, ms, last {_WINDOW_S} s", "value": _at(recent, share)}
                for name, share in (("p50", 0.5), ("p95", 0.95))
            ],
        ]
        return found + [
            {"name": name.replace("_", " "), "value": f"{count:,}"}
            for name, count in sorted(outcomes.items())
        ]

    def series(self) -> dict[str, list[Any]]:
        """What the charts show: one element a second."""
        moments = list(self._moments)
        return {
            "t_s": [moment["t_s"] for moment in moments],
            "in_flight": [moment["in_flight"] for moment in moments],
            "ttft_p50": [_number(sorted(moment["ttft_ms"]), 0.5) for moment in moments],
            "ttft_p95": [_number(sorted(moment["ttft_ms"]), 0.95) for moment in moments],
            "completed": [moment["outcomes"].get("completed", 0) for moment in moments],
            "broken": [
                sum(count for name, count in moment["outcomes"].items() if name != "completed")
                for moment in moments
            ],
        }

    def _add_to(self, web_ui: Any) -> None:
        web_ui.template_args.setdefault("extended_tabs", []).append({"title": "Streams", "key": "streams"})
        tables = web_ui.template_args.setdefault("extended_tables", [])
        tables.append({"key": "streams", "structure": _NAMES})
        web_ui.app.after_request(self._extend)
        guarded: Callable[[Any], Any] = web_ui.auth_required_if_enabled
        web_ui.app.add_url_rule("/streamproof", "streamproof", guarded(lambda: _PAGE.read_text("utf-8")))
        web_ui.app.add_url_rule("/streamproof/data", "streamproof_data", guarded(self._data))

    def _data(self) -> tuple[str, dict[str, str]]:
        return json.dumps({"series": self.series(), "rows": self.rows()}), {
            "Content-Type": "application/json"
        }

    def _extend(self, response: Any) -> Any:
        """Put our rows into what Locust's page asks for every two seconds."""
        from flask import request

        if request.path != "/stats/requests" or not response.is_json:
            return response
        answer = response.get_json()
        # Locust keeps an answer for two seconds and hands it out again: with our rows already in it.
        others = [table for table in answer.get("extended_stats", []) if table["key"] != "streams"]
        answer["extended_stats"] = [*others, {"key": "streams", "data": self.rows()}]
        response.set_data(json.dumps(answer))
        return response


def install(environment: Any) -> WebTab | None:
    """The tab, where this process has Locust's web page."""
    return WebTab(environment) if getattr(environment, "web_ui", None) is not None else None


def _number(ordered: list[float], share: float) -> float | None:
    return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)], 1) if ordered else None


def _at(ordered: list[float], share: float) -> str:
    value = _number(ordered, share)
    return "–" if value is None else f"{value:,.0f}"
