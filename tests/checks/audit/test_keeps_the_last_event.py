from harness.checks.audit.check import Terms
from tests.checks.audit import scenes
from tests.checks.audit.asking import finding, good

NAME = "keeps_the_last_event"


def without_usage(asked, stream):
    pieces = scenes.pieces_of(asked, stream)
    end = (pieces[-1][0], b'data: {"done":true,"finish_reason":"stop"}\n\n')
    return scenes.heard(asked, [*pieces[:-1], end], stream=stream)


def test_usage_that_went_with_the_last_event_fails():
    found = finding(NAME, body_ends_right_after_the_usage=without_usage)
    assert (found.state, "30 of 30 tokens, its usage is gone" in found.evidence) == ("FAIL", True)


def test_a_system_that_never_tells_usage_has_not_lost_it_here():
    assert finding(NAME, answer=without_usage).state == "PASS"


def test_a_transparent_proxy_passes_the_open_event_on_where_that_is_declared():
    def as_it_is(asked, stream):
        if not asked.fault:
            return good(asked, stream)
        *said, (at, end) = scenes.pieces_of(asked, stream)
        return scenes.heard(asked, [*said, (at, end[:-1])], stream=stream)

    assert finding(NAME, answer=as_it_is).state == "FAIL"
    terms = Terms(provider_fault="as_is")
    assert finding(NAME, terms, answer=as_it_is).state == "PASS"
    assert finding(NAME, terms, answer=as_it_is, last_blank_line_missing=without_usage).state == "FAIL"
