"""JUnit XML: a test case a promise, in a class for its group.

FAIL is a failure, INVALID an error, INCONCLUSIVE and NOT MEASURED are skipped. The audit itself is a case as
well, in error when it was interrupted or cannot vouch for its measurement.
"""

from xml.etree.ElementTree import Element, SubElement

from harness.scorecard import Promise, Scorecard
from reports import junit_xml
from reports.clean import shown
from reports.scorecard.words import DOCS, doubts, seen

FILE = "junit.xml"


def render(card: Scorecard) -> str:
    """The document. Names of cases are stable: the check's id, and the group as class."""
    card = shown(card)
    audit = card.audit
    root, suite = junit_xml.begin(
        "streamproof audit", "streamproof.audit", audit.started_utc, audit.duration_s
    )
    junit_xml.properties(suite, _facts(card))
    _measurement(suite, card)
    for promise in card.promises:
        _case(suite, promise)
    return junit_xml.end(root)


def _facts(card: Scorecard) -> dict[str, str]:
    audit = card.audit
    facts = {"audit": audit.id, "target": audit.target, "dialect": audit.dialect, "command": audit.command}
    scores = {f"score.{group.group}": str(group.score) for group in card.groups if group.score is not None}
    total = {} if card.score is None else {"score": str(card.score)}
    return facts | total | scores


def _measurement(suite: Element, card: Scorecard) -> None:
    case = junit_xml.add_case(suite, "measurement", "audit")
    told = doubts(card)
    if told:
        SubElement(case, "error", type="INVALID", message=told[0]).text = "\n".join(told)
    SubElement(case, "system-out").text = f"{card.state}: {card.headline}"


def _case(suite: Element, promise: Promise) -> None:
    case = junit_xml.add_case(suite, promise.id, f"audit.{promise.group}", promise.duration_s)
    numbers = f" ({seen(promise)})" if seen(promise) else ""
    page = f"see {DOCS}{promise.doc}" if promise.doc else ""
    junit_xml.judge(case, promise, numbers, [f"probed: {promise.how}", page])
