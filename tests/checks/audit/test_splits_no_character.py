from tests.checks.audit import scenes
from tests.checks.audit.asking import finding

NAME = "splits_no_character"


def test_replacement_characters_fail_and_are_counted():
    def replacing(asked, stream):
        pieces = scenes.pieces_of(asked, stream)
        spoiled = [(at, data.replace("€".encode(), b"\xef\xbf\xbd\xef\xbf\xbd")) for at, data in pieces]
        return scenes.heard(asked, spoiled, stream=stream)

    found = finding(NAME, cut_after_every_byte_of_a_character=replacing)
    assert found.state == "FAIL"
    assert "2 replacement characters (U+FFFD)" in found.evidence
    assert "incremental" in found.fix


def test_text_that_stays_intact_passes():
    assert finding(NAME).state == "PASS"
