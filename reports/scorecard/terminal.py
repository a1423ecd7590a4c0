"""The end of an audit on a terminal: the verdict, a table by group, then the one thing to do next.

Everything is `Text`, never markup: what a system under test said prints as it is.
"""

from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.scorecard import GroupScore, Promise, Scorecard
from harness.summary import State
from reports.clean import shown
from reports.numerals import NOTHING, seconds
from reports.scorecard.words import DOCS, doubts, next_step, of_group, tally
from reports.states import STATES
from reports.terminal import STYLES, copied

_BAR = 20


def final(card: Scorecard, folder: Path | None = None) -> RenderableType:
    """What a person reads when an audit has ended. `folder` holds its files, if they were written."""
    card = shown(card)
    table = Table(box=box.SIMPLE, show_header=False, pad_edge=False, show_edge=False, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", ratio=1)
    for group in card.groups:
        table.add_section()
        table.add_row(Text(group.group, "bold"), _score(group))
        for promise in of_group(card, group.group):
            table.add_row(_state(promise.state), _told(promise))
    return Group(_head(card), Text(), table, Text(), _next(card), *_where(card, folder))


def _state(name: State) -> Text:
    kind, mark = STATES[name]
    return Text(f"{mark} {name}", STYLES[kind])


def _head(card: Scorecard) -> RenderableType:
    audit = card.audit
    total = NOTHING if card.score is None else f"{card.score} of 100"
    lines = [
        Text.assemble(
            Text("AUDIT  ", "bold"),
            _state(card.state),
            f"   {total}",
            Text(f"   {audit.target}, {audit.dialect}, {seconds(audit.duration_s)}", "dim"),
        ),
        Text(f"  {card.headline}"),
    ]
    lines += [Text(f"  ! {doubt}", STYLES["invalid"]) for doubt in doubts(card)]
    lines += [Text(f"  note: {note}", "dim") for note in audit.notes]
    return Group(*lines)


def _score(group: GroupScore) -> Text:
    kind, _ = STATES[group.state]
    if group.score is None:
        return Text(f"{NOTHING}   {tally(group)}", "dim")
    full = round(group.score / 100 * _BAR)
    return Text.assemble(
        Text(f"{group.score:3d} ", "bold"),
        Text("█" * full, STYLES[kind]),
        Text("░" * (_BAR - full), "dim"),
        f"  {tally(group)}",
    )


def _told(promise: Promise) -> Text:
    text = Text.assemble(Text(promise.id, "bold" if promise.state == "FAIL" else ""))
    match promise.state:
        case "PASS":
            text.append(f"  {promise.promise}", "dim")
            text.no_wrap, text.overflow = True, "ellipsis"  # of forty rows most are kept ones
        case "NOT MEASURED":
            text.append(f"  {promise.evidence} {promise.fix}".rstrip(), "dim")
        case _:
            text.append(f"  {promise.promise}\n")
            text.append(promise.evidence)
            if promise.fix:
                text.append("\nfix: ", "bold").append(promise.fix)
            if promise.doc:
                text.append(f"\nsee {DOCS}{promise.doc}", "dim")
    return text


def _next(card: Scorecard) -> Text:
    return Text.assemble(Text("  NEXT  ", "bold"), next_step(card))


def _where(card: Scorecard, folder: Path | None) -> list[RenderableType]:
    lines: list[RenderableType] = []
    if folder is not None:
        lines.append(copied(f"  page    {folder / 'audit.html'}", "bold"))
        lines.append(copied(f"  json    {folder / 'audit.json'}"))
    if card.audit.command:
        lines.append(copied(f"  again   {card.audit.command}"))
    return lines
