"""One audit, whole: preflight, control, the checks in their stages, the scorecard."""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import gevent
import msgspec

from harness import __version__, clock
from harness.audit import preflight
from harness.audit.asking import Asker
from harness.audit.control import direct_hold_ms
from harness.audit.examination import Examiner, stream_ids
from harness.audit.interruption import Interrupted, Interruption
from harness.audit.lag import OwnLag
from harness.audit.mock import Mock
from harness.audit.pace import LONG_S, over_s, places
from harness.audit.room import Room
from harness.audit.scorecard import Found, scorecard
from harness.audit.system import System
from harness.audit.terms import missing, terms
from harness.checks.audit.check import Check, Finding, Terms
from harness.invocation import again
from harness.naming import name_of, unused
from harness.plan.audited import Audited
from harness.plan.reader import PlanError
from harness.scorecard import AuditInfo, Scorecard
from harness.stack.errors import StackError

_AGAIN_S = 30.0  # a check that our own lateness spoiled is repeated if it is shorter than that

Tell = Callable[[str], None]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """How an audit is made."""

    checks: Sequence[Check]
    thorough: bool = False
    target_file: str = ""
    defects: list[str] = []
    argv: list[str] = []
    notes: list[str] = []


def audit(
    file: Audited,
    wanted: Wanted,
    *,
    tell: Tell = lambda _: None,
    stop: Callable[[], None] | None = None,
    start: Callable[[], None] | None = None,
    interruption: Interruption | None = None,
) -> Scorecard:
    """Audit the system in `file`; an interruption gives the scorecard of what there is.

    `stop` and `start` are how to drain and restart a system that is ours. Raises StackError or PlanError
    where an audit makes no sense, with the next step.
    """
    system = System(file, _api_key(file), stop, start)
    return _Audit(file, wanted, tell, system, interruption or Interruption()).run()


def _api_key(file: Audited) -> str:
    name = file.target.api_key_env
    if name is None:
        return ""
    if not os.environ.get(name):
        raise PlanError(f"target.api_key_env: the environment has no {name}; set it to the target's key")
    return os.environ[name]


def _mock(file: Audited) -> Mock | None:
    provider = file.provider
    if provider is None:
        return None
    name = provider.admin_token_env or ""
    if name and not os.environ.get(name):
        raise PlanError(
            f"provider.admin_token_env: the environment has no {name}; set it to the mock's admin token"
        )
    return Mock(provider.admin, os.environ.get(name, ""), name)


