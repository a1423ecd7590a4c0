"""Orders for single streams: what the house makes of them, and what the desk then answers."""

import json

import pytest

from harness.plan.provider import Batch, Change, FaultRule, KeyProfile, ModelProfile, Provider
from harness.record import LedgerRow
from mock_provider.desk import Asked, Decision, Desk
from mock_provider.house import BadCommand, Entry, House
from mock_provider.orders import MOST
from mock_provider.requests.request import Incoming
from mock_provider.script import Do

CONFIG = Provider(
    models={"m": ModelProfile(output_tokens=10.0), "b": ModelProfile(batch=Batch(max_batch=1, queue_max=0))},
    faults=[FaultRule(id="s1")],
    keys={"slow": KeyProfile(itl_scale=9)},
    timeline=[Change(at_s=0, ttft_scale=9)],
)
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


class Asking:
    """A house with orders, and the desk of one worker; `ask` is one request for stream 77."""

    def __init__(self, **order: object) -> None:
        self.house, self._desk = House(CONFIG, 0), Desk(CONFIG, 7)
        self.row = LedgerRow(request="r", received_ns=0)
        if order:
            self.house.command("set-streams", json.dumps({"77": order}).encode(), 0)

    def ask(self, sid: int = 77, **body: object) -> tuple[Entry, Decision]:
        messages = [{"role": "user", "content": f"[sid:{sid:06d}] hello"}]
        asked = {"model": "m", "stream": True, "messages": messages} | body
        self.row = LedgerRow(request="r", received_ns=0)
        read = self._desk.read(
            self.row,
            Incoming(
                method="POST",
                path="/v1/chat/completions",
                query={},
                headers={},
                body=json.dumps(asked).encode(),
            ),
        )
        assert isinstance(read, Asked)
        entry = self.house.enter(read.arrival, 0)
        return entry, self._desk.decide(read, entry, self.row)


def times_ms(decision: Decision) -> list[float]:
    return [step.at_ns / 1e6 for step in decision.script.steps if step.do in (Do.TEXT, Do.REASON, Do.TOOL)]


def test_a_stream_is_answered_at_the_pace_and_length_that_were_ordered_for_it() -> None:
    entry, decision = Asking(ttft_ms=50, itl_ms=10, tokens=5).ask()
    assert entry.tokens == 5
    assert times_ms(decision) == [50, 60, 70, 80, 90]


def test_a_stream_without_an_order_is_answered_as_ever() -> None:
    asking = Asking(tokens=5)
    entry, _ = asking.ask(78)
    assert (entry.tokens, entry.rule, entry.order) == (10, FaultRule(id="s1"), None)


def test_no_rule_queued_fault_key_or_timeline_meets_a_stream_with_an_order() -> None:
    asking = Asking(ttft_ms=50, itl_ms=10, tokens=2)
    asking.house.command("queue", b'[{"fault":{"id":"h1"}}]', 0)
    entry, decision = asking.ask()
    assert entry.rule is None
    assert times_ms(decision) == [50, 60]
    assert len(asking.house.queue) == 1


def test_an_ordered_fault_hits_so_many_attempts() -> None:
    asking = Asking(fault="h1:503", fault_times=2)
    assert [asking.ask()[1].script.status for _ in range(3)] == [503, 503, 200]


def test_an_ordered_fault_that_needs_a_stream_spares_a_whole_answer() -> None:
    asking = Asking(fault="s5@3")
    assert asking.ask(stream=False)[0].rule is None
    assert asking.ask()[0].rule == FaultRule(id="s5", at_token=3)


def test_reasoning_comes_first_and_frames_hold_what_was_ordered() -> None:
    _, decision = Asking(reasoning_tokens=3, tokens=5, tokens_per_chunk=2).ask()
    content = [(step.do, step.tokens) for step in decision.script.steps if step.tokens]
    assert content == [(Do.REASON, 1)] * 3 + [(Do.TEXT, 1), (Do.TEXT, 2), (Do.TEXT, 2)]


def test_tools_are_called_once_and_then_have_answered() -> None:
    asking = Asking(tool_calls=2, tokens=4)
    openings = [
        [
            step.data.split(b"\n")[1]
            for step in asking.ask(tools=[TOOL])[1].script.steps
            if step.do is Do.TOOL_OPEN
        ]
        for _ in range(2)
    ]
    assert openings == [[b"weather", b"weather"], []]
    assert asking.row.planned_tokens == 4


def test_tools_are_called_although_the_system_offers_none() -> None:
    _, decision = Asking(tool_calls=1).ask()
    assert b"lookup" in next(step.data for step in decision.script.steps if step.do is Do.TOOL_OPEN)


