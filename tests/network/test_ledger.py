"""Each way to lose a network, seen by the user and by the mock provider's ledger at once."""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from harness import clock
from harness.answer import mark
from harness.network.control import ToxiproxyControl
from harness.network.play import Player, compile_plan, lay_out
from harness.plan.provider import ModelProfile, Provider
from harness.plan.reader import dump
from harness.record import LedgerRow, TimelineEntry, read_parts
from harness.stack.part import Part
from tests.network.test_recipes import plan_of
from tests.network.upstream import Reader, wait_for

pytestmark = pytest.mark.slow

TOKENS = 100
STREAM = 42


@dataclass
class Mock:
    address: tuple[str, int]
    ledger: Path

    def rows(self) -> list[LedgerRow]:
        rows: list[LedgerRow] = read_parts(self.ledger, "ledger").rows
        return rows


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[Mock]:
    """Answers of 100 tokens, 20 ms apart: 2 s."""
    model = ModelProfile(ttft_ms=50.0, itl_ms=20.0, output_tokens=float(TOKENS))
    config = tmp_path / "provider.yaml"
    config.write_text(dump(Provider(models={"mock-chat": model})), encoding="utf-8")
    command = [sys.executable, "-m", "mock_provider", "--config", str(config), "--ledger-dir", str(tmp_path)]
    part = Part("mock provider", command, tmp_path / "mock.log")
    part.start()
    try:
        ready = part.wait_ready_line()
        yield Mock((ready["host"], ready["port"]), tmp_path)
    finally:
        part.stop()


def question() -> bytes:
    messages = [{"role": "user", "content": f"{mark(STREAM)} tell me"}]
    body = json.dumps({"model": "mock-chat", "stream": True, "messages": messages}).encode()
    head = "POST /v1/chat/completions HTTP/1.1\r\nhost: mock\r\ncontent-type: application/json\r\n"
    return head.encode() + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body


@dataclass
class Told:
    """One stream from both sides."""

    ended: str  # for the user: eof, reset, idle
    tokens: list[int]  # numbers of those that arrived
    done: bool  # the end marker arrived
    longest_gap_s: float
    row: LedgerRow

    @property
    def unbroken(self) -> bool:
        return self.tokens == list(range(len(self.tokens)))


def tell(
    steps: list[dict[str, object]], control: ToxiproxyControl, mock: Mock, idle_s: float = 10
) -> tuple[Told, list[TimelineEntry]]:
    """One answer, whose journey begins when the first token is there."""
    plan = plan_of([{"link": "wifi", "for_s": 0.5}, *steps])
    plan = msgspec.structs.replace(plan, phases=[msgspec.structs.replace(plan.phases[0], duration_s=30)])
    url = lay_out(plan, 7, mock.address, control)["ride", "riders"]
    host, port = url.removeprefix("http://").split(":")
    timeline: list[TimelineEntry] = []
    player = Player(control, compile_plan(plan, 7), timeline.append)
    try:
        reader = Reader((host, int(port)), idle_s, question=question())
        wait_for(lambda: b":0000]" in reader.seen.data)
        player.play("ride", clock.now())
        seen = reader.result()
        wait_for(lambda: len(mock.rows()) == 1)
    finally:
        player.stop()
    assert [entry.error for entry in timeline] == [""] * len(timeline)
    tokens = [int(found) for found in re.findall(rb"\[%06d:(\d{4})\]" % STREAM, seen.data)]
    told = Told(seen.ended, tokens, b"[DONE]" in seen.data, max(seen.gaps_s), mock.rows()[0])
    assert told.unbroken
    return told, timeline


def test_a_stall_costs_time_and_nothing_else(control: ToxiproxyControl, mock: Mock) -> None:
    told, _ = tell([{"outage": "sealed", "for_s": 3}, {"link": "wifi"}], control, mock)
    assert (told.ended, len(told.tokens), told.done) == ("eof", TOKENS, True)
    assert told.longest_gap_s > 2.5
    assert (told.row.ended_by, told.row.emitted_tokens, told.row.peer_left_ns) == ("provider", TOKENS, None)


def test_a_blackhole_is_the_users_limit_and_no_news_to_the_provider(
    control: ToxiproxyControl, mock: Mock
) -> None:
    told, _ = tell([{"outage": "blackhole"}], control, mock, idle_s=1)
    assert (told.ended, told.done) == ("idle", False)
    assert 0 < len(told.tokens) < TOKENS
    assert (told.row.ended_by, told.row.emitted_tokens, told.row.peer_left_ns) == ("provider", TOKENS, None)


@pytest.mark.parametrize(
    ("step", "ending"),
    [
        ({"cut": "rst"}, "reset"),
        ({"cut": "fin"}, "eof"),
        ({"refuse": True, "for_s": 1}, "eof"),
    ],
    ids=["rst", "fin", "refuse"],
)
def test_an_end_in_mid_answer_reaches_both_sides(
    control: ToxiproxyControl, mock: Mock, step: dict[str, object], ending: str
) -> None:
    told, timeline = tell([step, {"link": "wifi"}], control, mock)
    assert (told.ended, told.done) == (ending, False)
    assert 0 < len(told.tokens) < TOKENS
    assert (told.row.ended_by, told.row.fault) == ("peer", "")
    assert told.row.emitted_tokens < TOKENS
    assert told.row.peer_left_ns is not None
    assert told.row.peer_left_ns > timeline[0].t_ns
    assert len(told.tokens) <= told.row.emitted_tokens
