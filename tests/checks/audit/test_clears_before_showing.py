from tests.checks.audit import scenes
from tests.checks.audit.asking import finding, good, unasked

NAME = "clears_before_showing"


def cleared(asked, stream):
    """All of it at once, when the provider was done."""
    done_ms = scenes.due_ms(asked, asked.tokens) + 5
    pieces = [(done_ms, data) for _, data in scenes.pieces_of(asked, stream)]
    return scenes.heard(asked, [(10.0, b": heartbeat\n\n"), *pieces], stream=stream)


def test_text_after_the_providers_last_token_passes():
    found = finding(NAME, answer=cleared)
    assert (found.state, found.value) == ("PASS", 0)


def test_text_while_the_provider_writes_fails_with_how_early():
    found = finding(NAME, answer=cleared, slow=good)
    assert (found.state, found.value, found.unit) == ("FAIL", 580.0, "ms")
    assert "slow: its first text came 580 ms before the provider's last token" in found.evidence


def test_a_body_in_one_piece_is_judged_by_its_first_byte():
    def whole(at_ms):
        def answer(asked, stream):
            body = [(at_ms, b'{"content":"x"}')]
            return scenes.heard(asked, body, headers={"content-type": "application/json"}, stream=stream)

        return answer

    assert finding(NAME, answer=whole(700.0)).state == "PASS"
    assert finding(NAME, answer=whole(40.0)).state == "FAIL"


def test_answers_of_which_nothing_was_shown_decide_nothing():
    assert finding(NAME, answer=unasked).state == "INCONCLUSIVE"
