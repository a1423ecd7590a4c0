"""One check from its questions to its finding, with a user who is asked in place of a socket."""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import gevent

from harness.audit.examination import Examiner, stream_ids
from harness.audit.lag import OwnLag
from harness.audit.system import System
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms
from harness.clock import MS
from harness.plan.audited import Audited, Drain
from harness.plan.target import Target
from harness.record import StreamRecord

PASS = Finding(state="PASS", evidence="Fine.")


class User:
    """Answers every question at once, or as `answers` says; `asked` has their names in order."""

    def __init__(self, answers: Callable[[Question], None] = lambda question: None) -> None:
        self.asked: list[str] = []
        self._answers = answers

    def ask(self, question: Question, stream: int, intended_ns: int) -> Heard:
        self.asked.append(question.name)
        self._answers(question)
        return Heard(question=question, record=StreamRecord(stream=stream, intended_ns=intended_ns))


def check(
    questions: Sequence[Question] = (Question(name="q"),),
    judge: Callable[[Sequence[Heard], Terms], Finding] = lambda heard, terms: PASS,
    **more: Any,
) -> Check:
    return Check(
        id="c",
        group="integrity",
        promise="p",
        how="h",
        fix="f",
        ask=lambda terms: questions,
        judge=judge,
        **more,
    )


def examined(which: Check, user: User, terms: Terms | None = None, drain: Drain | None = None) -> Finding:
    system = System(Audited(target=Target(url="http://127.0.0.1:1"), drain=drain))
    examiner = Examiner(system, None, user, OwnLag(), terms or Terms(), count(1))  # type: ignore[arg-type]
    return examiner.examine(which).finding


def test_a_check_judges_what_came_of_its_questions_in_their_order() -> None:
    seen: list[tuple[str, int]] = []

    def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
        seen.extend((one.question.name, one.record.stream) for one in heard)
        return PASS

    asked = [Question(name="b"), Question(name="a", after="c"), Question(name="c")]
    user = User()
    assert examined(check(asked, judge), user) is PASS
    assert seen == [("b", 1), ("a", 2), ("c", 3)]
    assert user.asked == ["b", "c", "a"]


def test_questions_are_asked_side_by_side() -> None:
    both = gevent.event.Event()
    user = User()

    def meet(question: Question) -> None:
        if len(user.asked) == 2:
            both.set()
        both.wait()

    user._answers = meet
    assert examined(check([Question(name="a"), Question(name="b")]), user) is PASS


def test_a_check_without_questions_is_judged_too() -> None:
    assert examined(check([]), User()) is PASS


def test_a_check_that_fails_itself_is_invalid_and_says_why() -> None:
    def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
        raise ZeroDivisionError("float division by zero")

    finding = examined(check(judge=judge), User())
    assert finding.state == "INVALID"
    assert "ZeroDivisionError: float division by zero" in finding.evidence


def test_a_question_that_cannot_be_asked_makes_its_check_invalid() -> None:
    def refuse(question: Question) -> None:
        raise KeyError("endpoints.whole")

    finding = examined(check([Question(name="a"), Question(name="b", after="a")]), User(refuse))
    assert (finding.state, "endpoints.whole" in finding.evidence) == ("INVALID", True)


def test_what_the_target_has_not_is_not_measured_and_nothing_is_asked() -> None:
    user = User()
    finding = examined(check(needs=frozenset({"log"})), user)
    assert (finding.state, "add log.path" in finding.evidence, user.asked) == ("NOT MEASURED", True, [])
    assert examined(check(needs=frozenset({"log"})), user, Terms(has=frozenset({"log"}))) is PASS


def test_two_audits_of_one_mock_have_streams_of_their_own() -> None:
    first, later = stream_ids(1_700_000_012_345_000_000), stream_ids(1_700_000_012_346_000_000)
    assert [len(str(next(first))) <= 12 for _ in range(3)] == [True] * 3
    assert next(later) - next(first) > 9_000
    assert next(stream_ids(0)) > 2_000_000  # clear of streams that a mock numbers itself


def test_a_system_that_cannot_be_told_to_stop_leaves_its_check_without_evidence() -> None:
    stops = check([Question(name="q", system_stops=True)])
    finding = examined(stops, User(), drain=Drain(stop="/no/such/program"))
    assert (finding.state, "drain.stop: /no/such/program" in finding.evidence) == ("INCONCLUSIVE", True)


def test_what_our_own_lateness_explains_is_remembered_for_another_look() -> None:
    late = Finding(state="FAIL", evidence="Late.", value=110.0, limit=100.0, unit="ms")
    which = check(judge=lambda heard, terms: late)
    lag = OwnLag()
    system = System(Audited(target=Target(url="http://127.0.0.1:1")))
    examiner = Examiner(system, None, User(), lag, Terms(), count(1))  # type: ignore[arg-type]
    assert (examiner.examine(which).finding.state, examiner.doubted) == ("FAIL", [])
    lag._late.append((1 << 62, 50 * MS))  # while the next look lasts
    assert (examiner.examine(which).finding.state, examiner.doubted) == ("INVALID", [which])
