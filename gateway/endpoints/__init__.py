"""What can be asked of the gateway: one endpoint a file, found by its name.

A module has `ENDPOINT`, an `Endpoint` of `endpoint.py`.
"""

import importlib
import pkgutil

from gateway.endpoints.endpoint import Endpoint

_NOT_ENDPOINTS = {"endpoint"}


def all_endpoints() -> list[Endpoint]:
    """Every endpoint there is."""
    names = sorted({module.name for module in pkgutil.iter_modules(__path__)} - _NOT_ENDPOINTS)
    return [importlib.import_module(f"{__name__}.{name}").ENDPOINT for name in names]
