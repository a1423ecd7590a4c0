"""What a scorecard says besides its promises: what to look at first, what to do next, how far to trust it."""

import re
import textwrap

from harness.scorecard import GroupScore, Promise, Scorecard
from harness.summary import State
from reports.numerals import counted, number

TITLES = {
    "latency": "Does the path hand tokens on at once, and wait as long as an answer needs?",
    "integrity": "Does each user get the whole answer, their own, once, unharmed?",
    "cancellation": "Does work end when its user is gone, and only then?",
    "errors": "Is a broken answer told as broken, in a way that a client can act on?",
    "limits": "What happens when there is more demand than capacity?",
    "observability": "Do the system’s own log and metrics say what really happened?",
}
_LINE = 110
DOCS = "docs/"  # where `Promise.doc` begins
_ORDER: tuple[State, ...] = ("FAIL", "INVALID", "INCONCLUSIVE", "NOT MEASURED", "PASS")
_COUNTED = (
    ("passed", "kept"),
    ("failed", "broken"),
    ("inconclusive", "open"),
    ("invalid", "invalid"),
    ("not_measured", "not measured"),
)


def of_group(card: Scorecard, group: str) -> list[Promise]:
    """The promises of a group: what somebody must look at first, else in the order of the scorecard."""
    return sorted((one for one in card.promises if one.group == group), key=_urgency)


def in_state(card: Scorecard, *states: State) -> list[Promise]:
    """The promises in these states, the most urgent first."""
    return sorted((one for one in card.promises if one.state in states), key=_urgency)


def _urgency(promise: Promise) -> tuple[int, int]:
    return _ORDER.index(promise.state), -promise.weight


def tally(group: GroupScore) -> str:
    """How a group's promises came out: `4 kept, 1 broken`."""
    parts = [f"{getattr(group, field)} {word}" for field, word in _COUNTED if getattr(group, field)]
    return ", ".join(parts) or "nothing asked"


def seen(promise: Promise) -> str:
    """Value and limit, where the check has numbers: `seen 412 ms, limit 50 ms`; else empty."""
    parts = [
        f"{word} {number(value)} {promise.unit}".rstrip()
        for word, value in (("seen", promise.value), ("limit", promise.limit))
        if value is not None
    ]
    return ", ".join(parts)


def gist(evidence: str) -> str:
    """The first statement of an evidence in a line, for places where many stand below each other."""
    plain = re.sub(r" \([^()]*\)", "", evidence)
    first = re.split(r"[;.] ", plain, maxsplit=1)[0].rstrip(".")
    return textwrap.shorten(first, _LINE, placeholder=" …")


def doubts(card: Scorecard) -> list[str]:
    """Why the card may not be relied on, a sentence each; empty when it may."""
    found = []
    invalid = in_state(card, "INVALID")
    if invalid or card.state == "INVALID":
        late = card.audit.own_lag_ms
        lag = "" if late is None else f" Its own reads came up to {number(late)} ms late."
        names = f" Not to be relied on: {', '.join(one.id for one in invalid)}." if invalid else ""
        found.append(f"The audit cannot vouch for its own measurement.{lag}{names}")
    if card.audit.interrupted:
        judged = [one for one in card.promises if one.state != "NOT MEASURED"]
        found.append(
            f"The audit was interrupted. This is what it had: "
            f"{len(judged)} of {counted(len(card.promises), 'promise')}."
        )
    return found


def next_step(card: Scorecard) -> str:
    """The one thing to do now."""
    if card.state == "INVALID":
        own = next((one.fix for one in in_state(card, "INVALID") if one.fix), "Audit again.")
        return f"{own} `streamproof doctor` tells whether this machine can measure."
    failed = in_state(card, "FAIL")
    if failed:
        first = failed[0]
        fix = first.fix.partition(". ")[0].rstrip(". ")  # the rest is in its row
        todo = f"Begin with {first.id}: {fix}." if fix else f"Begin with {first.id}."
        again = alone(card, first)
        return f"{todo} Then ask it again alone: `{again}`" if again else todo
    if card.audit.interrupted:
        return f"Let the audit run to its end{f': `{card.audit.command}`' if card.audit.command else ''}."
    unclear = in_state(card, "INCONCLUSIVE")
    if unclear:
        again = alone(card, unclear[0])
        repeat = f" Ask it again alone: `{again}`" if again else ""
        return f"{counted(len(unclear), 'promise')} stayed open, first {unclear[0].id}.{repeat}"
    missing = in_state(card, "NOT MEASURED")
    if missing:
        why = f"{missing[0].evidence} {missing[0].fix}".strip() or "see its row"
        return (
            f"{counted(len(missing), 'promise')} could not be asked about. Begin with {missing[0].id}: {why}"
        )
    return "Nothing to mend. Run the audit with every release (docs/audit.md says how)."


def alone(card: Scorecard, promise: Promise) -> str:
    """The command that asks about one promise; empty when the audit's own is not known."""
    command = card.audit.command
    return f"{command} --only {promise.id}" if command and "--only" not in command else command
