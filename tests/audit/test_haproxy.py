"""A real HAProxy that waits for more before it sends, as it does if nobody tells it not to."""

import pytest

from harness.stack import haproxy
from tests.audit.proxied import haproxy_without, stack

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(haproxy.find() is None, reason="needs Debian's package haproxy"),
]


def test_a_timer_of_200_ms_is_found_at_haproxy_and_named_with_its_fix():
    with stack(haproxy_without("    option http-no-delay\n")) as running:
        found = running.audit("does_not_hold_back", probes={})["does_not_hold_back"]
    gateway, target = found.evidence.split("; ")
    assert found.state == "FAIL"
    assert gateway.startswith("gateway: holds nothing back")
    assert "the target: a timer that lets go every 2" in target
    assert found.fix.startswith("HAProxy: `option http-no-delay`")
