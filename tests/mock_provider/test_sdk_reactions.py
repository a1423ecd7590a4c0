"""What the official clients make of each fault. The golden table is what they did when it was written.

A difference is news, not always a bug: read what the new version does, then change the table.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.mock_provider.running import Mock, mock
from tests.mock_provider.sdk_clients import CLIENTS, reaction

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")]

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "sdk_reactions.json").read_text())
TABLE: dict[str, dict[str, str]] = GOLDEN["after two tokens"]
CONFIG = """
models:
  m: {ttft_ms: 5, itl_ms: 1, output_tokens: 12}
  m-vllm: {dialect: vllm, ttft_ms: 5, itl_ms: 1, output_tokens: 12}
  m-tgi: {dialect: tgi_chat, ttft_ms: 5, itl_ms: 1, output_tokens: 12}
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    with mock(tmp_path_factory.mktemp("mock"), CONFIG, "--seed", "7") as server:
        yield server


def _react(server: Mock, client: str, row: str) -> str:
    fault, _, dialect = row.partition(" from ")
    model = "m-vllm" if dialect == "vllm" else "m-tgi" if client.startswith("huggingface") else "m"
    prefix = "" if fault == "healthy" else f"/f/{fault}"
    return reaction(client, f"http://{server.host}:{server.port}{prefix}", model)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_reacts_to_each_fault_as_it_did(shared: Mock, client: str) -> None:
    rows = [row for row, reactions in TABLE.items() if client in reactions]
    with ThreadPoolExecutor(8) as pool:
        got = dict(zip(rows, pool.map(lambda row: _react(shared, client, row), rows), strict=True))
    installed = {name: version(name) for name in GOLDEN["clients"]}
    assert got == {row: TABLE[row][client] for row in rows}, f"golden: {GOLDEN['clients']}, here: {installed}"


def test_the_clean_early_end_is_the_one_nobody_notices() -> None:
    """The reason for this project, as a row of the table."""
    silent = {client for client, said in TABLE["s1@2"].items() if not said.startswith("raises")}
    assert silent == set(CLIENTS) - {"responses stream"}
    assert all(said.startswith("raises") for said in TABLE["s2@2"].values())
