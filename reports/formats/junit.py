"""JUnit XML: a test case a check, so that any CI server lists promises as it lists tests.

FAIL is a failure, INVALID an error, INCONCLUSIVE and NOT MEASURED are skipped. The measurement is a test
case of its own: an INVALID run fails whatever its checks say.
"""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from harness.summary import CheckResult, Summary
from reports.clean import cleaned
from reports.numerals import NOTHING, number

FILE = "junit.xml"


def render(summary: Summary) -> str:
    """The document. Names of cases are stable: the check's id, and the phase as class."""
    summary = cleaned(summary)
    suites = Element("testsuites", name="streamproof")
    suite = SubElement(suites, "testsuite", name=f"streamproof.{summary.run.name}")
    suite.set("timestamp", summary.run.started_utc)
    suite.set("time", f"{summary.run.duration_s:.3f}")
    _properties(suite, _facts(summary))
    _measurement(suite, summary)
    for check in summary.checks:
        _case(suite, summary, check)
    for kind, tag in (
        ("tests", "testcase"),
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ):
        suite.set(kind, str(sum(1 for _ in suite.iter(tag))))
        suites.set(kind, suite.get(kind) or "0")
    indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _facts(summary: Summary) -> dict[str, str]:
    run = summary.run
    facts = {"run": run.id, "seed": str(run.seed), "command": run.command, "git": run.git}
    return facts | {"verdict": summary.verdict.state, "measurement": summary.validity.state}


def _properties(parent: Element, values: dict[str, str]) -> None:
    properties = SubElement(parent, "properties")
    for name, value in values.items():
        if value:
            SubElement(properties, "property", name=name, value=value)


def _measurement(suite: Element, summary: Summary) -> None:
    case = SubElement(suite, "testcase", name="measurement", classname=_class(summary, ""), time="0")
    lines = [
        f"{check.state}: {check.id} {check.stat} {number(check.value)}, "
        f"limit {number(check.limit)} {check.unit} {check.note}".rstrip()
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
    case = SubElement(suite, "testcase", name=check.id, classname=_class(summary, check.phase), time="0")
    seen = {"value": number(check.value), "limit": number(check.limit)}
    _properties(
        case, {"state": check.state, "unit": check.unit} | {k: v for k, v in seen.items() if v != NOTHING}
    )
    match check.state:
        case "FAIL":
            _told(case, "failure", check)
        case "INVALID":
            _told(case, "error", check)
        case "INCONCLUSIVE" | "NOT MEASURED":
            SubElement(case, "skipped", message=f"{check.state}: {check.evidence}")
        case "PASS":
            pass
    SubElement(case, "system-out").text = f"{check.state}: {check.promise}\n{check.evidence}"


def _told(case: Element, tag: str, check: CheckResult) -> None:
    values = (
        f" (seen {number(check.value)}, limit {number(check.limit)} {check.unit})"
        if check.value is not None
        else ""
    )
    told = SubElement(case, tag, type=check.state, message=f"{check.evidence}{values}")
    lines = [check.promise, check.evidence, f"fix: {check.fix}" if check.fix else ""]
    lines.append(f"streams: {', '.join(map(str, check.streams))}" if check.streams else "")
    told.text = "\n".join(filter(None, lines))


def _class(summary: Summary, phase: str) -> str:
    return f"{summary.run.name}.{phase}" if phase else summary.run.name
