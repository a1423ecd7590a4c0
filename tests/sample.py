"""A realistic finished run, made by hand: steady load, a bad mobile network, provider faults, a quota.

`sample_summary()` is what judging makes of it; reports are tested against it.
"""

import numpy as np

from harness.record import Outcome
from harness.summary import Summary
from tests.synthetic import MS, Scene, at, plan

Rng = np.random.Generator
PHASES = [
    {"name": "warm", "kind": "warm_up", "duration_s": 2.0, "load": {"users": 4}},
    {
        "name": "steady", "duration_s": 20.0, "load": {"users": 40},
        "slo": ["ttft_user p95 < 800 ms", "max_gap p95 < 1 s", "success_share >= 0.99"],
    },
    {
        "name": "commute", "kind": "fault", "duration_s": 15.0, "load": {"users": 20}, "scenario": "mobile",
        "network": [
            {"name": "train", "journey": "tunnel"}, {"name": "lift", "journey": "lift"},
            {"name": "desk", "journey": "desk"},
        ],
    },
    {"name": "faults", "kind": "fault", "duration_s": 8.0, "load": {"users": 10}, "model": "mock-faulty"},
    {"name": "quota", "kind": "fault", "duration_s": 8.0, "load": {"rate": 5.0}, "model": "mock-limited"},
]  # fmt: skip
NETWORK = {
    "links": {"lte": "lte"},
    "journeys": {
        "tunnel": [
            {"link": "lte", "for_s": 4.0}, {"outage": "sealed", "for_s": 3.0}, {"link": "lte"},
        ],
        "lift": [{"link": "lte", "for_s": 4.0}, {"cut": "rst"}, {"link": "lte"}],
        "desk": [{"link": "lte", "for_s": 8.0}, {"cut": "fin"}, {"link": "lte"}],
    },
}  # fmt: skip
MODELS = {"mock-chat": {}, "mock-faulty": {}, "mock-limited": {}}


def sample_scene(seed: int = 7) -> Scene:
    """Everything as a healthy system behind the reference gateway would leave it."""
    scene = Scene(plan(name="sample", phases=PHASES, network=NETWORK, provider={"models": MODELS}, seed=seed))
    rng = np.random.default_rng(seed)
    _calm(scene, rng, range(1, 9), "warm", 0.0, 1.5)
    _calm(scene, rng, range(100, 400), "steady", 2.0, 18.0)
    _commute(scene, rng)
    _faults(scene, rng)
    _quota(scene, rng)
    scene.seconds_of_host(56, cpu=0.35, in_flight=20)
    scene.facts["rows_expected"] = {"load-0": len(scene.streams)}
    return scene


def sample_summary() -> Summary:
    return sample_scene().summary()


def _calm(scene: Scene, rng: Rng, ids: range, phase: str, start: float, length: float) -> None:
    for begin, stream in zip(np.sort(rng.uniform(start, start + length, len(ids))), ids, strict=True):
        _whole(scene, rng, stream, phase, float(begin))


def _shape(rng: Rng) -> dict[str, object]:
    tokens = int(rng.integers(60, 140))
    return {
        "ttft_ms": float(rng.lognormal(5.3, 0.3)),
        "gaps_ms": list(rng.lognormal(3.3, 0.3, tokens - 1)),
        "tokens": tokens,
    }


def _whole(scene: Scene, rng: Rng, stream: int, phase: str, begin: float, **keys: object) -> None:
    row = scene.stream(stream, begin, phase=phase, **{**_shape(rng), **keys})  # type: ignore[arg-type]
    scene.served(row)


