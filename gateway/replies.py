"""Heads and refusals: what an HTTP response of the gateway says before, or instead of, an answer."""

from aiohttp import web

from gateway.failure import Failure
from gateway.options import Options


def stream_headers(options: Options, id: str) -> dict[str, str]:
    """Of a stream; `id` is the answer's, for the stop button and for coming back."""
    headers = {"content-type": "text/event-stream", "cache-control": "no-cache", "x-stream-id": id}
    if not options.gateway.no_accel_header:
        headers["x-accel-buffering"] = "no"  # a proxy in front of us must not collect the events
    return headers


def refusal(why: Failure, body: bytes) -> web.Response:
    """No answer: an honest status, and the headers by which users pace themselves."""
    return web.Response(status=why.status, body=body, headers=why.headers, content_type="application/json")
