import pytest

from harness.metrics.faults import fault_id, fault_rows, hit_by, unhit
from harness.metrics.join import join
from harness.record import Outcome
from tests.sample import sample_scene
from tests.synthetic import MS, Scene


@pytest.mark.parametrize(
    ("played", "fault"), [("s1@40", "s1"), ("h1:500", "h1"), ("s6@20:2:die", "s6"), ("", "")]
)
def test_a_fault_is_known_by_the_name_of_its_file(played, fault):
    assert fault_id(played) == fault


def test_every_planned_fault_has_a_row_with_whom_it_hit_and_how_they_ended():
    rows = {(row.phase, row.fault): row for row in fault_rows(join(sample_scene().run()))}
    assert {key: (row.hit, row.outcomes) for key, row in rows.items()} == {
        ("commute", "network cut fin"): (6, {"truncated": 6}),
        ("commute", "network cut rst"): (6, {"reset": 6}),
        ("commute", "network outage"): (12, {"completed": 12}),
        ("faults", "provider s1"): (10, {"error_event": 10}),
        ("faults", "provider s3"): (10, {"error_event": 10}),
        ("faults", "provider s6"): (6, {"completed": 6}),
        ("quota", "provider quota"): (15, {"rate_limited": 15}),
    }
    cut = rows["commute", "network cut rst"]
    assert cut.abort_ms_p50 == cut.abort_ms_max == pytest.approx(60.0)
    assert cut.wasted_tokens is not None
    assert cut.wasted_tokens > 0
    assert rows["commute", "network outage"].longest_gap_ms == pytest.approx(3200.0)


def test_what_the_plan_s_users_did_on_purpose_is_a_planned_fault_too():
    scene = Scene()
    row = scene.stream(1, outcome=Outcome.CANCELLED)
    gone = row.closed_ns + 40 * MS
    scene.served(row, emitted=12, ended_by="peer", peer_left_ns=gone, closed_ns=gone, terminal_ns=None)
    found = fault_rows(join(scene.run()))
    assert [(r.fault, r.hit, r.wasted_tokens, r.abort_ms_max) for r in found] == [("user leaves", 1, 2, 40.0)]


def test_a_provider_that_goes_on_after_it_noticed_has_noticed_all_the_same():
    scene = Scene()
    row = scene.stream(1, outcome=Outcome.CANCELLED)
    scene.served(
        row, emitted=90, ended_by="peer", peer_left_ns=row.closed_ns + 5 * MS, terminal_ns=None,
        closed_ns=row.closed_ns + 1700 * MS,
    )  # fmt: skip
    (found,) = fault_rows(join(scene.run()))
    assert found.abort_ms_p50 == pytest.approx(5.0)
    assert found.wasted_tokens == 80


def test_streams_that_nothing_hit_belong_to_no_fault():
    scene = Scene()
    scene.whole(1)
    joined = join(scene.run())
    assert hit_by(joined) == {}
    assert unhit(joined).tolist() == [True]
