"""Carriers that reset connections in mid-answer, users who go on where it broke off, and users who cannot."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harness.clock import SECOND
from harness.record import read_timeline
from tests.end_to_end.driving import Finished, Running, alive, command

pytestmark = pytest.mark.slow

COMMON = """
seed: 11
target:
  dialect: generic
  model: mock-chat
  limits: {connect_s: 5, headers_s: 10, first_content_s: 10, idle_s: 8, total_s: 60}
  expect: {%(expect)s}
stack: {system: gateway, gateway: {%(gateway)s}}
provider:
  models:
    mock-chat: {price_per_million: 10, ttft_ms: 200, itl_ms: 40, output_tokens: 100}
network:
  links: {lte: bs/4g-lte-good}
  journeys:
    reset:
      - {link: lte, for_s: {dist: uniform, low: 4, high: 6}}
      - {cut: rst}
      - {link: lte}
"""
PHASE = """
  - name: %(name)s
    kind: fault
    duration_s: 9
    scenario: mobile
    load: {users: 10, ramp_s: 1, think_s: 0.3}
    behaviour: %(behaviour)s
    network: [{name: car-1, journey: reset}, {name: car-2, journey: reset, offset_s: 1}]
"""
GOES_ON = PHASE % {
    "name": "ride",
    "behaviour": "{resume: true, retry: {first_s: 0.8, attempts: 6, jitter: equal}}",
}
TAKES_IT = PHASE % {"name": "ride", "behaviour": "{}"}
STARTS_OVER = PHASE % {"name": "again", "behaviour": "{retry: {first_s: 0.8, attempts: 6, jitter: equal}}"}


def run(folder: Path, phases: str, **options: str) -> Finished:
    folder.mkdir(parents=True, exist_ok=True)
    text = COMMON % {"expect": "", "gateway": "", **options}
    (folder / "plan.yaml").write_text(f"name: resume\n{text}\nphases:{phases}\ndrain_s: 15\n")
    return command(folder, "run", "plan.yaml")


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The system can resume, and its users do."""
    expect = "after_disconnect: resume, cancel_within_s: 15"
    return run(tmp_path_factory.mktemp("on"), GOES_ON, expect=expect, gateway="resume_grace_s: 10")


