from typing import Any

import msgspec
import pytest

from harness.network.chain import NEVER
from harness.network.journeys import Operation, compile_journey, draw_visits
from harness.network.patches import Patch
from harness.network.profiles import load_profiles
from harness.plan.draws import Uniform, generator
from harness.plan.network import Cohort, Network, Step
from harness.plan.reader import PlanError

LINKS = {"wifi": "ff/wifi", "lte": "bs/4g-lte-good", "edge": "wpt/edge", "open": "co/starlink"}


def network(journey: list[dict[str, Any]], tcp_rto: bool = False, links: dict[str, str] = LINKS) -> Network:
    return msgspec.convert({"links": links, "journeys": {"trip": journey}, "tcp_rto": tcp_rto}, Network)


def score(
    journey: list[dict[str, Any]], duration_s: float = 60, tcp_rto: bool = False, seed: int = 7, **cohort: Any
) -> list[Operation]:
    riders = Cohort(name="riders", journey="trip", **cohort)
    return compile_journey(network(journey, tcp_rto), riders, duration_s, seed, load_profiles())


def times(operations: list[Operation]) -> list[tuple[float, str]]:
    return [(operation.offset_ns / 1e9, operation.what) for operation in operations]


def test_a_journey_on_one_link_needs_no_operation() -> None:
    assert score([{"link": "lte"}]) == []


def test_a_link_switch_installs_the_new_limit_before_the_old_one_goes() -> None:
    (switch,) = score([{"link": "lte", "for_s": 10}, {"link": "edge"}])
    assert (switch.offset_ns, switch.what) == (10_000_000_000, "link")
    assert switch.patches == (
        Patch(toxic="bw_edge_down", toxicity=1),
        Patch(toxic="bw_lte_down", toxicity=0),
        Patch(toxic="lat_down", attributes={"latency": 420, "jitter": 0}),
        Patch(toxic="lat_up", attributes={"latency": 420, "jitter": 0}),
    )
    assert (switch.params["link"], switch.params["profile"]) == ("edge", "wpt/edge")
    assert (switch.params["rate_down"], switch.params["latency_up"]) == (30, 420)


def test_an_open_link_has_no_limit_to_switch() -> None:
    (switch,) = score([{"link": "open", "for_s": 1}, {"link": "edge"}])
    assert [patch.toxic for patch in switch.patches] == ["bw_edge_down", "lat_down", "lat_up"]


def test_a_sealed_outage_closes_the_gates_before_it_holds_and_opens_them_after() -> None:
    begin, end = score([{"link": "lte", "for_s": 5}, {"outage": "sealed", "for_s": 3}, {"link": "lte"}])
    assert [(p.toxic, p.toxicity) for p in begin.patches] == [
        ("gate_up", 1),
        ("gate_down", 1),
        ("hold_up", 1),
        ("hold_down", 1),
    ]
    assert [(p.toxic, p.toxicity) for p in end.patches] == [
        ("hold_down", 0),
        ("hold_up", 0),
        ("gate_down", 0),
        ("gate_up", 0),
    ]
    assert times([begin, end]) == [(5, "outage_begin"), (8, "outage_end")]
    assert begin.params == {"kind": "sealed", "outage_s": 3, "hold_s": 3, "assumed": False}


def test_tcp_stays_silent_until_its_next_retransmission_while_the_link_changes_before() -> None:
    operations = score(
        [{"link": "lte", "for_s": 5}, {"outage": "sealed", "for_s": 2}, {"link": "edge"}], tcp_rto=True
    )
    assert times(operations) == [(5, "outage_begin"), (7, "link"), (8.15, "outage_end")]
    assert (operations[0].params["outage_s"], operations[0].params["hold_s"]) == (2, 3.15)


def test_without_the_ladder_the_link_still_changes_before_the_hold_ends() -> None:
    operations = score([{"link": "lte", "for_s": 5}, {"outage": "sealed", "for_s": 2}, {"link": "edge"}])
    assert times(operations)[1:] == [(7, "link"), (7, "outage_end")]


def test_an_outage_before_tcp_recovered_from_the_last_one_climbs_the_same_ladder() -> None:
    operations = score(
        [
            {"link": "lte", "for_s": 5},
            {"outage": "sealed", "for_s": 4},  # TCP would recover after 6.51 s
            {"link": "lte", "for_s": 1},
            {"outage": "sealed", "for_s": 4},
            {"link": "lte"},
        ],
        tcp_rto=True,
    )
    assert times(operations) == [(5, "outage_begin"), (18.23, "outage_end")]
    assert operations[0].params["outage_s"] == 9


