import msgspec
import pytest

from harness.answer import answer as tokens_of
from harness.checks.audit.bodies import said, verified
from tests.checks.audit import scenes
from tests.checks.audit.asking import finding, unasked

NAME = "answers_whole"
JSON = {"content-type": "application/json"}


def body(asked, stream, tokens=None, shape=lambda text: {"content": text}):
    text = "".join(tokens_of(scenes.SEED, stream, asked.tokens if tokens is None else tokens))
    return msgspec.json.encode(shape(text))


def whole(asked, stream, tokens=None, headers=JSON):
    if asked.fault and tokens is None:
        return refused(asked, stream)
    written = None if not asked.fault else 15
    row = scenes.ledger_of(asked, stream, tokens=written)
    return scenes.heard(
        asked,
        [(900.0, body(asked, stream, tokens))],
        headers=headers,
        stream=stream,
        ledger=[row],
        check=False,
    )


def refused(asked, stream):
    row = scenes.ledger_of(asked, stream, tokens=15)
    error = b'{"error":{"type":"upstream_died","message":"?"}}'
    return scenes.heard(asked, [(300.0, error)], status=502, headers=JSON, stream=stream, ledger=[row])


def test_whole_answers_and_an_error_pass():
    found = finding(NAME, answer=whole)
    assert found.state == "PASS"
    assert found.evidence.startswith("420 tokens arrived whole")
    assert found.evidence.endswith("and one that the provider broke was an error.")


def test_a_shortened_answer_fails():
    found = finding(NAME, answer=whole, long=lambda asked, stream: whole(asked, stream, 380))
    assert (found.state, "long: 380 of 400 tokens" in found.evidence) == ("FAIL", True)


def test_a_broken_answer_with_status_200_fails():
    found = finding(NAME, answer=whole, cut_by_the_provider=lambda asked, stream: whole(asked, stream, 15))
    assert (found.state, "15 of 30 tokens came with status 200" in found.evidence) == ("FAIL", True)
    assert "502" in found.fix


def test_an_error_without_need_fails():
    assert finding(NAME, answer=whole, short=refused).state == "FAIL"


def test_another_kind_of_body_fails():
    def stream_of_it(asked, stream):
        return scenes.heard(asked, stream=stream)

    found = finding(NAME, answer=whole, short=stream_of_it)
    assert (found.state, "no JSON of an answer" in found.evidence) == ("FAIL", True)
    plain = finding(NAME, answer=whole, short=lambda q, s: whole(q, s, headers={"content-type": "text/html"}))
    assert (plain.state, "content-type text/html" in plain.evidence) == ("FAIL", True)


def test_answers_that_nobody_was_asked_for_decide_nothing():
    assert finding(NAME, answer=unasked).state == "INCONCLUSIVE"


@pytest.mark.parametrize(
    "shape",
    [
        lambda text: {"content": text, "usage": {"output_tokens": 3}},
        lambda text: {"choices": [{"message": {"content": text}}], "usage": {"completion_tokens": 3}},
        lambda text: {"content": [{"type": "text", "text": text}], "usage": {"output_tokens": 3}},
        lambda text: [{"generated_text": text, "usage": {"output_tokens": 3}}],
    ],
)
def test_every_providers_body_can_be_read(shape):
    found = said(body(scenes.question(tokens=3), 7, shape=shape))
    assert found.output_tokens == 3
    assert (verified(found.text, 7).tokens, verified(found.text, 7).intact) == (3, True)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"7", b'{"content":7}'])
def test_what_is_no_answer_has_no_text(body):
    assert said(body).text is None
