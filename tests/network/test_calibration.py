"""Our outages beside the kernel's: the same outage through a proxy and between network namespaces.

Run with `pytest -s -rs tests/network/test_calibration.py` to see how far they differ.
"""

import shutil
import socket
import sys
import time
from collections.abc import Iterator

import msgspec
import pytest

from harness.network.control import ToxiproxyControl
from harness.network.rto import silence_s
from tests.network.namespaces import SERVER, Cannot, Route, enter, route, run_in
from tests.network.test_recipes import plan_of, ride
from tests.network.upstream import Reader, Seen, TokenServer, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def namespaces() -> Iterator[Route]:
    try:
        with route() as made:
            yield made
    except Cannot as reason:
        pytest.skip(str(reason))


def server_in(namespaces: Route, count: int) -> TokenServer:
    return TokenServer(
        count=count,
        listen=lambda: run_in(namespaces.server, lambda: socket.create_server((SERVER, 0), backlog=512)),
    )


def reader_in(namespaces: Route, server: TokenServer, idle_s: float = 30) -> Reader:
    return Reader(server.address, idle_s, enter=lambda: enter(namespaces.client))


def kernel_outage(namespaces: Route, outage_s: float) -> Seen:
    """A stream of 50 tokens a second whose router forwards nothing for a while."""
    with server_in(namespaces, 50) as server:
        reader = reader_in(namespaces, server)
        wait_for(lambda: len(reader.seen.stamps_ns) >= 15)
        namespaces.forwards(False)
        time.sleep(outage_s)
        namespaces.forwards(True)
        return reader.result()


@pytest.mark.parametrize("outage_s", [0.3, 1.0, 2.0])
def test_a_sealed_outage_lasts_as_long_as_the_kernels(
    namespaces: Route, control: ToxiproxyControl, outage_s: float, capsys: pytest.CaptureFixture[str]
) -> None:
    real = kernel_outage(namespaces, outage_s)
    plan = plan_of(
        [{"link": "wifi", "for_s": 0.3}, {"outage": "sealed", "for_s": outage_s}, {"link": "wifi"}],
        tcp_rto=True,
    )
    plan = msgspec.structs.replace(plan, phases=[msgspec.structs.replace(plan.phases[0], duration_s=10)])
    with TokenServer(count=50) as server:
        (ours,), timeline = ride(plan, server, control, readers=1)
    assert (real.ended, real.whole_lines, real.intact) == ("eof", 50, True)
    assert (ours.ended, ours.whole_lines, ours.intact) == ("eof", 50, True)
    stalls = max(real.gaps_s), max(ours.gaps_s)
    with capsys.disabled():
        sys.stdout.write(
            f"\noutage {outage_s:.1f} s: kernel {stalls[0]:.2f} s, ours {stalls[1]:.2f} s, "
            f"difference {(stalls[1] / stalls[0] - 1) * 100:+.0f} %\n"
        )
    assert min(stalls) >= outage_s
    assert timeline[0].params["hold_s"] == pytest.approx(silence_s(outage_s))


def test_a_vanished_path_tells_the_server_nothing(namespaces: Route) -> None:
    """The blackhole recipe says so too: the client sees its own limit, the server writes to the end."""
    with server_in(namespaces, 60) as server:
        reader = reader_in(namespaces, server, idle_s=1.5)
        wait_for(lambda: len(reader.seen.stamps_ns) >= 10)
        namespaces.forwards(False)
        assert reader.result().ended == "idle"
        wait_for(lambda: server.served[0].ended != "open")
        assert (server.served[0].ended, server.served[0].written) == ("finished", 60)
        assert reader.seen.whole_lines < 60


def test_real_loss_loses_no_token_but_time(namespaces: Route, capsys: pytest.CaptureFixture[str]) -> None:
    """What a proxy cannot do: loss shows only as late tokens. 10 %, because a short test must see it."""
    if shutil.which("nft") is None:
        pytest.skip("real packet loss needs nft (Debian package nftables)")
    namespaces.lose(100)
    with server_in(namespaces, 150) as server:
        seen = reader_in(namespaces, server).result()
    assert (seen.ended, seen.whole_lines, seen.intact) == ("eof", 150, True)
    assert namespaces.dropped() > 0
    with capsys.disabled():
        stalls = [gap for gap in seen.gaps_s if gap > 0.2]
        sys.stdout.write(
            f"\n10 % loss: {namespaces.dropped()} packets, {len(stalls)} stalls, {sum(stalls):.1f} s in all\n"
        )
