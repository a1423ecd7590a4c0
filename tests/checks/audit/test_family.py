"""What every check of the audit must be, whatever it asks."""

import json
from typing import get_args

import pytest

from harness.checks import audit
from harness.checks.audit.check import Need, Question, Terms
from harness.checks.audit.structure import SCHEMA, TRUTH
from harness.plan.draws import generator
from harness.transports.ending import Cause
from mock_provider import notation
from mock_provider.examples import example
from mock_provider.orders import Order
from tests.checks.audit import scenes

ALL: frozenset[Need] = frozenset(get_args(Need))
TERMS = [
    Terms(has=ALL, concurrency=8, queue=4, stall_limit_s=2, heartbeat_s=1, silences_s=(1, 2), total_s=5),
    Terms(has=ALL, reasoning="annotated", tool_calls="shown", structured="events", after_disconnect="drain"),
    Terms(after_disconnect="resume", provider_fault="as_is", hops=("edge",)),
]


def questions(name: str) -> list[Question]:
    return [question for terms in TERMS for question in audit.load(name).ask(terms)]


@pytest.mark.parametrize("name", audit.names())
def test_a_check_has_its_files_name_and_says_all_that_a_scorecard_shows(name):
    check = audit.load(name)
    assert check.id == name
    assert (check.promise[-1], check.how[-1]) == (".", ".")
    assert len(check.fix) > 30
    assert check.weight >= 1


@pytest.mark.parametrize("name", audit.names())
def test_its_questions_can_be_told_apart_and_wait_for_questions_that_there_are(name):
    for terms in TERMS:
        asked = audit.load(name).ask(terms)
        names = [question.name for question in asked]
        assert len(set(names)) == len(names)
        assert {question.after for question in asked} - {""} <= set(names)


@pytest.mark.parametrize("name", audit.names())
def test_the_mock_provider_can_do_what_its_questions_want(name):
    for asked in questions(name):
        Order(
            ttft_ms=asked.ttft_ms,
            itl_ms=asked.itl_ms,
            tokens=asked.tokens,
            tokens_per_chunk=asked.tokens_per_chunk,
            reasoning_tokens=asked.reasoning_tokens,
            tool_calls=asked.tool_calls,
            fault=asked.fault,
            fault_times=asked.fault_times,
        )
        if asked.fault:
            assert notation.label(notation.parse(asked.fault)).startswith(asked.fault.partition(":")[0])


def test_the_structured_answer_that_is_asked_for_is_the_one_that_is_known():
    assert json.dumps(example(SCHEMA, generator(7, 1))) == json.dumps(TRUTH)


@pytest.mark.parametrize("name", audit.names())
@pytest.mark.parametrize("terms", TERMS, ids=["all", "others", "bare"])
def test_of_a_system_that_is_not_there_nothing_is_praised(name, terms):
    heard = [
        scenes.heard(asked, [], status=0, ending=Cause.REFUSED, stream=stream, ledger=[])
        for stream, asked in enumerate(audit.load(name).ask(terms), scenes.STREAM)
    ]
    assert audit.load(name).judge(heard, terms).state != "PASS"