class _Audit:
    def __init__(
        self, file: Audited, wanted: Wanted, tell: Tell, system: System, interruption: Interruption
    ) -> None:
        self._file, self._wanted, self._tell, self._system = file, wanted, tell, system
        self._interruption = interruption
        self._mock = _mock(file)
        self._ids = stream_ids(clock.wall_ns())
        self._found: dict[str, Found] = {}
        self._hold_ms: float | None = None
        self._began_ns, self._began = clock.now(), datetime.now(UTC)
        self._notes = list(wanted.notes)
        self._lag = OwnLag()

    def run(self) -> Scorecard:
        interrupted = False
        try:
            with self._interruption.obeyed(), self._lag:
                self._prepare()
                try:
                    self._examine()
                except StackError as trouble:
                    interrupted = True
                    self._notes.append(f"The audit ended early: {trouble}.")
        except Interrupted:
            interrupted = True
        return scorecard(self._info(interrupted), [self._outcome(check) for check in self._wanted.checks])

    def _outcome(self, check: Check) -> Found:
        not_done = Finding(state="NOT MEASURED", evidence="The audit was interrupted before this was over.")
        return self._found.get(check.id) or Found(check, not_done)

    def _prepare(self) -> None:
        if self._mock is not None:
            self._mock.meet()
        with Asker(self._system, self._seed) as asker:
            preflight.check(self._system, self._mock, asker, self._ids)
        if self._mock is None:
            self._notes.append("No mock provider stands behind the system: only what users see was judged.")
            return
        self._hold_ms = direct_hold_ms(self._mock, self._ids)
        if self._mock.offset_ns:
            self._notes.append(
                "The mock provider runs on another machine: its instants were put on our clock by asking it "
                "for its own, to within half of the fastest round trip."
            )

    @property
    def _seed(self) -> int | None:
        return self._mock.seed if self._mock is not None else None

    @property
    def _terms(self) -> Terms:
        hold_ms = self._hold_ms if self._hold_ms is not None else 1.0
        return terms(self._file, thorough=self._wanted.thorough, direct_hold_ms=hold_ms)

    def _examine(self) -> None:
        known = self._terms
        with Asker(self._system, self._seed) as asker:
            examiner = Examiner(self._system, self._mock, asker, self._lag, known, self._ids)
            stages: dict[str, list[Check]] = {"together": [], "alone": [], "last": []}
            for check in self._wanted.checks:
                stages["together" if missing(check, known) else check.stage].append(check)
            self._together(examiner, stages["together"])
            for check in stages["alone"]:
                self._keep(examiner.examine(check))
            self._again(examiner)
            for check in stages["last"]:
                self._last(examiner, check)

    def _keep(self, found: Found) -> None:
        self._found[found.check.id] = found
        if found.finding.state != "NOT MEASURED":
            self._tell(f"{found.finding.state:<12}  {found.check.id}  ({found.duration_s:.1f} s)")

    def _together(self, examiner: Examiner, checks: Sequence[Check]) -> None:
        """Side by side: the long ones at once, the short ones as places allow."""
        lasting = {check.id: self._lasts(examiner, check) for check in checks}
        long_ones = [check for check in checks if lasting[check.id][0] > LONG_S]
        room = Room(places(examiner.terms, sum(lasting[check.id][1] for check in long_ones)))

        trouble: list[StackError] = []

        def examine(check: Check) -> None:
            try:
                self._keep(examiner.examine(check))
            except StackError as error:  # told below, once
                trouble.append(error)

        def short(check: Check) -> None:
            with room.seats(lasting[check.id][1]):
                examine(check)

        if long_ones:
            longest_s = max(lasting[check.id][0] for check in long_ones)
            self._tell(f"{len(checks)} checks side by side; the longest takes about {longest_s:.0f} s")
        at_work = [gevent.spawn(examine, check) for check in long_ones]
        at_work += [gevent.spawn(short, check) for check in checks if check not in long_ones]
        try:
            gevent.joinall(at_work, raise_error=True)
        finally:
            gevent.killall(at_work)
        if trouble:
            raise trouble[0]

    def _lasts(self, examiner: Examiner, check: Check) -> tuple[float, int]:
        """(seconds, questions) of a check by plan; one that cannot be asked takes no time."""
        if missing(check, examiner.terms):
            return 0.0, 0
        try:
            questions = check.ask(examiner.terms)
            return over_s(questions), len(questions)
        except Exception:  # noqa: BLE001  the examination will blame the check for it
            return 0.0, 0

    def _again(self, examiner: Examiner) -> None:
        """Once more, alone, what our own lateness spoiled."""
        doubted, examiner.doubted = examiner.doubted, []
        for check in doubted:
            if self._found[check.id].duration_s < _AGAIN_S:
                self._tell(f"once more, for this machine was late: {check.id}")
                self._keep(examiner.examine(check))

    def _last(self, examiner: Examiner, check: Check) -> None:
        if self._system.down and not self._system.start_again():
            why = "The system has been told to stop, and nothing says how to start it again (drain.start)."
            self._keep(Found(check, Finding(state="INCONCLUSIVE", evidence=why)))
            return
        try:
            self._keep(examiner.examine(check))
        finally:
            if self._system.down:
                self._system.start_again()

    def _info(self, interrupted: bool) -> AuditInfo:
        lag_ms = self._lag.worst_ms()
        return AuditInfo(
            id=name_of(self._began, "audit"),
            started_utc=self._began.isoformat(timespec="seconds"),
            duration_s=round((clock.now() - self._began_ns) / clock.SECOND, 1),
            target=self._system.url,
            dialect=self._file.target.dialect,
            provider=self._mock.url if self._mock is not None else "",
            target_file=self._wanted.target_file,
            defects=self._wanted.defects,
            command=again(self._wanted.argv),
            argv=self._wanted.argv,
            version=__version__,
            interrupted=interrupted,
            thorough=self._wanted.thorough,
            direct_hold_ms=round(self._hold_ms, 3) if self._hold_ms is not None else None,
            own_lag_ms=round(lag_ms, 3),
            notes=self._notes,
        )


def folder_of(card: Scorecard, out: Path) -> Path:
    """Where the audit's files go: a folder that no other audit has."""
    folder = unused(out / card.audit.id)
    card.audit.id = folder.name
    return folder
