"""The system beside its streams: what it kept, and being told to stop."""

from pathlib import Path
from typing import Any

import pytest

from harness.audit.system import CannotStop, System, _text
from harness.checks.audit.check import Question
from harness.plan.audited import Audited, Drain
from harness.plan.target import Target


def system(**more: Any) -> System:
    return System(Audited(target=Target(url="http://127.0.0.1:1"), **more))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"content":"rain ","more":1}', "rain "),
        (b'{"text":"rain "}', "rain "),
        (b'"rain "', "rain "),
        ("wörd".encode(), "wörd"),
        (b'{"other":1}', '{"other":1}'),
    ],
)
def test_what_was_kept_is_read_out_of_json_or_as_it_is(body: bytes, text: str) -> None:
    assert _text(body) == text


def test_a_hop_has_an_address_of_its_own() -> None:
    found = system(hops={"nginx": "http://127.0.0.1:2"})
    assert found.base(Question(name="q")) == "http://127.0.0.1:1"
    assert found.base(Question(name="q", hop="nginx")) == "http://127.0.0.1:2"


@pytest.mark.parametrize("content", [None, "not a number", "999999999"])
def test_a_pid_file_that_leads_nowhere_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "pid"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CannotStop, match=r"drain\.pid_file: .*pid leads to no process"):
        system(drain=Drain(pid_file=str(path))).tell_to_stop()


def test_a_system_of_ours_is_stopped_and_started_by_us() -> None:
    done: list[str] = []
    ours = System(
        Audited(target=Target(url="http://127.0.0.1:1")),
        stop=lambda: done.append("stop"),
        start=lambda: done.append("start"),
    )
    ours.tell_to_stop()
    assert ours.down
    assert ours.start_again()
    assert (done, ours.down) == (["stop", "start"], False)


def test_a_system_that_nobody_can_start_stays_down(tmp_path: Path) -> None:
    stopped = system(drain=Drain(pid_file=str(tmp_path / "pid")))
    stopped.down = True
    assert not stopped.start_again()
    assert stopped.down


def test_a_command_that_cannot_be_run_is_named() -> None:
    with pytest.raises(CannotStop, match=r"drain\.stop: /no/such/program now cannot be run"):
        system(drain=Drain(stop="/no/such/program now")).tell_to_stop()
