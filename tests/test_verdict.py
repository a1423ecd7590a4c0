import msgspec
import pytest

from harness.summary import (
    CheckResult,
    FaultRow,
    Metric,
    PhaseResult,
    RunInfo,
    Span,
    Summary,
    TrustCheck,
    Validity,
    Verdict,
)
from harness.verdict import exit_code_of, reasons, sentences, verdict_state, worst_code


def info(**keys):
    values = {"id": "r", "name": "p", "started_utc": "", "duration_s": 1.0, "seed": 7, "command": "c"}
    return RunInfo(**{**values, **keys})


def check(state, id="completes"):
    return CheckResult(id=id, phase="steady", state=state, promise="It holds.", evidence=f"{state}.")


def trust(state):
    doubt = TrustCheck(id="cpu", state=state, stat="p95", value=1.0, limit=0.7, unit="core", note="hot")
    return Validity(state=state, checks=[doubt])


@pytest.mark.parametrize(
    ("run", "validity", "states", "state", "code"),
    [
        ({}, "VALID", ["PASS", "NOT MEASURED"], "PASS", 0),
        ({}, "SUSPECT", ["PASS"], "PASS", 0),
        ({}, "VALID", ["PASS", "INCONCLUSIVE"], "INCONCLUSIVE", 3),
        ({}, "VALID", ["NOT MEASURED"], "INCONCLUSIVE", 3),
        ({}, "VALID", [], "INCONCLUSIVE", 3),
        ({}, "VALID", ["INCONCLUSIVE", "FAIL", "PASS"], "FAIL", 1),
        ({}, "INVALID", ["FAIL"], "INVALID", 2),
        ({}, "INVALID", ["PASS"], "INVALID", 2),
        ({"died": ["x"]}, "VALID", ["PASS"], "INVALID", 2),
        ({"died": ["x"], "interrupted": True}, "VALID", ["FAIL"], "INVALID", 2),
        ({"interrupted": True}, "VALID", ["PASS"], "INCONCLUSIVE", 4),
        ({"interrupted": True}, "VALID", ["FAIL"], "FAIL", 4),
        ({"interrupted": True}, "INVALID", ["PASS"], "INVALID", 4),
    ],
)  # fmt: skip
def test_the_worst_answer_decides(run, validity, states, state, code):
    found = verdict_state(info(**run), trust(validity), [check(state) for state in states])
    assert (found, exit_code_of(info(**run), found)) == (state, code)


def test_reasons_begin_with_what_failed():
    found = reasons(
        info(died=["the gateway died"]),
        trust("SUSPECT"),
        [check("PASS"), check("INCONCLUSIVE", "meets_slo"), check("FAIL")],
    )
    assert found == [
        "died: the gateway died",
        "completes (steady): FAIL.",
        "meets_slo (steady): INCONCLUSIVE.",
        "cpu: hot",
    ]


@pytest.mark.parametrize(
    ("codes", "worst"), [([0], 0), ([0, 3], 3), ([3, 1, 0], 1), ([1, 2, 3], 2), ([2, 4, 1], 4)]
)
def test_of_several_runs_the_worst_code_counts(codes, worst):
    assert worst_code(codes) == worst


def ttft(p50, p95):
    def quantile(value):
        return None if value is None else (value, value, value)

    return Metric(unit="ms", n=300, censored=0, all={"p50": quantile(p50), "p95": quantile(p95)})


def summary(phases=(), whole=None):
    return Summary(
        run=info(), validity=trust("VALID"), verdict=Verdict(state="PASS", exit_code=0),
        streams={"intended": 42300, "outcomes": {"completed": 42300}},
        metrics={"ttft_user": whole} if whole else {},
        phases=[
            PhaseResult(span=Span(name=name, kind=kind, t0_s=0, t1_s=1), load="", metrics={"ttft_user": one})
            for name, kind, one in phases
        ],
    )  # fmt: skip


def seen(*args, **keys):
    return sentences(summary(*args, **keys), "PASS")[1]


def test_first_tokens_are_those_of_the_steady_phase_and_of_all_its_streams():
    phases = [("steady", "steady", ttft(249.4, 1428.0)), ("mobile", "fault", ttft(9999.0, 9999.0))]
    assert seen(phases, whole=ttft(1.0, 2.0)) == (
        "42,300 of 42,300 streams gave their users a whole answer; in phase steady the first token came "
        "within 249 ms for half of all streams and within 1,428 ms for nineteen in twenty."
    )


def test_without_a_steady_phase_the_sentence_says_that_it_is_of_the_whole_run():
    assert "; over the whole run the first token came within 3 ms for half" in seen(whole=ttft(3.0, None))


def test_streams_that_never_got_a_token_are_in_the_sentence():
    assert seen(whole=ttft(3.0, "inf")).endswith("half of all streams and never for more than one in twenty.")
    assert seen(whole=ttft("inf", "inf")).endswith("at least half of all streams never got a first token.")
    assert seen(whole=ttft(None, None)) == "42,300 of 42,300 streams gave their users a whole answer."


def test_three_broken_promises_are_named_and_the_rest_counted():
    broken = msgspec.structs.replace(summary(), checks=[check("FAIL", f"c{n}") for n in range(5)])
    said = sentences(broken, "FAIL")[0]
    assert said == "The system broke 5 of 5 promises: c0 in steady, c1 in steady, c2 in steady and 2 more."
    three = msgspec.structs.replace(broken, checks=broken.checks[:3])
    assert sentences(three, "FAIL")[0].endswith(": c0 in steady, c1 in steady, c2 in steady.")


def counted(intended, completed, planned=0):
    outcomes = {"completed": completed}
    faults = [FaultRow(phase="p", fault="provider s1", hit=planned, outcomes={"truncated": planned})]
    streams = {"intended": intended, "outcomes": outcomes}
    found = msgspec.structs.replace(summary(), streams=streams, faults=faults if planned else [])
    return sentences(found, "PASS")[1]


@pytest.mark.parametrize(
    ("intended", "completed", "planned", "words"),
    [
        (1, 1, 0, "The one stream gave its user a whole answer."),
        (1, 0, 1, "The one stream gave its user no whole answer; planned faults broke it."),
        (2, 1, 0, "1 of 2 streams gave their users a whole answer."),
        (2, 1, 1, "1 of 2 streams gave their users a whole answer; planned faults broke the other one."),
        (9, 0, 9, "0 of 9 streams gave their users a whole answer; planned faults broke all 9."),
        (9, 5, 4, "5 of 9 streams gave their users a whole answer; planned faults broke the other 4."),
        (9, 5, 3, "5 of 9 streams gave their users a whole answer; planned faults broke 3 of the other 4."),
        (9, 0, 3, "0 of 9 streams gave their users a whole answer; planned faults broke 3 of the 9."),
    ],
)
def test_streams_that_broke_are_counted_as_people_count(intended, completed, planned, words):
    assert counted(intended, completed, planned) == words


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("PASS", "The system kept the one promise that this run could judge."),
        ("FAIL", "The system broke the one promise that was judged: completes in steady."),
    ],
)
def test_a_single_promise_is_not_counted(state, words):
    one = msgspec.structs.replace(summary(), checks=[check(state)])
    assert sentences(one, state)[0] == words


def test_a_single_question_to_the_measurement_is_not_counted():
    assert sentences(summary(), "PASS")[2] == (
        "The numbers can be trusted: the one question to the measurement was answered well."
    )
