"""What the import contracts cannot see: taking a unit of the clock is pure, reading the clock is not."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
UNITS = {"MS", "SECOND"}
NOW = {"now", "today", "utcnow"}  # of datetime, which pure parts may use to write dates


def pure_files() -> list[Path]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    names = next(c["source_modules"] for c in contracts if c["type"] == "forbidden")
    places = [ROOT.joinpath(*name.split(".")) for name in names]
    return sorted(file for place in places for file in (*place.rglob("*.py"), place.with_suffix(".py")))


def impure(source: str) -> Iterator[str]:
    """Every use of a clock in `source`, with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "harness.clock":
            yield from (f"{n.name} at line {node.lineno}" for n in node.names if n.name not in UNITS)
        elif isinstance(node, ast.ImportFrom) and node.module == "harness":
            yield from (f"clock at line {node.lineno}" for n in node.names if n.name == "clock")
        elif isinstance(node, ast.Import):
            yield from (f"{n.name} at line {node.lineno}" for n in node.names if n.name == "harness.clock")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in NOW:
            yield f"{node.func.attr}() at line {node.lineno}"


@pytest.mark.parametrize(
    "path", [p for p in pure_files() if p.is_file()], ids=lambda p: str(p.relative_to(ROOT))
)
def test_a_pure_file_reads_no_clock(path: Path):
    assert list(impure(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "from harness.clock import now",
        "from harness import clock",
        "import harness.clock",
        "from datetime import datetime, UTC\ndatetime.now(UTC)",
    ],
)
def test_reading_a_clock_is_noticed(source: str):
    assert len(list(impure(source))) == 1
