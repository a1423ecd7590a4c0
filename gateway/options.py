"""The gateway's command line. `--heartbeat-s` and its kin are the fields of the plan's GatewayOptions."""

import argparse
from collections.abc import Callable, Sequence
from typing import NoReturn
from urllib.parse import urlsplit

import msgspec

from harness.plan.plan import GatewayOptions

_HELP = {
    "heartbeat_s": "a client that has heard nothing for this long gets a comment",
    "connect_s": "limit for a connection to the upstream",
    "first_byte_s": "limit from the request to the upstream's response head",
    "idle_s": "limit for silence of the upstream, and for a client that stops reading",
    "resume_grace_s": "keep generating so long for a user who may come back; 0 does not, and cannot resume",
    "store_mb": "bound for the answers kept for users who come back",
    "flush_ms": "collect text for so long before it leaves; 0 sends every token by itself",
    "flush_bytes": "collected text leaves earlier once it is this big; 0 goes by time alone",
}


class Options(msgspec.Struct, frozen=True, kw_only=True):
    upstream: str
    host: str
    port: int
    model: str
    store: str = ""  # path of the kept answers; empty: a file that is gone with the process
    gateway: GatewayOptions


def parse(argv: Sequence[str]) -> Options:
    """Read the arguments. Raises SystemExit(4) with a message on stderr when they make no sense."""
    parser = _Parser(prog="streamproof gateway", description="The reference gateway: a streaming chat API.")
    parser.add_argument("--upstream", required=True, type=_url, help="an OpenAI-compatible provider")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", default=8080, type=int, help="port to listen on, 0 for any (%(default)s)")
    parser.add_argument("--model", default="mock-chat", help="for users who name none (%(default)s)")
    parser.add_argument("--store", default="", metavar="PATH", help="keep answers here beyond a restart")
    for field in msgspec.structs.fields(GatewayOptions):
        flag = "--" + field.encode_name.replace("_", "-")
        kind, unit = _kind(field.name)
        text = f"{_HELP.get(field.name, '')} (%(default)s {unit})"
        parser.add_argument(flag, default=field.default, type=kind, metavar=unit.upper(), help=text)
    found = vars(parser.parse_args(argv))
    limits = {name: found.pop(name) for name in GatewayOptions.__struct_fields__}
    try:
        return Options(**found, gateway=GatewayOptions(**limits))
    except ValueError as error:
        parser.error(str(error))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(4, f"{self.prog}: {message}; see --help\n")


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise argparse.ArgumentTypeError(f"{text!r} is no address such as http://127.0.0.1:9000")
    return text


def _kind(name: str) -> tuple[Callable[[str], float], str]:
    """How the value of an option is read, and its unit. Its bounds are the plan's business."""
    if name == "flush_bytes":
        return _whole, "b"
    return _number, name.rpartition("_")[2]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None
