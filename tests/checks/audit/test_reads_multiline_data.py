from tests.checks.audit import scenes
from tests.checks.audit.asking import finding

NAME = "reads_multiline_data"


def test_events_lost_for_their_second_line_fail():
    def every_other(asked, stream):
        pieces = scenes.pieces_of(asked, stream)
        return scenes.heard(asked, [*pieces[:-1:2], pieces[-1]], stream=stream)

    found = finding(NAME, data_on_two_lines=every_other)
    assert (found.state, "14 lost" in found.evidence) == ("FAIL", True)


def test_the_same_text_passes():
    assert finding(NAME).state == "PASS"
