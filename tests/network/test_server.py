import sys
from pathlib import Path

import pytest

from harness.network.install import InstallError, installed_path
from harness.network.server import proxy_server


def test_toxiproxy_is_preferred_and_logs_only_errors(tmp_path: Path) -> None:
    path = installed_path(tmp_path)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    server = proxy_server(8474, 7, environ={"PATH": ""}, cache=tmp_path)
    assert server.command == [str(path), "-host", "127.0.0.1", "-port", "8474"]
    assert (server.name, server.env, server.builtin) == (
        "Toxiproxy (pinned to 2.12.0)",
        {"LOG_LEVEL": "error"},
        False,
    )


def test_ours_stands_in_where_there_is_none(tmp_path: Path) -> None:
    server = proxy_server(8474, 7, tmp_path / "log", {"PATH": ""}, tmp_path)
    assert server.command[:3] == [sys.executable, "-m", "harness.network.builtin"]
    assert server.command[3:] == [
        *("-host", "127.0.0.1", "-port", "8474", "--seed", "7", "--log"),
        str(tmp_path / "log"),
    ]
    assert (server.name, server.builtin) == ("the built-in proxy", True)


def test_ours_can_be_asked_for(tmp_path: Path) -> None:
    installed_path(tmp_path).write_text("")
    installed_path(tmp_path).chmod(0o755)
    environ = {"PATH": "", "STREAMPROOF_TOXIPROXY": "builtin"}
    assert proxy_server(8474, 7, environ=environ, cache=tmp_path).builtin


def test_a_program_that_is_not_there_is_an_error_and_not_a_reason_for_ours(tmp_path: Path) -> None:
    with pytest.raises(InstallError):
        proxy_server(8474, 7, environ={"STREAMPROOF_TOXIPROXY": "/no/such"}, cache=tmp_path)
