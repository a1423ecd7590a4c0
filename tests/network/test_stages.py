"""Each toxic of the built-in proxy on one direction, with time moved by hand."""

import random

import pytest

from harness.network.builtin.link import QUEUE_LIMIT, Link
from harness.network.builtin.stages import stage_types
from harness.network.builtin.stages.slicer import cut_up
from harness.network.builtin.toxic import InstalledToxic
from tests.network.clockwork import Clockwork


class Bench:
    """A link and what came out of it, as (seconds since the start, bytes)."""

    def __init__(self, *toxics: InstalledToxic, seed: int = 1) -> None:
        self.loop = Clockwork()
        self.out: list[tuple[float, bytes]] = []
        self.ends: list[tuple[float, bool]] = []
        self.closed: list[tuple[float, bool]] = []
        self.full_changes = 0
        self.link = Link(
            self.loop,  # type: ignore[arg-type]
            random.Random(seed),
            toxics,
            write=lambda data: self.out.append((self.at, data)),
            finish=lambda forced: self.ends.append((self.at, forced)),
            end_now=lambda rst: self.closed.append((self.at, rst)),
            full_changed=self._count,
        )

    def _count(self) -> None:
        self.full_changes += 1

    @property
    def at(self) -> float:
        return round(self.loop.now - 100, 3)

    def feed(self, data: bytes, at: float) -> None:
        self.loop.run_to(100 + at)
        self.link.feed(data)

    def end(self, at: float) -> None:
        self.loop.run_to(100 + at)
        self.link.feed_end()

    def run(self, to: float = 1000) -> list[tuple[float, bytes]]:
        self.loop.run_to(100 + to)
        return self.out

    @property
    def data(self) -> bytes:
        return b"".join(data for _, data in self.out)


def toxic(kind: str, toxicity: float = 1.0, name: str = "t", **values: int) -> InstalledToxic:
    keys = stage_types()[kind].attributes
    return InstalledToxic(name, kind, "downstream", toxicity, {key: values.get(key, 0) for key in keys})


def test_every_toxic_of_the_original_is_there_and_ours_are_prefixed() -> None:
    assert sorted(stage_types()) == [
        "bandwidth",
        "latency",
        "limit_data",
        "noop",
        "reset_peer",
        "slicer",
        "slow_close",
        "timeout",
        "x_blackhole",
        "x_connect",
        "x_fin",
        "x_rst",
    ]


def test_without_toxics_bytes_and_ends_pass_at_once() -> None:
    bench = Bench()
    bench.feed(b"a", 1)
    bench.end(2)
    assert (bench.out, bench.ends) == ([(1, b"a")], [(2, False)])


@pytest.mark.parametrize("kind", sorted(stage_types()))
def test_a_toxic_that_spares_a_connection_is_transparent(kind: str) -> None:
    bench = Bench(toxic(kind, toxicity=0.0, rate=1, latency=500, delay=500, timeout=500, average_size=1))
    bench.feed(b"abc", 1)
    bench.end(2)
    assert (bench.out, bench.ends) == ([(1, b"abc")], [(2, False)])


def test_latency_moves_every_chunk_by_as_much() -> None:
    bench = Bench(toxic("latency", latency=100))
    for n in range(3):
        bench.feed(b"%d" % n, 1 + n * 0.02)
    bench.end(1.05)
    assert bench.run() == [(1.1, b"0"), (1.12, b"1"), (1.14, b"2")]
    assert bench.ends == [(1.14, False)]


def test_two_latencies_add_up() -> None:
    bench = Bench(toxic("latency", latency=100), toxic("latency", name="u", latency=50))
    bench.feed(b"a", 1)
    assert bench.run() == [(1.15, b"a")]


def test_jitter_never_reorders_and_lifts_the_mean_as_measured_on_the_original() -> None:
    """Latency 100, jitter 100 at 50 tokens/s is really a mean of 137 to 139 ms."""
    bench = Bench(toxic("latency", latency=100, jitter=100))
    for n in range(4000):
        bench.feed(n.to_bytes(4, "big"), n * 0.02)
    out = bench.run()
    numbers = [int.from_bytes(data[i : i + 4], "big") for _, data in out for i in range(0, len(data), 4)]
    assert numbers == list(range(4000))
    delays = [at - n * 0.02 for n, (at, _) in enumerate(out)]
    assert sum(delays) / len(delays) == pytest.approx(0.138, abs=0.004)


def test_lower_latency_lets_the_backlog_out_at_once() -> None:
    slow = toxic("latency", latency=400)
    bench = Bench(slow)
    for n in range(5):
        bench.feed(b"x", 1 + n * 0.02)
    bench.loop.run_to(101.2)
    slow.values["latency"] = 40
    bench.link.change(slow)
    assert bench.run(1.3) == [(1.2, b"x")] * 5


