"""A dead peer is in the ledger as one, in the stage in which it died. How soon: `bench.mock --aborts`."""

import contextlib
import json
from collections.abc import Iterator
from itertools import count

import pytest

from bench.mock_aborts import CONFIG, HOWS, STAGES, ask, die
from harness.record import LedgerRow
from tests.mock_provider.running import Mock, get, mock

pytestmark = pytest.mark.slow

QUEUE = "  queued: {output_tokens: 100000, batch: {step_ms: 5, max_batch: 1, queue_max: 9}}\n"
NUMBERS = count(1)


@pytest.fixture(scope="module", params=["1", "2"], ids=["one worker", "two workers"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    folder = tmp_path_factory.mktemp("mock")
    with mock(folder, CONFIG + QUEUE, "--workers", request.param) as server:
        yield server
        assert server.stop() == 0
        assert server.rest[1] == ""


def open_in_house(server: Mock) -> int:
    """Attempts that the provider has let in, all workers together."""
    found: int = json.loads(get(server, "/-/state").body)["open"]
    return found


def wait_for_open(server: Mock, wanted: int) -> None:
    for _ in range(5000):  # each question waits on the server
        if open_in_house(server) == wanted:
            return
    raise AssertionError(f"never {wanted} attempts open")


def died(server: Mock, stream: int) -> LedgerRow:
    for _ in range(5000):
        rows = [row for row in server.rows() if row.stream == stream]
        if rows:
            return rows[0]
        get(server, "/-/health")
    raise AssertionError(f"stream {stream} was never written down")


def stage_of(row: LedgerRow) -> str:
    if row.first_token_ns is not None:
        return "streaming"
    return "waiting" if row.headers_ns is not None else "before headers"


EXPECTED = {"not streamed": "before headers"}


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("stage", STAGES)
def test_a_death_is_an_abort_in_its_stage(shared: Mock, stage: str, how: str) -> None:
    stream = next(NUMBERS)
    sock = ask((shared.host, shared.port), stream, *STAGES[stage])
    wait_for_open(shared, 1)
    at_ns = die(sock, how)
    row = died(shared, stream)
    assert (row.ended_by, stage_of(row)) == ("peer", EXPECTED.get(stage, stage))
    assert row.peer_left_ns is not None
    assert at_ns < row.peer_left_ns <= (row.closed_ns or 0)
    assert (row.terminal_ns, row.wasted_tokens) == (None, 0)
    wait_for_open(shared, 0)  # its slot is free


@pytest.mark.parametrize("how", HOWS)
def test_a_death_in_the_queue_of_a_batch_is_an_abort_before_any_token(shared: Mock, how: str) -> None:
    first, second = next(NUMBERS), next(NUMBERS)
    address = (shared.host, shared.port)
    with contextlib.closing(ask(address, first, "queued", True, b":0000]")):
        sock = ask(address, second, "queued", True, b"")
        wait_for_open(shared, 2)
        die(sock, how)
        row = died(shared, second)
        assert (row.ended_by, row.emitted_tokens, row.first_token_ns) == ("peer", 0, None)
        wait_for_open(shared, 1)
    wait_for_open(shared, 0)


@pytest.mark.parametrize("how", HOWS)
def test_a_close_after_the_last_word_is_no_abort(shared: Mock, how: str) -> None:
    streams = [next(NUMBERS) for _ in range(20)]
    for stream in streams:
        die(ask((shared.host, shared.port), stream, "quick", True, b"[DONE]"), how)
    assert {died(shared, stream).ended_by for stream in streams} == {"provider"}
