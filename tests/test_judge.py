import msgspec
import pytest

from harness.judge import exit_code, judge
from harness.record import Outcome
from harness.summary import SCHEMA, Summary
from tests.sample import sample_scene, sample_summary
from tests.synthetic import Scene, at, plan


def test_a_healthy_run_passes():
    summary = sample_summary()
    assert (summary.verdict.state, summary.verdict.exit_code, exit_code(summary)) == ("PASS", 0, 0)
    assert summary.verdict.reasons == []
    assert summary.streams["intended"] == 553
    assert summary.streams["outcomes"]["completed"] == 506
    assert summary.verdict.sentences[1].startswith(
        "506 of 553 streams gave their users a whole answer; planned faults broke the other 47; in phase "
        "steady the first token came within "
    )


def test_every_field_of_the_summary_is_filled():
    summary = sample_summary()
    empty = [name for name in summary.__struct_fields__ if not getattr(summary, name) and name != "env"]
    # A comparison, a search, users who ask again, arms and whole answers are tested where they are made.
    assert empty == ["reconnects", "arms", "deliveries", "compare", "capacity"]
    assert summary.two_sided is not None
    assert summary.schema == SCHEMA


def test_a_summary_survives_its_file():
    summary = sample_summary()
    assert msgspec.json.decode(msgspec.json.encode(summary), type=Summary) == summary


def test_judging_twice_gives_the_same():
    run = sample_scene().run()
    assert judge(run) == judge(run)


def test_the_whole_run_s_metrics_leave_the_warm_up_out():
    summary = sample_summary()
    assert summary.metrics["ttft_user"].n == 545
    assert summary.streams["attempts"] == 553


def test_a_broken_promise_fails_the_run_and_comes_first_among_the_reasons():
    scene = sample_scene()
    scene.served(scene.stream(9000, 40.0, phase="faults"), fault="s1@10", ended_by="fault", terminal_ns=None)
    summary = scene.summary()
    assert (summary.verdict.state, exit_code(summary)) == ("FAIL", 1)
    assert summary.verdict.reasons[0].startswith("never_fakes_success (faults): 1 of 47 answers")
    assert "never_fakes_success in faults" in summary.verdict.sentences[0]


def test_an_invalid_measurement_outranks_a_failed_check():
    scene = sample_scene()
    scene.stream(9000, 40.0, phase="faults")  # tokens that no ledger row explains
    scene.served(scene.stream(9001, 40.0, phase="faults", outcome=Outcome.RESET))
    summary = scene.summary()
    assert (summary.verdict.state, exit_code(summary)) == ("INVALID", 2)
    assert summary.verdict.reasons[0].startswith("conservation")


def test_a_dead_provider_is_invalid_also_when_the_run_counts_as_interrupted():
    scene = sample_scene()
    scene.facts |= {"interrupted": True, "died": ["the mock provider died (status -9)"]}
    summary = scene.summary()
    assert (summary.verdict.state, exit_code(summary)) == ("INVALID", 2)
    assert summary.verdict.reasons[0] == "died: the mock provider died (status -9)"
    assert "mock provider died" in summary.verdict.sentences[0]


def test_a_run_stopped_by_its_user_is_told_as_far_as_it_went():
    scene = sample_scene()
    scene.facts |= {"interrupted": True, "ended_ns": at(15.0), "rows_expected": {}}
    scene.streams = [row for row in scene.streams if row.closed_ns < at(15.0)]
    kept = {row.stream for row in scene.streams}
    scene.ledger = [row for row in scene.ledger if row.stream in kept]
    summary = scene.summary()
    assert exit_code(summary) == 4
    assert summary.verdict.state == "INCONCLUSIVE"
    assert [phase.span.name for phase in summary.phases] == ["warm", "steady"]
    assert summary.phases[1].span.t1_s == 15.0
    assert "phase quota did not take place" in summary.run.notes
    assert summary.verdict.sentences[0].startswith("The run was interrupted after 17 s")


def test_too_little_evidence_is_inconclusive():
    phases = [{"name": "steady", "duration_s": 5.0, "load": {"users": 1}, "slo": ["ttft_user p95 < 1 s"]}]
    scene = Scene(plan(phases=phases))
    scene.whole(1)
    summary = scene.summary()
    assert (summary.verdict.state, exit_code(summary)) == ("INCONCLUSIVE", 3)


def test_what_could_not_be_measured_does_not_count():
    scene = Scene(plan(provider=None))
    scene.stream(1)
    assert scene.summary().verdict.state == "PASS"


@pytest.mark.parametrize(("facts", "code"), [({"interrupted": True}, 4), ({}, 2)])
def test_a_run_without_a_single_record_still_has_a_summary(facts, code):
    scene = Scene(facts=facts)
    scene.timeline = []
    summary = scene.summary()
    assert exit_code(summary) == code
    assert summary.phases == []
    assert summary.streams == {"intended": 0, "attempts": 0, "outcomes": {}, "details": {}}
    assert summary.two_sided is None
    assert msgspec.json.decode(msgspec.json.encode(summary), type=Summary) == summary


def test_a_run_in_which_nothing_completed_is_a_failure_of_the_system():
    scene = Scene()
    for stream in range(20):
        scene.stream(stream, tokens=0, outcome=Outcome.REFUSED, status=503)
    summary = scene.summary()
    assert exit_code(summary) == 1
    assert summary.metrics["ttft_user"].all["p50"] == ("inf", "inf", "inf")
    assert summary.metrics["ttft_user"].ok["p50"] is None
