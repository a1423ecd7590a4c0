"""The way to the model provider: one request per answer, foreign errors mapped where they enter."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import msgspec

from gateway import failure
from gateway.failure import Failure, Refused
from harness import dialects
from harness.dialects.dialect import Ask, Dialect, HttpRequest
from harness.plan.plan import GatewayOptions

_AFTER_END_S = 0.5  # an upstream that has said its last word gets this long to end its body
_ERROR_BODY = 64 << 10


class Reply:
    """The body of an answer that has begun."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._content = response.content
        self.finished = False

    async def read(self, until: float) -> bytes | None:
        """What came next: bytes as they arrived, b"" at a clean end, None if nothing came before the
        loop's time `until`. Raises Refused when the connection breaks.

        Waiting never goes on past `until`, for aiohttp keeps waiting on a broken chunk size even after
        the peer has closed.
        """
        try:
            async with asyncio.timeout_at(until):
                async for data in self._content.iter_any():
                    return data
                return b""
        except TimeoutError:
            return None
        except (aiohttp.ClientError, OSError, RuntimeError) as error:
            # RuntimeError is aiohttp's word for reading on after a connection has gone in mid-chunk.
            raise Refused(_death(error)) from error

    def finish(self) -> None:
        """The last word has been said: what is left of the body holds nothing for anybody."""
        self.finished = True

    async def drain(self) -> None:
        """Read to the end after the last word, so that the connection can serve again."""
        until = asyncio.get_running_loop().time() + _AFTER_END_S
        try:
            while await self.read(until):
                pass
        except Refused:
            pass  # the answer was whole before


class Upstream:
    """A model provider, asked in the dialect that the options name. An async context manager."""

    def __init__(self, url: str, options: GatewayOptions) -> None:
        self.dialect = dialects.load(options.upstream_dialect)
        self._url = _endpoint(url, self.dialect.path)
        self._options = options
        self._session: aiohttp.ClientSession | None = None
        self._drains: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Upstream":
        # The default pool of 100 would queue users; sock_read is ours to watch, see Reply.read.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, connect=self._options.connect_s),
            headers={"accept": "text/event-stream", "accept-encoding": "identity"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._drains:
            task.cancel()
        if self._session is not None:
            await self._session.close()

    @asynccontextmanager
    async def ask(self, ask: Ask, authorization: str) -> AsyncIterator[Reply]:
        """Ask, and hold the connection for as long as the block lasts: leaving it early closes the
        connection, which is how the provider learns that nobody listens.

        Raises Refused when the provider refuses, cannot be reached or takes too long.
        """
        response = await self._head(ask, authorization)
        reply: Reply | None = None
        try:
            if response.status != 200:
                body = await _error_body(response, self._options.idle_s)
                raise Refused(failure.from_status(response.status, response.headers, body, self.dialect))
            if response.content_type != "text/event-stream":
                raise Refused(failure.CORRUPT)
            reply = Reply(response)
            yield reply
        finally:
            if reply is not None and reply.finished and not response.closed:
                self._drain(response, reply)
            else:
                response.close()  # does nothing once the body was read to its end

    def _drain(self, response: aiohttp.ClientResponse, reply: Reply) -> None:
        """Apart from the answer: nobody waits for the end of a body after the end of an answer."""
        task = asyncio.create_task(reply.drain())
        self._drains.add(task)

        def done(_: "asyncio.Task[None]") -> None:
            self._drains.discard(task)
            response.close()

        task.add_done_callback(done)

    async def _head(self, ask: Ask, authorization: str) -> aiohttp.ClientResponse:
        assert self._session is not None, "an Upstream is used within `async with`"
        request, headers = _request(self.dialect, ask, self._url, authorization)
        limit_s = self._options.connect_s + self._options.first_byte_s
        try:
            async with asyncio.timeout(limit_s):
                return await self._session.post(
                    request.path, data=request.body, headers=headers, allow_redirects=False
                )
        except aiohttp.ServerTimeoutError as error:
            raise Refused(failure.CONNECT_TIMEOUT) from error
        except TimeoutError as error:
            raise Refused(failure.HEAD_TIMEOUT) from error
        except aiohttp.ClientConnectorError as error:
            raise Refused(failure.UNREACHABLE) from error
        except (aiohttp.ClientError, OSError) as error:
            raise Refused(_death(error)) from error


def _request(
    dialect: Dialect, ask: Ask, url: str, authorization: str
) -> tuple[HttpRequest, Mapping[str, str]]:
    """The user's key travels as the dialect wants it; any other credentials go on as they came."""
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() == "bearer" and key:
        request = dialect.request(msgspec.structs.replace(ask, api_key=key), url)
        return request, request.headers
    request = dialect.request(ask, url)
    return request, request.headers | ({"authorization": authorization} if authorization else {})


def _death(error: BaseException) -> Failure:
    # A reset in mid-body reaches us as a payload error that names it in its text only.
    reset = isinstance(error, ConnectionResetError) or "ConnectionResetError" in str(error)
    return failure.RESET if reset and not isinstance(error, aiohttp.ServerDisconnectedError) else failure.DIED


async def _error_body(response: aiohttp.ClientResponse, limit_s: float) -> bytes:
    try:
        async with asyncio.timeout(limit_s):
            return await response.content.read(_ERROR_BODY)
    except (TimeoutError, aiohttp.ClientError, OSError):
        return b""  # the status alone says enough


def _endpoint(url: str, path: str) -> str:
    """Where to POST. `url` may be the server's, or end in /v1 as SDKs want their base URL."""
    parts = urlsplit(url)
    base = parts.path.rstrip("/").removesuffix("/v1")
    return urlunsplit((parts.scheme, parts.netloc, base + path, "", ""))
