"""Summaries to render: a demo as a good run leaves it, and the ones that break weak reports."""

import math
from typing import Any, get_args

import msgspec
import numpy as np

from harness.summary import (
    Capacity,
    CapacityStep,
    CheckResult,
    Comparison,
    ComparisonLook,
    Curve,
    Decomposition,
    FaultRow,
    GalleryStream,
    GapHeat,
    Gate,
    Metric,
    Objective,
    PhaseResult,
    Quantile,
    Resilience,
    RunInfo,
    Span,
    State,
    Summary,
    TimeSeries,
    TrustCheck,
    TwoSided,
    Validity,
    Verdict,
)

PHASES = [
    ("warm-up", "warm_up", 0.0, 6.0),
    ("steady", "steady", 6.0, 30.0),
    ("mobile network", "fault", 30.0, 50.0),
    ("provider quota", "fault", 50.0, 62.0),
    ("recovery", "recovery", 62.0, 72.0),
]
MARKUP = "<script>alert(1)</script><b>&amp;\"'$x_1$ `[red]` \x00\x1b[31m\u202e{{ 7*7 }}]]>"


def empty(**changes: Any) -> Summary:
    """A run of which nothing is known but that it was."""
    start = {"id": "r0", "name": "empty", "started_utc": "2026-11-22T10:00:00Z", "duration_s": 0.0, "seed": 7}
    summary = Summary(
        run=RunInfo(command="streamproof run runs/r0/plan.yaml", **start),
        validity=Validity(state="INVALID"),
        verdict=Verdict(state="INVALID", exit_code=2, sentences=["No stream was begun."]),
    )
    return msgspec.structs.replace(summary, **changes)


def metric(values: np.ndarray, censored: int = 0, unit: str = "ms") -> Metric:
    """A metric with plausible quantiles of `values`; floors as the real ones."""
    n = values.size + censored
    floors = {
        "p50": (0.5, 11),
        "p90": (0.9, 64),
        "p95": (0.95, 130),
        "p99": (0.99, 662),
        "p999": (0.999, 6636),
    }
    every = np.concatenate([np.sort(values), np.full(censored, math.inf)])

    def at(ordered: np.ndarray, p: float) -> Any:
        value = float(ordered[min(math.ceil(ordered.size * p) - 1, ordered.size - 1)])
        return "inf" if math.isinf(value) else round(value, 3)

    def quantile(ordered: np.ndarray, p: float, floor: int) -> Quantile | None:
        if ordered.size < floor:
            return None
        return at(ordered, p), at(ordered, max(p - 0.03, 0.01)), at(ordered, min(p + 0.03, 1.0))

    return Metric(
        unit=unit,
        n=n,
        censored=censored,
        all={name: quantile(every, *known) for name, known in floors.items()},
        ok={name: quantile(np.sort(values), *known) for name, known in floors.items()},
        thin=["p95"] if 130 <= n < 200 else [],
    )


