import pytest

from harness.checks.audit.check import Finding, Terms
from harness.checks.audit.compresses_and_flushes import CHECK, ENCODINGS
from harness.transports.ending import Cause
from tests.checks.audit.scenes import EVENT_STREAM, Path, heard
from tests.metrics.paths import open_path, shaking, ticking, whole

MOCK = frozenset({"mock"})


def terms(**changes) -> Terms:
    return Terms(**{"has": MOCK, **changes})


def judged(wanted: Terms, plain: Path = open_path, applied: tuple[str, ...] = (), **coded: Path) -> Finding:
    """`applied`: the codings that the system knows; `coded`: ways of those that are not `plain`."""
    found = []
    for asked in CHECK.ask(wanted):
        one = heard(asked, path=coded.get(asked.encoding, plain))
        if asked.encoding in applied:
            one.headers["content-encoding"] = asked.encoding
        found.append(one)
    return CHECK.judge(found, wanted)


def test_every_coding_is_asked_for_at_every_hop():
    asked = CHECK.ask(terms(hops=("gateway",)))
    assert [(one.hop, one.encoding) for one in asked] == [
        (hop, coding) for hop in ("gateway", "") for coding in ENCODINGS for _ in range(2)
    ]
    assert len({one.name for one in asked}) == len(asked)


def test_a_path_that_does_not_compress_passes():
    found = judged(terms())
    assert (found.state, found.value) == ("PASS", 0)
    assert found.evidence == "the target: no compression, whatever the client accepts."


def test_compression_that_flushes_each_event_passes_and_is_told():
    found = judged(terms(), applied=("gzip", "br"))
    assert found.state == "PASS"
    assert "gzip and br applied, each event flushed" in found.evidence


def test_compression_that_holds_events_fails_with_the_line_that_ends_it():
    found = judged(terms(), applied=("gzip", "deflate"), gzip=whole, deflate=ticking(200))
    assert (found.state, found.value) == ("FAIL", 2)
    assert "gzip and deflate applied, and events held back in its encoder" in found.evidence
    assert "`text/event-stream`" in found.fix
    assert found.streams


def test_what_was_held_back_once_and_not_again_was_the_machine():
    wanted, busy = terms(), []
    for asked in CHECK.ask(wanted):
        one = heard(asked, path=open_path if asked.after else whole)
        one.headers["content-encoding"] = asked.encoding
        busy.append(one)
    assert CHECK.judge(busy, wanted).state == "PASS"


def test_events_that_a_busy_machine_brings_together_are_not_the_encoders():
    found = judged(terms(), applied=("gzip",), gzip=shaking([0] * 5 + [58, 0]))
    assert (found.state, "gzip applied, each event flushed" in found.evidence) == ("PASS", True)


def test_a_path_that_holds_events_back_anyway_is_told_from_its_encoder():
    found = judged(terms(), plain=whole, applied=("gzip",))
    assert found.state == "FAIL"
    assert (
        "gzip applied, and events held back with it as without it (see does_not_hold_back)" in found.evidence
    )


def test_a_path_that_holds_back_and_does_not_compress_keeps_this_promise():
    assert judged(terms(), plain=whole).state == "PASS"


def test_compression_for_a_client_that_does_not_accept_it_fails():
    asked = CHECK.ask(terms())
    found = [heard(one, headers=EVENT_STREAM) for one in asked]
    found[0].headers["content-encoding"] = "gzip"
    result = CHECK.judge(found, terms())
    assert result.state == "FAIL"
    assert "sends gzip for a client that accepts identity only" in result.evidence
    assert result.fix.startswith("Honour Accept-Encoding")


def test_an_answer_that_cannot_be_read_is_told_and_decides_nothing():
    asked = CHECK.ask(terms())
    found = [heard(one) for one in asked]
    for number, question in enumerate(asked):
        if question.encoding == "br":
            found[number] = heard(question, [], ending=Cause.BROKEN)
            found[number].headers["content-encoding"] = "br"
    result = CHECK.judge(found, terms())
    assert result.state == "INCONCLUSIVE"
    assert "br applied, and the answer could not be read" in result.evidence


def test_a_question_that_was_refused_is_told():
    asked = CHECK.ask(terms())
    found = [
        heard(one, [(1.0, b"{}")], status=406, headers={}, ledger=[])
        if one.encoding == "gzip"
        else heard(one)
        for one in asked
    ]
    result = CHECK.judge(found, terms())
    assert (result.state, "gzip not answered (1 refused http_406)" in result.evidence) == (
        "INCONCLUSIVE",
        True,
    )


def test_the_innermost_hop_that_holds_back_is_blamed():
    wanted = terms(hops=("gateway",))
    found = []
    for asked in CHECK.ask(wanted):
        outer = asked.hop == "" and asked.encoding == "gzip"
        one = heard(asked, path=whole if outer else None)
        if outer:
            one.headers["content-encoding"] = "gzip"
        found.append(one)
    result = CHECK.judge(found, wanted)
    assert result.evidence.startswith("gateway: no compression")
    assert "the target: gzip applied, and events held back" in result.evidence


@pytest.mark.parametrize(("way", "state"), [(whole, "FAIL"), (open_path, "PASS")])
def test_without_our_provider_bursts_under_compression_alone_are_the_encoders(way, state):
    without = terms(has=frozenset())
    found = []
    for asked in CHECK.ask(without):
        one = heard(asked, path=way if asked.encoding == "gzip" else None, check=False, ledger=[])
        if asked.encoding == "gzip":
            one.headers["content-encoding"] = "gzip"
        found.append(one)
    assert CHECK.judge(found, without).state == state
