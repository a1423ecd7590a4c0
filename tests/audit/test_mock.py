"""What is ordered at the mock, and how its instants become ours."""

import msgspec

from harness.audit.mock import _order, _shifted
from harness.checks import audit as checks
from harness.checks.audit.check import Question, Terms
from harness.record import LedgerRow
from mock_provider.orders import Order

FULL = Terms(concurrency=8, queue=2, stall_limit_s=6, hops=("nginx",))


def test_a_question_becomes_an_order_that_the_mock_understands() -> None:
    question = Question(
        name="q", tokens=5, ttft_ms=1, itl_ms=2, tokens_per_chunk=3, reasoning_tokens=4, tool_calls=1,
        schema={"type": "object"}, fault="s1@2", fault_times=1,
    )  # fmt: skip
    assert msgspec.convert(_order(question), Order) == Order(
        tokens=5, ttft_ms=1, itl_ms=2, tokens_per_chunk=3, reasoning_tokens=4, tool_calls=1,
        schema={"type": "object"}, fault="s1@2", fault_times=1,
    )  # fmt: skip


def test_the_mock_understands_every_question_of_every_check() -> None:
    asked = [question for name in checks.names() for question in checks.load(name).ask(FULL)]
    assert len(asked) > 100
    for question in asked:
        msgspec.convert(_order(question), Order)


def test_every_question_has_a_name_of_its_own_and_follows_one_that_there_is() -> None:
    for name in checks.names():
        questions = checks.load(name).ask(FULL)
        names = [question.name for question in questions]
        assert len(names) == len(set(names)), name
        assert {question.after for question in questions} <= {"", *names}, name


def test_instants_of_another_clock_are_put_on_ours_and_nothing_else_is() -> None:
    row = LedgerRow(request="r", received_ns=1_500, closed_ns=2_500, emitted_tokens=7, emit_us=b"\x01\0\0\0")
    moved = _shifted(row, 1_000)
    assert (moved.received_ns, moved.closed_ns, moved.first_token_ns) == (500, 1_500, None)
    assert (moved.emitted_tokens, moved.emit_us) == (7, b"\x01\0\0\0")
    assert _shifted(row, 0) is row