def demo(seed: int = 7) -> Summary:
    """A healthy demo run: 72 s, 60 users, an outage, cuts, a quota."""
    rng = np.random.default_rng(seed)
    ttft = {
        "warm-up": rng.lognormal(5.5, 0.35, 48),
        "steady": rng.lognormal(5.4, 0.3, 236),
        "mobile network": np.concatenate([rng.lognormal(6.1, 0.5, 150), rng.lognormal(8.4, 0.2, 14)]),
        "provider quota": rng.lognormal(5.5, 0.4, 70),
        "recovery": rng.lognormal(5.4, 0.3, 96),
    }
    never = {"mobile network": 3, "provider quota": 41}
    outcomes = {
        "warm-up": {"completed": 48},
        "steady": {"completed": 236},
        "mobile network": {"completed": 131, "reset": 18, "truncated": 9, "error_event": 6, "refused": 3},
        "provider quota": {"completed": 70, "rate_limited": 41},
        "recovery": {"completed": 96},
    }
    gaps = {name: rng.lognormal(3.0, 0.5, 400) for name in ttft}
    gaps["mobile network"] = np.concatenate([gaps["mobile network"], rng.uniform(1500, 6200, 24)])
    phases = [
        PhaseResult(
            span=Span(name=name, kind=kind, t0_s=t0, t1_s=t1),
            load="60 users, closed loop",
            scenario="mobile" if name == "mobile network" else "chat",
            model="mock-chat",
            network=["commuter: 4g to tunnel to 3g", "train: lte with handovers"]
            if name == "mobile network"
            else [],
            intended=sum(outcomes[name].values()),
            outcomes=outcomes[name],
            metrics={"ttft_user": metric(ttft[name], never.get(name, 0)), "max_gap": metric(gaps[name])},
            tokens_emitted=len(ttft[name]) * 181,
            tokens_received=len(ttft[name]) * 181 - (1204 if name == "mobile network" else 0),
            wasted_tokens=1204 if name == "mobile network" else 0,
            attempts_per_stream=1.0 if name != "mobile network" else 1.04,
        )
        for name, kind, t0, t1 in PHASES
    ]
    measured = [values for name, values in ttft.items() if name != "warm-up"]
    return Summary(
        run=RunInfo(
            id="2026-11-22T10-00-00-demo",
            name="demo",
            description="Sixty users chat, phones lose the network, the provider runs out of quota.",
            started_utc="2026-11-22T10:00:00Z",
            duration_s=78.4,
            seed=seed,
            command="streamproof run runs/2026-11-22T10-00-00-demo/plan.yaml",
            argv=["demo"],
            plan_sha256="9f2b5c0e7f3c4f27b8f3f7c1aa0f6d53c2b1d7f4a5b6c7d8e9f0a1b2c3d4e5f6",
            git="b60764d",
        ),
        env={
            "python": "3.11.2",
            "platform": "Linux 6.1 x86_64",
            "cpus": 2,
            "locust": "2.47.0",
            "toxiproxy": "2.12.0",
            "network": {"tcp_rto": True, "operations_late_ms_p99": 3.2},
        },
        validity=Validity(
            state="VALID",
            checks=[
                TrustCheck(
                    id="dispatch_delay",
                    state="VALID",
                    stat="p99",
                    value=4.1,
                    limit=25.0,
                    unit="ms",
                    bound="at most",
                ),
                TrustCheck(
                    id="loop_lag",
                    state="VALID",
                    stat="p99",
                    value=3.1,
                    limit=10.0,
                    unit="ms",
                    bound="at most",
                ),
                TrustCheck(
                    id="any_success",
                    state="VALID",
                    stat="completed",
                    value=581,
                    limit=1,
                    unit="streams",
                    bound="at least",
                ),
                TrustCheck(
                    id="mock_lateness",
                    state="VALID",
                    stat="p99",
                    value=2.4,
                    limit=10.0,
                    unit="ms",
                    bound="at most",
                ),
                TrustCheck(
                    id="conservation",
                    state="VALID",
                    stat="unexplained",
                    value=0.0,
                    limit=0.0,
                    unit="tokens",
                    bound="at most",
                    note="every token that was emitted was received, or lost by a planned fault",
                ),
            ],
        ),
        verdict=Verdict(
            state="PASS",
            exit_code=0,
            sentences=[
                "All 14 promises held while 60 people streamed at once.",
                "Half of all answers began within 216 ms; in the outage they paused up to 6.1 s.",
                "Every planned failure reached the user as a failure; none was shown as a whole answer.",
            ],
        ),
        checks=_checks(),
        phases=phases,
        events=_events(),
        faults=[
            FaultRow(
                phase="mobile network",
                fault="network outage sealed",
                hit=44,
                outcomes={"completed": 44},
                longest_gap_ms=6120.0,
            ),
            FaultRow(
                phase="mobile network",
                fault="network cut rst",
                hit=18,
                outcomes={"reset": 18},
                wasted_tokens=802,
                abort_ms_p50=12.4,
                abort_ms_max=88.1,
            ),
            FaultRow(
                phase="mobile network",
                fault="network cut fin",
                hit=9,
                outcomes={"truncated": 9},
                wasted_tokens=402,
                abort_ms_p50=11.0,
                abort_ms_max=40.0,
            ),
            FaultRow(phase="mobile network", fault="provider s1", hit=6, outcomes={"error_event": 6}),
            FaultRow(phase="provider quota", fault="provider quota", hit=41, outcomes={"rate_limited": 41}),
        ],
        streams={"intended": 658, "attempts": 658, "outcomes": _sum(outcomes)},
        metrics={
            "ttft_user": metric(np.concatenate(measured), 44),
            "ttft_service": metric(np.concatenate(measured) - 2, 44),
            "e2e_term_user": metric(rng.normal(4100, 400, 533), 77),
            "max_gap": metric(np.concatenate(list(gaps.values()))),
            "stall_ratio": metric(rng.uniform(0, 0.05, 533), unit="share"),
        },
        two_sided=TwoSided(
            attempts_upstream=661,
            attempts_per_stream=1.004,
            tokens_emitted=110953,
            tokens_received=109749,
            wasted_tokens=1204,
            false_success=0,
            integrity={
                "lost": 0,
                "lost_tail": 0,
                "duplicated": 0,
                "reordered": 0,
                "crosstalk": 0,
                "altered": 0,
            },
            added_ttft=metric(rng.lognormal(1.2, 0.4, 600)),
            token_delay=metric(rng.lognormal(0.8, 0.3, 600)),
            coalesce_ratio=0.021,
            provider_statuses={"200": 617, "429": 41},
            provider_faults={"s1@40": 6},
        ),
        timeseries=_timeseries(rng),
        distributions={
            "ttft_user": {name: sorted(map(float, values)) for name, values in ttft.items()},
            "max_gap": {name: sorted(map(float, values)) for name, values in gaps.items()},
        },
        curves={
            "ttft_user": {name: curve(values, never.get(name, 0)) for name, values in ttft.items()},
            "max_gap": {name: curve(values) for name, values in gaps.items()},
        },
        objectives=[
            Objective(
                phase="steady", metric="ttft_user", percent=95.0, limit=800.0, text="ttft_user p95 < 800 ms"
            )
        ],
        decomposition=_decomposition(),
        gallery=_gallery(rng),
        resilience=_resilience(outcomes),
        plan="name: demo\nseed: 7\nphases:\n- name: steady\n",
    )


