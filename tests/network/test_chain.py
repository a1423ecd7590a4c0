from harness.network.chain import Toxic, standard_chain
from harness.network.profiles import load_profiles
from harness.network.validation import check_toxic
from harness.plan.network import Step

LINKS = {
    "lte": load_profiles()["bs/4g-lte-good"],
    "edge": load_profiles()["wpt/edge"],
    "open": load_profiles()["co/starlink"],
}


def names(chain: list[Toxic], stream: str) -> list[str]:
    return [toxic.name for toxic in chain if toxic.stream == stream]


def test_each_stream_has_hold_bandwidth_latency_gate_in_this_order() -> None:
    chain = standard_chain([Step(link="lte", for_s=1), Step(link="edge")], LINKS)
    assert names(chain, "downstream") == ["hold_down", "bw_lte_down", "bw_edge_down", "lat_down", "gate_down"]
    assert names(chain, "upstream") == ["hold_up", "lat_up", "gate_up"]


def test_only_the_first_link_limits_at_the_start() -> None:
    chain = standard_chain([Step(link="edge", for_s=1), Step(link="lte")], LINKS)
    assert {t.name: t.toxicity for t in chain} == {
        "hold_up": 0,
        "hold_down": 0,
        "bw_edge_down": 1,
        "bw_lte_down": 0,
        "lat_up": 1,
        "lat_down": 1,
        "gate_up": 0,
        "gate_down": 0,
    }
    assert {t.name: t.attributes for t in chain if t.type == "latency"} == {
        "lat_up": {"latency": 420, "jitter": 0},
        "lat_down": {"latency": 420, "jitter": 0},
    }


def test_a_link_without_a_limit_has_no_bandwidth_toxic() -> None:
    assert "bw_open_down" not in names(standard_chain([Step(link="open")], LINKS), "downstream")


def test_uploads_are_limited_when_they_matter() -> None:
    chain = standard_chain([Step(link="edge")], LINKS, uploads=True)
    assert names(chain, "upstream") == ["hold_up", "bw_edge_up", "lat_up", "gate_up"]


def test_a_fin_journey_is_not_armed_for_resets() -> None:
    fin = standard_chain([Step(link="lte", for_s=1), Step(cut="fin")], LINKS)
    rst = standard_chain([Step(link="lte", for_s=1), Step(cut="rst")], LINKS)
    assert names(fin, "downstream")[-2:] == ["gate_down", "cut_down"]
    assert names(rst, "downstream")[-2:] == ["gate_down", "rst_down"]


def test_the_whole_chain_passes_validation() -> None:
    for cut in ("fin", "rst"):
        for toxic in standard_chain([Step(link="lte", for_s=1), Step(cut=cut)], LINKS, uploads=True):
            check_toxic(toxic)
