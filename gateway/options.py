"""The gateway's command line. `--heartbeat-s` and its kin are the fields of the plan's GatewayOptions."""

import argparse
import difflib
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn, get_args
from urllib.parse import urlsplit

import msgspec

from gateway.toolbox import Toolbox
from harness.plan.address import refuse_user_info
from harness.plan.plan import GatewayOptions

_HELP = {
    "upstream_dialect": "what the upstream speaks",
    "reasoning": "whether users see the model's reasoning",
    "tools": "whether users see tool calls",
    "offer_tools": "the gateway's own tools that the model may call, as in calculate,clock",
    "tool_s": "limit for one call of such a tool",
    "tool_rounds": "how often a model may go on with what tools gave back, within one answer",
    "refused_words": "words that moderation does not let pass, as in red,green",
    "heartbeat_s": "a client that has heard nothing for this long gets a comment",
    "connect_s": "limit for a connection to the upstream",
    "first_byte_s": "limit from the request to the upstream's response head",
    "first_token_s": "limit from the request to the first content",
    "idle_s": "limit for silence of the upstream, and for a client that stops reading",
    "retries": "further attempts at the upstream, before the first token only",
    "retry_after_s": "the longest Retry-After that is waited out; a longer one is passed to the user",
    "concurrency": "answers at once; 0 sets no limit",
    "queue": "users who may wait for their turn; more are refused with 503",
    "queue_s": "limit for waiting in the queue",
    "drain_s": "how long open streams may go on after SIGTERM",
    "resume_grace_s": "keep generating so long for a user who may come back; 0 does not, and cannot resume",
    "store_mb": "bound for the answers kept",
    "flush_ms": "collect text for so long before it leaves; 0 sends every token by itself",
    "flush_bytes": "collected text leaves earlier once it is this big; 0 goes by time alone",
    "no_accel_header": "do not tell nginx to pass events on (X-Accel-Buffering)",
    "compress": "compress streams for users who accept it, flushed with every event",
}
_UNITS = ("s", "ms", "mb")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    upstream: str
    host: str
    port: int
    model: str
    store: str = ""  # path of the kept answers; empty: a file that is gone with the process
    log: str = ""  # path of the log; empty: none
    defects: tuple[str, ...] = ()  # by name, see gateway.defects
    gateway: GatewayOptions


def parse(argv: Sequence[str]) -> Options:
    """Read the arguments. Raises SystemExit(4) with a message on stderr when they make no sense."""
    parser = _Parser(prog="streamproof gateway", description="The reference gateway: a streaming chat API.")
    parser.add_argument("--upstream", required=True, type=_url, metavar="URL", help="the model provider")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", default=8080, type=_port, help="port to listen on, 0 for any (%(default)s)")
    parser.add_argument("--model", default="mock-chat", help="for users who name none (%(default)s)")
    parser.add_argument("--store", default="", metavar="PATH", help="keep answers here beyond a restart")
    parser.add_argument("--log", default="", metavar="PATH", help="append a JSON line for each question")
    parser.add_argument(
        "--defect",
        action=_Defects,
        metavar="NAME",
        dest="defects",
        default=(),
        help="have this bug, for an audit to find; may be given again; `list` prints them",
    )
    for field in msgspec.structs.fields(GatewayOptions):
        _add(parser, field)
    found = vars(parser.parse_args(argv))
    limits = {name: found.pop(name) for name in GatewayOptions.__struct_fields__}
    try:
        chosen = GatewayOptions(**limits)
        Toolbox(chosen)  # knows which tools there are
        return Options(**found, gateway=chosen)
    except ValueError as error:
        parser.error(str(error))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(4, f"{self.prog}: {message}; see --help\n")


class _Defects(argparse.Action):
    def __call__(
        self,
        parser: argparse.ArgumentParser,
        found: argparse.Namespace,
        value: object,
        flag: str | None = None,
    ) -> None:
        # They are built on the parts, which are built on these options.
        from gateway import defects

        name = str(value)
        if name == "list":
            sys.stdout.write("".join(f"{each}: {defects.load(each).says}\n" for each in defects.names()))
            parser.exit()
        if name not in defects.names():
            near = difflib.get_close_matches(name, defects.names(), 1)
            hint = f"did you mean {near[0]}?" if near else "`--defect list` prints them"
            parser.error(f"there is no defect {name!r}; {hint}")
        setattr(found, self.dest, (*getattr(found, self.dest), name))


def _url(text: str) -> str:
    try:
        refuse_user_info("the URL", text, "let users bring the key: it is passed on with each question")
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise argparse.ArgumentTypeError(f"{text!r} is no address such as http://127.0.0.1:9000")
    return text


def _add(parser: argparse.ArgumentParser, field: msgspec.structs.FieldInfo) -> None:
    """The flag of one field. Its bounds are the plan's business."""
    flag = "--" + field.encode_name.replace("_", "-")
    unit = field.name.rpartition("_")[2]
    unit = {"bytes": "b"}.get(unit, unit if unit in _UNITS else "")
    text = f"{_HELP[field.name]} (%(default)s{' ' * bool(unit)}{unit})"
    if field.type is bool:
        # With a value or without: a person writes the flag alone, a plan is written out.
        parser.add_argument(
            flag, default=field.default, nargs="?", const=True, type=_switch, metavar="YES", help=text
        )
    elif choices := get_args(field.type):
        parser.add_argument(flag, default=field.default, choices=choices, help=text)
    else:
        readers: dict[object, Callable[[str], object]] = {int: _whole, str: str}
        kind = readers.get(field.type, _number)
        name = unit.upper() or ("NAMES" if field.type is str else "N")
        parser.add_argument(flag, default=field.default, type=kind, metavar=name, help=text)


def _switch(text: str) -> bool:
    known = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if text.lower() not in known:
        raise argparse.ArgumentTypeError(f"{text!r} is neither yes nor no")
    return known[text.lower()]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None


def _port(text: str) -> int:
    port = _whole(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port; ports go from 0 to 65535")
    return port


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None
