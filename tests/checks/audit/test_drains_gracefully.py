import msgspec
import pytest

from harness.checks.audit.check import Heard, Question
from harness.checks.audit.drains_gracefully import CHECK
from harness.transports.ending import Cause
from tests.checks.audit import scenes
from tests.checks.audit.breaking import error_event, finding, questions, refused, state, unreached
from tests.checks.audit.scenes import MS

ASKED = questions(CHECK)
UNDER_WAY, (DURING, LATE) = ASKED[:-2], ASKED[-2:]
TOLD_NS = 1_000 * MS
BUSY = {"retry-after": "5"}


def drain(under_way: list[Heard], *, told: bool = True, late: Heard | None = None) -> list[Heard]:
    during = refused(DURING, 503, BUSY, stopped_ns=TOLD_NS if told else None)
    return [*under_way, during, late or unreached(LATE)]


def test_answers_that_are_finished_pass() -> None:
    found = finding(CHECK, drain([scenes.heard(asked) for asked in UNDER_WAY]))
    assert (found.state, found.value) == ("PASS", 0)
    assert "with 4 answers under way, it finished 4" in found.evidence


def test_a_path_that_collects_has_answers_under_way_too() -> None:
    def collected(asked: Question) -> Heard:
        return scenes.heard(asked, [(3_000.0, b"".join(data for _, data in scenes.pieces_of(asked)))])

    assert state(CHECK, drain([collected(asked) for asked in UNDER_WAY])) == "PASS"


def test_answers_that_end_with_an_error_event_pass() -> None:
    asked = UNDER_WAY[0]
    pieces = [*scenes.pieces_of(asked)[:30], (1_600.0, error_event("gateway_stopped"))]
    assert state(CHECK, drain([scenes.heard(asked, pieces)])) == "PASS"


@pytest.mark.parametrize("how", [Cause.EOF, Cause.RESET, Cause.HTTP_END, Cause.TIMEOUT_IDLE])
def test_answers_that_are_dropped_fail(how: Cause) -> None:
    heard = [scenes.heard(asked) for asked in UNDER_WAY[1:]]
    pieces = scenes.pieces_of(UNDER_WAY[0])[:30]
    found = finding(CHECK, drain([*heard, scenes.heard(UNDER_WAY[0], pieces, ending=how, ends_ms=1_600)]))
    assert (found.state, found.value) == ("FAIL", 1)
    assert "dropped 1" in found.evidence


def test_who_comes_later_is_refused_clearly_or_served() -> None:
    whole = [scenes.heard(asked) for asked in UNDER_WAY]
    assert state(CHECK, drain(whole, late=scenes.heard(LATE))) == "PASS"
    assert state(CHECK, drain(whole, late=refused(LATE, 503))) == "PASS"
    reset = scenes.heard(LATE, [], status=0, ending=Cause.RESET, ends_ms=1, ledger=[])
    assert state(CHECK, drain(whole, late=reset)) == "PASS"
    found = finding(CHECK, drain(whole, late=refused(LATE, 500)))
    assert (found.state, "503 and Retry-After" in found.fix) == ("FAIL", True)
    hung = scenes.heard(LATE, [], status=0, ending=Cause.TIMEOUT_HEADERS, ends_ms=20_000, ledger=[])
    assert state(CHECK, drain(whole, late=hung)) == "FAIL"
    cut = scenes.heard(LATE, scenes.pieces_of(LATE)[:2], ending=Cause.EOF)
    assert state(CHECK, drain(whole, late=cut)) == "FAIL"


def test_a_system_that_could_not_be_told_or_had_nothing_under_way_says_nothing() -> None:
    assert state(CHECK, drain([scenes.heard(asked) for asked in UNDER_WAY], told=False)) == "INCONCLUSIVE"
    short = [scenes.heard(msgspec.structs.replace(asked, tokens=5)) for asked in UNDER_WAY]
    assert state(CHECK, drain(short)) == "INCONCLUSIVE"
    assert state(CHECK, drain([unreached(asked) for asked in UNDER_WAY])) == "INCONCLUSIVE"


def test_the_system_is_told_once_while_answers_are_under_way() -> None:
    (told,) = [asked for asked in ASKED if asked.system_stops]
    over_s = scenes.due_ms(UNDER_WAY[0], UNDER_WAY[0].tokens) / 1000
    assert UNDER_WAY[0].ttft_ms / 1000 < told.start_s < LATE.start_s < over_s - 1
