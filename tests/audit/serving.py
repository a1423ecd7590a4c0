"""Our own servers as systems to be audited."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.stack.part import Part


@contextmanager
def server(folder: Path, *command: str) -> Iterator[str]:
    """The address of one of our servers."""
    part = Part("server", [sys.executable, "-m", *command, "--port", "0"], folder / "server.log")
    part.start()
    try:
        ready = part.wait_ready_line()
        yield f"http://{ready['host']}:{ready['port']}"
    finally:
        part.stop()


def wired(url: str, mock: str, **more: Any) -> dict[str, Any]:
    """The target file of a system at `url` whose provider is the mock at `mock`."""
    return {"target": {"url": url}, "provider": {"admin": mock, "admin_token_env": "MOCK_TOKEN"}, **more}
