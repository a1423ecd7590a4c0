"""Errors are answered with status 200 and a body that has an `error` in it."""

from dataclasses import replace

from aiohttp import web

from gateway.defects.defect import Defect
from gateway.failure import Failure
from gateway.replies import refusal


def fine_in_form(why: Failure, body: bytes) -> web.Response:
    response = refusal(why, body)
    response.set_status(200)
    return response


DEFECT = Defect(
    name="error_in_a_200",
    says="To load balancers, monitors and HTTP libraries every failed request looks like a success.",
    apply=lambda parts: replace(parts, refusal=fine_in_form),
    must_fail=frozenset({"refuses_with_status"}),
    # They look at refusals as well, and every refusal has the wrong status.
    may_fail=frozenset({"passes_rate_limit_on", "bounds_its_queue", "drains_gracefully"}),
)
