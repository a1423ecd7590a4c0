"""What drives a command leaves none behind, whatever becomes of the test that wanted it."""

import signal

import pytest

from tests.end_to_end.driving import Running

pytestmark = pytest.mark.slow


def test_a_command_that_never_says_what_is_waited_for_does_not_outlive_its_test(tmp_path) -> None:
    with Running(tmp_path, "mock", "--port", "0") as server:
        server.wait_for('"port"')
        with pytest.raises(AssertionError, match="no 'never'"):
            server.wait_for("never", limit_s=0)
    assert server.process.returncode == 0


def test_a_command_that_heeds_no_interruption_is_killed(tmp_path) -> None:
    with Running(tmp_path, "mock", "--port", "0") as server:
        server.wait_for('"port"')
        server.patience_s = 0.0
        server.process.send_signal(signal.SIGSTOP)
    assert server.process.returncode == -signal.SIGKILL
