from harness.transports.ending import Cause
from tests.checks.audit import scenes
from tests.checks.audit.asking import finding
from tests.checks.audit.test_keeps_the_last_event import without_usage

NAME = "reports_usage"


def test_usage_with_every_answer_passes():
    found = finding(NAME)
    assert (found.state, found.evidence) == ("PASS", "2 of 2 whole answers ended with their usage.")


def test_one_answer_without_usage_fails():
    found = finding(NAME, four_tokens_a_chunk=without_usage)
    assert (found.state, found.value, found.streams) == ("FAIL", 1, [43])


def test_a_wrong_count_is_another_checks_business():
    def generous(asked, stream):
        *said, (at, end) = scenes.pieces_of(asked, stream)
        return scenes.heard(
            asked, [*said, (at, end.replace(b'"output_tokens":30', b'"output_tokens":90'))], stream=stream
        )

    assert finding(NAME, answer=generous).state == "PASS"


def test_broken_answers_decide_nothing():
    def broken(asked, stream):
        return scenes.heard(asked, scenes.pieces_of(asked, stream)[:5], ending=Cause.EOF, stream=stream)

    assert finding(NAME, answer=broken).state == "INCONCLUSIVE"
