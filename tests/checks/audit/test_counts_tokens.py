from harness.checks.audit.check import Terms
from tests.checks.audit import scenes
from tests.checks.audit.asking import finding, unasked
from tests.checks.audit.test_keeps_the_last_event import without_usage

NAME = "counts_tokens"


def saying(**counts):
    """A system that tells other counts than the provider's."""

    def answer(asked, stream):
        usage = {"input_tokens": scenes.INPUT_TOKENS, "output_tokens": asked.tokens, **counts}
        *said, (at, _) = scenes.pieces_of(asked, stream)
        told = f'data: {{"done":true,"usage":{str(usage).replace(chr(39), chr(34))}}}\n\n'
        return scenes.heard(asked, [*said, (at, told.encode())], stream=stream)

    return answer


def test_the_providers_counts_pass():
    found = finding(NAME)
    assert (found.state, found.evidence.split(" of ")[0]) == ("PASS", "221 output tokens")


def test_counting_chunks_fails_and_is_named():
    found = finding(NAME, four_tokens_a_chunk=saying(output_tokens=11))
    assert (found.state, found.value) == ("FAIL", 1)
    assert "told 12 in and 11 out, the provider read 12 and wrote 41" in found.evidence
    assert "chunk is not a token" in found.fix


def test_more_than_was_written_fails_although_the_client_takes_it_for_a_short_text():
    assert finding(NAME, a_token_a_chunk=saying(output_tokens=60)).state == "FAIL"


def test_wrong_input_tokens_fail():
    assert finding(NAME, a_token_a_chunk=saying(input_tokens=0)).state == "FAIL"


def test_reasoning_that_is_hidden_is_counted():
    terms = Terms(has=frozenset({"reasoning"}), reasoning="hidden")

    def thinking(told):
        def answer(asked, stream):
            row = scenes.ledger_of(asked, stream, emitted_tokens=30, other_tokens=10)
            heard = saying(output_tokens=told)(asked, stream)
            heard.ledger = [row]
            return heard

        return answer

    assert finding(NAME, terms, with_reasoning=thinking(30)).state == "PASS"
    found = finding(NAME, terms, with_reasoning=thinking(20))
    assert (found.state, "reasoning tokens" in found.fix) == ("FAIL", True)


def test_without_any_usage_nothing_is_decided_here():
    found = finding(NAME, answer=without_usage)
    assert (found.state, "reports_usage" in found.fix) == ("INCONCLUSIVE", True)
    assert finding(NAME, answer=unasked).state == "INCONCLUSIVE"
