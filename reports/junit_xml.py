"""What the JUnit XML of a run and of an audit have in common: the document, and what becomes of a case.

FAIL is a failure, INVALID an error, INCONCLUSIVE and NOT MEASURED are skipped.
"""

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from harness.scorecard import Promise
from harness.summary import CheckResult

_COUNTED = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}


def begin(document: str, suite: str, started_utc: str, duration_s: float) -> tuple[Element, Element]:
    """(the document's root, the one suite in it)."""
    root = Element("testsuites", name=document)
    only = SubElement(root, "testsuite", name=suite)
    only.set("timestamp", started_utc)
    only.set("time", f"{duration_s:.3f}")
    return root, only


def properties(parent: Element, values: Mapping[str, str]) -> None:
    """Facts about a suite or a case; empty ones are left out."""
    all_of_them = SubElement(parent, "properties")
    for name, value in values.items():
        if value:
            SubElement(all_of_them, "property", name=name, value=value)


def add_case(suite: Element, name: str, group: str, duration_s: float | None = None) -> Element:
    """A test case of its `group`; without a duration it took no time of its own."""
    took = "0" if duration_s is None else f"{duration_s:.3f}"
    return SubElement(suite, "testcase", name=name, classname=group, time=took)


def judge(case: Element, judged: CheckResult | Promise, numbers: str, notes: Sequence[str] = ()) -> None:
    """What became of the case. `numbers` follow the evidence, `notes` are lines after the fix."""
    match judged.state:
        case "FAIL":
            _broken(case, "failure", judged, numbers, notes)
        case "INVALID":
            _broken(case, "error", judged, numbers, notes)
        case "INCONCLUSIVE" | "NOT MEASURED":
            SubElement(case, "skipped", message=f"{judged.state}: {judged.evidence}")
        case "PASS":
            pass
    SubElement(case, "system-out").text = f"{judged.state}: {judged.promise}\n{judged.evidence}"


def _broken(
    case: Element, tag: str, judged: CheckResult | Promise, numbers: str, notes: Sequence[str]
) -> None:
    told = SubElement(case, tag, type=judged.state, message=f"{judged.evidence}{numbers}")
    fix = f"fix: {judged.fix}" if judged.fix else ""
    streams = f"streams: {', '.join(map(str, judged.streams))}" if judged.streams else ""
    told.text = "\n".join(filter(None, [judged.promise, judged.evidence, fix, *notes, streams]))


def end(root: Element) -> str:
    """The document, its cases counted."""
    for suite in root:
        for kind, tag in _COUNTED.items():
            number = str(sum(1 for _ in suite.iter(tag)))
            suite.set(kind, number)
            root.set(kind, number)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"
