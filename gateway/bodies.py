"""The body of a request, or in the gateway's own words why it could not be taken in."""

from aiohttp import web

from gateway.failure import Failure, Refused, bad_request


async def body_of(request: web.Request) -> bytes:
    """Raises Refused for one that is too large or whose coding does not hold what it says."""
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise Refused(Failure(413, "invalid_request", f"{error.text} Send a shorter conversation.")) from None
    except web.RequestPayloadError as error:
        raise Refused(bad_request(f"the body could not be read: {error}")) from None
