import pytest

from harness.network.chain import Toxic
from harness.network.errors import Invalid
from harness.network.validation import check_address, check_change, check_name, check_toxic


def toxic(kind: str, name: str = "t", toxicity: float = 1, **attributes: int) -> Toxic:
    return Toxic(name=name, type=kind, stream="downstream", attributes=attributes, toxicity=toxicity)


@pytest.mark.parametrize(
    "deadly",
    [
        toxic("bandwidth", rate=-1),
        toxic("slicer"),
        toxic("slicer", average_size=10, size_variation=10),
        toxic("slicer", average_size=10, size_variation=-1),
    ],
)
def test_what_kills_the_server_is_never_sent(deadly: Toxic) -> None:
    with pytest.raises(Invalid):
        check_toxic(deadly)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (toxic("latency", latency=10, jitter=11), "latency >= jitter >= 0"),
        (toxic("latency", latency=-1), "latency >= jitter >= 0"),
        (toxic("bandwidth"), "at least 1 KB/s"),
        (toxic("slow_close", delay=-1), "not be negative"),
        (toxic("timeout", timeout=-1), "not be negative"),
        (toxic("reset_peer", timeout=5), "must be 0"),
        (toxic("slicer", average_size=9, size_variation=1, delay=-1), "not be negative"),
        (toxic("limit_data", bytes=-1), "not be negative"),
        (toxic("latency", latency=1 << 63), "whole number"),
        (toxic("latency", latency=True), "whole number"),
        (toxic("latency", latency=1.5), "whole number"),  # type: ignore[arg-type]
        (toxic("latency", delay=3), "has no attribute delay; it has: latency, jitter"),
        (toxic("packet_loss"), "is no toxic"),
        (toxic("noop", toxicity=0.5), "toxicity 0.5 must be 0 or 1"),
        (toxic("noop", toxicity=1.7), "toxicity 1.7"),
        (toxic("noop", name="a/b"), "the name 'a/b'"),
    ],
)
def test_a_wrong_value_is_named_with_its_toxic(wrong: Toxic, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        check_toxic(wrong)


def test_a_wrong_direction_is_refused() -> None:
    with pytest.raises(Invalid, match="neither upstream nor downstream"):
        check_toxic(Toxic(name="t", type="noop", stream="both"))  # type: ignore[arg-type]


def test_rate_0_is_for_holds_only() -> None:
    check_toxic(toxic("bandwidth", name="hold_down", rate=0))
    with pytest.raises(Invalid, match="for holds only"):
        check_toxic(toxic("bandwidth", name="bw_lte_down", rate=0))


def test_a_share_of_connections_is_for_static_scenes_only() -> None:
    check_toxic(toxic("noop", toxicity=0.05), static=True)
    with pytest.raises(Invalid):
        check_toxic(toxic("noop", toxicity=1.05), static=True)


def test_a_rate_is_never_changed() -> None:
    with pytest.raises(Invalid, match="crashes the server"):
        check_change(toxic("bandwidth", rate=10), {"rate": 20}, None)
    check_change(toxic("bandwidth", rate=10), {}, 1)


def test_a_change_is_checked_together_with_what_stays() -> None:
    installed = toxic("latency", latency=100, jitter=50)
    check_change(installed, {"latency": 50}, None)
    with pytest.raises(Invalid, match="latency 40 and jitter 50"):
        check_change(installed, {"latency": 40}, None)


def test_a_changing_toxicity_is_0_or_1() -> None:
    with pytest.raises(Invalid):
        check_change(toxic("noop"), {}, 0.5)


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "a/b", "ä", "x" * 65])
def test_names_that_the_api_cannot_address(name: str) -> None:
    with pytest.raises(Invalid):
        check_name(name)


@pytest.mark.parametrize("address", ["127.0.0.1:1", "[::1]:65535"])
def test_literal_addresses(address: str) -> None:
    check_address(address, "upstream")


@pytest.mark.parametrize("address", ["localhost:80", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", ":80"])
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(Invalid, match="literal ip:port"):
        check_address(address, "upstream")


def test_port_0_is_for_listening_only() -> None:
    check_address("127.0.0.1:0", "listen", port_zero=True)
