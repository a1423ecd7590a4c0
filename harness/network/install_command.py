"""The network proxy: find the Toxiproxy server, or install the pinned one."""

import argparse
from collections.abc import Callable, Sequence

from harness.network.install import find_server, install_server


def options(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    actions.add_parser("install", help="find the Toxiproxy server, or install the pinned one")


def run(_: argparse.Namespace, _argv: Sequence[str], say: Callable[[str], None], *_more: object) -> int:
    say(f"toxiproxy-server: {find_server() or install_server()}")
    return 0
