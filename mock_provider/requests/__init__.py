"""The server's side of each dialect: what a request asks for, how it is refused. One dialect a file.

A module has one public value, `API`, that satisfies `mock_provider.requests.request.Api`.
"""

from harness.named import Family
from mock_provider.requests.request import Api

_APIS = Family[Api](__name__, "API")


def names() -> list[str]:
    """Every dialect that can be served, by name."""
    return _APIS.names()


def load(name: str) -> Api:
    """The server's side of the dialect called `name`. Raises KeyError for a name that no file has."""
    return _APIS.load(name)
