"""The gateway's command line. `--heartbeat-s` and its kin are the fields of the plan's GatewayOptions."""

import argparse
from collections.abc import Sequence
from typing import NoReturn
from urllib.parse import urlsplit

import msgspec

from harness.plan.plan import GatewayOptions

_HELP = {
    "heartbeat_s": "a client that has heard nothing for this long gets a comment",
    "connect_s": "limit for a connection to the upstream",
    "first_byte_s": "limit from the request to the upstream's response head",
    "idle_s": "limit for silence of the upstream, and for a client that stops reading",
}


class Options(msgspec.Struct, frozen=True, kw_only=True):
    upstream: str
    host: str
    port: int
    model: str
    gateway: GatewayOptions


def parse(argv: Sequence[str]) -> Options:
    """Read the arguments. Raises SystemExit(4) with a message on stderr when they make no sense."""
    parser = _Parser(prog="streamproof gateway", description="The reference gateway: a streaming chat API.")
    parser.add_argument("--upstream", required=True, type=_url, help="an OpenAI-compatible provider")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", default=8080, type=int, help="port to listen on, 0 for any (%(default)s)")
    parser.add_argument("--model", default="mock-chat", help="for users who name none (%(default)s)")
    for field in msgspec.structs.fields(GatewayOptions):
        flag = "--" + field.encode_name.replace("_", "-")
        text = f"{_HELP.get(field.name, '')} (%(default)s s)"
        parser.add_argument(flag, default=field.default, type=_seconds, metavar="S", help=text)
    found = vars(parser.parse_args(argv))
    limits = {name: found.pop(name) for name in GatewayOptions.__struct_fields__}
    return Options(**found, gateway=GatewayOptions(**limits))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(4, f"{self.prog}: {message}; see --help\n")


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise argparse.ArgumentTypeError(f"{text!r} is no address such as http://127.0.0.1:9000")
    return text


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is no time above 0 and up to 3600 s")
    return value
