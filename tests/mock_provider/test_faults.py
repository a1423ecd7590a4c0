import pytest

from harness.plan.provider import FaultRule
from mock_provider import faults
from mock_provider.faults.fault import Setting
from mock_provider.script import Do, Framing, Script, Step, whole

MS = 1_000_000


def _error(status: int) -> Script:
    return whole(status, b"{}", ())


SETTING = Setting(error=_error)
STREAM = Script(
    steps=[
        Step(0, Do.HEAD),
        Step(10 * MS, Do.START),
        Step(10 * MS, Do.TOKENS, 1),
        Step(20 * MS, Do.TOKENS, 2),
        Step(30 * MS, Do.TOKENS, 1),
        Step(30 * MS, Do.FINISH),
        Step(30 * MS, Do.END),
        Step(30 * MS, Do.CLOSE),
    ]
)


def played(script: Script, **rule: object) -> Script:
    parsed = FaultRule(**rule)  # type: ignore[arg-type]
    return faults.load(parsed.id).play(script, parsed, SETTING)


def shape(script: Script) -> list[tuple[int, str, int]]:
    return [(step.at_ns // MS, step.do.name, step.tokens) for step in script.steps]


OPENING = [(0, "HEAD", 0), (10, "START", 0), (10, "TOKENS", 1)]


def test_s1_ends_http_properly_after_its_token_and_says_nothing() -> None:
    script = played(STREAM, id="s1", at_token=1)
    assert shape(script) == [*OPENING, (20, "FAULT", 0), (20, "CLOSE", 0)]
    assert (script.fault, script.framing) == ("s1@1", Framing.CHUNKED)


def test_a_fault_in_the_middle_of_a_frame_cuts_the_frame() -> None:
    script = played(STREAM, id="s2", at_token=2)
    assert shape(script) == [*OPENING, (20, "TOKENS", 1), (20, "FAULT", 0), (20, "FIN", 0)]


def test_s3_waits_so_that_the_reset_does_not_eat_what_was_written() -> None:
    script = played(STREAM, id="s3", at_token=1)
    assert shape(script) == [*OPENING, (60, "FAULT", 0), (60, "RST", 0)]


def test_a_fault_beyond_the_answer_strikes_after_its_last_token() -> None:
    script = played(STREAM, id="s1", at_token=99)
    assert shape(script)[-3:] == [(30, "TOKENS", 1), (30, "FAULT", 0), (30, "CLOSE", 0)]


def test_a_fault_at_token_0_strikes_after_the_role_chunk() -> None:
    script = played(STREAM, id="s1", at_token=0)
    assert shape(script) == [*OPENING[:2], (10, "FAULT", 0), (10, "CLOSE", 0)]


def test_a_stall_moves_the_rest_and_loses_nothing() -> None:
    script = played(STREAM, id="s6", at_token=3, seconds=2)
    assert shape(script)[4:] == [
        (30, "FAULT", 0),
        (2030, "TOKENS", 1),
        (2030, "FINISH", 0),
        (2030, "END", 0),
        (2030, "CLOSE", 0),
    ]
    assert (script.fault, script.injected_ns) == ("s6@3:2", 2000 * MS)


def test_a_stall_that_dies_closes_after_its_silence() -> None:
    script = played(STREAM, id="s6", at_token=3, seconds=2, then="die")
    assert shape(script)[4:] == [(30, "FAULT", 0), (2030, "FIN", 0)]
    assert script.fault == "s6@3:2:die"


def test_an_error_status_replaces_the_answer() -> None:
    script = played(STREAM, id="h1", status=529)
    assert (script.status, script.fault) == (529, "h1:529")
    assert [step.do for step in script.steps] == [Do.FAULT, Do.HEAD, Do.BYTES, Do.CLOSE]


@pytest.mark.parametrize("fault", ["s2", "s3"])
def test_an_unstreamed_body_is_cut_in_its_middle(fault: str) -> None:
    script = played(whole(200, b"0123456789", (), tokens=4), id=fault, at_token=0)
    assert [step.do for step in script.steps][:2] == [Do.HEAD, Do.BYTES]
    assert script.steps[1].data == b"01234"
    assert script.length == 10


@pytest.mark.parametrize("name", faults.names())
def test_every_fault_keeps_time_running_forwards_and_is_marked_once(name: str) -> None:
    script = played(STREAM, id=name, at_token=2, seconds=1)
    times = [step.at_ns for step in script.steps]
    assert times == sorted(times)
    assert [step.do for step in script.steps].count(Do.FAULT) == 1
    assert script.fault.startswith(name)


def test_an_unknown_fault_has_no_file() -> None:
    with pytest.raises(KeyError):
        faults.load("s99")
