"""The adapter on a real server: what it can do, and a jam that hurts nobody else."""

import contextlib
import socket

import msgspec
import pytest

from harness import clock
from harness.network.chain import Toxic
from harness.network.control import ProxySpec, ToxiproxyControl
from harness.network.errors import Conflict, Quarantined, Stuck
from harness.network.layout import free_ports
from harness.network.patches import Patch
from harness.network.play import Player, compile_plan, lay_out
from harness.plan.network import Cohort
from harness.record import TimelineEntry
from tests.network.conftest import RunningServer
from tests.network.test_recipes import plan_of
from tests.network.upstream import wait_for

pytestmark = pytest.mark.slow


def listen() -> str:
    return f"127.0.0.1:{free_ports(1)[0]}"


def test_a_real_server_is_probed_and_keeps_its_canary(control: ToxiproxyControl) -> None:
    assert control.probe().patch
    assert control.probe().packet_loss is False  # and a second time
    assert control.healthy()


def test_create_find_down_delete(control: ToxiproxyControl) -> None:
    spec = ProxySpec(name="a", listen=listen(), upstream="127.0.0.1:9")
    control.create(spec)
    with pytest.raises(Conflict):
        control.create(spec)
    with control.down("a"):
        found = control.find("a")
        assert found is not None
        assert not found.enabled
    again = control.find("a")
    assert again is not None
    assert again.enabled
    control.delete("a")
    assert control.find("a") is None


def test_populate_creates_many_and_their_toxics(control: ToxiproxyControl) -> None:
    specs = [
        ProxySpec(name=f"p{n}", listen=f"127.0.0.1:{port}", upstream="127.0.0.1:9", enabled=n != 1)
        for n, port in enumerate(free_ports(3))
    ]
    assert [state.enabled for state in control.populate(specs)] == [True, False, True]
    toxic = Toxic(
        name="lat_down", type="latency", stream="downstream", attributes={"latency": 5, "jitter": 0}
    )
    control.add_toxics("p0", [toxic])
    assert control.toxics("p0") == [toxic]
    control.apply("p0", [Patch(toxic="lat_down", attributes={"latency": 7})])
    assert control.toxics("p0")[0].attributes["latency"] == 7


def test_a_client_that_stops_reading_jams_at_most_its_own_proxy(
    server: RunningServer, control: ToxiproxyControl
) -> None:
    """Megabytes that nobody reads block the stage for which Toxiproxy's change waits; ours waits for none."""
    control.probe()
    impatient = ToxiproxyControl(server.host, server.port, read_s=1)
    hold = Toxic(name="hold_down", type="bandwidth", stream="downstream", attributes={"rate": 0}, toxicity=0)
    with socket.create_server(("127.0.0.1", 0)) as source:
        upstream = "{}:{}".format(*source.getsockname())
        ports = free_ports(2)
        control.populate(
            [
                ProxySpec(name=name, listen=f"127.0.0.1:{port}", upstream=upstream)
                for name, port in zip(("frozen", "other"), ports, strict=True)
            ]
        )
        for name in ("frozen", "other"):
            control.add_toxics(name, [hold])
        with socket.create_connection(("127.0.0.1", ports[0])):
            peer, _ = source.accept()
            with peer:
                flood(peer)
                if server.kind == "toxiproxy":
                    with pytest.raises(Stuck):
                        impatient.apply("frozen", [Patch(toxic="hold_down", toxicity=1)])
                    with pytest.raises(Quarantined):
                        impatient.apply("frozen", [Patch(toxic="hold_down", toxicity=0)])
                    with pytest.raises(Quarantined):
                        impatient.find("other")  # the list would hang
                else:
                    impatient.apply("frozen", [Patch(toxic="hold_down", toxicity=1)])
                    impatient.apply("frozen", [Patch(toxic="hold_down", toxicity=0)])
                    assert impatient.find("other") is not None
                impatient.apply("other", [Patch(toxic="hold_down", toxicity=1)])
                assert list(impatient.tainted) == (["frozen"] if server.kind == "toxiproxy" else [])
    impatient.close()


def test_a_user_who_stops_reading_never_hangs_the_player(
    server: RunningServer, control: ToxiproxyControl
) -> None:
    """The frozen user's path is tainted where the server jams; every other path goes on."""
    journey: list[dict[str, object]] = [{"link": "wifi", "for_s": 0.1}, {"link": "hspa", "for_s": 0.1}]
    plan = plan_of(journey * 4)
    two = [Cohort(name=name, journey="trip") for name in ("frozen", "lively")]
    plan = msgspec.structs.replace(plan, phases=[msgspec.structs.replace(plan.phases[0], network=two)])
    impatient = ToxiproxyControl(server.host, server.port, read_s=1)
    timeline: list[TimelineEntry] = []
    with socket.create_server(("127.0.0.1", 0)) as source:
        urls = lay_out(plan, 7, source.getsockname(), impatient)
        host, port = urls["ride", "frozen"].removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))):
            peer, _ = source.accept()
            with peer:
                flood(peer)
                player = Player(impatient, compile_plan(plan, 7), timeline.append)
                player.play("ride", clock.now())
                assert player.wait(30)
                player.stop()
    failed = [entry.cohort for entry in timeline if entry.error]
    assert len(timeline) == 14
    assert [entry.error for entry in timeline if entry.cohort == "lively"] == [""] * 7
    if server.kind == "toxiproxy":
        assert set(failed) == {"frozen"}
        assert set(player.tainted) == {("ride", "frozen")}
    else:
        assert failed == []
        assert player.tainted == {}
    impatient.close()


def flood(peer: socket.socket) -> None:
    """Write until nothing more fits into the buffers on the way."""
    peer.setblocking(False)
    sent_before = -1
    sent = 0

    def full() -> bool:
        nonlocal sent, sent_before
        sent_before = sent
        with contextlib.suppress(BlockingIOError):
            while True:
                sent += peer.send(b"x" * 65536)
        return sent == sent_before

    rounds = 0

    def full_for_a_while() -> bool:
        nonlocal rounds
        rounds = rounds + 1 if full() else 0
        return rounds > 30

    wait_for(full_for_a_while, 20)