def test_a_cut_ends_the_silence_and_what_was_held_back_runs_into_it() -> None:
    operations = score(
        [
            {"link": "lte", "for_s": 5},
            {"outage": "sealed", "for_s": 2},
            {"link": "lte", "for_s": 0.5},
            {"cut": "rst"},
            {"link": "lte"},
        ],
        tcp_rto=True,
    )
    assert times(operations) == [(5, "outage_begin"), (7.5, "cut"), (7.5, "outage_end"), (8, "cut_end")]
    assert [patch.toxic for patch in operations[1].patches] == [
        "rst_down",
        "gate_down",
        "gate_up",
        "hold_up",
        "hold_down",
    ]
    assert operations[2].patches == ()


@pytest.mark.parametrize("tcp_rto", [True, False])
def test_a_cut_right_after_an_outage_comes_before_its_backlog(tcp_rto: bool) -> None:
    operations = score(
        [{"link": "lte", "for_s": 5}, {"outage": "sealed", "for_s": 2}, {"cut": "rst"}, {"link": "lte"}],
        tcp_rto=tcp_rto,
    )
    assert times(operations) == [(5, "outage_begin"), (7, "cut"), (7, "outage_end"), (7.5, "cut_end")]
    assert operations[0].params["outage_s"] == operations[0].params["hold_s"] == 2


def test_a_refusal_ends_an_outage_too() -> None:
    operations = score(
        [{"link": "lte", "for_s": 5}, {"outage": "sealed", "for_s": 2}, {"refuse": True, "for_s": 1}],
        tcp_rto=True,
    )
    assert times(operations) == [
        (5, "outage_begin"),
        (7, "refuse_begin"),
        (7, "outage_end"),
        (8, "refuse_end"),
    ]
    assert len(operations[2].patches) == 4


def test_a_blackhole_is_never_lifted() -> None:
    (begin,) = score([{"link": "lte", "for_s": 5}, {"outage": "blackhole"}])
    assert times([begin]) == [(5, "outage_begin")]
    assert begin.params == {"kind": "blackhole", "assumed": False}


def test_an_outage_that_is_not_the_radios_ends_on_time() -> None:
    _, end = score(
        [{"link": "lte", "for_s": 5}, {"outage": "sealed", "for_s": 2, "tcp_rto": False}, {"link": "lte"}],
        tcp_rto=True,
    )
    assert times([end]) == [(7, "outage_end")]


def test_an_outage_without_a_length_lasts_to_the_end_of_its_phase() -> None:
    begin, end = score([{"link": "lte", "for_s": 5}, {"outage": "sealed"}], duration_s=20)
    assert times([begin, end]) == [(5, "outage_begin"), (20, "outage_end")]
    assert begin.params["hold_s"] == 15
    assert end.params["clipped"] is True


def test_an_outage_longer_than_its_phase_is_lifted_at_the_end() -> None:
    begin, end = score([{"link": "lte", "for_s": 5}, {"outage": "sealed", "for_s": 90}], duration_s=20)
    assert times([begin, end])[1] == (20, "outage_end")
    assert (begin.params["outage_s"], begin.params["hold_s"]) == (15, 15)


def test_a_reset_is_armed_for_half_a_second() -> None:
    cut, disarmed = score([{"link": "lte", "for_s": 5}, {"cut": "rst"}])
    assert times([cut, disarmed]) == [(5, "cut"), (5.5, "cut_end")]
    assert cut.patches == (Patch(toxic="rst_down", toxicity=1),)
    assert disarmed.patches == (Patch(toxic="rst_down", toxicity=0),)
    assert cut.params == {"how": "rst"}


def test_a_fin_lowers_the_byte_limit_and_raises_it_again() -> None:
    cut, disarmed = score([{"link": "lte", "for_s": 5}, {"cut": "fin"}])
    assert cut.patches == (Patch(toxic="cut_down", attributes={"bytes": 0}),)
    assert disarmed.patches == (Patch(toxic="cut_down", attributes={"bytes": NEVER}),)
    assert cut.params == {"how": "fin"}


def test_refusing_takes_the_proxy_down_and_up_again() -> None:
    down, up = score([{"link": "lte", "for_s": 5}, {"refuse": True, "for_s": 3}, {"link": "lte"}])
    assert times([down, up]) == [(5, "refuse_begin"), (8, "refuse_end")]
    assert (down.patches, up.patches) == ((Patch(enabled=False),), (Patch(enabled=True),))


def test_a_cohort_may_begin_later() -> None:
    assert times(score([{"link": "lte", "for_s": 5}, {"link": "edge"}], offset_s=2.5)) == [(7.5, "link")]


def test_a_repeated_journey_goes_round_until_its_phase_ends() -> None:
    lap = [{"link": "lte", "for_s": 4}, {"outage": "sealed", "for_s": 1}]
    assert times(score(lap, duration_s=11, repeat=True)) == [
        (4, "outage_begin"),
        (5, "outage_end"),
        (9, "outage_begin"),
        (10, "outage_end"),
    ]


