import pytest

from harness.checks.audit.check import Terms
from harness.dialects import generic
from tests.checks.audit import scenes
from tests.checks.audit.asking import finding, good

NAME = "follows_reasoning_policy"
WORDS = ["hm ", "well "] * 6
THINKING = [
    generic.GenericEncoder(scenes.Reply(id="", model="", created_s=0)).reasoning(word) for word in WORDS
]
NOTE = [generic.note("thinking")]


def saying(events):
    """A system that says `events` before the answer."""

    def answer(asked, stream):
        row = scenes.ledger_of(asked, stream, emitted_tokens=asked.tokens + 12, other_tokens=12)
        pieces = [*((20.0, event) for event in events), *scenes.pieces_of(asked, stream)]
        return scenes.heard(asked, pieces, stream=stream, ledger=[row])

    return answer


@pytest.mark.parametrize(("policy", "events"), [("hidden", []), ("annotated", NOTE), ("shown", THINKING)])
def test_what_is_declared_passes(policy, events):
    found = finding(NAME, Terms(reasoning=policy), answer=saying(events))
    assert (found.state, found.evidence.split(" ")[0]) == ("PASS", "24")


@pytest.mark.parametrize(
    ("policy", "events", "why"),
    [
        ("hidden", THINKING, "12 words of it were shown"),
        ("hidden", NOTE, "it was announced"),
        ("hidden", [b'data: {"delta":{"reasoning_content":"hm"}}\n\n'], "an event of the stream holds it"),
        ("annotated", THINKING, "12 words of it were shown"),
        ("annotated", [], "nothing was said about it before the answer"),
        ("shown", THINKING[:9], "9 of 12 tokens of it were shown"),
        ("shown", [], "0 of 12 tokens of it were shown"),
    ],
)
def test_what_is_not_declared_fails(policy, events, why):
    found = finding(NAME, Terms(reasoning=policy), answer=saying(events))
    assert (found.state, why in found.evidence) == ("FAIL", True)


def test_thoughts_in_the_text_fail():
    found = finding(NAME, Terms(reasoning="hidden"), answer=saying([b'data: {"content":"hm "}\n\n']))
    assert (found.state, "are not the answer's" in found.evidence) == ("FAIL", True)


def test_a_body_in_one_piece_is_searched_as_well():
    terms = Terms(has=frozenset({"whole"}), reasoning="hidden")

    def whole(body):
        def answer(asked, stream):
            row = scenes.ledger_of(asked, stream, other_tokens=12)
            headers = {"content-type": "application/json"}
            return scenes.heard(asked, [(50.0, body)], headers=headers, stream=stream, ledger=[row])

        return answer

    quiet = whole(b'{"content":"x","reasoning":""}')
    assert finding(NAME, terms, answer=saying([]), not_streamed=quiet).state == "PASS"
    found = finding(NAME, terms, answer=saying([]), not_streamed=whole(b'{"content":"x","reasoning":"hm"}'))
    assert (found.state, "not streamed: its body holds them" in found.evidence) == ("FAIL", True)


def test_a_provider_that_did_not_think_decides_nothing():
    assert finding(NAME, Terms(reasoning="hidden"), answer=good).state == "INCONCLUSIVE"


def test_a_provider_whose_api_shows_no_reasoning_decides_nothing():
    def tgi(asked, stream):
        heard = saying([])(asked, stream)
        heard.ledger[0].dialect = "tgi"
        return heard

    assert finding(NAME, Terms(reasoning="shown"), answer=tgi).state == "INCONCLUSIVE"
