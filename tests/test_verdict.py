import pytest

from harness.summary import CheckResult, RunInfo, TrustCheck, Validity
from harness.verdict import exit_code_of, reasons, verdict_state


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