def test_a_lap_that_comes_home_switches_back_to_its_first_link() -> None:
    lap = [{"link": "lte", "for_s": 4}, {"link": "edge", "for_s": 1}]
    links = [operation.params["link"] for operation in score(lap, duration_s=11, repeat=True)]
    assert links == ["edge", "lte", "edge", "lte"]


def test_a_lap_of_no_length_does_not_go_round_for_ever() -> None:
    steps = [Step(link="lte", for_s=0), Step(link="edge", for_s=0)]
    visits = draw_visits(steps, Cohort(name="c", journey="j", repeat=True), 3, generator(1))
    assert [visit.begin_s for visit in visits] == [0, 0, 1, 1, 2, 2]


def test_the_same_seed_gives_the_same_score_and_another_seed_another() -> None:
    journey = [
        {"link": "lte", "for_s": {"dist": "uniform", "low": 1, "high": 9}},
        {"outage": "sealed", "for_s": {"dist": "lognormal", "median": 8, "sigma": 0.5}},
        {"link": "lte"},
    ]
    assert score(journey, seed=1) == score(journey, seed=1)
    assert score(journey, seed=1) != score(journey, seed=2)


def test_two_cohorts_of_one_journey_draw_for_themselves() -> None:
    steps = [Step(link="lte", for_s=Uniform(low=1, high=9)), Step(link="edge")]
    plan = Network(links=LINKS, journeys={"trip": steps})
    one, other = (
        compile_journey(plan, Cohort(name=name, journey="trip"), 60, 7, load_profiles()) for name in "ab"
    )
    assert one != other


def test_operations_come_in_order_and_end_restored() -> None:
    journey = [
        {"link": "wifi", "for_s": 2},
        {"outage": "sealed", "for_s": {"dist": "uniform", "low": 0.5, "high": 3}},
        {"link": "edge", "for_s": 1},
        {"refuse": True, "for_s": 1},
        {"cut": "fin"},
        {"link": "lte", "for_s": 1},
    ]
    for seed in range(20):
        operations = score(journey, tcp_rto=True, seed=seed, repeat=True, duration_s=30)
        offsets = [operation.offset_ns for operation in operations]
        assert offsets == sorted(offsets)
        whats = [operation.what for operation in operations]
        for kind in ("outage", "refuse"):
            assert whats.count(f"{kind}_begin") == whats.count(f"{kind}_end")
        assert whats.count("cut") == whats.count("cut_end")


def test_an_unknown_profile_is_answered_with_the_nearest_one() -> None:
    bad = network([{"link": "lte"}], links={"lte": "bs/4g-lte-god"})
    with pytest.raises(PlanError, match=r"network\.links\.lte: .* did you mean bs/4g-lte-good\?"):
        compile_journey(bad, Cohort(name="c", journey="trip"), 60, 7, load_profiles())


def test_a_link_that_lets_nothing_pass_is_an_outage() -> None:
    bad = network([{"link": "lte"}], links={"lte": "lo/loss-100"})
    with pytest.raises(PlanError, match="write an outage instead"):
        compile_journey(bad, Cohort(name="c", journey="trip"), 60, 7, load_profiles())


def test_a_link_too_slow_to_change_is_refused_where_there_are_outages() -> None:
    bad = network([{"link": "lte", "for_s": 1}, {"outage": "sealed"}], links={"lte": "atc/no-connectivity"})
    with pytest.raises(PlanError, match="too slow for outages"):
        compile_journey(bad, Cohort(name="c", journey="trip"), 60, 7, load_profiles())


def test_a_journey_that_never_ends_cannot_be_repeated() -> None:
    with pytest.raises(PlanError, match="cohort riders repeats the journey trip, whose last step never ends"):
        score([{"link": "lte"}], repeat=True)


def test_a_journey_cannot_cut_both_ways() -> None:
    with pytest.raises(msgspec.ValidationError, match="cuts by rst and by fin"):
        network([{"link": "lte", "for_s": 1}, {"cut": "rst"}, {"cut": "fin"}])


def test_a_link_name_must_fit_into_the_name_of_a_toxic() -> None:
    with pytest.raises(msgspec.ValidationError, match="a name is 1 to 40 letters"):
        network([{"link": "a/b"}], links={"a/b": "ff/wifi"})


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([{"outage": "blackhole", "for_s": 3}], "a blackhole never ends"),
        ([{"outage": "blackhole"}, {"link": "lte"}], "nothing comes after a blackhole"),
        ([{"cut": "rst", "tcp_rto": False}], "tcp_rto belongs to a sealed outage"),
        ([{"cut": "rst", "for_s": 1}], "a cut has no length"),
        ([{"link": "lte", "cut": "rst"}], "exactly one of"),
        ([{"outage": "sealed"}, {"link": "lte"}], "only the last step may leave out for_s"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused(steps: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=words):
        network([{"link": "lte", "for_s": 1}, *steps])
