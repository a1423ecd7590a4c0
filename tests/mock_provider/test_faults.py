"""Every fault as what it is: a change to a script."""

import json

import pytest

from harness import dialects
from harness.dialects import events
from harness.dialects.dialect import Reply
from harness.plan.provider import FaultRule
from harness.wire.sse import SseDecoder
from mock_provider import faults, notation, requests
from mock_provider.faults import s8, s10, s12
from mock_provider.faults.fault import Setting
from mock_provider.requests.request import Problem
from mock_provider.script import Do, Framing, Headers, Script, Step, whole

MS = 1_000_000


def _error(problem: Problem, headers: Headers) -> Script:
    return whole(problem.status, json.dumps([problem.code, problem.kind]).encode(), headers)


SETTING = Setting(dialect=dialects.load("openai"), error=_error, input_tokens=3)
STREAM = Script(
    steps=[
        Step(0, Do.HEAD),
        Step(10 * MS, Do.START),
        Step(10 * MS, Do.TEXT, 1, nth=0),
        Step(20 * MS, Do.TEXT, 2, nth=1),
        Step(30 * MS, Do.TEXT, 1, nth=3),
        Step(30 * MS, Do.FINISH),
        Step(30 * MS, Do.END),
        Step(30 * MS, Do.CLOSE),
    ]
)
WHOLE = whole(200, b"0123456789", (), tokens=4)


def played(notation_text: str, script: Script = STREAM, **more: object) -> Script:
    rule = notation.parse(notation_text)
    fields = {name: getattr(rule, name) for name in rule.__struct_fields__} | more
    return faults.load(rule.id).play(script, FaultRule(**fields), SETTING)


