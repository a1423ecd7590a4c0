"""JUnit XML: a test case a check, so that any CI server lists promises as it lists tests.

FAIL is a failure, INVALID an error, INCONCLUSIVE and NOT MEASURED are skipped. The measurement is a test
case of its own: an INVALID run fails whatever its checks say.
"""

from xml.etree.ElementTree import Element, SubElement

from harness.summary import CheckResult, Summary
from reports import junit_xml
from reports.clean import cleaned
from reports.numerals import NOTHING, number, quantity, trusted_while

FILE = "junit.xml"


def render(summary: Summary) -> str:
    """The document. Names of cases are stable: the check's id, and the phase as class."""
    summary = cleaned(summary)
    run = summary.run
    root, suite = junit_xml.begin("streamproof", f"streamproof.{run.name}", run.started_utc, run.duration_s)
    junit_xml.properties(suite, _facts(summary))
    _measurement(suite, summary)
    for check in summary.checks:
        _case(suite, summary, check)
    return junit_xml.end(root)


def _facts(summary: Summary) -> dict[str, str]:
    run = summary.run
    facts = {"run": run.id, "seed": str(run.seed), "command": run.command, "git": run.git}
    return facts | {"verdict": summary.verdict.state, "measurement": summary.validity.state}


def _measurement(suite: Element, summary: Summary) -> None:
    case = junit_xml.add_case(suite, "measurement", _class(summary, ""))
    lines = [
        f"{check.state}: {check.id} {check.stat} {number(check.value)}, "
        f"{trusted_while(check)} {check.note}".rstrip()
        for check in summary.validity.checks
    ]
    if summary.run.interrupted:
        lines.insert(0, "the run was interrupted")
    lines = [f"died: {part}" for part in summary.run.died] + lines
    if summary.validity.state == "INVALID" or summary.run.interrupted:
        doubts = [line for line in lines if not line.startswith(("VALID", "SUSPECT"))]
        error = SubElement(case, "error", type=summary.validity.state, message="; ".join(doubts) or "INVALID")
        error.text = "\n".join(lines)
    SubElement(case, "system-out").text = "\n".join([summary.validity.state, *lines])


def _case(suite: Element, summary: Summary, check: CheckResult) -> None:
    case = junit_xml.add_case(suite, check.id, _class(summary, check.phase))
    seen = {"value": number(check.value), "limit": number(check.limit)}
    junit_xml.properties(
        case, {"state": check.state, "unit": check.unit} | {k: v for k, v in seen.items() if v != NOTHING}
    )
    told = f"seen {quantity(check.value, check.unit)}, limit {quantity(check.limit, check.unit)}"
    limits = f" ({told})" if check.value is not None else ""
    junit_xml.judge(case, check, limits)


def _class(summary: Summary, phase: str) -> str:
    return f"{summary.run.name}.{phase}" if phase else summary.run.name