def test_bandwidth_is_exact_over_many_chunks() -> None:
    bench = Bench(toxic("bandwidth", rate=7))
    for n in range(100):
        bench.feed(b"x" * 150, 1 + n * 0.001)
    assert bench.run()[-1][0] == pytest.approx(1 + 15_000 / 7000, abs=0.002)
    assert len(bench.data) == 15_000


def test_a_big_chunk_leaves_in_slices_of_100_ms() -> None:
    bench = Bench(toxic("bandwidth", rate=10))
    bench.feed(b"x" * 2500, 1)
    assert [(at, len(data)) for at, data in bench.run()] == [(1.1, 1000), (1.2, 1000), (1.25, 500)]


def test_an_idle_link_saves_no_credit() -> None:
    bench = Bench(toxic("bandwidth", rate=10))
    bench.feed(b"x" * 100, 1)
    bench.feed(b"x" * 100, 5)
    assert [at for at, _ in bench.run()] == [1.01, 5.01]


def test_rate_0_holds_until_it_is_switched_off_and_loses_nothing() -> None:
    hold = toxic("bandwidth", rate=0)
    bench = Bench(hold)
    for n in range(5):
        bench.feed(b"%d" % n, 1 + n)
    bench.end(7)
    assert bench.run(50) == []
    hold.toxicity = 0.0
    bench.link.change(hold)
    assert (bench.data, bench.ends) == (b"01234", [(50, False)])


def test_a_changed_rate_is_safe_and_loses_nothing() -> None:
    limit = toxic("bandwidth", rate=0)
    bench = Bench(limit)
    bench.feed(b"x" * 5000, 1)
    for rate in (1, 500, 3, 1000):
        limit.values["rate"] = rate
        bench.link.change(limit)
    bench.run()
    assert bench.data == b"x" * 5000


def test_a_negative_rate_holds_instead_of_killing() -> None:
    bench = Bench(toxic("bandwidth", rate=-3))
    bench.feed(b"x", 1)
    assert bench.run() == []


def test_slow_close_keeps_the_end_back_and_no_byte() -> None:
    bench = Bench(toxic("slow_close", delay=500))
    bench.feed(b"a", 1)
    bench.end(1)
    assert bench.run() == [(1, b"a")]
    assert bench.ends == [(1.5, False)]


def test_an_open_gate_lets_the_end_go_at_once() -> None:
    gate = toxic("slow_close", delay=600_000)
    bench = Bench(gate)
    bench.end(1)
    bench.loop.run_to(103)
    gate.toxicity = 0.0
    bench.link.change(gate)
    assert bench.ends == [(3, False)]


def test_timeout_closes_only_after_a_quiet_time() -> None:
    bench = Bench(toxic("timeout", timeout=700))
    for n in range(100):
        bench.feed(b"x", n * 0.02)
    assert (bench.out, bench.ends) == ([], [])
    bench.run()
    assert bench.ends == [(2.68, True)]
    assert bench.link.bytes_dropped == 100


def test_timeout_0_never_closes_and_lets_ends_pass() -> None:
    bench = Bench(toxic("timeout"))
    bench.feed(b"x", 1)
    bench.end(99)
    assert bench.ends == [(99, False)]


@pytest.mark.parametrize("toxicity", [0.0, 1.0])
def test_taking_a_timeout_away_closes_even_those_it_spared(toxicity: float) -> None:
    bench = Bench(toxic("timeout", toxicity))
    bench.link.remove("t")
    assert bench.ends == [(0, True)]


def test_reset_peer_drops_the_first_chunk_and_closes_after_its_time() -> None:
    bench = Bench(toxic("reset_peer", timeout=300))
    bench.feed(b"a", 1)
    bench.feed(b"b", 1.1)
    assert bench.run() == []
    assert bench.ends == [(1.3, True)]


@pytest.mark.parametrize(
    ("limit", "fed", "passed", "closes"),
    [
        (10, [4, 4], 8, False),
        (8, [4, 4], 8, True),
        (5, [4, 4], 5, True),
        (0, [4], 0, True),
        (-1, [4], 0, True),
        (3, [1000], 3, True),
    ],
)
def test_limit_data_closes_after_exactly_its_bytes(
    limit: int, fed: list[int], passed: int, closes: bool
) -> None:
    bench = Bench(toxic("limit_data", bytes=limit))
    for size in fed:
        bench.feed(b"x" * size, 1)
    assert (len(bench.data), bench.ends) == (passed, [(1, True)] if closes else [])


def test_the_count_of_limit_data_survives_a_change() -> None:
    limit = toxic("limit_data", bytes=1000)
    bench = Bench(limit)
    bench.feed(b"x" * 60, 1)
    limit.values["bytes"] = 100
    bench.link.change(limit)
    bench.feed(b"x" * 60, 2)
    assert (len(bench.data), bench.ends) == (100, [(2, True)])


