import pytest

from harness.metrics.decomposition import decomposition
from harness.metrics.join import join
from harness.record import Outcome
from tests.sample import sample_scene
from tests.synthetic import MS, Scene, at


def staged(scene, stream, prefill_ms=100.0):
    """t1 2 ms, t2 5 ms, t3 6 ms, headers 26 ms, byte 27 ms, event 28 ms; content after `prefill_ms` more."""
    begin = at(1.0)
    sent = begin + 6 * MS
    row = scene.stream(
        stream, 1.0, ttft_ms=22.0 + prefill_ms, dispatched_ns=begin + 2 * MS, connected_ns=begin + 5 * MS,
        sent_ns=sent, headers_ns=sent + 20 * MS, first_byte_ns=sent + 21 * MS, first_event_ns=sent + 22 * MS,
        first_content_ns=sent + round((22.0 + prefill_ms) * MS),
    )  # fmt: skip
    scene.served(row, received_ns=sent + 4 * MS, first_token_ns=sent + round((17.0 + prefill_ms) * MS))


def test_parts_are_told_between_the_clock_points_and_add_up():
    scene = Scene()
    for stream in range(30):
        staged(scene, stream)
    typical, slow = decomposition(join(scene.run()))
    assert typical.parts == pytest.approx(
        {"dispatch": 2.0, "connect": 3.0, "send": 1.0, "wait": 20.0, "first_byte": 1.0, "first_event": 1.0,
         "first_content": 100.0}
    )  # fmt: skip
    assert sum(slow.parts.values()) == pytest.approx(slow.ttft_ms) == pytest.approx(128.0)


def test_the_ledger_tells_whose_time_it_was():
    scene = Scene()
    for stream in range(12):
        staged(scene, stream)
    (typical,) = decomposition(join(scene.run()))
    # 4 ms to the provider and 5 ms back from it are the system's.
    assert typical.owners == pytest.approx({"client": 2.0, "network": 4.0, "system": 9.0, "provider": 113.0})


def test_the_slow_group_is_the_slowest_twentieth():
    scene = Scene()
    for stream in range(100):
        staged(scene, stream, prefill_ms=1000.0 if stream < 5 else 100.0)
    typical, slow = decomposition(join(scene.run()))
    assert (typical.group, typical.n, typical.parts["first_content"]) == ("typical", 10, 100.0)
    assert (slow.group, slow.n, slow.parts["first_content"]) == ("slow", 5, 1000.0)


def test_an_earlier_attempt_is_a_part_of_the_wait():
    scene = Scene()
    for stream in range(11):
        scene.stream(stream, 1.0, tokens=0, outcome="reset")
        scene.stream(stream, 3.0, attempt=2, ttft_ms=50.0)
    (typical,) = decomposition(join(scene.run()))
    assert typical.parts["earlier_attempts"] == pytest.approx(2000.25)
    assert "dispatch" not in typical.parts
    assert sum(typical.parts.values()) == pytest.approx(typical.ttft_ms)


def test_without_a_ledger_nobody_owns_the_time():
    scene = Scene()
    for stream in range(11):
        scene.stream(stream)
    assert [found.owners for found in decomposition(join(scene.run()))] == [{}]


def test_every_phase_of_a_run_adds_up():
    for found in decomposition(join(sample_scene().run())):
        assert sum(found.parts.values()) == pytest.approx(found.ttft_ms, abs=0.01)
        assert not found.owners or sum(found.owners.values()) == pytest.approx(found.ttft_ms, abs=0.01)


def test_users_of_a_damaged_network_have_it_in_a_part_of_its_own():
    scene = Scene()
    for stream in range(12):
        staged(scene, stream)
        scene.streams[-1].cohort = "train"
    (typical,) = decomposition(join(scene.run()))
    assert typical.owners == pytest.approx({"client": 2.0, "network": 4.0, "path": 9.0, "provider": 113.0})


def test_time_before_the_last_attempt_is_not_put_down_to_the_client():
    scene = Scene()
    for stream in range(12):
        scene.stream(stream, 0.5, ttft_ms=None, tokens=0, outcome=Outcome.RESET, closed_ns=at(0.6))
        staged(scene, stream)
        scene.streams[-1].attempt = 2
    (typical,) = decomposition(join(scene.run()))
    assert typical.parts["earlier_attempts"] == typical.owners["earlier_attempts"] == pytest.approx(502.0)
    assert "client" not in typical.owners
    assert sum(typical.owners.values()) == pytest.approx(typical.ttft_ms)
