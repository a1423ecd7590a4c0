"""The mock provider behind the system, asked as its operator: orders for streams, and what came of them."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import gevent
import gevent.lock
import msgspec

from harness import clock
from harness.audit.fetch import Answer, FetchFailed, fetch
from harness.checks.audit.check import Question
from harness.record import LedgerRow
from harness.stack.errors import StackError

USUAL_MOCK = "http://127.0.0.1:8600"  # where the guides put it
_POLL_S = 0.2
_LATE_S = 0.5  # a system may open its connection to the provider a moment after its user has left
_SAME_CLOCK_NS = 2 * clock.MS  # nearer than that, both ends read one clock
_BRACKETS = 9


class _Page(msgspec.Struct):
    rows: list[LedgerRow]
    after: str


class _Ordered(msgspec.Struct):
    attempts: int


class _Health(msgspec.Struct):
    seed: int
    now_ns: int
    models: list[str]


_read_page = msgspec.json.Decoder(_Page).decode
_read_ordered = msgspec.json.Decoder(dict[int, _Ordered]).decode
_read_health = msgspec.json.Decoder(_Health).decode


class Mock:
    """Orders, attempts and ledger rows of one mock provider."""

    def __init__(self, url: str, token: str = "", token_env: str = "") -> None:
        self.url, self._token_env = url.rstrip("/"), token_env
        self._headers = {"authorization": f"Bearer {token}"} if token else {}
        self.seed = 0
        self.models: list[str] = []
        self.offset_ns = 0  # from our clock to the provider's, where they are not the same
        self._cursor = "end"
        self._rows: dict[int, list[LedgerRow]] = defaultdict(list)
        self._attempts: dict[int, int] = {}
        self._looking = gevent.lock.RLock()
        self._looked_ns = 0

    def meet(self) -> None:
        """Learn who it is, and that we may operate it. Raises StackError with the way out."""
        try:
            health = self._health()
        except FetchFailed as failed:
            raise StackError(
                f"the mock provider's admin side cannot be reached: {failed}; "
                "is `streamproof mock` running there, and is provider.admin its address?"
            ) from None
        self.seed, self.models = health.seed, health.models
        self.offset_ns = self._clock_offset()
        self._must("GET", "/-/streams")
        self._cursor = _read_page(self._must("GET", "/-/ledger?after=end").body).after

    def _health(self) -> _Health:
        answer = fetch("GET", f"{self.url}/-/health")
        try:
            return _read_health(answer.body)
        except msgspec.DecodeError:
            raise FetchFailed(
                f"{self.url}/-/health answers {answer.status}, and not as the mock of this version does"
            ) from None

    def _clock_offset(self) -> int:
        """0 where the provider reads the clock that we read, i.e. runs on this machine."""

        def bracket() -> tuple[int, int]:
            before = clock.now()
            there = self._health().now_ns
            after = clock.now()
            return after - before, there - (before + after) // 2

        offset = min(bracket() for _ in range(_BRACKETS))[1]
        return 0 if abs(offset) < _SAME_CLOCK_NS else offset

    def _must(self, method: str, path: str, body: bytes = b"") -> Answer:
        """Raises StackError."""
        try:
            answer = fetch(method, self.url + path, headers=self._headers, body=body, limit_s=20)
        except FetchFailed as failed:
            raise StackError(f"the mock provider has gone: {failed}") from None
        if answer.status == 200:
            return answer
        said = _message(answer)
        if answer.status == 403:
            name = self._token_env or "an environment variable"
            fix = f"put its admin token into {name} and that name into provider.admin_token_env"
            raise StackError(f"the mock provider at {self.url} does not let us operate it: {said}; {fix}")
        if answer.status == 404 and "ledger" in path:
            raise StackError(f"the mock provider at {self.url} keeps no ledger: {said}")
        raise StackError(
            f"the mock provider at {self.url} answers {answer.status} to {method} {path}: {said}"
        )

    def order(self, questions: Mapping[int, Question]) -> None:
        """How it is to answer these streams. Raises StackError."""
        orders = {stream: _order(question) for stream, question in questions.items()}
        self._must("PUT", "/-/streams", msgspec.json.encode(orders))

    def forget(self, streams: Collection[int]) -> None:
        """Take the orders back. Raises StackError."""
        if streams:
            self._must("DELETE", "/-/streams", msgspec.json.encode(list(streams)))

    def settled(self, streams: Collection[int], limit_s: float) -> bool:
        """Wait until every attempt of `streams` is over and in the ledger, at most `limit_s`."""
        began = clock.now()
        gevent.sleep(_LATE_S)
        while True:
            self._look(clock.now())
            if all(len(self._rows[stream]) >= self._attempts.get(stream, 0) for stream in streams):
                return True
            if clock.now() - began > limit_s * clock.SECOND:
                return False
            gevent.sleep(_POLL_S)

    def rows(self, stream: int) -> list[LedgerRow]:
        """The attempts of a stream that are over, in order of arrival."""
        return sorted(self._rows[stream], key=lambda row: row.received_ns)

    def _look(self, asked_ns: int) -> None:
        """Read the ledger on; whoever waits for that meanwhile need not do it again."""
        with self._looking:
            if self._looked_ns >= asked_ns:
                return
            began_ns = clock.now()
            # Attempts first: what is counted here has its row below, or is still open.
            ordered = _read_ordered(self._must("GET", "/-/streams").body)
            while True:
                page = _read_page(self._must("GET", f"/-/ledger?after={self._cursor}").body)
                self._cursor = page.after
                for row in page.rows:
                    self._rows[row.stream].append(_shifted(row, self.offset_ns))
                if not page.rows:
                    break
            self._attempts = {stream: each.attempts for stream, each in ordered.items()}
            self._looked_ns = began_ns


def usual_mock() -> str | None:
    """USUAL_MOCK, if a mock provider answers there."""
    try:
        _read_health(fetch("GET", f"{USUAL_MOCK}/-/health", limit_s=1).body)
    except (FetchFailed, msgspec.DecodeError):
        return None
    return USUAL_MOCK


def _order(question: Question) -> dict[str, Any]:
    names = ("ttft_ms", "itl_ms", "tokens", "tokens_per_chunk", "reasoning_tokens", "tool_calls", "schema")
    return {name: getattr(question, name) for name in (*names, "fault", "fault_times")}


def _shifted(row: LedgerRow, offset_ns: int) -> LedgerRow:
    """`row` with its instants on our clock."""
    if not offset_ns:
        return row
    moved = {
        name: value - offset_ns
        for name in row.__struct_fields__
        if name.endswith("_ns") and (value := getattr(row, name)) is not None
    }
    return msgspec.structs.replace(row, **moved)


def _message(answer: Answer) -> str:
    try:
        return str(msgspec.json.decode(answer.body)["error"]["message"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return answer.body[:200].decode("utf-8", "replace")