def shape(script: Script) -> list[tuple[int, str, int]]:
    return [(step.at_ns // MS, step.do.name, step.tokens) for step in script.steps]


OPENING = [(0, "HEAD", 0), (10, "START", 0), (10, "TEXT", 1)]
ENDING = [(30, "FINISH", 0), (30, "END", 0), (30, "CLOSE", 0)]


def test_s1_ends_http_properly_after_its_token_and_says_nothing() -> None:
    script = played("s1@1")
    assert shape(script) == [*OPENING, (20, "FAULT", 0), (20, "CLOSE", 0)]
    assert (script.ends_by_fault, script.framing) == (True, Framing.CHUNKED)


def test_a_fault_in_the_middle_of_a_frame_cuts_the_frame() -> None:
    script = played("s2@2")
    assert shape(script) == [*OPENING, (20, "TEXT", 1), (20, "FAULT", 0), (20, "FIN", 0)]
    assert script.steps[3].nth == 1


def test_a_stall_in_the_middle_of_a_frame_sends_the_rest_of_it_later() -> None:
    script = played("s6@2:1")
    assert [(step.at_ns // MS, step.tokens, step.nth) for step in script.steps if step.do is Do.TEXT] == [
        (10, 1, 0),
        (20, 1, 1),
        (1020, 1, 2),
        (1030, 1, 3),
    ]


def test_s3_waits_so_that_the_reset_does_not_eat_what_was_written() -> None:
    assert shape(played("s3@1")) == [*OPENING, (60, "FAULT", 0), (60, "RST", 0)]


def test_s4_promises_more_than_comes() -> None:
    script = played("s4@1")
    assert shape(script) == [*OPENING, (20, "FAULT", 0), (20, "FIN", 0)]
    assert (script.framing, script.length > 1_000_000) == (Framing.LENGTH, True)


def test_a_fault_beyond_the_answer_strikes_after_its_last_token() -> None:
    assert shape(played("s1@99"))[-3:] == [(30, "TEXT", 1), (30, "FAULT", 0), (30, "CLOSE", 0)]


def test_a_fault_at_token_0_strikes_after_the_role_chunk() -> None:
    assert shape(played("s1@0")) == [*OPENING[:2], (10, "FAULT", 0), (10, "CLOSE", 0)]


@pytest.mark.parametrize(("done", "last"), [(False, ["ERROR", "CLOSE"]), (True, ["ERROR", "END", "CLOSE"])])
def test_s5_says_so_in_the_stream_with_or_without_the_last_word(done: bool, last: list[str]) -> None:
    script = played("s5@1:rate_limit-1", done=done)
    assert [step.do.name for step in script.steps][3:] == ["FAULT", *last]
    assert (script.error.code, script.error.shape) == ("rate_limit_exceeded", "choice")


def test_a_stall_moves_the_rest_and_loses_nothing() -> None:
    script = played("s6@3:2")
    later = [(2030, *rest) for _, *rest in [(30, "TEXT", 1), *ENDING]]
    assert shape(script)[4:] == [(30, "FAULT", 0), *later]
    assert (script.injected_ns, script.ends_by_fault) == (2000 * MS, False)


def test_a_stall_that_dies_closes_after_its_silence() -> None:
    script = played("s6@3:2:die")
    assert shape(script)[4:] == [(30, "FAULT", 0), (2030, "FIN", 0)]
    assert script.ends_by_fault


def test_a_trickle_spreads_every_frame_that_is_left() -> None:
    script = played("s7@1:20")
    assert shape(script)[3:6] == [(20, "FAULT", 0), (20_020, "TEXT", 2), (40_030, "TEXT", 1)]
    assert not script.ends_by_fault


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("c1", [(0, "FAULT", 0), (0, "RST", 0)]),
        ("c1:fin,2", [(0, "FAULT", 0), (2000, "FIN", 0)]),
        ("c2:2:die", [(0, "FAULT", 0), (2000, "FIN", 0)]),
        ("c3:2:die", [(0, "HEAD", 0), (0, "FAULT", 0), (2000, "FIN", 0)]),
    ],
)
def test_connections_die_before_the_body(fault: str, expected: list[tuple[int, str, int]]) -> None:
    assert shape(played(fault)) == expected


def test_a_hang_before_or_after_the_headers_delays_what_follows_it() -> None:
    assert [step.at_ns // MS for step in played("c2:1").steps][:4] == [0, 1000, 1010, 1010]
    assert [step.at_ns // MS for step in played("c3:1").steps][:4] == [0, 0, 1010, 1010]


@pytest.mark.parametrize(
    ("fault", "status", "words", "headers"),
    [
        ("h1:529", 529, ["", ""], {}),
        ("h2:ms,1400", 429, ["rate_limit_exceeded", ""], {"retry-after": "2", "retry-after-ms": "1400"}),
        ("h2:s,2000", 429, ["rate_limit_exceeded", ""], {"retry-after": "2"}),
        ("h2:long", 429, ["rate_limit_exceeded", ""], {"retry-after": "200"}),
        ("h2:zero", 429, ["rate_limit_exceeded", ""], {"retry-after": "0"}),
        ("h2:none", 429, ["rate_limit_exceeded", ""], {}),
        ("h2:date", 429, ["rate_limit_exceeded", ""], {"retry-after": "Fri, 01 Jan 2100 00:00:00 GMT"}),
        ("h4", 429, ["insufficient_quota", "insufficient_quota"], {}),
        ("h4:context", 400, ["context_length_exceeded", ""], {}),
    ],
)
def test_refusals_have_their_status_code_and_headers(
    fault: str, status: int, words: list[str], headers: dict[str, str]
) -> None:
    script = played(fault)
    assert [step.do for step in script.steps] == [Do.FAULT, Do.HEAD, Do.BYTES, Do.CLOSE]
    assert (script.status, json.loads(script.steps[2].data)) == (status, words)
    assert dict(script.headers) == {"content-type": "application/json"} | headers
    assert script.ends_by_fault


@pytest.mark.parametrize("name", requests.names())
@pytest.mark.parametrize("kind", ["quota", "context", "filter"])
def test_a_refusal_for_good_can_be_told_from_one_that_passes(name: str, kind: str) -> None:
    api, dialect = requests.load(name), dialects.load(name)

    def error(problem: Problem, headers: Headers) -> Script:
        return whole(problem.status, api.error_body(problem, "r"), headers)

    setting = Setting(dialect=dialect, error=error)
    script = faults.load("h4").play(STREAM, notation.parse(f"h4:{kind}"), setting)
    code, message = dialect.read_error(script.steps[2].data)
    assert 400 <= script.status < 500
    assert script.status != 429 or code == "insufficient_quota"
    assert message
    assert not {"retry-after", "x-should-retry"} & dict(script.headers).keys()


def test_s9_is_a_200_without_a_stream() -> None:
    page, error, empty = (played(f"s9:{kind}") for kind in ("html", "json", "empty"))
    assert {page.status, error.status, empty.status} == {200}
    assert page.headers[0] == ("content-type", "text/html; charset=utf-8")
    assert (empty.length, page.length > 0, error.length > 0) == (0, True, True)


def test_s11_repeats_swaps_or_outlives_the_end() -> None:
    assert [(step.do.name, step.nth) for step in played("s11@1:duplicate").steps[2:6]] == [
        ("TEXT", 0),
        ("FAULT", 0),
        ("EXTRA", 0),
        ("TEXT", 1),
    ]
    swapped = [step for step in played("s11@1:reordered").steps if step.do is Do.TEXT]
    assert [step.nth for step in swapped] == [0, 3, 1]
    assert [step.at_ns // MS for step in swapped] == [10, 20, 30]
    assert [step.do.name for step in played("s11:after_done").steps[-4:]] == [
        "END",
        "FAULT",
        "EXTRA",
        "CLOSE",
    ]
    assert [step.do.name for step in played("s11:two_done").steps[-4:]] == ["END", "FAULT", "END", "CLOSE"]


def _openai_stream() -> list[bytes]:
    reply = Reply(id="c", model="m", created_s=1, include_usage=True)
    encoder = dialects.load("openai").encoder(reply)
    usage = events.Usage(3, 2)
    return [
        encoder.start(),
        encoder.text("wörd "),
        encoder.text("😀 "),
        encoder.finish("stop", usage),
        encoder.end(),
    ]


def test_every_case_of_the_table_of_framings_has_a_kind() -> None:
    assert {kind[:3] for kind in s10.FAULT.kinds} == {f"W{number:02}" for number in range(1, 27)}


def test_what_is_written_together_is_due_together() -> None:
    assert {at_ms for at_ms, name, _ in shape(played("s10:W21")) if name != "FAULT"} == {0, 30}
    assert [at_ms for at_ms, name, _ in shape(played("s10:W26-many")) if name == "TEXT"] == [30, 30, 30]
    assert shape(played("s10:W26-many"))[2] == (10, "START", 0)


def test_s10_ends_a_stream_that_says_nothing_or_only_that_it_is_done() -> None:
    assert shape(played("s10:W23")) == [(0, "HEAD", 0), (10, "FAULT", 0), (10, "CLOSE", 0)]
    assert [step.do.name for step in played("s10:W23-done").steps] == ["HEAD", "FAULT", "END", "CLOSE"]
    assert played("s10:W23").ends_by_fault


def test_what_needs_lines_of_sse_or_usage_on_chunks_is_not_played_elsewhere() -> None:
    ollama, anthropic = dialects.load("ollama"), dialects.load("anthropic")
    assert not s10.FAULT.can_play("W03", ollama)
    assert s10.FAULT.can_play("W26-gzip", ollama)
    assert s12.FAULT.can_play("every", ollama)
    assert not s12.FAULT.can_play("every", anthropic)


@pytest.mark.parametrize("kind", [kind for kind in s8.FAULT.kinds if kind not in ("unknown_finish", "empty")])
def test_every_frame_of_s8_is_one_that_the_decoder_refuses_or_ignores(kind: str) -> None:
    reply = Reply(id="c", model="m", created_s=1)
    spoiled = s8.spoil(dialects.load("openai").encoder(reply).text(s8.GHOST), kind)
    decoder = dialects.load("openai").decoder()
    (frame,) = SseDecoder().feed(spoiled)
    kinds = {event.kind for event in decoder.feed(frame)}
    assert kinds == ({events.Kind.OTHER} if kind == "unknown_event" else {events.Kind.CORRUPT})


def reframed(notation_text: str, frame: bytes, tokens: int = 0) -> bytes:
    reframe = played(notation_text).reframe
    assert reframe is not None
    return b"".join(reframe()(frame, Do.TEXT, tokens))


def test_s12_leaves_usage_out_or_null_and_nothing_else() -> None:
    frames = _openai_stream()
    for kind, usage in (("missing", "absent"), ("null", None)):
        said = json.loads(reframed(f"s12:{kind}", frames[3]).split(b"\n\n")[1][6:])
        assert said.get("usage", "absent") == usage
        assert said["object"] == "chat.completion.chunk"
        assert reframed(f"s12:{kind}", frames[4]) == frames[4] == b"data: [DONE]\n\n"


def test_s12_states_usage_so_far_on_every_chunk() -> None:
    said = json.loads(reframed("s12:every", _openai_stream()[1], 5)[6:])
    assert said["usage"] == {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
    assert said["choices"][0]["delta"] == {"content": "wörd "}
    assert reframed("s12:every", _openai_stream()[4]) == b"data: [DONE]\n\n"


@pytest.mark.parametrize("name", [name for name in faults.names() if not faults.load(name).needs_stream])
def test_what_can_be_played_on_a_whole_body_keeps_time_and_is_marked(name: str) -> None:
    script = played(name, WHOLE)
    assert [step.do for step in script.steps].count(Do.FAULT) == 1
    assert [step.at_ns for step in script.steps] == sorted(step.at_ns for step in script.steps)


@pytest.mark.parametrize("fault", ["s2", "s3", "s4"])
def test_an_unstreamed_body_is_cut_in_its_middle(fault: str) -> None:
    script = played(fault, WHOLE)
    assert [step.do for step in script.steps][:2] == [Do.HEAD, Do.BYTES]
    assert (script.steps[1].data, script.length) == (b"01234", 10)


@pytest.mark.parametrize(
    "text", [f"{name}:{kind}" for name in faults.names() for kind in faults.load(name).kinds or [""]]
)
def test_every_kind_of_every_fault_keeps_time_running_forwards_and_is_marked_once(text: str) -> None:
    script = played(text.rstrip(":"))
    times = [step.at_ns for step in script.steps]
    assert times == sorted(times)
    assert [step.do for step in script.steps].count(Do.FAULT) == 1
    assert script.steps[-1].do in (Do.CLOSE, Do.FIN, Do.RST)
