"""Audits of real systems on real sockets: what keeps one from beginning, what it leaves behind."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.audit.choosing import chosen
from harness.audit.control import direct_hold_ms
from harness.audit.examination import stream_ids
from harness.audit.fetch import FetchFailed, fetch
from harness.audit.mock import Mock
from harness.audit.run import Wanted, audit
from harness.plan.audited import Audited
from harness.plan.reader import PlanError
from harness.scorecard import Scorecard
from harness.stack.errors import StackError
from harness.stack.part import free_port
from tests.audit.serving import server, wired

pytestmark = pytest.mark.slow

BRIEF = "models: {mock-chat: {ttft_ms: 20, itl_ms: 5, output_tokens: 12}}"
SECRET = {"authorization": "Bearer secret"}
REFUSAL = b"HTTP/1.1 401 No\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("mock")
    (folder / "mock.yaml").write_text(BRIEF)
    words = ["--config", str(folder / "mock.yaml"), "--admin-token", "secret"]
    with server(folder, "mock_provider", *words) as url:
        yield url


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, mock: str) -> Iterator[str]:
    with server(tmp_path_factory.mktemp("gateway"), "gateway", "--upstream", mock) as url:
        yield url


@pytest.fixture(autouse=True)
def a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCK_TOKEN", "secret")


def audited(target: dict[str, Any], only: str = "reports_usage", notes: Sequence[str] = ()) -> Scorecard:
    return audit(msgspec.convert(target, Audited), Wanted(checks=chosen(only, None), notes=list(notes)))


@contextmanager
def refusing() -> Iterator[str]:
    """A system that wants a key, and has none to give."""
    script = (
        "import socket\ns = socket.create_server(('127.0.0.1', 0))\nprint(s.getsockname()[1], flush=True)\n"
        f"while True:\n    c, _ = s.accept()\n    c.recv(65536)\n    c.sendall({REFUSAL!r})\n    c.close()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_an_audit_takes_its_orders_back(gateway: str, mock: str) -> None:
    assert audited(wired(gateway, mock)).state == "PASS"
    assert fetch("GET", f"{mock}/-/streams", headers=SECRET).body == b"{}"


@pytest.mark.parametrize("upstream", ["openai", "anthropic", "vllm", "tgi"])
def test_our_gateway_asks_politely_whatever_its_provider_speaks(
    tmp_path: Path, mock: str, upstream: str
) -> None:
    words = ["--upstream", mock, "--upstream-dialect", upstream, "--retries", "2"]
    with server(tmp_path, "gateway", *words) as url:
        card = audited(wired(url, mock, policies={"retries": 2}), "retries_politely")
    (promise,) = card.promises
    assert promise.state == "PASS", promise.evidence


def test_a_target_that_is_down_is_told_so(mock: str) -> None:
    with pytest.raises(StackError, match="nothing listens there"):
        audited(wired(f"http://127.0.0.1:{free_port()}", mock))


def test_a_mock_that_is_down_is_told_so(gateway: str) -> None:
    with pytest.raises(StackError, match="is `streamproof mock` running there"):
        audited(wired(gateway, f"http://127.0.0.1:{free_port()}"))


def test_a_mock_that_wants_its_token_says_where_to_put_it(gateway: str, mock: str) -> None:
    with pytest.raises(StackError, match=r"provider\.admin_token_env"):
        audited({"target": {"url": gateway}, "provider": {"admin": mock}})


def test_a_server_that_is_no_mock_is_not_taken_for_one(gateway: str) -> None:
    with pytest.raises(StackError, match=r"admin side cannot be reached: .*/-/health answers 404"):
        audited({"target": {"url": gateway}, "provider": {"admin": gateway}})


def test_a_system_with_another_provider_says_how_to_wire_it(tmp_path: Path, gateway: str) -> None:
    with (
        server(tmp_path, "mock_provider") as elsewhere,
        pytest.raises(StackError, match=f"set {elsewhere}/v1"),
    ):
        audited({"target": {"url": gateway}, "provider": {"admin": elsewhere}})


def test_a_system_that_wants_a_key_says_where_to_put_it(mock: str) -> None:
    with refusing() as locked, pytest.raises(StackError, match="it wants a key"):
        audited(wired(locked, mock))


def test_a_system_that_does_not_stream_is_told_so(gateway: str, mock: str) -> None:
    target = {**wired(gateway, mock), "target": {"url": gateway, "path": "/api/chat"}}
    with pytest.raises(StackError, match="does not stream: it answers with application/json"):
        audited(target)


def test_a_system_that_speaks_another_dialect_is_told_which(tmp_path: Path, mock: str) -> None:
    target = {"url": mock, "dialect": "ollama", "path": "/v1/chat/completions", "model": "mock-chat"}
    with pytest.raises(StackError, match=r"this reads as .*openai.*; set target\.dialect"):
        audited({**wired(mock, mock), "target": target})


def test_a_key_that_the_environment_has_not_is_named(gateway: str, mock: str) -> None:
    with pytest.raises(PlanError, match="has no NO_SUCH"):
        audited({**wired(gateway, mock), "target": {"url": gateway, "api_key_env": "NO_SUCH"}})


def test_without_a_mock_what_users_see_is_judged(gateway: str) -> None:
    card = audited({"target": {"url": gateway}}, "reports_usage,delivers_every_token", ["A note."])
    states = {promise.id: promise.state for promise in card.promises}
    assert states == {"delivers_every_token": "NOT MEASURED", "reports_usage": "PASS"}
    assert card.state == "PASS"
    assert card.audit.direct_hold_ms is None
    assert [note.split()[0] for note in card.audit.notes] == ["A", "No"]


def test_the_generators_own_floor_is_measured_straight_at_the_mock(mock: str) -> None:
    provider = Mock(mock, "secret")
    provider.meet()
    assert (provider.seed, provider.models, provider.offset_ns) == (7, ["mock-chat"], 0)
    assert 0 < direct_hold_ms(provider, stream_ids(0)) < 1000


def test_what_cannot_be_fetched_says_why() -> None:
    with pytest.raises(FetchFailed, match="ECONNREFUSED"):
        fetch("GET", f"http://127.0.0.1:{free_port()}/")


def test_a_mock_that_goes_away_leaves_what_was_found_until_then(tmp_path: Path) -> None:
    with ExitStack() as stack:
        going = ExitStack()
        stack.push(going)
        provider = going.enter_context(server(tmp_path, "mock_provider"))
        own = stack.enter_context(server(tmp_path, "gateway", "--upstream", provider))
        file = msgspec.convert({"target": {"url": own}, "provider": {"admin": provider}}, Audited)

        def tell(line: str) -> None:
            if "reports_usage" in line:
                going.close()

        card = audit(file, Wanted(checks=chosen("reports_usage,passes_first_token_on", None)), tell=tell)
    states = {promise.id: promise.state for promise in card.promises}
    assert states == {"passes_first_token_on": "NOT MEASURED", "reports_usage": "PASS"}
    assert (card.exit_code, "the mock provider has gone" in card.audit.notes[0]) == (4, True)
