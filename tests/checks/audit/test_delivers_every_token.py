from harness.transports.ending import Cause
from tests.checks.audit import scenes
from tests.checks.audit.asking import finding, unasked

NAME = "delivers_every_token"


def test_every_token_in_every_way_passes():
    found = finding(NAME)
    assert (found.state, found.evidence.split(",")[0]) == ("PASS", "792 of 792 tokens arrived in 6 answers")


def test_a_lost_token_fails_and_names_the_way():
    def dropping(asked, stream):
        pieces = scenes.pieces_of(asked, stream)
        return scenes.heard(asked, pieces[:4] + pieces[5:], stream=stream)

    found = finding(NAME, four_events_a_chunk=dropping)
    assert (found.state, found.value, found.streams) == ("FAIL", 1, [45])
    assert "four events a chunk: 79 of 80 tokens (1 lost), then corrupt" in found.evidence
    assert "blank lines" in found.fix


def test_a_lost_tail_that_looks_whole_fails():
    def short(asked, stream):
        pieces = scenes.pieces_of(asked, stream)
        return scenes.heard(asked, pieces[:-4] + pieces[-1:], stream=stream)

    assert finding(NAME, a_token_a_chunk=short).state == "FAIL"


def test_an_answer_that_breaks_off_for_no_reason_fails():
    def broken(asked, stream):
        return scenes.heard(asked, scenes.pieces_of(asked, stream)[:5], ending=Cause.EOF, stream=stream)

    assert finding(NAME, lines_of_64_KiB=broken).state == "FAIL"


def test_answers_that_nobody_was_asked_for_decide_nothing():
    assert finding(NAME, answer=unasked).state == "INCONCLUSIVE"
    found = finding(NAME, a_token_a_chunk=unasked)
    assert (found.state, "1 of 6" in found.evidence) == ("INCONCLUSIVE", True)
