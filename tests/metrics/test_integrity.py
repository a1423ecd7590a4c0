import pytest

from harness.metrics.integrity import coalesce_ratio, integrity
from harness.metrics.join import join
from harness.record import Outcome
from tests.synthetic import Scene, int32s


def test_each_kind_of_damage_is_counted_by_itself():
    scene = Scene()
    scene.whole(1, lost=1, duplicated=2, reordered=3, crosstalk=4, altered=5, outcome=Outcome.CORRUPT)
    scene.whole(2)
    joined = join(scene.run())
    assert integrity(joined, joined.measured) == {
        "lost": 1, "lost_tail": 0, "duplicated": 2, "reordered": 3, "crosstalk": 4, "altered": 5,
    }  # fmt: skip


def test_a_tail_is_lost_only_where_the_stream_claims_to_be_complete():
    scene = Scene()
    scene.served(scene.stream(1, tokens=10), emitted=13)
    scene.served(scene.stream(2, tokens=10, outcome=Outcome.RESET), emitted=13)
    joined = join(scene.run())
    assert integrity(joined, joined.measured)["lost_tail"] == 3


def test_joined_events_show_as_a_ratio_above_zero():
    scene = Scene()
    scene.served(scene.stream(1, tokens=10, content_events=5))
    joined = join(scene.run())
    assert coalesce_ratio(joined, joined.measured) == pytest.approx(0.5)


def test_split_events_show_as_a_ratio_below_zero():
    scene = Scene()
    scene.served(scene.stream(1, tokens=10), emit_us=int32s(range(5)), emit_tokens=int32s([2] * 5))
    joined = join(scene.run())
    assert coalesce_ratio(joined, joined.measured) == pytest.approx(-1.0)
