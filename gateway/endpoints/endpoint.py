"""What an endpoint is: where it is mounted, and how a request there is answered."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from gateway.desk import Desk
from gateway.failure import Failure
from gateway.note import Note


def generic_error(failure: Failure) -> bytes:
    return failure.body


@dataclass(frozen=True)
class Endpoint:
    """`answer` may raise `failure.Refused` as long as no head has gone out; the answer is then an HTTP error
    with `error_body` of its failure. It need not catch anything else.

    A question (`asks`) has a line in the log and counts in the metrics; `answer` tells its `Note` what the
    desk does not know by itself.
    """

    name: str  # in the log and the metrics
    routes: tuple[tuple[str, str], ...]  # (method, path)
    answer: Callable[[Desk, web.Request, Note], Awaitable[web.StreamResponse]]
    asks: bool = True
    error_body: Callable[[Failure], bytes] = generic_error
