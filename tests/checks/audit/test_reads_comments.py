from tests.checks.audit import scenes
from tests.checks.audit.asking import finding

NAME = "reads_comments"


def test_comments_taken_for_text_fail():
    def spoken(asked, stream):
        first, *rest = scenes.pieces_of(asked, stream)
        ghost = (first[0], b'data: {"content":"ping"}\n\n')
        return scenes.heard(asked, [first, ghost, *rest], stream=stream)

    found = finding(NAME, comments=spoken)
    assert (found.state, "1 altered" in found.evidence) == ("FAIL", True)


def test_comments_passed_over_pass():
    assert finding(NAME).state == "PASS"
