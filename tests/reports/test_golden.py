"""Golden bytes of the text formats, and the same bytes from every process.

A change of a format shows here as a diff to be read. When it is meant: `python -m tests.reports.test_golden`.
Pages with figures are compared between processes only; their paths belong to one version of matplotlib.
"""

import hashlib
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from reports import formats, json_report
from reports.html import render
from tests.reports.examples import empty, failing

GOLDEN = Path(__file__).parent.parent / "golden" / "reports"


@cache
def texts() -> dict[str, bytes]:
    """File name -> bytes of every format that has no figures in it."""
    found = {formats.file_name(name): formats.render(name, failing()).encode() for name in formats.names()}
    return found | {"summary.json": json_report.encode(failing()), "empty.html": render(empty()).encode()}


@pytest.mark.parametrize("name", sorted(texts()))
def test_a_format_is_byte_for_byte_what_it_was(name: str) -> None:
    assert texts()[name] == (GOLDEN / name).read_bytes()


def test_nothing_golden_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == texts().keys()


@pytest.mark.slow
def test_every_process_writes_the_same_files_whatever_its_surroundings(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from reports.write import write_all; "
        "from tests.reports.examples import hostile; write_all(hostile(), Path(sys.argv[1]))"
    )
    surroundings = [
        {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "0"},
        {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "MPLBACKEND": "svg"},
    ]
    digests = []
    for place, variables in enumerate(surroundings):
        folder = tmp_path / str(place)
        command = [sys.executable, "-c", code, str(folder)]
        subprocess.run(command, env=os.environ | variables, cwd=GOLDEN.parent.parent.parent, check=True)
        files = [path for path in folder.rglob("*") if path.is_file()]
        digests.append({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files})
    assert len(digests[0]) == 8
    assert digests[0] == digests[1]


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, data in texts().items():
        (GOLDEN / name).write_bytes(data)