def test_a_schema_is_answered_whether_or_not_the_system_passes_it_on() -> None:
    schema = {"type": "object", "properties": {"city": {"const": "Reykjavik"}}}
    asking = Asking(schema=schema, tokens=99)
    _, decision = asking.ask()
    text = b"".join(step.data for step in decision.script.steps if step.do is Do.TEXT)
    assert json.loads(text) == {"city": "Reykjavik"}
    assert asking.row.planned_tokens == sum(step.tokens for step in decision.script.steps)


def test_a_stream_with_an_order_takes_no_place_in_a_batch() -> None:
    asking = Asking(tokens=3)
    asking.ask(78, model="b")
    entry, decision = asking.ask(model="b")
    assert (entry.overflow, decision.batched, entry.tokens) == (0, False, 3)


def test_orders_say_how_many_attempts_have_come_and_are_forgotten_one_by_one_or_all_at_once() -> None:
    asking = Asking(tokens=3)
    asking.ask()
    asking.ask()
    house = asking.house
    assert json.loads(house.command("set-streams", b'{"78":{}}', 0))["78"]["attempts"] == 0
    assert json.loads(house.command("streams", b"", 0))["77"]["attempts"] == 2
    assert list(json.loads(house.command("clear-streams", b"[77, 5]", 0))) == ["78"]
    assert json.loads(house.command("clear-streams", b"", 0)) == {}


def test_a_reset_forgets_orders() -> None:
    house = Asking(tokens=3).house
    house.reset(0)
    assert house.orders == {}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "truncated"),
        (b'{"1":{"tokens":3},"x":{}}', "^x is no stream id"),
        (b'{"1":{"tokens":3},"-1":{}}', "^-1 is no stream id; .* numbers from 0"),
        (b'{"1":{"tokens":3},"2":{"tokns":3}}', "^2: unknown key tokns; did you mean tokens.* ttft_ms$"),
        (b'{"1":{"colour":3}}', "^1: unknown key colour; known here: fault, fault_times, itl_ms"),
        (b'{"1":{"tokens":"3"}}', "^1.tokens: expected a whole number, found a text"),
        (b'{"1":3}', "^1: expected a mapping, found a whole number"),
        (b"[]", "^expected a mapping, found a list"),
        (b'{"1":{"tokns":3}', "truncated"),
        (b'{"1":{"tokens":0}}', "tokens are from 1"),
        (b'{"1":{"itl_ms":-1}}', "itl_ms"),
        (b'{"1":{"fault":"s99@1"}}', "no fault 's99'"),
        (b'{"1":{"fault":"s5:nonsense"}}', "no kind 'nonsense'"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_and_changes_nothing(body: bytes, why: str) -> None:
    house = Asking(tokens=3).house
    with pytest.raises(BadCommand, match=why):
        house.command("set-streams", body, 0)
    assert list(house.orders) == [77]


def test_only_so_many_streams_have_orders() -> None:
    house = Asking(tokens=3).house
    with pytest.raises(BadCommand, match=f"at most {MOST}"):
        house.command("set-streams", json.dumps({str(n): {} for n in range(100, 100 + MOST)}).encode(), 0)
    assert list(house.orders) == [77]


def test_an_order_may_be_longer_than_any_drawn_answer_and_obeys_the_peers_cap() -> None:
    entry, _ = Asking(tokens=300_000).ask()
    assert (entry.tokens, entry.finish_reason) == (300_000, "stop")
    entry, _ = Asking(tokens=300_000).ask(max_tokens=6)
    assert (entry.tokens, entry.finish_reason) == (6, "length")


@pytest.mark.parametrize(
    ("cap", "expected"),
    [(9, (4, 5, "stop")), (8, (4, 4, "length")), (4, (4, 0, "length")), (1, (1, 0, "length"))],
)
def test_the_peers_cap_is_on_what_is_thought_and_said_together(
    cap: int, expected: tuple[int, int, str]
) -> None:
    """Usage would otherwise say that more was generated than was allowed, which no provider's does."""
    entry, decision = Asking(tokens=5, reasoning_tokens=4).ask(max_tokens=cap)
    assert (entry.reasoning_tokens, entry.tokens, entry.finish_reason) == expected
    assert sum(step.tokens for step in decision.script.steps) == min(cap, 9)


def test_ordered_reasoning_is_written_also_on_openais_path() -> None:
    _, decision = Asking(tokens=2, reasoning_tokens=1).ask()
    assert decision.encoder is not None
    assert b'"reasoning":"hm"' in decision.encoder.reasoning("hm")
