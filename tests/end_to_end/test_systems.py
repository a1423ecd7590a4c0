"""The same users against systems that nobody here wrote."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.stack import haproxy, nginx
from tests.end_to_end.driving import Running, command

pytestmark = pytest.mark.slow

PROXY = """
name: proxy
target: {{dialect: openai, expect: {{provider_fault: as_is}}}}
stack: {{system: {system}}}
provider:
  models:
    healthy: {{ttft_ms: 100, itl_ms: 10, output_tokens: 60}}
    cut: {{ttft_ms: 50, itl_ms: 10, output_tokens: 60, faults: [{{id: s1, at_token: 20}}]}}
phases:
  - {{name: steady, duration_s: 4, model: healthy, load: {{users: 10, ramp_s: 0.5, think_s: 0.1}}}}
  - {{name: cut, kind: fault, duration_s: 3, model: cut, load: {{users: 5, ramp_s: 0.5, think_s: 0.1}}}}
"""


@pytest.mark.parametrize("system", [nginx, haproxy], ids=["nginx", "haproxy"])
def test_a_proxy_loses_nothing_and_a_clean_truncation_behind_it_is_truncated(system, tmp_path: Path) -> None:
    name = system.__name__.rpartition(".")[2]
    if system.find() is None:
        pytest.skip(f"needs {name} (Debian: apt-get install {name})")
    (tmp_path / "plan.yaml").write_text(PROXY.format(system=name))
    finished = command(tmp_path, "run", "plan.yaml")
    assert finished.broken() == [], finished.output
    assert finished.distrust() == set()
    assert set(finished.phase("steady").outcome) == {"completed"}
    assert set(finished.phase("cut").outcome) == {"truncated"}
    assert set(finished.phase("cut").tokens) == {20}


TARGET = """
name: foreign
target: {model: mock-chat}
provider: {models: {mock-chat: {ttft_ms: 100, itl_ms: 10, output_tokens: 40}}}
phases:
  - {name: steady, duration_s: 3, load: {users: 5, ramp_s: 0.5, think_s: 0.1}}
"""


@pytest.fixture
def foreign(tmp_path: Path):
    """A gateway that somebody else has started, in front of `port`."""
    with ExitStack() as started:

        def start(upstream: str) -> str:
            server = Running(tmp_path / "foreign", "gateway", "--upstream", upstream, "--port", "0")
            started.enter_context(server).wait_for('"port"')
            return "http://127.0.0.1:" + _port(tmp_path / "foreign" / "command.log")

        yield start


def _port(log: Path) -> str:
    import json

    return str(json.loads(log.read_text().splitlines()[0])["port"])


def test_a_system_that_is_already_up_is_measured_from_both_ends(foreign, tmp_path: Path) -> None:
    from harness.stack.part import free_port

    port = free_port()
    url = foreign(f"http://127.0.0.1:{port}")
    (tmp_path / "plan.yaml").write_text(TARGET)
    finished = command(tmp_path, "run", "plan.yaml", "--target", url, "--provider-port", str(port))
    assert f"set http://127.0.0.1:{port}/v1" in finished.output
    assert finished.broken() == []
    assert finished.distrust() == set()
    assert finished.summary.two_sided is not None
    assert finished.summary.two_sided.tokens_received == finished.summary.two_sided.tokens_emitted > 0


def test_a_system_with_another_provider_is_measured_from_its_users_side_and_says_so(
    foreign, tmp_path: Path
) -> None:
    with Running(tmp_path / "other", "mock", "--seed", "99") as other:
        other.wait_for('"port"')
        url = foreign("http://127.0.0.1:" + _port(tmp_path / "other" / "command.log"))
        (tmp_path / "plan.yaml").write_text(TARGET)
        refused = command(tmp_path, "run", "plan.yaml", "--target", url, "--provider-port", "0")
        finished = command(tmp_path, "run", "plan.yaml", "--target", url, "--no-mock")
    assert refused.code == 4
    assert finished.code == 0, finished.output
    assert "another mock" in refused.output
    assert set(finished.table("streams").outcome) == {"completed"}
    states = {check.id: check.state for check in finished.summary.checks}
    assert states["loses_no_tokens"] == "NOT MEASURED"
