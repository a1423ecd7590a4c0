"""The system under audit, beside its streams: button, kept answers, metrics, log, and being told to stop."""

import os
import shlex
import signal
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

import gevent
import gevent.subprocess
import msgspec

from harness import clock
from harness.audit.fetch import FetchFailed, fetch
from harness.audit.system_log import SystemLog
from harness.audit.wording import answer_id
from harness.checks.audit.check import Question
from harness.plan.audited import Audited, Drain
from harness.stack.errors import StackError

_POLL_S = 0.1
_START_S = 20.0


class CannotStop(Exception):
    """The system could not be told to stop; the text says why."""


class System:
    """What the target file says there is. `stop` and `start` are given where it is ours."""

    def __init__(
        self,
        file: Audited,
        api_key: str = "",
        stop: Callable[[], None] | None = None,
        start: Callable[[], None] | None = None,
    ) -> None:
        self.file, self.api_key = file, api_key
        self.url = file.target.url or ""
        self.log = SystemLog(file.log) if file.log is not None else None
        self._stop, self._start = stop, start
        self._headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        self.down = False  # told to stop, and not started again

    def base(self, question: Question) -> str:
        """The base URL that `question` goes to. Raises KeyError for an unknown hop."""
        return self.file.hops[question.hop] if question.hop else self.url

    def press_stop(self, stream: int) -> int | None:
        """The status with which the stop button was answered; None where nothing came."""
        return self._ask("POST", self.file.endpoints.stop or "/", stream)[0]

    def kept(self, stream: int) -> str | None:
        """What the system has kept of an answer; None where it has nothing."""
        status, body = self._ask("GET", self.file.endpoints.kept or "/", stream)
        return _text(body) if status == 200 else None

    def _ask(self, method: str, path: str, stream: int) -> tuple[int | None, bytes]:
        url = urljoin(self.url, path.replace("{id}", answer_id(stream)))
        try:
            answer = fetch(method, url, headers=self._headers, verify_tls=self.file.target.verify_tls)
        except FetchFailed:
            return None, b""
        return answer.status, answer.body

    def metrics(self) -> str | None:
        """The Prometheus text; None where none can be had."""
        if self.file.metrics is None:
            return None
        try:
            answer = fetch(
                "GET",
                urljoin(self.url, self.file.metrics.path),
                headers=self._headers,
                verify_tls=self.file.target.verify_tls,
            )
        except FetchFailed:
            return None
        return answer.body.decode("utf-8", "replace") if answer.status == 200 else None

    def tell_to_stop(self) -> None:
        """As its operator would. Raises CannotStop."""
        if self._stop is not None:
            self._stop()
        elif self.file.drain is not None:
            _tell(self.file.drain)
        self.down = True

    def start_again(self) -> bool:
        """Bring it back after it was told to stop; False where nobody knows how. Raises StackError."""
        drain = self.file.drain
        if self._start is not None:
            self._start()  # in this thread: Linux ends a child with the thread that began it
        elif drain is not None and drain.start is not None:
            try:
                gevent.subprocess.Popen(shlex.split(drain.start), start_new_session=True)
            except (OSError, ValueError) as error:
                raise StackError(f"drain.start: {drain.start} cannot be run: {error}") from None
            self._wait_until_up()
        else:
            return False
        self.down = False
        return True

    def _wait_until_up(self) -> None:
        began = clock.now()
        while True:
            try:
                fetch("GET", self.url, limit_s=2, verify_tls=self.file.target.verify_tls)
            except FetchFailed as failed:
                if clock.now() - began > _START_S * clock.SECOND:
                    raise StackError(f"the system did not come back after drain.start: {failed}") from None
                gevent.sleep(_POLL_S)
            else:
                return


def _tell(drain: Drain) -> None:
    if drain.stop is not None:
        try:
            gevent.subprocess.Popen(shlex.split(drain.stop), start_new_session=True)
        except (OSError, ValueError) as error:
            raise CannotStop(f"drain.stop: {drain.stop} cannot be run: {error}") from None
        return
    path = Path(drain.pid_file or "")
    try:
        os.kill(int(path.read_text(encoding="ascii")), signal.SIGTERM)
    except (OSError, ValueError) as error:
        raise CannotStop(f"drain.pid_file: {path} leads to no process that can be stopped: {error}") from None


def _text(body: bytes) -> str:
    """The answer in what a system says of it: JSON with a text in it, or the text itself."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body.decode("utf-8", "replace")
    for name in ("content", "text", "answer"):
        if isinstance(value, dict) and isinstance(value.get(name), str):
            return str(value[name])
    return value if isinstance(value, str) else body.decode("utf-8", "replace")
