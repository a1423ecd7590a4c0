"""HAProxy as a streaming reverse proxy: its configuration and command line."""

from pathlib import Path

from harness.stack.binaries import find_binary

# http-no-delay sends each piece as it comes (otherwise small ones may wait 200 ms); abortonclose lets the
# server go when a client leaves before it was answered. The limits on silence are the customary minute.
_CONFIG = """\
global
    nbthread 1
    maxconn 4096
    no strict-limits
defaults
    mode http
    option http-no-delay
    option abortonclose
    http-reuse always
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout http-request 10s
    timeout http-keep-alive 75s
frontend users
    bind 127.0.0.1:{port} backlog 1024
    default_backend provider
backend provider
    server provider {address}
"""


def find() -> Path | None:
    """The installed HAProxy, if any."""
    return find_binary("haproxy")


def config(listen_port: int, upstream: tuple[str, int], folder: Path) -> str:
    """What HAProxy is to do. It writes no files, so `folder` holds the configuration alone."""
    return _CONFIG.format(port=listen_port, address="{}:{}".format(*upstream))


def command(config_path: Path) -> list[str]:
    """How to start it in the foreground."""
    return [str(find() or "haproxy"), "-db", "-f", str(config_path)]
