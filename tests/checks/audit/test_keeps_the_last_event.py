from tests.checks.audit import scenes
from tests.checks.audit.asking import finding

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
