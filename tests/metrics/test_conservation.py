from harness.metrics.conservation import conservation
from harness.metrics.join import join
from harness.metrics.littles_law import residuals
from harness.record import Outcome
from tests.synthetic import Scene, plan

LONG = [{"name": "steady", "duration_s": 60.0, "load": {"users": 30, "ramp_s": 0.0}}]


def test_every_record_with_a_request_leaves_nothing_to_explain():
    scene = Scene()
    scene.whole(1)
    assert conservation(join(scene.run())).unexplained == 0


def test_tokens_without_a_request_are_unexplained():
    scene = Scene()
    scene.stream(1)
    scene.whole(2)
    assert conservation(join(scene.run())).unserved.tolist() == [0]


def test_a_request_without_a_record_is_unexplained():
    scene = Scene()
    row = scene.whole(1)
    scene.served(row, stream=2)
    assert conservation(join(scene.run())).unexplained == 1


def test_more_tokens_than_were_emitted_are_unexplained_and_fewer_are_the_system_s_doing():
    scene = Scene()
    scene.served(scene.stream(1, tokens=10), emitted=8)
    scene.served(scene.stream(2, tokens=10), emitted=14)
    assert conservation(join(scene.run())).surplus_tokens == 2


def test_the_answers_of_a_retrying_system_are_added_up():
    scene = Scene()
    row = scene.stream(1, tokens=10)
    scene.served(row, emitted=6)
    scene.served(row, emitted=6)
    assert conservation(join(scene.run())).unexplained == 0


def test_what_the_system_kept_to_itself_is_counted_apart():
    scene = Scene()
    scene.stream(1, tokens=0, outcome=Outcome.TIMED_OUT)
    scene.stream(2, tokens=0, outcome=Outcome.REFUSED, status=503)
    row = scene.whole(3)
    scene.served(row, stream=-1)
    found = conservation(join(scene.run()))
    assert (found.unexplained, found.unforwarded, found.unmarked) == (0, 1, 1)


def closed_loop(scene, users=30, seconds=60.0):
    """Users without think time, their streams of 1 s spread evenly."""
    stream = 0
    for user in range(users):
        begin = user / users
        while begin < seconds:
            stream += 1
            scene.whole(stream, begin, ttft_ms=500.0, gaps_ms=[498.0], tokens=2)
            begin += 1.0


def test_in_a_steady_state_the_provider_is_as_busy_as_the_schedule_says():
    scene = Scene(plan(phases=LONG))
    closed_loop(scene)
    (found,) = residuals(join(scene.run()))
    assert found.phase == "steady"
    assert found.share < 0.02
    assert found.window_s > 50


def test_requests_that_no_record_explains_break_the_law():
    scene = Scene(plan(phases=LONG))
    closed_loop(scene)
    scene.streams = [row for row in scene.streams if row.stream % 10]
    (found,) = residuals(join(scene.run()))
    assert found.share > 0.05


def test_requests_that_stay_open_break_the_law():
    scene = Scene(plan(phases=LONG))
    closed_loop(scene)
    for row in scene.ledger[::200]:
        row.closed_ns += 30_000_000_000
        row.stream = -1
    (found,) = residuals(join(scene.run()))
    assert found.share > 0.05


def test_a_short_phase_is_not_asked():
    scene = Scene(plan(phases=[{"name": "steady", "duration_s": 8.0, "load": {"users": 30, "ramp_s": 0.0}}]))
    closed_loop(scene, seconds=8.0)
    assert residuals(join(scene.run())) == []


def test_a_few_streams_are_too_noisy_to_ask():
    scene = Scene(plan(phases=LONG))
    closed_loop(scene, users=1)
    assert residuals(join(scene.run())) == []
