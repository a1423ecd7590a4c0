from harness.transports.ending import Cause
from tests.checks.audit import scenes
from tests.checks.audit.asking import finding, unasked

NAME = "never_repeats_text"
ERROR = b'data: {"error":{"type":"upstream_died","message":"?"}}\n\n'


def honest(asked, stream):
    """Ten tokens, then an error."""
    said = scenes.pieces_of(asked, stream)[:10]
    row = scenes.ledger_of(asked, stream, tokens=10)
    return scenes.heard(asked, [*said, (200.0, ERROR)], ending=Cause.EOF, stream=stream, ledger=[row])


def rows(asked, stream):
    return [scenes.ledger_of(asked, stream, tokens=10), scenes.ledger_of(asked, stream, fault="")]


def retrying(asked, stream):
    """Ten tokens, then all of them from the beginning."""
    pieces = scenes.pieces_of(asked, stream)
    again = [(at + 500, data) for at, data in pieces]
    return scenes.heard(asked, [*pieces[:10], *again], stream=stream, ledger=rows(asked, stream))


def going_on(asked, stream):
    """A second attempt whose first ten tokens were left out."""
    return scenes.heard(asked, stream=stream, ledger=rows(asked, stream))


def test_an_error_after_what_was_said_passes():
    found = finding(NAME, answer=honest)
    assert (found.state, "no token was said twice" in found.evidence) == ("PASS", True)


def test_a_hidden_retry_that_begins_again_fails():
    found = finding(NAME, answer=honest, reset=retrying)
    assert (found.state, found.value, found.unit) == ("FAIL", 10, "tokens")
    assert "reset: 10 tokens twice after 2 attempts" in found.evidence


def test_going_on_where_the_user_was_passes():
    found = finding(NAME, answer=going_on)
    assert (found.state, "asked again for 4 of them" in found.evidence) == ("PASS", True)


def test_deaths_that_no_user_saw_decide_nothing():
    def before(asked, stream):
        return scenes.heard(asked, [(2.0, ERROR)], stream=stream, ending=Cause.EOF)

    assert finding(NAME, answer=before).state == "INCONCLUSIVE"
    assert finding(NAME, answer=unasked).state == "INCONCLUSIVE"
