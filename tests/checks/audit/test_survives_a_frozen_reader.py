import msgspec
import pytest

from harness.checks.audit.check import Heard, Question, Terms
from harness.checks.audit.survives_a_frozen_reader import CHECK, pause_ms
from harness.transports.ending import Cause
from tests.checks.audit import scenes
from tests.checks.audit.breaking import finding, questions, state, unreached
from tests.checks.audit.scenes import MS

FROZEN, *READERS = questions(CHECK)


def frozen(emitted: int = FROZEN.tokens, cut_ms: float | None = None, left: bool = True) -> Heard:
    row = scenes.ledger_of(msgspec.structs.replace(FROZEN, tokens=201))
    row.emitted_tokens, row.planned_tokens = emitted, FROZEN.tokens
    row.peer_left_ns = round(cut_ms * MS) if cut_ms is not None else 7_500 * MS
    pieces = scenes.pieces_of(msgspec.structs.replace(FROZEN, tokens=201))[:2]
    at_ns = 50 * MS if left else None
    return scenes.heard(FROZEN, pieces, ending=Cause.LEFT, ends_ms=7_500.0, ledger=[row], left_ns=at_ns)


def paused(asked: Question, seconds: float, after: int = 40) -> Heard:
    return scenes.heard(asked, scenes.silent(scenes.pieces_of(asked), after, seconds))


def test_others_who_read_on_pass() -> None:
    found = finding(CHECK, [frozen(), *map(scenes.heard, READERS)])
    assert found.state == "PASS"
    assert "the longest pause of 5 others was 0 ms" in found.evidence


def test_a_noisy_machine_passes_and_a_stall_fails() -> None:
    noisy = finding(CHECK, [frozen(), *(paused(asked, 0.8) for asked in READERS)])
    assert noisy.state == "PASS"
    assert noisy.value == pytest.approx(800)
    stalled = finding(CHECK, [frozen(), *map(scenes.heard, READERS[1:]), paused(READERS[0], 4.0)])
    assert (stalled.state, len(stalled.streams)) == ("FAIL", 1)
    assert stalled.value == pytest.approx(4_000)


def test_a_reader_who_gets_no_end_fails() -> None:
    cut = scenes.heard(READERS[0], scenes.pieces_of(READERS[0])[:40], ending=Cause.EOF)
    found = finding(CHECK, [frozen(), cut])
    assert (found.state, "1 got no whole answer" in found.evidence) == ("FAIL", True)


def test_a_pause_before_the_freeze_and_one_of_the_provider_do_not_count() -> None:
    assert pause_ms(paused(READERS[0], 4.0, after=1), 4_500 * MS) < 1
    slow = msgspec.structs.replace(READERS[0], itl_ms=2_000, tokens=3)
    assert pause_ms(scenes.heard(slow), 0) < 1


def test_a_system_that_gives_the_frozen_user_up_protects_the_others() -> None:
    assert state(CHECK, [frozen(emitted=90_000, cut_ms=3_000), *map(scenes.heard, READERS)]) == "PASS"


@pytest.mark.parametrize("first", [frozen(emitted=90_000), frozen(left=False), unreached(FROZEN)])
def test_buffers_that_were_not_filled_say_nothing(first: Heard) -> None:
    assert state(CHECK, [first, *map(scenes.heard, READERS)]) == "INCONCLUSIVE"
    assert state(CHECK, [frozen(), *map(unreached, READERS)]) == "INCONCLUSIVE"


def test_the_frozen_answer_is_longer_than_socket_buffers_and_over_before_the_others_are() -> None:
    text = sum(len(data) for _, data in scenes.pieces_of(msgspec.structs.replace(FROZEN, tokens=10_001)))
    assert text / 10_001 * FROZEN.tokens > 5_000_000
    over_ms = FROZEN.start_s * 1000 + scenes.due_ms(FROZEN, FROZEN.tokens)
    assert over_ms + 3_000 < scenes.due_ms(READERS[0], READERS[0].tokens)


def test_where_events_repeat_the_answer_it_is_shorter() -> None:
    (asked, *_) = questions(CHECK, Terms(dialect="generic_accumulated"))
    events = asked.tokens // asked.tokens_per_chunk
    assert 5_000_000 < events * asked.tokens * 22 / 2 < 50_000_000
