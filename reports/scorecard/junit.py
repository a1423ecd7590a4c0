"""JUnit XML: a test case a promise, in a class for its group.

FAIL is a failure, INVALID an error, INCONCLUSIVE and NOT MEASURED are skipped. The audit itself is a case as
well, in error when it was interrupted or cannot vouch for its measurement.
"""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from harness.scorecard import Promise, Scorecard
from reports.clean import shown
from reports.scorecard.words import DOCS, doubts, seen

FILE = "junit.xml"


def render(card: Scorecard) -> str:
    """The document. Names of cases are stable: the check's id, and the group as class."""
    card = shown(card)
    suites = Element("testsuites", name="streamproof audit")
    suite = SubElement(suites, "testsuite", name="streamproof.audit")
    suite.set("timestamp", card.audit.started_utc)
    suite.set("time", f"{card.audit.duration_s:.3f}")
    properties = SubElement(suite, "properties")
    for name, value in _facts(card).items():
        SubElement(properties, "property", name=name, value=value)
    _measurement(suite, card)
    for promise in card.promises:
        _case(suite, promise)
    for kind, tag in (
        ("tests", "testcase"),
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ):
        number = str(sum(1 for _ in suite.iter(tag)))
        suite.set(kind, number)
        suites.set(kind, number)
    indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _facts(card: Scorecard) -> dict[str, str]:
    audit = card.audit
    facts = {"audit": audit.id, "target": audit.target, "dialect": audit.dialect, "command": audit.command}
    scores = {f"score.{group.group}": str(group.score) for group in card.groups if group.score is not None}
    total = {} if card.score is None else {"score": str(card.score)}
    return {name: value for name, value in (facts | total | scores).items() if value}


def _measurement(suite: Element, card: Scorecard) -> None:
    case = SubElement(suite, "testcase", name="measurement", classname="audit", time="0")
    told = doubts(card)
    if told:
        SubElement(case, "error", type="INVALID", message=told[0]).text = "\n".join(told)
    SubElement(case, "system-out").text = f"{card.state}: {card.headline}"


def _case(suite: Element, promise: Promise) -> None:
    case = SubElement(suite, "testcase", name=promise.id, classname=f"audit.{promise.group}")
    case.set("time", f"{promise.duration_s:.3f}")
    match promise.state:
        case "FAIL":
            _broken(case, "failure", promise)
        case "INVALID":
            _broken(case, "error", promise)
        case "INCONCLUSIVE" | "NOT MEASURED":
            SubElement(case, "skipped", message=f"{promise.state}: {promise.evidence}")
        case "PASS":
            pass
    SubElement(case, "system-out").text = f"{promise.state}: {promise.promise}\n{promise.evidence}"


def _broken(case: Element, tag: str, promise: Promise) -> None:
    numbers = f" ({seen(promise)})" if seen(promise) else ""
    told = SubElement(case, tag, type=promise.state, message=f"{promise.evidence}{numbers}")
    lines = [promise.promise, promise.evidence, f"fix: {promise.fix}" if promise.fix else ""]
    lines.append(f"probed: {promise.how}")
    lines.append(f"see {DOCS}{promise.doc}" if promise.doc else "")
    lines.append(f"streams: {', '.join(map(str, promise.streams))}" if promise.streams else "")
    told.text = "\n".join(filter(None, lines))
