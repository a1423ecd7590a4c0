"""What can be asked of the gateway: one endpoint a file, found by its name.

A module has `ENDPOINT`, an `Endpoint` of `endpoint.py`.
"""

from gateway.endpoints.endpoint import Endpoint
from harness.named import Family

_ENDPOINTS = Family[Endpoint](__name__, "ENDPOINT")


def all_endpoints() -> list[Endpoint]:
    """Every endpoint there is."""
    return [_ENDPOINTS.load(name) for name in _ENDPOINTS.names()]
