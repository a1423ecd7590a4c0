"""Markdown for a pull request: one comment, found again by its hidden marker and edited in place.

A short verdict table in sight, the rest folded. A comment holds about 65,000 characters; rows that do not
fit are counted, not dropped in silence.
"""

import re

from harness.summary import CheckResult, Summary
from reports.clean import cleaned
from reports.numerals import number, quantity, seconds
from reports.outcomes import sentence
from reports.page.chapters import balance, headline
from reports.scoreboard import Cell, by_phase
from reports.states import STATES, broken, kept

FILE = "comment.md"
MARKER = "<!-- streamproof:gate -->"
MAX_CHARACTERS = 60_000
_LONGEST = 600  # of one text from a record
_SPECIAL = re.compile(r"([\\`*_\[\]|~$>]|:(?=//)|(?<=www)\.)")
_LINE_START = re.compile(r"^(\d*)([-+.)=#])(?=[-=#]*(?:\s|$))")


def render(summary: Summary) -> str:
    """The comment, marker first."""
    return MARKER + "\n" + document(summary, MAX_CHARACTERS - len(MARKER))


def document(summary: Summary, limit: int) -> str:
    """Verdict, folded checks, folded phases, in at most `limit` bytes of UTF-8."""
    summary = cleaned(summary)
    head = _verdict(summary)
    tail = _again(summary)
    room = limit - len((head + tail).encode())
    folded = ""
    for title, columns, rows in _tables(summary):
        part = fold(title, columns, rows, room)
        folded += part
        room -= len(part.encode())
    return head + folded + tail


def escape(text: str) -> str:
    """Text of a record as Markdown that shows it and does nothing: no markup, link, mention or table cell."""
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    text = _SPECIAL.sub(r"\\\1", text)
    text = _LINE_START.sub(r"\1\\\2", re.sub(r"\s+", " ", text).strip())
    # A comment is nothing to a reader, and ends what GitHub would take for a user or an issue.
    return re.sub(r"([@#])(?=\w)", r"\1<!-- -->", text)


def _state(name: str) -> str:
    return f"{STATES[name][1]} **{name}**"


def _verdict(summary: Summary) -> str:
    run, validity = summary.run, summary.validity
    bad = broken(summary)
    counts = ", ".join(f"{sum(c.state == s for c in bad)} {s}" for s in dict.fromkeys(c.state for c in bad))
    doubts = ", ".join(f"{c.id} {quantity(c.value, c.unit)}" for c in validity.checks if c.state != "VALID")
    lines = [
        f"### Streamproof: {_state(summary.verdict.state)} · {escape(run.name)}",
        "",
        *[f"{escape(text)}  " for text in summary.verdict.sentences[:3]],
        *["**The run was interrupted.**  "] * run.interrupted,
        *[f"Died: {escape(part)}  " for part in run.died[:5]],
        "",
        "| | |",
        "|---|---|",
        f"| checks | {len(kept(summary))} without complaint{', ' + counts if counts else ''} |",
        f"| measurement | {_state(validity.state)}{' ' + escape(doubts) if doubts else ''} |",
        f"| TTFT | {_ttft(summary)} |",
        f"| run | {escape(run.id)}, {seconds(run.duration_s)}, seed {run.seed} |",
        "",
    ]
    for check in bad[:5]:
        lines += [f"- {_state(check.state)} {_where(check)}: {escape(check.evidence or check.promise)}"]
    return "\n".join(lines) + "\n\n"


def _ttft(summary: Summary) -> str:
    lines = by_phase(summary.phases, headline(summary)).lines
    parts = [
        f"{escape(line.name)} p50 {_cell(line.all[0])}, p95 {_cell(line.all[2])} {line.unit}"
        for line in lines
    ]
    return "<br>".join(parts[:6]) or "no stream got a token"


def _cell(cell: Cell) -> str:
    if not cell.value:
        return cell.note
    return f"{cell.value} ({cell.interval})" if cell.interval else cell.value


def _where(check: CheckResult) -> str:
    return f"<code>{escape(check.id)}</code>" + (f" in {escape(check.phase)}" if check.phase else "")


def _tables(summary: Summary) -> list[tuple[str, list[str], list[list[str]]]]:
    checks = [
        [_state(c.state), _where(c), escape(c.evidence), escape(c.fix)]
        for c in broken(summary) + kept(summary)
    ]
    phases = [
        [escape(p.span.name), escape(p.load), escape(sentence(p.outcomes)), escape(balance(p)[1])]
        for p in summary.phases
    ]
    faults = [
        [
            escape(f.fault),
            escape(f.phase),
            number(f.hit),
            escape(sentence(f.outcomes)),
            number(f.wasted_tokens),
        ]
        for f in summary.faults
    ]
    return [
        ("Checks", ["state", "check", "evidence", "fix"], checks),
        ("Phases", ["phase", "load", "outcomes", "tokens out = in"], phases),
        ("Planned faults", ["fault", "phase", "attempts hit", "outcomes", "wasted tokens"], faults),
    ]


def fold(title: str, columns: list[str], rows: list[list[str]], room: int) -> str:
    """A folded table with as many rows as there is room for, in bytes; empty when nothing fits."""
    if not rows:
        return ""
    table = f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}\n"
    head = f"<details><summary>{title} ({len(rows)})</summary>\n\n{table}"
    tail = "\n</details>\n\n"
    room -= len((head + tail).encode()) + 80
    taken = ""
    for place, row in enumerate(rows):
        line = f"| {' | '.join(row)} |\n"
        room -= len(line.encode())
        if room < 0:
            taken += f"\n{len(rows) - place} more are in the report.\n"
            return head + taken + tail if place else ""
        taken += line
    return head + taken + tail


def _again(summary: Summary) -> str:
    command = summary.run.command.replace("`", "'").replace("\n", " ")[:_LONGEST]
    return f"Run it again: `{command}`\n" if command else ""
