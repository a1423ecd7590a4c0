"""Hops with limits of time before the real gateway: each limit, and how it ends a stream, is told apart."""

import re
from contextlib import ExitStack

import pytest

from tests.audit.proxied import no_proxy, stack
from tests.audit.relay import Relay

LATE_1_5 = r"1\.[5-9]"  # a relay looks every 50 ms, on a machine that may be busy
PROBES = {"silences_s": [1, 4], "total_s": 6}


@pytest.mark.slow
def test_each_hop_is_told_by_its_limit_and_its_way_to_end_a_stream():
    with stack(no_proxy, "--heartbeat-s", "2") as running, ExitStack() as relays:
        hops = {
            "fin": Relay(running.gateway, "fin", idle_s=1.5),
            "rst": Relay(running.gateway, "rst", idle_s=1.5),
            "hole": Relay(running.gateway, "hole", idle_s=1.5),
            "patient": Relay(running.gateway, "fin", idle_s=3),  # more than a heartbeat's time
            "old": Relay(running.gateway, "rst", total_s=3.5),
        }
        for hop in hops.values():
            relays.enter_context(hop)
        named = {name: hop.url for name, hop in hops.items()}
        found = running.audit("survives_silence", "survives_length", probes=PROBES, hops=named)

    silence = dict(part.split(": ", 1) for part in found["survives_silence"].evidence.split("; "))
    whole, cut = "whole after 4 s of silence after the first token", "cut in a silence of 4 s after the first"
    assert whole in silence["gateway"]
    assert whole in silence["patient"]  # heartbeats save it
    assert re.search(rf"{cut} token, {LATE_1_5} s after the last byte: FIN", silence["fin"])
    assert re.search(rf"{cut} token, {LATE_1_5} s after the last byte: RST", silence["rst"])
    assert f"{cut} token: a black hole" in silence["hole"]
    assert found["survives_silence"].value == pytest.approx(1.6, abs=0.3)

    length = found["survives_length"]
    assert length.state == "FAIL"
    assert length.value == pytest.approx(3.6, abs=0.3)
    assert re.search(r"old: ended after 3\.[5-9] s and 4 tokens: RST", length.evidence)
    assert "patient: whole after 6" in length.evidence
    assert "on the whole response" in length.fix
