"""HTTP/1 responses on one connection: head, de-chunked body, and whether it ended as HTTP says (RFC 9112).

httptools does the framing. What is added here: bounds, interim responses skipped, body pieces without a
Python call each, decompression that withholds nothing, and an end that is never guessed: httptools says
nothing at all when a chunked body just stops.
"""

import weakref
import zlib
from collections.abc import Callable

import brotli
import httptools

from harness.wire.frame import WireError

MAX_HEAD = 64 * 1024  # bytes before the body, interim responses included
MAX_FRAMING = 4 * 1024  # bytes in a row that are not body: chunk-size line with extensions, trailers
MAX_INFLATED = 16 << 20  # what one read may decompress to
_CHUNK_FRAMING = 32  # bytes of framing that an ordinary chunk may cost
_BODILESS = (204, 304)


class ResponseReader:
    """Feed what the socket gave, get the pieces of the body; `reset` before the next response.

    `headers` has lower-case names; repeated ones are joined with ", ". `surplus` says that bytes came after
    the response's end, which harms the connection, not the response.
    """

    __slots__ = (
        "__weakref__", "_head_bytes", "_inflate", "_parser", "_pieces", "_silent", "close_delimited",
        "content_encoding", "head_complete", "headers", "keep_alive", "message_complete", "status", "surplus",
    )  # fmt: skip

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the last response; the next bytes begin a new one on the same connection."""
        self.status = 0  # 0 until the head is complete
        self.headers: dict[str, str] = {}
        self.head_complete = False
        self.message_complete = False
        self.keep_alive = False
        self.close_delimited = False
        self.content_encoding = ""
        self.surplus = False
        self._head_bytes = 0
        self._silent = 0
        self._pieces: list[bytes] = []
        self._inflate: Callable[[list[bytes]], list[bytes]] | None = None
        self._parser = httptools.HttpResponseParser(_Callbacks(self, self._pieces))

    def feed(self, data: bytes) -> list[bytes]:
        """Take the bytes of one read, return the body bytes in them, de-chunked and decompressed.

        Raises WireError when they break HTTP or a bound; its `completed` holds the pieces before that.
        """
        pieces, had_head = self._pieces, self.head_complete
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._refused(error)
        found = pieces[:]
        pieces.clear()
        if not found or len(data) > MAX_FRAMING:
            self._bound(len(data), found, had_head)
        else:
            self._silent = 0
        return self._plain(found)

    def eof(self) -> bool:
        """The peer closed its side; return whether the response was whole by HTTP's rules."""
        if self.close_delimited:
            self.message_complete = True
        return self.message_complete

    def _refused(self, error: Exception) -> None:
        self.keep_alive = False
        if self.message_complete:
            self.surplus = True
            return
        cause = error.__context__
        if isinstance(error, httptools.HttpParserUpgrade):
            cause = WireError("the protocol was switched, which nobody asked for")
        reason = cause if isinstance(cause, WireError) else error
        found = self._pieces[:]
        self._pieces.clear()
        raise WireError(f"not HTTP/1.1: {reason}", self._plain(found)) from None

    def _bound(self, size: int, found: list[bytes], had_head: bool) -> None:
        if not self.head_complete:
            self._head_bytes += size
            if self._head_bytes > MAX_HEAD:
                raise WireError(f"the response head is larger than {MAX_HEAD} bytes")
        elif had_head and not self.message_complete:
            # llhttp skips chunk extensions of any length without a word, and zeros before a chunk's size.
            framing = size - sum(map(len, found)) - _CHUNK_FRAMING * len(found)
            self._silent = 0 if found else self._silent + size
            if max(self._silent, framing) > MAX_FRAMING:
                raise WireError(
                    f"more than {MAX_FRAMING} bytes in a row are chunk framing", self._plain(found)
                )

    def _plain(self, found: list[bytes]) -> list[bytes]:
        return found if self._inflate is None else self._inflate(found)

    def _head_done(self, parser_headers: list[tuple[bytes, bytes]]) -> None:
        status = self._parser.get_status_code()
        if 100 <= status < 200:
            return
        if sum(len(name) + len(value) + 4 for name, value in parser_headers) > MAX_HEAD:
            raise WireError(f"the response head is larger than {MAX_HEAD} bytes")
        headers = self.headers
        for raw_name, raw_value in parser_headers:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        self.status = status
        self.head_complete = True
        chunked = headers.get("transfer-encoding", "").lower().endswith("chunked")
        self.close_delimited = not (chunked or "content-length" in headers or status in _BODILESS)
        self.keep_alive = self._parser.should_keep_alive() and not self.close_delimited
        self.content_encoding = headers.get("content-encoding", "").strip().lower()
        if self.content_encoding in ("gzip", "x-gzip", "deflate"):
            self._inflate = _Inflate(self.content_encoding)
        elif self.content_encoding == "br":
            self._inflate = _Brotli()
        elif self.content_encoding not in ("", "identity") and status < 300:
            raise WireError(f"content-encoding {self.content_encoding}, which nobody asked for")


