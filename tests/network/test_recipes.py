"""What users and provider see of each recipe, on the real server."""

import msgspec
import pytest

from harness import clock
from harness.network.control import ToxiproxyControl
from harness.network.play import Player, compile_plan, lay_out, proxy_name
from harness.plan.plan import Plan
from harness.record import TimelineEntry
from tests.network.upstream import Reader, Seen, TokenServer, wait_for

pytestmark = pytest.mark.slow


def plan_of(journey: list[dict[str, object]], **network: object) -> Plan:
    return msgspec.convert(
        {
            "name": "recipe",
            "provider": None,
            "network": {
                "links": {"wifi": "ff/wifi", "hspa": "bs/3.5g-hspa-good"},
                "journeys": {"trip": journey},
                "tcp_rto": False,
                **network,
            },
            "phases": [
                {
                    "name": "ride",
                    "duration_s": 3,
                    "load": {"users": 1},
                    "network": [{"name": "riders", "journey": "trip"}],
                }
            ],
        },
        Plan,
    )


def ride(
    plan: Plan, server: TokenServer, control: ToxiproxyControl, readers: int = 20
) -> tuple[list[Seen], list[TimelineEntry]]:
    """All readers start, then the journey; what they saw and what was done."""
    urls = lay_out(plan, 7, server.address, control)
    host, port = urls[plan.phases[0].name, "riders"].removeprefix("http://").split(":")
    timeline: list[TimelineEntry] = []
    player = Player(control, compile_plan(plan, 7), timeline.append)
    try:
        running = [Reader((host, int(port))) for _ in range(readers)]
        wait_for(lambda: all(reader.seen.data for reader in running))
        player.play(plan.phases[0].name, clock.now())
        seen = [reader.result() for reader in running]
        assert player.wait(10)
    finally:
        player.stop()
    assert [entry.error for entry in timeline] == [""] * len(timeline)
    return seen, timeline


def whats(timeline: list[TimelineEntry]) -> list[str]:
    return [entry.what for entry in timeline]


def test_a_sealed_outage_is_one_gap_and_loses_nothing(control: ToxiproxyControl) -> None:
    plan = plan_of([{"link": "wifi", "for_s": 0.3}, {"outage": "sealed", "for_s": 1.0}, {"link": "wifi"}])
    with TokenServer(count=60) as server:
        seen, timeline = ride(plan, server, control)
        assert [served.ended for served in server.served] == ["finished"] * 20
    assert whats(timeline) == ["outage_begin", "outage_end"]
    begin, end = timeline
    held_s = (end.t_ns - begin.t_ns) / clock.SECOND - begin.params["took_ms"] / 1000  # as it really was
    for one in seen:
        assert (one.ended, one.whole_lines, one.intact) == ("eof", 60, True)
        assert sum(gap > 0.6 * held_s for gap in one.gaps_s) == 1


def test_an_end_written_during_an_outage_waits_for_its_end(control: ToxiproxyControl) -> None:
    plan = plan_of([{"link": "wifi", "for_s": 0.2}, {"outage": "sealed", "for_s": 1.5}, {"link": "wifi"}])
    with TokenServer(count=20) as server:
        seen, timeline = ride(plan, server, control)
        outage_end = timeline[-1].t_ns
        assert all(served.ended_ns < outage_end for served in server.served)
    for one in seen:
        assert (one.ended, one.whole_lines) == ("eof", 20)
        assert one.stamps_ns[-1] > outage_end


def test_a_reset_is_seen_by_both_ends_after_a_part_of_the_answer(control: ToxiproxyControl) -> None:
    plan = plan_of([{"link": "wifi", "for_s": 0.3}, {"cut": "rst"}, {"link": "wifi"}])
    with TokenServer(count=200) as server:
        seen, timeline = ride(plan, server, control)
        wait_for(lambda: all(served.ended != "open" for served in server.served))
        assert {served.ended for served in server.served} <= {"reset", "peer_left"}
        assert all(served.written < 200 for served in server.served)
    assert whats(timeline) == ["cut", "cut_end"]
    assert timeline[0].params["how"] == "rst"
    for one in seen:
        assert one.ended == "reset"
        assert one.intact
        assert 0 < one.whole_lines < 200


def test_a_fin_ends_cleanly_in_mid_answer_and_the_server_notices(control: ToxiproxyControl) -> None:
    plan = plan_of([{"link": "wifi", "for_s": 0.3}, {"cut": "fin"}, {"link": "wifi"}])
    with TokenServer(count=200) as server:
        seen, timeline = ride(plan, server, control)
        wait_for(lambda: all(served.ended != "open" for served in server.served))
        assert all(served.written < 200 for served in server.served)
    assert whats(timeline) == ["cut", "cut_end"]
    for one in seen:
        assert one.ended == "eof"
        assert one.intact
        assert 0 < one.whole_lines < 200


def test_what_an_outage_held_back_is_lost_to_the_cut_that_ends_it(control: ToxiproxyControl) -> None:
    for how, ending in (("rst", "reset"), ("fin", "eof")):
        plan = plan_of(
            [
                {"link": "wifi", "for_s": 0.3},
                {"outage": "sealed", "for_s": 1.0},
                {"cut": how},
                {"link": "wifi"},
            ]
        )
        plan = msgspec.structs.replace(plan, phases=[msgspec.structs.replace(plan.phases[0], name=how)])
        with TokenServer(count=200) as server:
            seen, timeline = ride(plan, server, control)
            wait_for(lambda served=server.served: all(one.ended != "open" for one in served))
        began = timeline[0].t_ns
        assert whats(timeline) == ["outage_begin", "cut", "outage_end", "cut_end"]
        for one in seen:
            assert (one.ended, one.intact) == (ending, True)
            assert one.stamps_ns[-1] < began + clock.SECOND / 2  # nothing of the backlog


