"""The numbers of a run while it lasts, over HTTP on this machine only, for a Prometheus to scrape."""

import http.server
import threading
from types import TracebackType

from harness.stack.errors import StackError
from reports.live_metrics import CONTENT_TYPE, render
from reports.progress import Live


class MetricsServer:
    """Answers `/metrics` with what it was last told, from a thread of its own, within a `with` block."""

    def __init__(self, port: int) -> None:
        """Raises StackError when the port is taken."""
        self._live: Live | None = None
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path != "/metrics":
                    self.send_error(404)
                    return
                body = render(owner._live).encode()
                self.send_response(200)
                self.send_header("Content-Type", CONTENT_TYPE)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nobody wants a line a scrape among the progress of a run."""

        try:
            self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        except (OSError, OverflowError) as error:  # the latter where it is above 65535
            reason = getattr(error, "strerror", None) or "no such port"
            raise StackError(f"--metrics-port {port}: {reason}; choose another port") from None
        self.port: int = self._server.server_port

    def show(self, live: Live) -> None:
        self._live = live

    def __enter__(self) -> "MetricsServer":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
