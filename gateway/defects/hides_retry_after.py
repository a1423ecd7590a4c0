"""The provider's 429 is passed on and the headers that came with it are not."""

from dataclasses import replace

from aiohttp import web

from gateway.defects.defect import Defect
from gateway.failure import Failure
from gateway.replies import refusal


def without_headers(why: Failure, body: bytes) -> web.Response:
    response = refusal(why, body)
    response.headers.pop("retry-after", None)
    return response


DEFECT = Defect(
    name="hides_retry_after",
    says="A user who is told to slow down is not told for how long.",
    apply=lambda parts: replace(parts, refusal=without_headers),
    must_fail=frozenset({"passes_rate_limit_on"}),
    # Its refusals say when to come back, too.
    may_fail=frozenset({"bounds_its_queue"}),
)