def curve(values: np.ndarray, censored: int = 0) -> Curve:
    """Percentiles to p97 or so with intervals of a twentieth of their value."""
    ordered = np.sort(values)
    n = values.size + censored
    made = Curve(n=n, censored=censored)
    for step in range(1, 31):
        p = 1 - 10 ** (-0.05 * step)
        place = math.ceil(n * p) - 1
        value: Any = round(float(ordered[place]), 3) if place < values.size else "inf"
        made.p.append(round(p, 6))
        made.value.append(value)
        made.low.append(value if value == "inf" else round(value * 0.95, 3))
        made.high.append("inf" if value == "inf" or step == 30 else round(value * 1.05, 3))
    return made


def _decomposition() -> list[Decomposition]:
    parts = {"dispatch": 1.0, "connect": 2.5, "send": 0.2, "wait": 6.3, "first_byte": 200.0}
    slow = {**parts, "earlier_attempts": 3000.0}
    owners = {"client": 1.0, "network": 2.7, "system": 4.3, "provider": 202.0}
    return [
        Decomposition(phase="steady", group="typical", n=24, ttft_ms=210.0, parts=parts, owners=owners),
        Decomposition(phase="mobile network", group="slow", n=9, ttft_ms=3210.0, parts=slow),
    ]


def _gallery(rng: np.random.Generator) -> list[GalleryStream]:
    def stream(number: int, why: str, outcome: str, stall_ms: float) -> GalleryStream:
        first = round(float(rng.uniform(150, 400)), 3)
        middle, last = first + 800.0, first + 800.0 + stall_ms
        ended = [last + 500.0] if outcome == "completed" else [600.0, last + 500.0]
        return GalleryStream(
            stream=number, why=why, phase="mobile network", cohort="train", outcome=outcome, detail="",
            intended_s=31.0, silence_ms=max(stall_ms, first), tokens=90,
            sent_ms=[1.0] if len(ended) == 1 else [1.0, 640.0], ended_ms=list(ended),
            outcomes=["completed"] if len(ended) == 1 else ["reset", outcome],
            first_content_ms=first, flow=[(first, middle, 0), (middle, last, 3), (last, last + 500.0, 0)],
            curve=[(first, 1), (middle, 45), (last, 46), (last + 500.0, 90)],
        )  # fmt: skip

    never = GalleryStream(
        stream=900, why="random", phase="provider quota", cohort="", outcome="refused", detail="http_503",
        intended_s=51.0, silence_ms=4.0, tokens=0, sent_ms=[None], ended_ms=[4.0], outcomes=["refused"],
        first_content_ms=None,
    )  # fmt: skip
    worst = [stream(300 + n, "worst", "reset" if n % 3 else "completed", 6000.0 - 99 * n) for n in range(10)]
    return [*worst, *[stream(400 + n, "median", "completed", 20.0) for n in range(10)], never]


