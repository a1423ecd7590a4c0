import json
import subprocess
import sys

import pytest

from harness.network.install import find_server


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="CPU time comes from /proc")
def test_the_cost_of_a_chunk_is_printed_for_each_proxy_there_is() -> None:
    command = [sys.executable, "-m", "bench.proxy", "--json", "--rounds", "1"]
    command += ["--connections", "40", "--rate", "50", "--seconds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    found = json.loads(done.stdout)
    assert found["builtin_us_per_chunk"] > 0
    assert found["builtin_chain_us_per_chunk"] > 0
    assert found["direct_p50_ms"] <= found["builtin_p99_ms"]
    assert ("toxiproxy_us_per_chunk" in found) == (find_server() is not None)
