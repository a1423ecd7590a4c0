import msgspec

from harness.answer import answer as tokens_of
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


def test_a_stream_in_the_place_of_one_body_fails():
    found = finding(NAME, answer=whole, short=lambda asked, stream: scenes.heard(asked, stream=stream))
    assert (found.state, "short: content-type text/event-stream" in found.evidence) == ("FAIL", True)


def test_a_page_in_the_place_of_an_answer_fails():
    def page(asked, stream):
        html = {"content-type": "text/html"}
        return scenes.heard(asked, [(50.0, b"<html>")], headers=html, stream=stream)

    found = finding(NAME, answer=whole, short=page)
    assert (found.state, "short: 0 of 20 tokens, then truncated" in found.evidence) == ("FAIL", True)


def test_answers_that_nobody_was_asked_for_decide_nothing():
    assert finding(NAME, answer=unasked).state == "INCONCLUSIVE"
