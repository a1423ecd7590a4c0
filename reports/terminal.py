"""The end of a run on a terminal: the verdict, then failures, then numbers, then where to read on.

Everything is `Text`, never markup: a name like `[red]` prints as it is.
"""

from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.summary import CheckResult, Metric, Summary
from reports.clean import cleaned
from reports.deliveries import sentences
from reports.numerals import NOTHING, counted, number, quantity, seconds
from reports.outcomes import sentence
from reports.page.chapters import balance, headline
from reports.states import QUIET, STATES, broken, kept

STYLES = {"pass": "green", "fail": "bold red", "open": "yellow", "invalid": "bold magenta", "none": "dim"}
_FAULTS_SHOWN = 8


def final(summary: Summary, folder: Path | None = None) -> RenderableType:
    """What a person reads when a run has ended. `folder` is the run folder, if the files were written."""
    summary = cleaned(summary)
    parts = [_verdict(summary), _checks(summary), _phases(summary), _provider(summary), _faults(summary)]
    parts.append(_deliveries(summary))
    return Group(*[part for part in parts if part is not None], _where(summary, folder))


def _state(name: str) -> Text:
    kind, mark = STATES[name]
    return Text(f"{mark} {name}", STYLES[kind])


def _verdict(summary: Summary) -> RenderableType:
    trust = summary.validity
    doubts = [check for check in trust.checks if check.state != "VALID"]
    head = Text.assemble(
        Text("VERDICT  ", "bold"),
        _state(summary.verdict.state),
        f"   measurement {trust.state}",
        f" ({', '.join(f'{c.id} {c.stat} {quantity(c.value, c.unit)}' for c in doubts)})" if doubts else "",
        Text(f"   {summary.run.name}, {seconds(summary.run.duration_s)}, seed {summary.run.seed}", "dim"),
    )
    lines = [head]
    if summary.run.interrupted:
        lines.append(Text("  interrupted: this is what there is of it", "yellow"))
    lines += [Text(f"  died: {part}", "bold red") for part in summary.run.died]
    lines += [Text(f"  {text}") for text in summary.verdict.sentences]
    told = [check.evidence for check in broken(summary) if check.evidence]
    reasons = [reason for reason in summary.verdict.reasons if not any(part in reason for part in told)]
    lines += [Text(f"  - {reason}") for reason in reasons]
    lines += [Text(f"  note: {note}", "dim") for note in summary.run.notes]
    return Group(*lines)


def _checks(summary: Summary) -> RenderableType | None:
    if not summary.checks:
        return None
    rest = []
    for state in QUIET:
        some = [check for check in kept(summary) if check.state == state]
        if some:
            rest.append(
                Text.assemble("  ", _state(state), f"  {counted(len(some), 'check')}: {_names(some)}")
            )
    return Group(Text(), *[_broken(check) for check in broken(summary)], *rest)


def _names(checks: list[CheckResult]) -> str:
    return ", ".join(dict.fromkeys(check.id for check in checks))


def _broken(check: CheckResult) -> Text:
    where = f" in {check.phase}" if check.phase else ""
    text = Text.assemble("  ", _state(check.state), f"  {check.id}{where}: {check.evidence or check.promise}")
    if check.fix:
        text.append(f"\n      fix: {check.fix}")
    return text


def _phases(summary: Summary) -> RenderableType | None:
    if not summary.phases:
        return None
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head in ("phase", "TTFT p50", "p95", "never"):
        table.add_column(Text(head), justify="left" if head == "phase" else "right", overflow="fold")
    table.add_column("outcomes", overflow="fold", ratio=2)
    table.add_column("tokens out = in", overflow="fold", ratio=1)
    id = headline(summary)
    for phase in summary.phases:
        metric = phase.metrics.get(id)
        table.add_row(
            Text(phase.span.name),
            Text(_quantile(metric, "p50")),
            Text(_quantile(metric, "p95")),
            Text(number(metric.censored) if metric else NOTHING),
            Text(sentence(phase.outcomes)),
            Text(balance(phase)[1], STYLES[balance(phase)[0]] if balance(phase)[0] != "none" else ""),
        )
    return Group(
        Text(),
        table,
        Text("  TTFT in ms, of all streams; one that never began counts as ∞; n< is too few", "dim"),
    )


def _quantile(metric: Metric | None, percentile: str) -> str:
    if metric is None:
        return NOTHING
    quantile = metric.all.get(percentile)
    return f"n<  ({metric.n:,})" if quantile is None or quantile[0] is None else number(quantile[0])


def _provider(summary: Summary) -> RenderableType | None:
    two = summary.two_sided
    if two is None:
        return None
    other = f" ({two.tokens_other:,} of reasoning and tool calls)" if two.tokens_other else ""
    return Text(
        f"\n  provider: {counted(two.attempts_upstream, 'request')}, "
        f"{counted(two.tokens_emitted, 'token')} emitted{other}, "
        f"{two.tokens_received:,} received, {two.wasted_tokens:,} wasted after users left, "
        f"{counted(two.false_success, 'false success', 'false successes')}"
    )


def _faults(summary: Summary) -> RenderableType | None:
    if not summary.faults:
        return None
    shown = summary.faults[:_FAULTS_SHOWN]
    lines = [
        Text(
            f"  {fault.fault}, {fault.phase}: {counted(fault.hit, 'attempt')} hit: {sentence(fault.outcomes)}"
        )
        for fault in shown
    ]
    if len(summary.faults) > _FAULTS_SHOWN:
        lines.append(Text(f"  and {len(summary.faults) - _FAULTS_SHOWN} more in the report"))
    return Group(Text("\n  planned faults, and how users saw them", "dim"), *lines)


def _deliveries(summary: Summary) -> RenderableType | None:
    lines = [Text(f"  {text}") for text in sentences(summary)]
    head = Text("\n  what streaming gave and cost, against whole answers", "dim")
    return Group(head, *lines) if lines else None


def _where(summary: Summary, folder: Path | None) -> RenderableType:
    lines = [Text()]
    if folder is not None:
        lines.append(copied(f"  report  {folder / 'report.html'}", "bold"))
        lines.append(copied(f"  json    {folder / 'summary.json'}"))
    if summary.run.command:
        lines.append(copied(f"  again   {summary.run.command}"))
    return Group(*lines)


def copied(line: str, style: str = "") -> Text:
    """A line for the clipboard: cut in two, a shell would run its first half."""
    return Text(line, style, no_wrap=True, overflow="ignore")