def test_a_blackhole_is_silence_and_the_server_does_not_learn_that_its_client_left(
    control: ToxiproxyControl,
) -> None:
    plan = plan_of([{"link": "wifi", "for_s": 0.2}, {"outage": "blackhole"}])
    with TokenServer(count=60) as server:
        urls = lay_out(plan, 7, server.address, control)
        host, port = urls["ride", "riders"].removeprefix("http://").split(":")
        timeline: list[TimelineEntry] = []
        player = Player(control, compile_plan(plan, 7), timeline.append)
        try:
            reader = Reader((host, int(port)), idle_s=0.8)
            wait_for(lambda: bool(reader.seen.data))
            player.play("ride", clock.now())
            assert reader.result().ended == "idle"
            assert 0 < reader.seen.whole_lines < 60
            wait_for(lambda: server.served[0].ended == "finished")  # it wrote all of it to nobody
            assert server.served[0].written == 60
        finally:
            player.stop()
        assert whats(timeline) == ["outage_begin"]


def test_after_a_cut_new_connections_live(control: ToxiproxyControl) -> None:
    for how in ("fin", "rst"):
        plan = plan_of([{"link": "wifi", "for_s": 0.1}, {"cut": how}, {"link": "wifi"}])
        with TokenServer(count=100) as server:
            plan = msgspec.structs.replace(plan, phases=[msgspec.structs.replace(plan.phases[0], name=how)])
            url = lay_out(plan, 7, server.address, control)[how, "riders"]
            host, port = url.removeprefix("http://").split(":")
            player = Player(control, compile_plan(plan, 7), lambda entry: None)
            player.play(how, clock.now())
            assert player.wait(10)
            player.stop()
            seen = Reader((host, int(port))).result()
            assert seen.whole_lines == 100
            assert seen.intact


def test_switching_links_in_mid_stream_loses_nothing(control: ToxiproxyControl) -> None:
    steps: list[dict[str, object]] = []
    for _ in range(3):
        steps += [{"link": "wifi", "for_s": 0.15}, {"link": "hspa", "for_s": 0.15}]
    plan = plan_of([*steps, {"link": "wifi"}])
    with TokenServer(count=80) as server:
        seen, timeline = ride(plan, server, control)
    assert whats(timeline) == ["link"] * 6
    assert {(one.ended, one.whole_lines, one.intact) for one in seen} == {("eof", 80, True)}


def test_an_unknown_toxic_ends_in_the_timeline_and_not_in_the_thread(control: ToxiproxyControl) -> None:
    plan = plan_of([{"link": "wifi", "for_s": 0.1}, {"cut": "rst"}])
    timeline: list[TimelineEntry] = []
    player = Player(control, compile_plan(plan, 7), timeline.append)  # and nothing was laid out
    player.play("ride", clock.now())
    assert player.wait(10)
    player.stop()
    assert whats(timeline) == ["cut", "cut_end"]
    assert all("404 proxy not found" in entry.error for entry in timeline)


def test_refusing_closes_what_is_open_and_turns_new_ones_away(control: ToxiproxyControl) -> None:
    plan = plan_of([{"link": "wifi", "for_s": 0.3}, {"refuse": True, "for_s": 1.0}, {"link": "wifi"}])
    with TokenServer(count=200) as server:
        urls = lay_out(plan, 7, server.address, control)
        host, port = urls["ride", "riders"].removeprefix("http://").split(":")
        timeline: list[TimelineEntry] = []
        player = Player(control, compile_plan(plan, 7), timeline.append)
        try:
            first = Reader((host, int(port)))
            wait_for(lambda: bool(first.seen.data))
            player.play("ride", clock.now())
            wait_for(lambda: whats(timeline) == ["refuse_begin"])
            assert Reader((host, int(port))).result().ended == "refused"
            assert first.result().ended == "eof"
            wait_for(lambda: whats(timeline) == ["refuse_begin", "refuse_end"])
            assert Reader((host, int(port))).result().whole_lines == 200
        finally:
            player.stop()


def test_stopping_drops_what_has_not_begun(control: ToxiproxyControl) -> None:
    plan = plan_of([{"link": "wifi", "for_s": 2.9}, {"cut": "rst"}])
    timeline: list[TimelineEntry] = []
    with TokenServer() as server:
        lay_out(plan, 7, server.address, control)
        player = Player(control, compile_plan(plan, 7), timeline.append)
        player.play("ride", clock.now() + 3600 * clock.SECOND)
        player.stop()
    assert timeline == []
    assert player.wait(0)


def test_the_same_server_can_hold_two_runs_of_a_plan_one_after_the_other(control: ToxiproxyControl) -> None:
    plan = plan_of([{"link": "wifi"}])
    with TokenServer() as server:
        first = lay_out(plan, 7, server.address, control)
        control.delete(proxy_name("ride", "riders"))
        assert set(lay_out(plan, 7, server.address, control)) == set(first)