def _commute(scene: Scene, rng: Rng) -> None:
    """22 s to 37 s: cohort train is silent from 26 to 29 s, lift is reset at 26 s, desk closed at 30 s."""
    names = {"phase": "commute"}
    scene.note(22.0, "network", "link", cohort="train", params={"link": "lte"}, planned_ns=at(22.0), **names)
    scene.note(22.0, "network", "link", cohort="lift", params={"link": "lte"}, planned_ns=at(22.0), **names)
    scene.note(26.004, "network", "outage_begin", cohort="train", planned_ns=at(26.0), **names)
    scene.note(29.003, "network", "outage_end", cohort="train", planned_ns=at(29.0), **names)
    scene.note(
        29.004, "network", "link", cohort="train", params={"link": "lte"}, planned_ns=at(29.0), **names
    )
    scene.note(26.002, "network", "cut", cohort="lift", params={"cut": "rst"}, planned_ns=at(26.0), **names)
    scene.note(30.003, "network", "cut", cohort="desk", params={"cut": "fin"}, planned_ns=at(30.0), **names)
    for stream in range(1000, 1060):
        _whole(scene, rng, stream, "commute", float(rng.uniform(30.5, 36.0)), cohort="lift")
    for stream in range(1060, 1110):
        _whole(scene, rng, stream, "commute", float(rng.uniform(29.5, 36.0)), cohort="train")
    for stream in range(1110, 1122):  # open when the outage began: the rest arrives after it
        before, after = 40, 40
        gaps = [20.0] * (before - 1) + [3200.0] + [20.0] * after
        row = scene.stream(
            stream, 24.9 + stream % 7 * 0.02, ttft_ms=250.0, gaps_ms=gaps, tokens=before + after + 1,
            phase="commute", cohort="train",
        )  # fmt: skip
        scene.served(row)
    for stream, cut_s, outcome in [
        *((stream, 26.0, Outcome.RESET) for stream in range(1130, 1136)),
        *((stream, 30.0, Outcome.TRUNCATED) for stream in range(1136, 1142)),
    ]:
        _cut(scene, stream, cut_s, outcome)


def _cut(scene: Scene, stream: int, cut_s: float, outcome: Outcome) -> None:
    """The user's connection goes at `cut_s`; the provider hears of it 60 ms later."""
    row = scene.stream(
        stream, cut_s - 1.5, ttft_ms=300.0, gaps_ms=25.0, tokens=45, outcome=outcome, phase="commute",
        cohort="lift" if outcome == "reset" else "desk", closed_ns=at(cut_s),
        detail="truncated_silent" if outcome == "truncated" else "reset",
    )  # fmt: skip
    noticed = at(cut_s) + 60 * MS
    scene.served(
        row, emitted=50, planned_tokens=120, terminal_ns=None, ended_by="peer", peer_left_ns=noticed,
        closed_ns=noticed, wasted_tokens=0,
    )  # fmt: skip


def _faults(scene: Scene, rng: Rng) -> None:
    """37 s to 45 s: the provider cuts some answers cleanly, resets some, and stalls some for 2 s."""
    for stream in range(2000, 2040):
        _whole(scene, rng, stream, "faults", float(rng.uniform(37.0, 44.0)), model="mock-faulty")
    for stream in range(2040, 2060):
        fault = ("s1", "s3")[stream % 2]
        row = scene.stream(
            stream, float(rng.uniform(37.0, 44.0)), tokens=30, outcome=Outcome.ERROR_EVENT, phase="faults",
            model="mock-faulty", detail="error_in_stream", error_code="upstream_ended",
            error="the provider ended early",
        )  # fmt: skip
        scene.served(row, fault=f"{fault}@30", ended_by="fault", terminal_ns=None, planned_tokens=100)
    for stream in range(2060, 2066):
        gaps = [20.0] * 19 + [2000.0] + [20.0] * 40
        row = scene.stream(
            stream,
            float(rng.uniform(37.0, 43.0)),
            gaps_ms=gaps,
            tokens=61,
            phase="faults",
            model="mock-faulty",
        )
        scene.served(row, fault="s6@20", injected_us=2_000_000)


def _quota(scene: Scene, rng: Rng) -> None:
    """45 s to 53 s: the provider refuses what is beyond its requests a minute."""
    for stream in range(3000, 3030):
        _whole(scene, rng, stream, "quota", float(rng.uniform(45.0, 52.0)), model="mock-limited")
    for stream in range(3030, 3045):
        row = scene.stream(
            stream, float(rng.uniform(45.0, 52.0)), tokens=0, outcome=Outcome.RATE_LIMITED, phase="quota",
            model="mock-limited", status=429, detail="http_429", retry_after_s=3.0, close_after_ms=12.0,
        )  # fmt: skip
        scene.served(
            row, status=429, limit="rpm", retry_after_s=3.0, ended_by="limit", terminal_ns=None,
        )  # fmt: skip
