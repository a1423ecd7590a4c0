"""What a scorecard says besides its promises."""

import msgspec

from reports.scorecard.words import alone, doubts, gist, in_state, next_step, of_group, seen, tally
from tests.reports.scorecard.examples import BUFFERED, broken, card, interrupted, invalid, kept, promise


def test_in_a_group_what_is_broken_comes_first_and_what_is_kept_last() -> None:
    assert [(one.id, one.state) for one in of_group(broken(), "latency")] == [
        ("does_not_hold_back", "FAIL"),
        ("beats_in_silence", "INCONCLUSIVE"),
        ("survives_length", "PASS"),
    ]


def test_of_two_broken_promises_the_heavier_comes_first() -> None:
    light, heavy = promise("a", "errors", "FAIL"), promise("b", "errors", "FAIL", weight=3)
    assert in_state(card([light, heavy], "FAIL", 1), "FAIL") == [heavy, light]


def test_a_tally_names_only_what_there_is() -> None:
    assert [tally(group) for group in broken().groups][:2] == ["1 kept, 1 broken, 1 open", "4 kept"]


def test_numbers_are_told_where_the_check_has_some() -> None:
    [first, *_] = in_state(broken(), "FAIL")
    assert seen(first) == "seen 604 ms, limit 50.0 ms"
    assert seen(promise("a", "errors")) == ""


def test_the_gist_of_an_evidence_is_its_first_statement() -> None:
    assert gist("0 of 5 were told; closes at token 1: whole after 1.5 s.") == "0 of 5 were told"
    assert gist("2 of 3 framings were misread. Cut in two: 30 tokens.") == "2 of 3 framings were misread"
    assert gist("It took 1.5 s.") == "It took 1.5 s"
    assert gist("A buffer of 4 KiB (41 at once, burst 1.00; 3 of them); more") == "A buffer of 4 KiB"
    assert gist("word " * 50).endswith("word …")


def test_nothing_is_doubtful_about_a_sound_audit() -> None:
    assert doubts(broken()) == []


def test_a_late_generator_is_told_with_its_lag_and_the_checks_it_spoils() -> None:
    [doubt] = doubts(invalid())
    assert "up to 240 ms late" in doubt
    assert "Not to be relied on: does_not_hold_back." in doubt


def test_an_interruption_tells_how_far_the_audit_got() -> None:
    assert doubts(interrupted()) == ["The audit was interrupted. This is what it had: 3 of 13 promises."]


def test_the_next_step_is_the_fix_of_the_heaviest_broken_promise_and_its_check_alone() -> None:
    assert next_step(broken()) == (
        "Begin with does_not_hold_back: Set `proxy_buffering off` in nginx, or send X-Accel-Buffering: no. "
        "Then ask it again alone: `streamproof audit mine.yaml --only does_not_hold_back`"
    )


def test_an_invalid_audit_is_repeated_before_anything_is_mended() -> None:
    assert next_step(invalid()).startswith(
        "Audit again while the machine has less to do. `streamproof doctor`"
    )


def test_each_other_end_has_its_own_next_step() -> None:
    assert next_step(kept()).startswith("Nothing to mend.")
    assert next_step(interrupted()) == "Let the audit run to its end: `streamproof audit mine.yaml`."
    unclear = card([promise("a", "errors", "INCONCLUSIVE")], "INCONCLUSIVE", 3)
    assert next_step(unclear).startswith("1 promise stayed open, first a. Ask it again alone: ")
    blind = card([promise("a", "errors", "NOT MEASURED", evidence="no mock is behind it")], "PASS", 0)
    assert next_step(blind) == "1 promise could not be asked about. Begin with a: no mock is behind it"


def test_an_audit_of_one_check_is_repeated_as_it_was() -> None:
    found = broken()
    once = msgspec.structs.replace(found.audit, command="streamproof audit --only reports_usage")
    found = msgspec.structs.replace(found, audit=once)
    assert alone(found, found.promises[0]) == "streamproof audit --only reports_usage"
    assert BUFFERED in found.promises[0].evidence
