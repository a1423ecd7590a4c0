"""Debian's nginx in front of the gateway: what the guide says is what the audit finds."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from harness.scorecard import Promise
from harness.stack import nginx
from tests.audit.proxied import locations, nginx_with, stack

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(nginx.find() is None, reason="needs Debian's package nginx"),
]

PROBES = {"silences_s": [2, 6], "total_s": 6}
PROBED = ("does_not_hold_back", "compresses_and_flushes", "survives_silence")
ALL = (*PROBED, "beats_in_silence", "survives_length")
SAYS_NOTHING = ("--no-accel-header", "yes")

Found = Mapping[str, Promise]


def audited(location: str, *options: str, tls: bool, checks: tuple[str, ...]) -> Found:
    with stack(nginx_with(location, tls), *options, scheme="https" if tls else "http") as running:
        return running.audit(*checks, probes=PROBES)


@pytest.fixture(scope="module")
def audits():
    """Each audit mostly waits, so they wait together."""
    broken, mended = locations()
    with ThreadPoolExecutor() as pool:
        running = {
            "broken": (broken, *SAYS_NOTHING, "--heartbeat-s", "20"),
            "broken, TLS": (broken, *SAYS_NOTHING, "--heartbeat-s", "20"),
            "heartbeats and header": (broken, "--heartbeat-s", "1"),
            "mended": (mended, *SAYS_NOTHING, "--heartbeat-s", "1"),
        }
        futures: dict[str, Future[Found]] = {}
        for name, (location, *options) in running.items():
            tls = name in ("broken, TLS", "mended")
            checks = PROBED if "broken" in name else ALL
            futures[name] = pool.submit(audited, location, *options, tls=tls, checks=checks)
        yield {name: future.result() for name, future in futures.items()}


@pytest.mark.parametrize(("name", "size"), [("broken", 4), ("broken, TLS", 16)])
def test_buffering_is_found_at_nginx_and_named_with_its_fix(audits, name, size):
    found = audits[name]["does_not_hold_back"]
    gateway, target = found.evidence.split("; ")
    assert found.state == "FAIL"
    assert gateway.startswith("gateway: holds nothing back")
    assert f"the target: a buffer that leaves when about {size} KiB are in it" in target
    assert "`proxy_buffering off;`" in found.fix
    assert "`X-Accel-Buffering: no`" in found.fix


@pytest.mark.parametrize("name", ["broken", "broken, TLS"])
def test_a_read_timeout_of_5_s_is_found_as_5_s(audits, name):
    found = audits[name]["survives_silence"]
    gateway, target = found.evidence.split("; ")
    assert (found.state, found.unit) == ("FAIL", "s")
    assert found.value == pytest.approx(5, abs=0.5)
    assert gateway.startswith("gateway: whole after 6 s of silence after the first token")
    assert "whole after 2 s of silence after the first token, cut in a silence of 6 s" in target
    assert "FIN" in target
    assert "HTTP 504" in target
    assert "`proxy_read_timeout`" in found.fix


@pytest.mark.parametrize("name", ["broken", "broken, TLS"])
def test_gzip_on_an_event_stream_is_found(audits, name):
    found = audits[name]["compresses_and_flushes"]
    assert found.state == "FAIL"
    assert "gateway: no compression" in found.evidence
    assert "the target: gzip applied, and events held back" in found.evidence
    assert "`gzip_types`" in found.fix


def test_heartbeats_and_a_header_cure_it_without_a_change_to_nginx(audits):
    found = audits["heartbeats and header"]
    assert {id: one.state for id, one in found.items()} == dict.fromkeys(ALL, "PASS"), found
    assert "the target: gzip applied, each event flushed" in found["compresses_and_flushes"].evidence
    assert "whole after 6 s of silence after the first token" in found["survives_silence"].evidence


def test_the_mended_configuration_passes_although_the_gateway_says_nothing_of_buffering(audits):
    found = audits["mended"]
    assert {id: one.state for id, one in found.items()} == dict.fromkeys(ALL, "PASS"), found
    assert "the target: no compression" in found["compresses_and_flushes"].evidence
