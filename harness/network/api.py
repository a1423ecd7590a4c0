"""HTTP to a proxy's control API: time limits on every call, and every bad answer a type.

toxiproxy-python calls a module-global `requests` without time limits and knows three statuses. `Api` has
the methods that it uses, so `library` can lend it to the library for the length of a call.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
import toxiproxy.api
from requests.adapters import BaseAdapter, HTTPAdapter

from harness.network.errors import BY_STATUS, ControlError, Gone, ServerError, Stuck

CONNECT_S = 1.0
READ_S = 5.0
PARALLEL = 20  # calls in flight at most

_library_lock = threading.Lock()


class Api:
    """One server's control API. Safe for several threads."""

    def __init__(
        self, host: str, port: int, read_s: float = READ_S, transport: BaseAdapter | None = None
    ) -> None:
        self.host, self.port = host, port
        self.base = f"http://{host}:{port}"
        self._timeout = (CONNECT_S, read_s)
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the environment is not the way to 127.0.0.1
        self._session.headers["User-Agent"] = "streamproof"
        self._session.mount("http://", transport or HTTPAdapter(pool_maxsize=PARALLEL, max_retries=0))

    def request(self, method: str, path: str, body: Any = None) -> requests.Response:
        """The answer of a call that succeeded. Raises ControlError by kind."""
        return self._send(method, self.base + path, f"{method} {path}", json=body)

    def get(self, url: str, params: Any = None, **options: Any) -> requests.Response:
        return self._send("GET", url, f"GET {url}", params=params, **options)

    def post(self, url: str, data: Any = None, json: Any = None, **options: Any) -> requests.Response:
        return self._send("POST", url, f"POST {url}", data=data, json=json, **options)

    def delete(self, url: str, **options: Any) -> requests.Response:
        return self._send("DELETE", url, f"DELETE {url}", **options)

    def close(self) -> None:
        self._session.close()

    def _send(self, method: str, url: str, call: str, **options: Any) -> requests.Response:
        try:
            response = self._once(method, url, options)
        except requests.Timeout as error:
            raise Stuck(f"{call}: no answer within {self._timeout[1]:g} s") from error
        except requests.ConnectionError as error:
            raise Gone(f"{call}: nobody answers at {self.host}:{self.port} ({error})") from error
        if response.status_code >= 400:
            raise _error(call, response)
        return response

    def _once(self, method: str, url: str, options: dict[str, Any]) -> requests.Response:
        """The server drops a connection that was idle for 60 s; calls that may be repeated try once more."""
        try:
            return self._session.request(method, url, timeout=self._timeout, **options)
        except requests.ConnectionError as error:
            if isinstance(error, requests.Timeout) or method not in ("GET", "PATCH"):
                raise
            return self._session.request(method, url, timeout=self._timeout, **options)


def _error(call: str, response: requests.Response) -> ControlError:
    kind = BY_STATUS.get(response.status_code, ServerError)
    words = response.text.strip()
    if response.text.startswith("{"):
        words = str(response.json().get("error", words))
    if kind is Stuck:
        words = "the proxy is jammed"  # the body is an HTML page
    return kind(f"{call}: {response.status_code} {words}".rstrip())


@contextmanager
def library(api: Api) -> Iterator[None]:
    """Point toxiproxy-python, whose address and HTTP client are global, at `api`; undone afterwards."""
    consumer = toxiproxy.api.APIConsumer
    with _library_lock:
        before = (consumer.host, consumer.port, toxiproxy.api.requests)
        consumer.host, consumer.port, toxiproxy.api.requests = api.host, api.port, api
        try:
            yield
        finally:
            consumer.host, consumer.port, toxiproxy.api.requests = before
