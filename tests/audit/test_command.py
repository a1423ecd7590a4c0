"""`streamproof audit` as its user has it, over real sockets and processes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import scorecard
from harness.audit.fetch import FetchFailed, fetch
from harness.cli import main
from harness.scorecard import Scorecard
from tests.audit.serving import server, wired

pytestmark = pytest.mark.slow
COMMAND = [sys.executable, "-m", "harness.cli", "audit"]


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with server(tmp_path_factory.mktemp("mock"), "mock_provider", "--admin-token", "secret") as url:
        yield url


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, mock: str) -> Iterator[str]:
    with server(
        tmp_path_factory.mktemp("gateway"), "gateway", "--upstream", mock, "--defect", "error_in_a_200"
    ) as url:
        yield url


def run(tmp_path: Path, target: dict[str, Any] | str, *words: str) -> subprocess.CompletedProcess[str]:
    given = target if isinstance(target, str) else str(tmp_path / "target.yaml")
    if not isinstance(target, str):
        Path(given).write_text(json.dumps(target))
    return subprocess.run(
        [*COMMAND, given, "--out", str(tmp_path / "out"), *words],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "MOCK_TOKEN": "secret", "COLUMNS": "200"},
        check=False,
    )


def card_in(folder: Path) -> Scorecard:
    (path,) = folder.glob("*/audit.json")
    return scorecard.decode(path.read_bytes())


def test_a_system_is_audited_and_its_defect_found(tmp_path: Path, gateway: str, mock: str) -> None:
    done = run(
        tmp_path,
        wired(gateway, mock),
        "--only",
        "refuses_with_status,reports_usage,logs_true_status",
        "--json",
    )
    card = scorecard.decode(done.stdout.encode())
    assert (done.returncode, card.state, done.stderr) == (1, "FAIL", "")
    states = {promise.id: promise.state for promise in card.promises}
    assert states == {
        "refuses_with_status": "FAIL",
        "reports_usage": "PASS",
        "logs_true_status": "NOT MEASURED",
    }
    assert card.audit.direct_hold_ms is not None
    assert 0 < card.audit.direct_hold_ms < 1000
    assert card_in(tmp_path / "out") == card
    left = {path.name for path in (tmp_path / "out" / card.audit.id).iterdir()}
    assert left == {"audit.json", "audit.html", "junit.xml", "comment.md"}


def interrupted(tmp_path: Path, number: signal.Signals, only: str, after: str) -> tuple[Scorecard, list[str]]:
    """An audit of our own gateway that hears a signal once a line with `after` is out: (card, lines)."""
    command = [*COMMAND, "--only", only, "--out", str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line)
                if after in line:
                    break
            process.send_signal(number)
            rest, errors = process.communicate(timeout=30)
        finally:
            process.kill()  # no more than a word to one that has ended
    card = card_in(tmp_path / "out")
    assert (process.returncode, card.exit_code, errors) == (4, 4, "")
    assert card.audit.interrupted
    assert "Interrupted" in rest
    return card, [*lines, *rest.splitlines()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_audit_of_our_own_gateway_reports_what_it_has(
    tmp_path: Path, number: signal.Signals
) -> None:
    card, _ = interrupted(tmp_path, number, "survives_length,reports_usage", after="reports_usage")
    states = {promise.id: promise.state for promise in card.promises}
    assert states == {"reports_usage": "PASS", "survives_length": "NOT MEASURED"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_audit_that_is_interrupted_before_its_gateway_is_up_leaves_a_card_and_nobody(
    tmp_path: Path, number: signal.Signals
) -> None:
    card, lines = interrupted(tmp_path, number, "reports_usage", after="mock")
    assert [promise.state for promise in card.promises] == ["NOT MEASURED"]
    for line in lines[:2]:  # the mock's, the gateway's
        with pytest.raises(FetchFailed, match="ECONNREFUSED"):
            fetch("GET", f"{line.split()[-1]}/-/health")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["http://127.0.0.1:1", "--defect", "drops_usage"], "--defect is for our own gateway"),
        (["--only", "report_usage"], "did you mean reports_usage"),
        (["none.yaml"], "no such file"),
        (["http://me:pw@127.0.0.1:1"], "http://127.0.0.1:1: url holds a user name or password"),
        (["none.yaml", "--provider", "http://127.0.0.1:1"], "--provider is for a bare URL"),
        (["http://", "--provider", "localhost:1"], "admin must begin with http://"),
        (["--group", "speed"], "invalid choice"),
        (["steady"], "`streamproof run steady`"),
    ],
)
def test_bad_input_is_one_message(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code: object = main(["audit", *words])
    except SystemExit as stop:
        code = stop.code
    said = capsys.readouterr()
    assert (code, said.out, message in said.err) == (4, "", True)


def test_the_checks_are_listed_without_asking_anybody(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--list", "--group", "limits"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("limits\n")
    assert all(name in said for name in ("bounds_its_queue", "drains_gracefully"))
    assert "stops_on_close" not in said


def test_a_plan_is_not_taken_for_a_target(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("name: x\ntarget: {url: 'http://127.0.0.1:9'}\nphases: []\n")
    assert main(["audit", str(plan), "--out", str(tmp_path / "out")]) == 4
    assert f"`streamproof run {plan}`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--defect", "buffers_4kb"], "did you mean buffers_4k?"),
        (["--out", "/proc/nowhere"], "choose another place with --out"),
        (["ftp://127.0.0.1:1"], "an address begins with http:// or https://"),
        (["{target}"], "target.dialect: there is no opnai; did you mean openai?"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_asked(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    target = tmp_path / "target.yaml"
    target.write_text("target: {url: 'http://127.0.0.1:9', dialect: opnai}\n")
    assert main(["audit", *(word.format(target=target) for word in words)]) == 4
    assert said in " ".join(capsys.readouterr().err.split())
    assert not list(tmp_path.glob("runs/*"))
