from tests.checks.audit import scenes
from tests.checks.audit.asking import finding

NAME = "reads_any_line_ending"


def all_at_the_end(asked, stream):
    """A reader that waits for a line end which never comes finds everything when the body is over."""
    last_ms = scenes.due_ms(asked, asked.tokens) + 1
    pieces = [(last_ms, data) for _, data in scenes.pieces_of(asked, stream)]
    return scenes.heard(asked, pieces, stream=stream)


def test_an_answer_that_is_only_found_at_the_end_fails_though_it_is_whole():
    found = finding(NAME, mixed_ends=all_at_the_end)
    assert (found.state, "nothing arrived before the provider had ended" in found.evidence) == ("FAIL", True)


def test_a_system_that_holds_back_every_answer_is_another_checks_business():
    assert finding(NAME, answer=all_at_the_end).state == "PASS"