def _resilience(outcomes: dict[str, dict[str, int]]) -> list[Resilience]:
    return [
        Resilience(
            phase="mobile network", kind="fault", streams=167, completed=131,
            outcomes=outcomes["mobile network"], false_success=0, attempts_per_stream=1.04,
            detect_ms_p50=14.2, detect_ms_max=77.1, recover_ms_p50=54.0, recover_ms_max=88.2,
            never_recovered=2, abort_ms_p50=12.4, abort_ms_max=88.1, wasted_tokens=1204,
        ),
        Resilience(
            phase="recovery", kind="recovery", streams=96, completed=96, outcomes=outcomes["recovery"]
        ),
    ]  # fmt: skip


def _sum(outcomes: dict[str, dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for counts in outcomes.values():
        for name, count in counts.items():
            total[name] = total.get(name, 0) + count
    return total


def _events() -> list[Span]:
    def span(name: str, kind: str, t0: float, t1: float, cohort: str, **params: Any) -> Span:
        return Span(name=name, kind=kind, t0_s=t0, t1_s=t1, cohort=cohort, params=params)

    return [
        span("4g", "link", 30, 36, "commuter", latency_ms=60, rate_kbps=9000),
        span("outage", "outage", 36, 41, "commuter", assumed=True),
        span("3g", "link", 41, 50, "commuter", latency_ms=120, rate_kbps=1600),
        span("lte", "link", 30, 44, "train", latency_ms=45, rate_kbps=12000),
        span("rst", "cut", 44, 44, "train"),
        span("fin", "cut", 47, 47, "train"),
    ]


def _checks() -> list[CheckResult]:
    return [
        CheckResult(
            id="loses_no_tokens",
            phase="steady",
            state="PASS",
            promise="No token is lost on the way.",
            evidence="42,716 of 42,716 tokens arrived, in order, once.",
        ),
        CheckResult(
            id="slo",
            phase="steady",
            state="PASS",
            promise="ttft_user p95 stays below 800 ms.",
            evidence="p95 of 236 streams is 371 ms (344 to 402).",
            value=371.0,
            limit=800.0,
            unit="ms",
        ),
        CheckResult(
            id="cancels_upstream",
            phase="mobile network",
            state="PASS",
            promise="The provider stops soon after a user has left.",
            evidence="27 aborts were noticed after 12 ms in the median, 88 ms at most.",
            value=88.1,
            limit=1000.0,
            unit="ms",
        ),
        CheckResult(
            id="reports_failures",
            phase="mobile network",
            state="PASS",
            promise="A broken answer is never shown as a whole one.",
            evidence="0 false successes in 131 completed streams.",
        ),
        CheckResult(
            id="does_not_buffer",
            phase="",
            state="NOT MEASURED",
            promise="Tokens are passed on at once.",
            evidence="No phase was quiet enough to tell.",
        ),
    ]


def _timeseries(rng: np.random.Generator) -> TimeSeries:
    t = np.arange(78)
    busy = np.interp(t, [0, 6, 62, 72, 77], [0, 52, 50, 46, 0]) + rng.normal(0, 2, t.size).clip(-2, 2)
    busy = np.where((t >= 50) & (t < 62), busy * 0.6, busy).clip(0)
    outage = (t >= 36) & (t < 41)
    p50 = np.where(outage, 2400.0, 240.0) * rng.lognormal(0, 0.1, t.size)
    p95 = p50 * rng.uniform(1.3, 2.2, t.size)
    emitted = (busy * 45 * np.where(outage, 0.9, 1)).round()
    delivered = (busy * 45 * np.where(outage, 0.45, 1) * np.where(t == 41, 1.6, 1)).round()
    done = rng.poisson(8, t.size)
    return TimeSeries(
        t_s=[float(second) for second in t],
        intended=[int(v) for v in rng.poisson(9, t.size)],
        started=[int(v) for v in rng.poisson(9, t.size)],
        in_flight=[round(float(v), 2) for v in busy],
        waiting=[round(float(v) * 0.06, 2) for v in busy],
        provider_in_flight=[round(float(v) * 0.97, 2) for v in busy],
        ttft_p50=[None if s > 72 else round(float(v), 1) for s, v in zip(t, p50, strict=True)],
        ttft_p95=[None if s > 72 else round(float(v), 1) for s, v in zip(t, p95, strict=True)],
        tokens_delivered=[int(v) for v in delivered],
        tokens_emitted=[int(v) for v in emitted],
        stalled=[float(26 if flag else 0) for flag in outage],
        outcomes={
            "completed": [int(v) for v in done],
            "reset": [18 if s == 44 else 0 for s in t],
            "truncated": [9 if s == 47 else 0 for s in t],
            "error_event": [1 if 31 <= s < 37 else 0 for s in t],
            "rate_limited": [
                int(v) if 50 <= s < 62 else 0 for s, v in zip(t, rng.poisson(3.5, t.size), strict=True)
            ],
        },
        loop_lag_ms=[round(float(v), 2) for v in rng.lognormal(0.5, 0.4, t.size)],
        dropped=[2 if s == 45 else 0 for s in t],
        cpu=[round(float(v), 3) for v in rng.uniform(0.2, 0.4, t.size)],
        gc_ms=[round(float(v), 2) for v in rng.exponential(0.8, t.size)],
        gaps=GapHeat(
            bin_s=1,
            edges_ms=[round(10 ** (row / 6), 4) for row in range(25)],
            counts=rng.poisson(np.exp(-((np.arange(24) - 8) ** 2) / 9) * 60, (t.size, 24)).tolist(),
        ),
    )


def failing() -> Summary:
    """The demo when it goes wrong: failures, no verdict on one promise, a suspect measurement."""
    summary = demo()
    bad = [
        CheckResult(
            id="loses_no_tokens",
            phase="mobile network",
            state="FAIL",
            promise="No token is lost on the way.",
            evidence="57 of 27,150 tokens never arrived although later ones did.",
            value=57.0,
            limit=0.0,
            unit="tokens",
            fix="Flush after every event; keep the buffer when a client's socket is slow.",
            streams=list(range(300, 331)),
        ),
        CheckResult(
            id="slo",
            phase="mobile network",
            state="INCONCLUSIVE",
            promise="ttft_user p99 stays below 9 s.",
            evidence="164 streams are too few for p99.",
            limit=9000.0,
            unit="ms",
            fix="Let the phase last 80 s.",
        ),
    ]
    return msgspec.structs.replace(
        summary,
        checks=summary.checks + bad,
        validity=Validity(
            state="SUSPECT",
            checks=[
                *summary.validity.checks,
                TrustCheck(
                    id="cpu",
                    state="SUSPECT",
                    stat="max",
                    value=83.0,
                    limit=70.0,
                    unit="%",
                    bound="at most",
                    note="load-0 at 41 s",
                ),
            ],
        ),
        verdict=Verdict(
            state="FAIL",
            exit_code=1,
            reasons=["loses_no_tokens failed in mobile network: 57 tokens lost", "1 check is inconclusive"],
            sentences=["One of 15 promises was broken: tokens were lost while phones changed networks."],
        ),
    )


def interrupted() -> Summary:
    """The demo stopped by its user after 20 s, with a part that died."""
    summary = demo()
    run = msgspec.structs.replace(
        summary.run,
        interrupted=True,
        died=["mock provider 2 (signal 9) at 20.1 s"],
        notes=["phase provider quota could not run: the run ended first"],
    )
    verdict = Verdict(
        state="INVALID", exit_code=2, reasons=["the provider died"], sentences=["The provider died."]
    )
    return msgspec.structs.replace(
        summary,
        run=run,
        verdict=verdict,
        validity=Validity(state="INVALID"),
        phases=summary.phases[:2],
        events=[],
        faults=[],
        resilience=[],
        decomposition=[],
    )


def one_stream() -> Summary:
    """One stream, one second, one value of everything."""
    only = Metric(unit="ms", n=1, censored=0, all={"p50": None, "p95": None}, ok={"p50": None})
    return empty(
        metrics={"ttft_user": only},
        phases=[
            PhaseResult(
                span=Span(name="only", kind="steady", t0_s=0.0, t1_s=1.0),
                load="1 user",
                intended=1,
                outcomes={"completed": 1},
                metrics={"ttft_user": only},
                tokens_emitted=3,
                tokens_received=3,
            )
        ],
        timeseries=TimeSeries(
            t_s=[0.0],
            in_flight=[0.5],
            ttft_p50=[212.0],
            ttft_p95=[212.0],
            tokens_delivered=[3],
            stalled=[0.0],
            outcomes={"completed": [1]},
        ),
        distributions={"ttft_user": {"only": [212.0]}},
    )


def never_reached() -> Summary:
    """Nobody got a first token: every quantile infinite, every distribution empty."""
    lost = Metric(
        unit="ms", n=300, censored=300, all={"p50": ("inf", "inf", "inf"), "p95": ("inf", None, "inf")}, ok={}
    )
    summary = one_stream()
    phase = msgspec.structs.replace(summary.phases[0], metrics={"ttft_user": lost}, outcomes={"refused": 300})
    series = TimeSeries(t_s=[0.0, 1.0], ttft_p50=[None, None], ttft_p95=[None, None], in_flight=[0.0, 0.0])
    return msgspec.structs.replace(
        summary,
        metrics={"ttft_user": lost},
        phases=[phase],
        timeseries=series,
        distributions={"ttft_user": {"only": []}},
    )


def hostile() -> Summary:
    """The failing demo with markup, template code, escapes and long words in every string and name."""
    named = {
        "env",
        "network",
        "params",
        "outcomes",
        "provider_statuses",
        "provider_faults",
        "integrity",
        "ttft_user",
    }

    def poison(value: Any, key: str) -> Any:
        if isinstance(value, str):
            words = ("inf", "open", "closed", "offline", "up", "down", *get_args(State))
            return (
                value
                if key in ("state", "schema", "unit", "kind", "bound") or value in words
                else poisoned(value)
            )
        if isinstance(value, dict):
            rename = key in named and not value.keys() & {"unit"}
            return {poisoned(name) if rename else name: poison(item, name) for name, item in value.items()}
        return [poison(item, key) for item in value] if isinstance(value, list) else value

    plain = msgspec.to_builtins(failing())
    plain["capacity"] = msgspec.to_builtins(searched().capacity) | {"unit": "users", "model": "closed"}
    plain["compare"] = msgspec.to_builtins(compared().compare) | {"mode": "offline"}
    plain["metrics"][MARKUP] = plain["metrics"]["ttft_user"]
    summary: Summary = msgspec.convert(poison(plain, ""), Summary)
    return summary


def poisoned(text: str) -> str:
    return f"{text} {MARKUP} {'w' * 60}"


def long_run() -> Summary:
    """Forty minutes: the timeline must be thinned, the phases are many."""
    summary = demo()
    short = msgspec.to_builtins(summary.timeseries)
    times = 31
    series = {name: value * times for name, value in short.items() if isinstance(value, list)}
    series["t_s"] = [float(second) for second in range(78 * times)]
    series["outcomes"] = {name: counts * times for name, counts in short["outcomes"].items()}
    spans = [
        msgspec.structs.replace(phase, span=_later(phase.span, lap))
        for lap in range(4)
        for phase in summary.phases
    ]
    run = msgspec.structs.replace(summary.run, duration_s=78.0 * times)
    return msgspec.structs.replace(
        summary, run=run, phases=spans, timeseries=msgspec.convert(series, TimeSeries)
    )


def _later(span: Span, lap: int) -> Span:
    return msgspec.structs.replace(
        span, name=f"{span.name} {lap}", t0_s=span.t0_s + 78 * lap, t1_s=span.t1_s + 78 * lap
    )


def searched() -> Summary:
    """A capacity search up to a knee and down again."""
    rng = np.random.default_rng(7)
    loads = [5.0, 10.0, 20.0, 40.0, 28.3, 33.6, 22.6, 48.0, 22.6]
    steps = []
    for place, load in enumerate(loads):
        passed = load < 30
        ttft = 60 / max(0.03, 1 - load / 36)
        steps.append(
            CapacityStep(
                load=load, decision="PASS" if passed else "FAIL", direction="down" if place == 8 else "up",
                streams=int(rng.integers(130, 700)), over={"ttft_user p95 < 500 ms": 0 if passed else 60},
                in_flight=load * 0.6, provider_in_flight=load * 0.58, throughput=min(load, 33.0),
                goodput_ratio=1.0 if passed else 0.6, ttft_p50_ms=ttft / 3, ttft_p95_ms=ttft,
                littles_residual=0.01, saturated=load > 40, limited_by="" if passed else "provider",
                why="" if passed else "its queue was full",
            )
        )  # fmt: skip
    found = Capacity(
        unit="streams/s", model="open", objectives=["ttft_user p95 < 500 ms", "success_share >= 0.95"],
        low=28.3, high=33.6, answer=30.8, ended="bracketed", limited_by="provider: its queue was full",
        hysteresis=False, sentence="About 30.8 streams/s.", steps=steps, knee=29.0,
        usl={"sigma": 0.1, "kappa": 0.01, "best_in_flight": 21.0, "note": ""}, notes=["said once"],
    )  # fmt: skip
    return empty(capacity=found)


def compared() -> Summary:
    """A live comparison: one gate failed, one stayed open, one has no interval."""
    rng = np.random.default_rng(7)
    gates = [
        Gate(
            metric="ttft_user p95", unit="ms", kind="ratio", baseline=412.0, candidate=466.0, effect=0.131,
            low=0.084, high=0.18, p=1e-5, p_adjusted=3e-5, least=0.03, limit=0.1, mde=0.057, pairs=20,
            state="FAIL", why="worse beyond chance",
        ),
        Gate(
            metric="stall_ratio", unit="share", kind="difference", baseline=0.008, candidate=0.009,
            effect=0.001, low=-0.01, high=0.012, p=0.4, p_adjusted=0.8, least=0.005, limit=0.005, mde=0.011,
            pairs=20, pairs_needed=100, state="INCONCLUSIVE",
        ),
        Gate(metric="gap p99", unit="ms", kind="ratio", least=0.03, limit=0.1, state="INCONCLUSIVE"),
    ]  # fmt: skip
    blocks = [
        {"pair": n // 2, "arm": arm, "place": n, "gate": "ttft_user p95", "n": 100,
         "value": 400 + 60 * (arm == "candidate") + float(rng.normal(0, 15))}
        for n, arm in enumerate(["baseline", "candidate", "candidate", "baseline"] * 10)
    ]  # fmt: skip
    blocks[3]["value"] = None
    found = Comparison(
        mode="live", design="paired blocks", baseline="old:8080", candidate="new:8080",
        order="coin", pairs=20, streams=100, shared_seeds=True, gates=gates, blocks=blocks,
        differences=["git"], notes=["explored: nothing"],
        looks=[
            ComparisonLook(run="first-half", pairs=10, alpha=0.005, state="INCONCLUSIVE",
                           gates={"ttft_user p95": "INCONCLUSIVE", "gap p99": "PASS"}),
            ComparisonLook(run="r0", pairs=20, alpha=0.005, state="FAIL", gates={"ttft_user p95": "FAIL"}),
        ],
    )  # fmt: skip
    return empty(compare=found)


EVERY = {
    "demo": demo,
    "failing": failing,
    "interrupted": interrupted,
    "empty": empty,
    "one_stream": one_stream,
    "never_reached": never_reached,
    "hostile": hostile,
    "long_run": long_run,
    "searched": searched,
    "compared": compared,
}
