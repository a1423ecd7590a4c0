"""Kinds of buffers in words: what each is called, its usual cause, and the exact line that ends it. Pure."""

from harness.metrics.buffering import Signature

_NGINX = (
    "nginx: `proxy_buffering off;` and `proxy_http_version 1.1;` in the location, or let the application "
    "send the header `X-Accel-Buffering: no`."
)
_FLUSH = "write and flush each event by itself"
COMPRESSION = (
    "exclude `text/event-stream` from compression (nginx: leave it out of `gzip_types`; elsewhere "
    "`Cache-Control: no-transform`), or flush the encoder after each event."
)


def kind(found: Signature) -> str:
    match found.kind:
        case "none":
            return "holds nothing back"
        case "full":
            return f"holds the whole answer until its end, or a buffer of more than {_bytes(found.bytes)}"
        case "size":
            return f"a buffer that leaves when {_bytes(found.bytes)} are in it"
        case "timer":
            return f"a timer that lets go every {found.ms:.0f} ms"
        case "initial":
            return f"holds the first {found.ms / 1000:.1f} s of an answer, and then nothing"
        case "irregular":
            return "holds events back irregularly, which is load or a congested path rather than a buffer"


def fix(found: Signature, server: str = "") -> str:
    """`server`: whose answer it says it is, if it does."""
    if server == "nginx" and found.kind in ("full", "size"):
        return f"In {_NGINX}"
    match found.kind:
        case "full":
            return f"In {_NGINX} In an application: {_FLUSH}, and do not collect the answer first."
        case "size":
            return (
                f"In an application: {_FLUSH}, and read what is there instead of blocks of a fixed size. "
                f"In {_NGINX}"
            )
        case "timer" if found.ms < 150:
            return (
                "Nagle's algorithm waiting for a delayed acknowledgement: set TCP_NODELAY on both sides of "
                f"the hop. Or an interval at which pieces are collected: make it 0, {_FLUSH}."
            )
        case "timer":
            return (
                "HAProxy: `option http-no-delay` (without it some 200 ms). Elsewhere: TCP_NODELAY, and no "
                f"interval at which pieces are collected: {_FLUSH}."
            )
        case "initial":
            return (
                "Something looks at the beginning of the body before it lets it go: take `text/event-stream` "
                "out of body inspection (web application firewall, content sniffing)."
            )
        case _:
            return "Ask again on an idle machine; if it stays, look at the load of this hop."


def _bytes(count: float) -> str:
    return f"about {count / 1024:.0f} KiB" if count >= 1536 else f"about {count:.0f} B"
