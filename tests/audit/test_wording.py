"""What is sent for a question, in the words of each kind of system."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from harness.audit.wording import request
from harness.checks.audit.check import Question
from harness.dialects.dialect import HttpRequest
from harness.plan.audited import Audited, Endpoints, Policies
from harness.plan.target import Target

ENDS = Endpoints(whole="/w", moderated="/m", structured="/s", openai="/o")


def sent(question: Question, **target: Any) -> HttpRequest:
    file = Audited(
        target=Target(url="http://127.0.0.1:1", **target),
        endpoints=ENDS,
        policies=Policies(structured="fields"),
    )
    return request(file, question, 4242, "sk-1")


def test_a_stream_is_asked_for_in_the_dialect_with_its_mark_its_id_and_its_encoding() -> None:
    made = sent(Question(name="q", encoding="br", prompt="Hello"))
    parts = urlsplit(made.path)
    assert (made.method, parts.path) == ("GET", "/api/chat/stream")
    assert parse_qs(parts.query) == {"prompt": ["[sid:004242] Hello"], "stream": ["audit-4242"]}
    assert made.headers == {"authorization": "Bearer sk-1", "accept-encoding": "br"}


def test_a_path_of_ones_own_is_used() -> None:
    assert urlsplit(sent(Question(name="q"), path="/chat").path).path == "/chat"


@pytest.mark.parametrize(("endpoint", "path"), [("whole", "/w"), ("moderated", "/m"), ("structured", "/s")])
def test_the_other_endpoints_of_a_generic_system_take_json(endpoint: Any, path: str) -> None:
    made = sent(Question(name="q", endpoint=endpoint, schema={"type": "object"}), model="m", max_tokens=9)
    body = json.loads(made.body)
    assert (made.method, made.path, made.headers["content-type"]) == ("POST", path, "application/json")
    more = {"pattern": "fields", "schema": {"type": "object"}} if endpoint == "structured" else {}
    prompt = "[sid:004242] Tell me about the sea."
    assert body == {"prompt": prompt, "stream": "audit-4242", "model": "m", "max_tokens": 1030, **more}
    assert made.headers.get("accept") == ("application/json" if endpoint == "whole" else None)


def test_the_answer_that_is_ordered_fits_under_every_cap() -> None:
    def cap(**target: Any) -> object:
        return json.loads(sent(Question(name="q", tokens=30), **target).body).get("max_tokens")

    assert cap(dialect="openai") is None
    assert cap(dialect="openai", max_tokens=9) == 1030
    assert cap(dialect="openai", max_tokens=4000) == 4000
    assert cap(dialect="anthropic") == 1030


def test_the_openai_endpoint_is_asked_in_its_words_either_way() -> None:
    streamed, whole = (
        json.loads(sent(Question(name="q", endpoint="openai", streamed=streamed)).body)
        for streamed in (True, False)
    )
    assert (streamed["stream"], whole.get("stream", False)) == (True, False)
    assert whole["messages"][0]["content"].startswith("[sid:004242] ")


def test_a_system_that_speaks_a_providers_dialect_is_asked_for_json_in_it() -> None:
    schema = {"type": "object"}
    asked = sent(Question(name="q", endpoint="structured", schema=schema), dialect="openai")
    assert json.loads(asked.body)["response_format"]["json_schema"]["schema"] == schema


def test_an_endpoint_that_the_system_has_not_is_named() -> None:
    file = Audited(target=Target(url="http://127.0.0.1:1"))
    with pytest.raises(KeyError, match=r"endpoints\.whole"):
        request(file, Question(name="q", endpoint="whole"), 1, "")
