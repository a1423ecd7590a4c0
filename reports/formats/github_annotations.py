"""Workflow commands for GitHub: print them, and failures appear beside the run.

A step shows ten errors and ten warnings; the surplus disappears without a word. So the tenth says how many
there are.
"""

from collections.abc import Sequence

from harness.summary import CheckResult, State, Summary
from reports.clean import cleaned
from reports.states import STATES, broken

FILE = "annotations.txt"
SHOWN = 10


def render(summary: Summary) -> str:
    """One command a line: errors, warnings, then the verdict as a notice."""
    summary = cleaned(summary)
    told = " ".join(summary.verdict.sentences) or "; ".join(summary.verdict.reasons)
    return commands(broken(summary), summary.verdict.state, told or summary.run.name)


def commands(bad: Sequence[CheckResult], state: State, told: str) -> str:
    """The same of checks that somebody must look at, the worst first, and a verdict in words."""
    errors = _capped("error", [check for check in bad if check.state in ("FAIL", "INVALID")])
    warnings = _capped("warning", [check for check in bad if check.state == "INCONCLUSIVE"])
    verdict = _command("notice", f"Streamproof {STATES[state][1]} {state}", told)
    return "\n".join([*errors, *warnings, verdict]) + "\n"


def _capped(level: str, checks: list[CheckResult]) -> list[str]:
    shown = checks if len(checks) <= SHOWN else checks[: SHOWN - 1]
    commands = [_command(level, _title(check), _message(check)) for check in shown]
    if len(checks) > len(shown):
        rest = ", ".join(dict.fromkeys(check.id for check in checks[len(shown) :]))
        commands.append(_command(level, f"and {len(checks) - len(shown)} more checks", rest))
    return commands


def _title(check: CheckResult) -> str:
    return f"{check.state} {check.id}" + (f" in {check.phase}" if check.phase else "")


def _message(check: CheckResult) -> str:
    return (check.evidence or check.promise) + (f"\nfix: {check.fix}" if check.fix else "")


def _command(level: str, title: str, message: str) -> str:
    return f"::{level} title={_property(title[:200])}::{_data(message[:2000])}"


def _data(text: str) -> str:
    """A message: percent signs and line ends must not end the command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A property: colons and commas separate properties."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
