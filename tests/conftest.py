"""What holds for every test."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# A developer's own settings must not change what a test sees; where Toxiproxy is may be said outside.
for name in list(os.environ):
    if name.startswith("STREAMPROOF_") and not name.startswith("STREAMPROOF_TOXIPROXY"):
        del os.environ[name]

# A shell that starts the tests in the background makes them deaf to SIGINT, and their children with them.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine must not fail a property, and two runs of the same tests try the same examples.
settings.register_profile("streamproof", deadline=None, derandomize=True)
settings.load_profile("streamproof")

# Whole reports, whole commands and long properties: seconds each, so not part of `make check`.
_LONG = {
    "reports/test_html.py", "reports/test_odd_folders.py", "reports/test_overlay.py",
    "reports/test_recovery.py", "reports/test_write.py", "reports/test_agreement.py",
    "bench/test_gate.py", "checks/test_reports_every_fault.py",
    "reports/test_agreement_with_pandas.py", "reports/test_figures.py", "mock_provider/test_fuzz.py",
    "compare/test_commands.py", "compare/test_stored.py", "compare/test_ab.py", "compare/test_live.py",
    "test_validity_arrivals.py", "test_judge.py", "test_judge_anything.py", "test_traces.py",
    "dialects/test_round_trip.py", "capacity/test_limits.py", "capacity/test_probe.py",
    "test_run_folder.py", "test_sampling.py",
}  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).as_posix() in _LONG:
            item.add_marker(pytest.mark.slow)
