import pytest

from harness.checks.audit.check import Finding, Heard, Terms
from harness.checks.audit.survives_silence import CHECK
from harness.transports.ending import Cause
from tests.checks.audit.scenes import heard, pieces_of
from tests.checks.audit.silent_system import meets

MOCK = frozenset({"mock"})


def terms(**changes) -> Terms:
    return Terms(**{"has": MOCK, "silences_s": (2, 7, 20), **changes})


def judged(wanted: Terms, **behind) -> Finding:
    """`behind`: what stands at each hop, by its name; the target's own is `target`."""
    found = [meets(asked, **behind.get(asked.hop or "target", {})) for asked in CHECK.ask(wanted)]
    return CHECK.judge(found, wanted)


def test_it_asks_for_the_whole_ladder_in_the_answer_and_once_before_it():
    asked = CHECK.ask(terms())
    assert [one.fault for one in asked] == ["s6@1:2", "s6@1:7", "s6@1:20", "c2:20", "c3:20"]
    assert len({one.name for one in asked}) == len(asked)


def test_every_hop_is_asked_and_the_target_last():
    asked = CHECK.ask(terms(hops=("gateway", "nginx"), silences_s=(2,)))
    assert [one.hop for one in asked] == ["gateway"] * 3 + ["nginx"] * 3 + [""] * 3
    assert len({one.name for one in asked}) == len(asked)


def test_our_own_limits_are_beyond_the_silence():
    for asked in CHECK.ask(terms(silences_s=(2, 365, 1200))):
        silence = float(asked.fault.partition(":")[2])
        limits = asked.limits
        assert min(limits.idle_s, limits.headers_s, limits.first_content_s) >= silence + 3
        assert limits.total_s > limits.idle_s


def test_a_system_that_waits_passes():
    found = judged(terms())
    assert (found.state, found.value, found.limit, found.unit) == ("PASS", 20, 20, "s")
    assert "no sign of life in any of them" in found.evidence


def test_a_limit_is_the_measured_time_from_the_last_byte_to_the_end():
    found = judged(terms(), target={"idle_s": 5.2})
    assert (found.state, found.value) == ("FAIL", pytest.approx(5.2, abs=0.05))
    assert (
        "whole after 2 s of silence after the first token, cut in a silence of 7 s after the first token, "
        "5.2 s after the last byte: FIN, in the middle of the response"
    ) in found.evidence
    assert (
        "refused in a silence of 20 s before the head, 5.2 s after the question: HTTP 504" in found.evidence
    )


def test_nginx_is_named_with_its_line():
    found = judged(
        terms(), target={"idle_s": 5, "headers": {"server": "nginx", "content-type": "text/event-stream"}}
    )
    assert found.fix.startswith("nginx: raise `proxy_read_timeout`")
    assert "a heartbeat every 1.7 s" in found.fix


def test_a_limit_that_somebody_is_known_for_is_named():
    found = judged(terms(silences_s=(35, 65)), target={"idle_s": 60.4})
    assert "nginx's `proxy_read_timeout`" in found.fix
    assert "AWS ALB" in found.fix


def test_heartbeats_save_the_stream_and_a_refusal_before_the_head_is_told():
    found = judged(terms(), target={"idle_s": 5, "beat_s": 1})
    assert (found.state, found.value) == ("PASS", 20)
    assert "whole after 20 s of silence after the first token" in found.evidence
    assert "whole after 20 s of silence before the first token" in found.evidence
    assert (
        "refused in a silence of 20 s before the head, 5.0 s after the question: HTTP 504" in found.evidence
    )


def test_a_connection_that_just_closes_before_the_head_fails():
    asked = CHECK.ask(terms())
    answers = [meets(one) for one in asked]
    answers[3] = heard(asked[3], [], status=0, ending=Cause.EOF, ends_ms=5000)
    found = CHECK.judge(answers, terms())
    assert (found.state, found.value) == ("FAIL", 5)
    assert "cut in a silence of 20 s before the head, 5.0 s after the question" in found.evidence


def test_the_innermost_hop_that_ends_a_stream_is_the_one_that_is_blamed():
    behind = {"gateway": {}, "target": {"idle_s": 5}}
    found = judged(terms(hops=("gateway",)), **behind)
    gateway, target = found.evidence.split("; ")
    assert gateway.startswith("gateway: whole after 20 s")
    assert target.startswith("the target: whole after 2 s")
    assert (found.state, found.value) == ("FAIL", pytest.approx(5, abs=0.05))


def test_a_system_that_gives_up_as_declared_and_says_so_passes():
    found = judged(terms(stall_limit_s=6), target={"gives_up_s": 6})
    assert (found.state, found.limit) == ("PASS", 2)
    assert "2 given up at the declared limit, in so many words" in found.evidence


def test_giving_up_before_the_declared_limit_fails():
    found = judged(terms(stall_limit_s=10), target={"gives_up_s": 5})
    assert (found.state, found.value) == ("FAIL", pytest.approx(5, abs=0.05))


def test_giving_up_without_a_word_fails():
    found = judged(terms(stall_limit_s=6), target={"idle_s": 6})
    assert found.state == "FAIL"


def test_heartbeats_that_do_not_help_are_told_from_a_connection_that_was_idle():
    found = judged(terms(), target={"gives_up_s": 5, "beat_s": 1})
    assert (found.state, found.value) == ("FAIL", pytest.approx(5, abs=0.05))
    assert "5.0 s after the last token: an error event (upstream_stalled), although" in found.evidence
    assert "declare it as `stall_limit_s`" in found.fix


def test_a_black_hole_has_a_bracket_and_no_measured_limit():
    found = judged(terms(), target={"forgets_s": 5})
    assert (found.state, found.value) == ("FAIL", None)
    assert "cut in a silence of 7 s after the first token: a black hole" in found.evidence
    assert "NAT" in found.fix


def test_a_system_that_is_full_says_nothing_about_silences():
    def refused(asked) -> Heard:
        return heard(asked, [(2.0, b"{}")], status=503, headers={}, headers_ms=2, ledger=[])

    found = CHECK.judge([refused(asked) for asked in CHECK.ask(terms())], terms())
    assert found.state == "INCONCLUSIVE"
    assert "5 never came to their silence (5 refused http_503)" in found.evidence


def test_one_silence_that_was_not_reached_is_not_passed_over():
    asked = CHECK.ask(terms())
    answers = [meets(one) for one in asked]
    answers[0] = heard(asked[0], [], ending=Cause.RESET, ledger=[])
    found = CHECK.judge(answers, terms())
    assert (found.state, found.value) == ("INCONCLUSIVE", 20)


def test_a_hop_that_lets_go_of_its_buffer_at_the_end_is_measured_by_the_providers_silence():
    asked = CHECK.ask(terms())
    answers = [meets(one) for one in asked]
    (at, token), *_ = pieces_of(asked[1])
    came = at + 4980
    answers[1] = heard(asked[1], [(came, token)], headers_ms=came, ending=Cause.EOF, ends_ms=at + 5000)
    found = CHECK.judge(answers, terms())
    assert (found.state, found.value) == ("FAIL", 5)
    assert "5.0 s after the provider's last byte, with all that came" in found.evidence