class _Callbacks:
    """What httptools calls. It knows the reader weakly: a cycle through the C parser would outlive its
    stream until a garbage collection, and collections are frozen while a load runs."""

    def __init__(self, reader: ResponseReader, pieces: list[bytes]) -> None:
        self._reader = weakref.ref(reader)
        self._headers: list[tuple[bytes, bytes]] = []
        self.on_body = pieces.append  # no Python frame per chunk

    def on_message_begin(self) -> None:
        reader = self._reader()
        if reader is not None and reader.message_complete:
            raise WireError("bytes after the end of the response")
        self._headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))  # trailers too; nobody reads those

    def on_headers_complete(self) -> None:
        if (reader := self._reader()) is not None:
            reader._head_done(self._headers)

    def on_message_complete(self) -> None:
        reader = self._reader()
        if reader is not None and reader.head_complete:  # else it was an interim response, e.g. 100
            reader.message_complete = True


class _Brotli:
    """Brotli (RFC 7932) as it comes: what the server has flushed is out with the same read."""

    __slots__ = ("_brotli",)

    def __init__(self) -> None:
        self._brotli = brotli.Decompressor()

    def __call__(self, pieces: list[bytes]) -> list[bytes]:
        """Raises WireError for bytes that are not compressed, or that inflate without measure."""
        try:
            plain: bytes = self._brotli.process(b"".join(pieces), output_buffer_limit=MAX_INFLATED)
        except brotli.error as error:
            raise WireError(f"the compressed body is broken: {error}") from None
        if not self._brotli.can_accept_more_data():
            raise WireError(f"one read decompresses to more than {MAX_INFLATED} bytes")
        return [plain] if plain else []


class _Inflate:
    """gzip and deflate as they come: what a sync flush has finished is out with the same read."""

    __slots__ = ("_encoding", "_start", "_zlib")

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._start = b""  # the first two bytes say what it is
        self._zlib: zlib._Decompress | None = None

    def __call__(self, pieces: list[bytes]) -> list[bytes]:
        """Raises WireError for bytes that are not compressed, or that inflate without measure."""
        data = self._start + b"".join(pieces)
        if self._zlib is None:
            if len(data) < 2:
                self._start = data
                return []
            self._start, self._zlib = b"", zlib.decompressobj(self._format(data))
        try:
            plain = self._zlib.decompress(data, MAX_INFLATED)
        except zlib.error as error:
            raise WireError(f"the compressed body is broken: {error}") from None
        if self._zlib.unconsumed_tail:
            raise WireError(f"one read decompresses to more than {MAX_INFLATED} bytes")
        return [plain] if plain else []

    def _format(self, data: bytes) -> int:
        if self._encoding != "deflate":
            return zlib.MAX_WBITS | 16
        # Some servers send raw deflate under this name, which means zlib's format (RFC 9110, 8.4.1.2).
        is_zlib = data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0
        return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS
