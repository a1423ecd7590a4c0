"""The server's side of each dialect: what a request asks for, how it is refused. One dialect a file.

A module has one public value, `API`, that satisfies `mock_provider.requests.request.Api`.
"""

import importlib
import pkgutil
from functools import cache

from mock_provider.requests.request import Api

_NOT_APIS = {"request"}


@cache
def names() -> list[str]:
    """Every dialect that can be served, by name."""
    # Kept: looking into the folder costs more than all else about a request.
    return sorted({module.name for module in pkgutil.iter_modules(__path__)} - _NOT_APIS)


@cache
def load(name: str) -> Api:
    """The server's side of the dialect called `name`. Raises KeyError for a name that no file has."""
    if name not in names():
        raise KeyError(name)
    api: Api = importlib.import_module(f"{__name__}.{name}").API
    return api