def test_slicer_pauses_between_its_pieces() -> None:
    bench = Bench(toxic("slicer", average_size=2, delay=10_000))
    bench.feed(b"abcdefgh", 1)
    bench.end(1)
    assert bench.run() == [(1, b"ab"), (1.01, b"cd"), (1.02, b"ef"), (1.03, b"gh")]
    assert bench.ends == [(1.03, False)]


def test_slices_differ_by_the_variation_and_lose_nothing() -> None:
    data = random.Random(3).randbytes(10_000)
    pieces = cut_up(data, 100, 30, random.Random(4))
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= 130
    assert 50 < sum(map(len, pieces)) / len(pieces) < 130


@pytest.mark.parametrize(
    "values", [{}, {"average_size": 10, "size_variation": 10}, {"average_size": 5, "size_variation": -1}]
)
def test_a_slicer_of_impossible_sizes_slices_nothing(values: dict[str, int]) -> None:
    bench = Bench(toxic("slicer", **values))
    bench.feed(b"x" * 100, 1)
    assert bench.run() == [(1, b"x" * 100)]


@pytest.mark.parametrize(("kind", "rst"), [("x_rst", True), ("x_fin", False)])
def test_ours_end_live_connections_at_once_and_spare_new_ones(kind: str, rst: bool) -> None:
    live = Bench()
    live.link.install(toxic(kind))
    assert live.closed == [(0, rst)]
    new = Bench(toxic(kind))
    new.feed(b"x", 1)
    assert (new.data, new.closed) == (b"x", [])


def test_a_reset_can_wait_for_a_byte_or_a_time() -> None:
    at_byte = Bench(toxic("x_rst", bytes=5))
    at_byte.feed(b"abc", 1)
    at_byte.feed(b"def", 2)
    assert (at_byte.data, at_byte.closed) == (b"abcde", [(2, True)])
    at_time = Bench(toxic("x_rst", delay=1500))
    at_time.feed(b"abc", 1)
    at_time.run()
    assert at_time.closed == [(1.5, True)]


def test_a_blackhole_swallows_ends_as_well_and_gives_everything_back() -> None:
    hole = toxic("x_blackhole")
    bench = Bench(hole)
    bench.feed(b"a", 1)
    bench.end(2)
    assert (bench.run(50), bench.ends) == ([], [])
    hole.toxicity = 0.0
    bench.link.change(hole)
    assert (bench.data, bench.ends) == (b"a", [(50, False)])


def test_a_blackhole_for_the_old_path_leaves_new_connections_alone() -> None:
    hole = toxic("x_blackhole", toxicity=0.0, existing=1)
    old = Bench(hole)
    hole.toxicity = 1.0
    old.link.change(hole)
    new = Bench(hole)
    for bench in (old, new):
        bench.feed(b"x", 1)
    assert (old.data, new.data) == (b"", b"x")


def test_toxics_come_and_go_under_a_stream_without_losing_or_reordering_a_byte() -> None:
    rng = random.Random(5)
    bench = Bench()
    fed = b""
    kinds = {
        "latency": {"latency": 30, "jitter": 20},
        "bandwidth": {"rate": 5},
        "slicer": {"average_size": 3},
    }
    installed: dict[str, InstalledToxic] = {}
    for n in range(2000):
        at = n * 0.003
        data = rng.randbytes(rng.randint(1, 40))
        bench.feed(data, at)
        fed += data
        name = rng.choice(list(kinds))
        if rng.random() < 0.05:
            if name in installed:
                bench.link.remove(name)
                del installed[name]
            else:
                installed[name] = toxic(name, name=name, **kinds[name])
                bench.link.install(installed[name])
        elif name in installed and rng.random() < 0.05:
            installed[name].toxicity = float(rng.random() < 0.5)
            bench.link.change(installed[name])
    bench.end(6)
    bench.run()
    assert bench.data == fed
    assert len(bench.ends) == 1
    assert bench.link.held == 0


def test_what_waits_is_counted_and_the_limit_is_reported_once_each_way() -> None:
    hold = toxic("bandwidth", rate=0)
    bench = Bench(hold)
    for _ in range(40):
        bench.feed(b"x" * 10_000, 1)
    assert bench.link.held == 400_000 > QUEUE_LIMIT
    assert (bench.link.full, bench.full_changes) == (True, 1)
    hold.toxicity = 0.0
    bench.link.change(hold)
    assert (bench.link.held, bench.link.full, bench.full_changes) == (0, False, 2)


def test_a_share_of_connections_is_drawn_from_the_seed() -> None:
    def hit(seed: int) -> bool:
        return Bench(toxic("noop", toxicity=0.3), seed=seed).link.stages[0].on

    drawn = [hit(seed) for seed in range(300)]
    assert drawn == [hit(seed) for seed in range(300)]
    assert 60 < sum(drawn) < 120


def test_no_timer_outlives_its_connection() -> None:
    bench = Bench(toxic("latency", latency=100))
    bench.feed(b"x", 1)
    bench.link.stop()
    assert bench.run() == []
