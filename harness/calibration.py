"""What `streamproof doctor` has found one load process of this machine to manage, kept between runs."""

import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

SCHEMA = "streamproof.doctor/1"


class Calibration(msgspec.Struct, kw_only=True):
    """The file's content. Another `machine` than the present one is no evidence."""

    schema: str = SCHEMA
    machine: dict[str, str]  # see `fingerprint`
    measured_utc: str  # ISO 8601
    events_cap: float  # token events a second of one load process
    at_least: bool  # the search ended before a limit broke
    streams: int
    tokens_s: float  # of each stream
    stamp_error_p99_ms: float
    broke_first: str  # id of the limit, empty for none


def cache_file(environ: Mapping[str, str] = os.environ) -> Path:
    """`doctor.json` of the user's cache folder."""
    root = environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "streamproof" / "doctor.json"


def fingerprint() -> dict[str, str]:
    """What the figure depends on: processor, its cores that we may use, kernel, Python."""
    return {
        "cpu": _cpu_model(),
        "cores": str(usable_cores()),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
    }


def usable_cores() -> int:
    """Cores that this process may run on."""
    if sys.platform.startswith("linux"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def save(calibration: Calibration, path: Path) -> None:
    """Write whole or not at all, so that a run that reads meanwhile finds the old one. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.write_bytes(msgspec.json.format(msgspec.json.encode(calibration), indent=1) + b"\n")
    beside.replace(path)


def load(path: Path, machine: dict[str, str]) -> Calibration | None:
    """What was kept for `machine`; None for another machine, no file, or one that cannot be read."""
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=Calibration)
    except (OSError, msgspec.DecodeError):
        return None
    usable = kept.schema == SCHEMA and kept.machine == machine and kept.events_cap > 0
    return kept if usable else None


def calibrated_cap() -> float | None:
    """Token events a second that one load process of this machine stamps well; None if never measured."""
    kept = load(cache_file(), fingerprint())
    return kept.events_cap if kept is not None else None
