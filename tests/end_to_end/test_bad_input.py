"""Whatever is wrong with what a person gives: one message with place and fix, exit code 4, no traceback."""

import socket
from pathlib import Path
from typing import NamedTuple

import pytest

from harness.cli import main

pytestmark = pytest.mark.slow  # plans are checked against every module there is


class Answer(NamedTuple):
    code: int
    output: str


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    """Calls the command in a folder that holds plan.yaml; its answer as a person sees it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.yaml").write_text(PLAN)

    def call(*words: str) -> Answer:
        try:
            code = main(words)
        except SystemExit as left:
            code = left.code
        out, err = capfd.readouterr()
        return Answer(code, out + err)

    return call


PLAN = """\
name: plan
target: {model: mock-chat}
phases:
  - name: steady
    duration_s: 3
    scenario: chat
    load: {users: 5}
"""


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (PLAN.replace("duration_s", "duration"), ["plan.yaml:5", "duration", "did you mean duration_s?"]),
        (PLAN.replace("users: 5", "users: many"), ["plan.yaml:7", "users", "expected int"]),
        (PLAN.replace(": chat", ": caht"), ["plan.yaml", "caht", "did you mean chat?"]),
        (
            PLAN.replace("{model", "{url: 'http://me:pw@here', model"),
            ["plan.yaml:2: target: url holds a user name or password", "api_key_env"],
        ),
        (PLAN.replace("mock-chat", "gpt"), ["plan.yaml", "gpt", "mock-chat"]),
        (PLAN + "    slo: [ttft p95 < 1 s]\n", ["plan.yaml", "ttft", "ttft_user"]),
        (PLAN + "    slo: [fast]\n", ["plan.yaml:4", "fast", "ttft_user p95 < 800 ms"]),
        (PLAN.replace("{model", "{dialect: openia, model"), ["plan.yaml", "openia", "did you mean openai?"]),
        (PLAN.replace("{model", "{api_key_env: NO_SUCH, model"), ["plan.yaml", "NO_SUCH", "set it"]),
        (PLAN.replace("{model", "{prompts: none.jsonl, model"), ["plan.yaml", "none.jsonl"]),
        ("- a list\n", ["plan.yaml", "mapping"]),
        ("name: [\n", ["plan.yaml:2", "YAML"]),
    ],
)
def test_a_bad_plan_is_told_its_line_its_key_and_the_way_out(
    wrong: str, said: list[str], command, tmp_path: Path
) -> None:
    (tmp_path / "plan.yaml").write_text(wrong)
    finished = command("run", "plan.yaml")
    assert finished.code == 4
    assert [part for part in said if part not in finished.output] == [], finished.output
    assert "Traceback" not in finished.output
    assert len(finished.output.splitlines()) == 1
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "missing.yaml"], ["missing.yaml", "no such file"]),
        (["run", "plan.yaml", "--target", "http://127.0.0.1:1"], ["http://127.0.0.1:1", "refused"]),
        (["run", "plan.yaml", "--target", "example"], ["--target", "http://"]),
        (["run", "plan.yaml", "--target", "http://me:pw@here"], ["--target: url", "target.api_key_env"]),
        (["compare", "--baseline", "http://here", "--candidate", "http://me:pw@here"], ["--candidate: url"]),
        (["compare", "--baseline", "here", "--candidate", "http://here"], ["--baseline: url must begin"]),
        (["calibrate", "--target", "http://me:pw@here"], ["--target: url", "target.api_key_env"]),
        (["run", "plan.yaml", "--workers", "0"], ["--workers"]),
        (["run", "plan.yaml", "--seed", "-1"], ["--seed", "must not be negative"]),
        (
            ["run", "plan.yaml", "--provider-port", "99999"],
            ["--provider-port", "from 0 (a free one) to 65535"],
        ),
        (["compare", "--max-tokens", "-5"], ["--max-tokens must not be negative"]),
        (["capacity", "steady", "--workers", "-3"], ["--workers must be at least 1"]),
        (["mock", "--workers", "100000"], ["--workers", "at most 256", "not 100000"]),
        (["doctor", "--workers", "100000"], ["--workers", "at most 256", "not 100000"]),
        (["run"], ["plan"]),
        (["rnu"], ["rnu", "run"]),
        (["report", "."], ["plan.yaml", "not the folder of a run"]),
        (["audit", "missing.yaml"], ["missing.yaml: no such file"]),
        (["audit", "plan.yaml"], ["plan.yaml: a plan", "`streamproof run plan.yaml`"]),
        (["audit", "http://127.0.0.1:1"], ["127.0.0.1:1", "start it"]),
        (["mock", "--config", "missing.yaml"], ["missing.yaml"]),
        (["gateway"], ["--upstream"]),
    ],
)
def test_bad_words_are_answered_with_what_would_be_right(
    words: list[str], said: list[str], command, tmp_path: Path
) -> None:
    finished = command(*words)
    assert finished.code == 4
    assert [part for part in said if part not in finished.output] == [], finished.output
    assert "Traceback" not in finished.output
    assert not (tmp_path / "runs").exists()


@pytest.fixture
def taken():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield str(sock.getsockname()[1])


@pytest.mark.parametrize(
    "words",
    [
        ["run", "plan.yaml", "--provider-port"],
        ["mock", "--port"],
        ["gateway", "--upstream", "http://127.0.0.1:1", "--port"],
    ],
    ids=lambda words: words[0],
)
def test_a_taken_port_is_named_with_the_fix(words: list[str], taken: str, command, tmp_path: Path) -> None:
    finished = command(*words, taken)
    assert finished.code == 4
    assert taken in finished.output
    assert "stop what listens there" in finished.output
    assert "Traceback" not in finished.output
    assert not (tmp_path / "runs").exists(), "what has never run is no run"
