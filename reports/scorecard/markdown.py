"""Markdown for a pull request: one comment, found again by its hidden marker and edited in place.

Failures in sight with their fix, the rest folded; what does not fit is counted, not dropped in silence.
"""

from harness.scorecard import GroupScore, Promise, Scorecard
from reports.clean import shown
from reports.formats.markdown import escape, fold
from reports.numerals import NOTHING, counted, seconds
from reports.scorecard.words import DOCS, doubts, in_state, next_step, tally
from reports.states import STATES

FILE = "comment.md"
MARKER = "<!-- streamproof:audit -->"
MAX_BYTES = 60_000  # a comment holds about 65,000 characters
_IN_SIGHT = 10  # broken promises


def render(card: Scorecard) -> str:
    """The comment, marker first."""
    card = shown(card)
    head = f"{MARKER}\n{_head(card)}{_broken(card)}"
    tail = f"{escape(next_step(card))}\n"
    room = MAX_BYTES - len((head + tail).encode())
    for title, promises in _folded(card):
        part = fold(title, ["state", "check", "promise", "evidence"], [_row(one) for one in promises], room)
        head += part
        room -= len(part.encode())
    return head + tail


def _folded(card: Scorecard) -> list[tuple[str, list[Promise]]]:
    return [
        ("Further broken promises", in_state(card, "FAIL")[_IN_SIGHT:]),
        ("Open or invalid", in_state(card, "INVALID", "INCONCLUSIVE")),
        ("Not measured", in_state(card, "NOT MEASURED")),
        ("Kept", in_state(card, "PASS")),
    ]


def _state(name: str) -> str:
    return f"{STATES[name][1]} **{name}**"


def _head(card: Scorecard) -> str:
    audit = card.audit
    total = "" if card.score is None else f" · {card.score} of 100"
    lines = [
        f"### Streamproof audit: {_state(card.state)}{total}",
        "",
        f"{escape(card.headline)}  ",
        *[f"**{escape(doubt)}**  " for doubt in doubts(card)],
        f"{escape(audit.target)}, {escape(audit.dialect)}, {seconds(audit.duration_s)}",
        "",
        "| group | score | |",
        "|---|---:|---|",
        *[_group(group) for group in card.groups],
    ]
    return "\n".join(lines) + "\n\n"


def _group(group: GroupScore) -> str:
    score = NOTHING if group.score is None else str(group.score)
    return f"| {STATES[group.state][1]} {escape(group.group)} | {score} | {tally(group)} |"


def _broken(card: Scorecard) -> str:
    failed = in_state(card, "FAIL")
    if not failed:
        return ""
    lines = [f"**{counted(len(failed), 'broken promise')}**", ""]
    for promise in failed[:_IN_SIGHT]:
        lines.append(f"- {STATES['FAIL'][1]} <code>{escape(promise.id)}</code> {escape(promise.promise)}  ")
        lines.append(f"  {escape(promise.evidence)}  ")
        if promise.fix:
            lines.append(f"  **Fix:** {escape(promise.fix)}  ")
        if promise.doc:
            lines.append(f"  {escape(DOCS + promise.doc)}")
    return "\n".join(lines) + "\n\n"


def _row(promise: Promise) -> list[str]:
    return [
        _state(promise.state),
        f"<code>{escape(promise.id)}</code>",
        escape(promise.promise),
        escape(promise.evidence),
    ]