@pytest.fixture(scope="module")
def off(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The system cannot. Users take what they got, or start over."""
    return run(tmp_path_factory.mktemp("off"), TAKES_IT + STARTS_OVER)


def broken_streams(finished: Finished, phase: str) -> pd.DataFrame:
    """Every attempt of the streams that a reset broke in mid-answer."""
    streams = finished.phase(phase)
    hit = streams[(streams.outcome == "reset") & (streams.tokens > 0)].stream
    assert len(hit) > 0, "the resets hit nobody"
    return streams[streams.stream.isin(hit)].sort_values(["stream", "attempt"])


def test_with_resuming_every_broken_answer_becomes_whole(on: Finished):
    last = broken_streams(on, "ride").groupby("stream").last()
    assert set(last.outcome) == {"completed"}
    assert set(last.detail) == {"resumed_ok"}
    assert set(on.phase("ride").groupby("stream").last().outcome) == {"completed"}


def test_nothing_is_on_the_screen_twice_and_nothing_is_missing(on: Finished):
    attempts = broken_streams(on, "ride")
    damage = attempts[["lost", "duplicated", "reordered", "crosstalk", "altered"]]
    assert damage.to_numpy().sum() == 0
    assert set(attempts.groupby("stream").tokens.sum()) == {100}


def test_a_resumed_answer_is_generated_once(on: Finished):
    hit = broken_streams(on, "ride").stream.unique()
    ledger = on.table("ledger")
    asked = ledger[ledger.stream.isin(hit)].groupby("stream").size()
    assert set(asked.index) == set(hit)
    assert set(asked) == {1}


def test_the_run_that_resumes_passes_and_says_what_it_saw(on: Finished):
    assert on.distrust() == set()
    assert on.broken() == []
    (found,) = on.summary.recovery
    assert found.fault == "network cut rst"
    assert found.recovered == found.asked_again > 0
    assert (found.tokens_lost, found.tokens_duplicated, found.tokens_unrecovered) == (0, 0, 0)
    assert (found.wasted_tokens, found.cost, found.silent_truncations) == (0, 0.0, 0)
    assert found.recover_user is not None
    assert found.recover_user.p50 is not None
    (again,) = on.summary.reconnects
    assert again.resumed >= found.asked_again


def test_without_resuming_the_loss_is_counted(off: Finished):
    gone = broken_streams(off, "ride")
    assert set(gone.groupby("stream").last().outcome) == {"reset"}
    found = next(each for each in off.summary.recovery if each.phase == "ride")
    assert found.gave_up == found.broken
    assert found.recovered == 0
    # The provider writes a token while the reset is on its way, so what it wrote last reached nobody.
    assert found.tokens_lost is not None
    assert found.tokens_lost > 0
    # Of a stream, too, whose first tokens were on their way when it was reset: its user heard none.
    ride = off.phase("ride")
    cut = ride[ride.outcome == "reset"]
    ledger = off.table("ledger")
    written = ledger[ledger.stream.isin(cut.stream)].emitted_tokens.sum()
    assert written - cut.tokens.sum() == found.tokens_lost
    assert off.distrust() == set()


def test_who_starts_over_pays_twice(off: Finished):
    again = broken_streams(off, "again")
    assert set(again.groupby("stream").last().detail) == {"retried_ok"}
    found = next(each for each in off.summary.recovery if each.phase == "again")
    thrown_away = again[again.outcome == "reset"].tokens.sum()
    assert found.regenerated_tokens == thrown_away > 0
    assert found.cost == pytest.approx((found.regenerated_tokens + (found.wasted_tokens or 0)) * 10 / 1e6)
    ledger = off.table("ledger")
    assert ledger[ledger.stream.isin(again.stream)].groupby("stream").size().min() >= 2


def test_the_same_seed_plans_the_same_faults_for_the_same_users(on: Finished, tmp_path: Path):
    expect = "after_disconnect: resume, cancel_within_s: 15"
    second = run(tmp_path, GOES_ON, expect=expect, gateway="resume_grace_s: 10")
    assert planned(on) == planned(second)
    assert cohorts(on) == cohorts(second)


def planned(finished: Finished) -> list[tuple[Any, ...]]:
    """What the network was to do, in ns since the load began."""
    timeline = list(read_timeline(finished.root / "timeline.jsonl"))
    (start,) = (entry.t_ns for entry in timeline if entry.what == "load_start")
    planned = [entry for entry in timeline if entry.kind == "network" and entry.planned_ns is not None]
    return sorted(
        ((entry.planned_ns or 0) - start, entry.cohort, entry.what, str(entry.params.get("cut", "")))
        for entry in planned
    )


def cohorts(finished: Finished) -> dict[int, str]:
    streams = finished.table("streams")
    found = streams.groupby("user").cohort.agg(lambda names: ",".join(sorted(set(names))))
    return {int(user): cohort for user, cohort in found.items()}


FROZEN = """
name: frozen
seed: 3
target:
  model: mock-flood
  limits: {connect_s: 3, headers_s: 5, first_content_s: 5, idle_s: 4, total_s: 20}
provider:
  models: {mock-flood: {ttft_ms: 50, itl_ms: 0.2, output_tokens: 60000, tokens_per_chunk: 200}}
network:
  links: {wifi: ff/wifi, lte: bs/4g-lte-good}
  tcp_rto: false
  journeys:
    restless:
      - {link: wifi, for_s: 0.7}
      - {outage: sealed, for_s: 0.5, assumed: true}
      - {link: lte, for_s: 0.7}
phases:
  - name: ride
    kind: fault
    duration_s: 10
    scenario: mobile
    load: {users: 4, ramp_s: 0.5, think_s: 0.3}
    leave: {share: 0.5, at_token: 1, how: stop_reading}
    network: [{name: restless, journey: restless, repeat: true}]
drain_s: 4
"""


def test_users_who_stop_reading_while_the_network_changes_never_hang_the_run(tmp_path: Path):
    """Megabytes wait for somebody who never reads them, where a proxy may jam for good."""
    (tmp_path / "plan.yaml").write_text(FROZEN)
    with Running(tmp_path, "run", "plan.yaml") as running:
        running.wait_for("ride")
        parts = running.descendants()
        finished = running.finish(limit_s=90)
    assert finished.code in (0, 1, 2, 3), finished.output
    assert not [name for pid, name in parts.items() if alive(pid)]
    streams = finished.table("streams")
    assert "cancelled" in set(streams.outcome)
    assert streams.closed_ns.notna().all()
    changes = [entry for entry in read_timeline(finished.root / "timeline.jsonl") if entry.kind == "network"]
    assert len(changes) > 5
    # Every call to the proxy is over after 5 s, whatever the proxy does.
    assert max(entry.params.get("took_ms", 0.0) for entry in changes) < 6000
    assert max(entry.t_ns for entry in changes) - min(entry.t_ns for entry in changes) < 60 * SECOND


WAITING = """
name: waiting
seed: 5
target: {model: mock-chat}
provider:
  models:
    mock-chat: {ttft_ms: 50, itl_ms: 5, output_tokens: 20, quota: {rpm: 120, burst_s: 2}}
    mock-slow: {ttft_ms: 6000, itl_ms: 5, output_tokens: 20}
phases:
  - name: quota
    kind: fault
    duration_s: 8
    load: {users: 6, ramp_s: 0.5, think_s: 0.3}
    behaviour: {retry: {attempts: 8, first_s: 0.2, jitter: full}}
  - name: slow
    kind: fault
    duration_s: 6
    load: {users: 6, ramp_s: 0.5, think_s: 0.3}
    model: mock-slow
    behaviour: {patience: {wait: {calm_s: 0.5, per_s: 1}}}
drain_s: 10
"""


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("waiting")
    (folder / "plan.yaml").write_text(WAITING)
    return command(folder, "run", "plan.yaml")


def test_users_wait_as_retry_after_says_and_get_their_answer(waiting: Finished):
    (found,) = waiting.summary.reconnects
    assert found.phase == "quota"
    assert found.retry_after_obeyed == found.retry_after_told > 0
    assert "retried_ok" in set(waiting.phase("quota").detail)
    assert waiting.distrust() == set()


def test_users_whose_patience_ends_leave_and_the_provider_is_let_go(waiting: Finished):
    streams = waiting.phase("slow")
    assert set(streams.outcome) == {"abandoned"}
    waited_s = (streams.closed_ns - streams.intended_ns) / SECOND
    assert waited_s.min() > 0.5
    assert waited_s.max() < 6.0
    states = {check.id: check.state for check in waiting.summary.checks if check.phase == "slow"}
    assert states["cancels_upstream"] == "PASS"
