"""The proof of `streamproof audit`: every defect of the reference gateway is found, and nothing else is.

    make matrix
    python -m bench.matrix [--only NAME] [--repeat N] [--write docs/matrix.md] [--json FILE]

Audits the gateway as it is and with each of `gateway/defects/`, each time with a mock provider of its own,
and compares the checks that failed with those that the defect's file names. The probes are shortened by the
target file; every check is asked in every audit, for a defect must not be found by unrelated ones. The last
line is `N/N defects found, M unrelated failures, clean gateway K/K`; the exit code is 0 if nothing is missing
from it and M is 0.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from bench.matrix_table import CLEAN, Row, good, last_line, lines, row
from gateway import defects
from harness import scorecard
from harness.checks import audit
from harness.stack.errors import StackError
from harness.stack.part import Part

_AT_ONCE = 2  # audits side by side; an audit waits most of its time
_LONGEST_S = 240.0
_GATEWAY = {
    "retries": 2,
    "reasoning": "hidden",
    "tools": "hidden",
    "concurrency": 64,
    "queue": 16,
    "queue_s": 10,
    "heartbeat_s": 1,
    "idle_s": 6,
    "first_token_s": 20,
    "drain_s": 8,
    "compress": "yes",
}


def target(url: str, provider: str, log: Path, pid_file: Path) -> dict[str, object]:
    """The target file for the reference gateway as it is started here, with shortened probes."""
    return {
        "target": {"url": url, "dialect": "generic", "model": "mock-chat"},
        "provider": {"admin": provider},
        "endpoints": {
            "whole": "/api/chat",
            "moderated": "/api/chat/moderated",
            "structured": "/api/chat/structured",
            "openai": "/v1/chat/completions",
            "stop": "/api/chat/stream/stop?stream={id}",
            "kept": "/api/chat/kept?stream={id}",
        },
        "log": {"path": str(log)},
        "metrics": {"path": "/metrics"},
        "policies": {
            "after_disconnect": "cancel",
            "reasoning": _GATEWAY["reasoning"],
            "tool_calls": _GATEWAY["tools"],
            "structured": "fields",
            "retries": _GATEWAY["retries"],
            "stall_limit_s": _GATEWAY["idle_s"],
            "heartbeat_s": _GATEWAY["heartbeat_s"],
            "concurrency": _GATEWAY["concurrency"],
            "queue": _GATEWAY["queue"],
        },
        "probes": {"silences_s": [1.5, 3.5], "total_s": 9},
        "drain": {"pid_file": str(pid_file)},
    }


def audited(name: str) -> Row:
    """One audit, with processes of its own: of the clean gateway or of the defect called `name`."""
    defect = None if name == CLEAN else defects.load(name)
    must, may = (defect.must_fail, defect.may_fail) if defect else (frozenset[str](), frozenset[str]())
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="matrix-") as folder:
        try:
            card = _card(name, Path(folder))
        except (StackError, OSError, subprocess.TimeoutExpired, msgspec.ValidationError) as error:
            return Row(
                name=name, must_fail=must, may_fail=may, states={}, trouble=str(error).replace("\n", " ")
            )
    return row(
        name,
        {each.id: each.state for each in card.promises},
        {each.id: each.evidence for each in card.promises},
        must,
        may,
        time.monotonic() - began,
    )


def _card(name: str, folder: Path) -> scorecard.Scorecard:
    parts: list[Part] = []

    def start(title: str, command: list[str]) -> str:
        part = Part(title, [sys.executable, "-m", *command], folder / f"{title}.log")
        parts.append(part)
        part.start()
        ready = part.wait_ready_line()
        return f"http://{ready['host']}:{ready['port']}"

    try:
        provider = start("mock", ["mock_provider", "--port", "0", "--ledger-dir", str(folder)])
        flags = [
            word for key, value in _GATEWAY.items() for word in (f"--{key.replace('_', '-')}", str(value))
        ]
        flags += ["--log", str(folder / "gateway.jsonl")] + (["--defect", name] if name != CLEAN else [])
        url = start("gateway", ["gateway", "--upstream", provider, "--port", "0", *flags])
        (folder / "pid").write_text(str(parts[-1].pid))
        file = folder / "target.yaml"
        file.write_text(json.dumps(target(url, provider, folder / "gateway.jsonl", folder / "pid")))
        return _audit(file, folder / "out")
    finally:
        for part in reversed(parts):
            part.stop()


def _audit(file: Path, out: Path) -> scorecard.Scorecard:
    command = [sys.executable, "-m", "harness.cli", "audit", str(file), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_S, check=False)
    found = sorted(out.glob("*/audit.json"))
    if not found:
        raise StackError(
            f"the audit ended with status {done.returncode}: {(done.stderr or done.stdout)[-300:]}"
        )
    return scorecard.decode(found[-1].read_bytes())


def passes(names: Sequence[str], at_once: int, tell: Callable[[Row], None]) -> list[Row]:
    """One audit for each name, in this order; `tell` hears of each as it is over."""

    def one(name: str) -> Row:
        found = audited(name)
        tell(found)
        return found

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(one, names))


def told(found: Row) -> list[str]:
    """Its line of the table, and what checks said that should have said something else."""
    said = lines([found])[-1:]
    for id in found.unrelated:
        said.append(f"    {id} {found.states[id]}: {found.evidence[id]}")
    for id in sorted(found.must_fail - set(found.found_by)):
        said.append(f"    {id} {found.states.get(id, 'was not asked')}: {found.evidence.get(id, '')}")
    return said


def tell(found: Row) -> None:
    sys.stdout.write("\n".join([*told(found), ""]))  # in one piece: audits end side by side
    sys.stdout.flush()


def page(rows: Sequence[Row], checks: int, seconds: float) -> str:
    """docs/matrix.md."""
    return "\n".join(
        [
            "# The matrix: does the audit find what is wrong, and only that?",
            "",
            "`make matrix` audits the reference gateway once as it is and once with each of its defects",
            "(`streamproof gateway --defect list` says what each one does). A defect is found when every",
            "check that its file names says FAIL. *Also* are checks that its file says it may break as well;",
            "anything else that did not say PASS is unrelated. [What each check means](audit-checks.md).",
            "",
            *lines(rows),
            "",
            f"Printed by `python -m bench.matrix --write docs/matrix.md` in {seconds / 60:.1f} minutes:",
            "",
            f"    {last_line(rows, checks)}",
            "",
        ]
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="a defect; may be repeated"
    )
    parser.add_argument("--repeat", type=int, default=1, help="so many passes")
    parser.add_argument("--at-once", type=int, default=_AT_ONCE, help="audits side by side (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all rows, with their evidence")
    parser.add_argument("--write", type=Path, metavar="FILE", help="the table of the last pass as a page")
    arguments = parser.parse_args(argv)
    if unknown := set(arguments.only) - {CLEAN, *defects.names()}:
        parser.error(f"no such defect: {', '.join(sorted(unknown))}; `gateway --defect list` has them all")
    names = arguments.only or [CLEAN, *defects.names()]
    checks, all_rows, rows = len(audit.names()), list[Row](), list[Row]()
    for number in range(arguments.repeat):
        began = time.monotonic()
        rows = passes(names, arguments.at_once, tell)
        all_rows += rows
        seconds = time.monotonic() - began
        print(
            f"\npass {number + 1} of {arguments.repeat}: {seconds / 60:.1f} min; {last_line(rows, checks)}\n"
        )
        if arguments.write:
            arguments.write.write_text(page(rows, checks, seconds), encoding="utf-8")
    if arguments.json:
        arguments.json.write_bytes(msgspec.json.encode(all_rows))
    print("\n".join(lines(rows)))
    print(last_line(all_rows, checks))
    return 0 if good(all_rows, checks) else 1


if __name__ == "__main__":
    sys.exit(main())
