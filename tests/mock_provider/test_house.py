import json

import pytest

from harness.clock import SECOND
from harness.plan.draws import LogNormal
from harness.plan.provider import Batch, Change, FaultRule, KeyProfile, Match, ModelProfile, Provider, Quota
from mock_provider.attempt import key_digest
from mock_provider.house import Arrival, BadCommand, House
from mock_provider.timeline import Scales

STEADY = ModelProfile(output_tokens=10.0)


def house(**config: object) -> House:
    return House(Provider(**({"models": {"m": STEADY}} | config)), 0)  # type: ignore[arg-type]


def arrival(stream: int = 1, **changes: object) -> Arrival:
    fields = {"worker": "w0", "stream": stream, "recorded": stream, "model": "m", "path": "/p", "key": ""}
    fields |= {"streaming": True, "input_tokens": 5, "seed": 7} | changes
    return Arrival(**fields)  # type: ignore[arg-type]


def test_a_stream_that_comes_again_is_a_new_attempt_with_a_new_ticket() -> None:
    one = house()
    first, second = one.enter(arrival(), 0), one.enter(arrival(), 0)
    assert (first.attempt, second.attempt) == (1, 2)
    assert first.ticket != second.ticket
    assert (first.tokens, first.finish_reason) == (10, "stop")


def test_streams_with_the_same_draws_get_answers_of_the_same_length() -> None:
    one = house(models={"m": ModelProfile(output_tokens=LogNormal(mean=100, cv=0.5))})
    assert len({one.enter(arrival(stream, draws=(5, 1)), 0).tokens for stream in range(1, 9)}) == 1
    assert len({one.enter(arrival(stream), 0).tokens for stream in range(11, 19)}) > 1


def test_a_quota_belongs_to_a_key_and_a_ticket_gives_back_what_was_not_used() -> None:
    one = house(models={"m": ModelProfile(output_tokens=10.0, quota=Quota(tpm=30))})
    first = one.enter(arrival(key="a"), 0)
    refused = one.enter(arrival(2, key="a", input_tokens=6, max_tokens=10), 0)
    assert refused.refusal is not None
    assert (refused.refusal.limit, refused.ticket) == ("tpm", 0)
    assert one.enter(arrival(3, key="b"), 0).refusal is None
    one.leave(first.ticket, 2)
    assert one.enter(arrival(4, key="a", input_tokens=13), 0).refusal is None


def test_a_key_may_have_its_own_quota_faults_and_pace() -> None:
    key = KeyProfile(quota=Quota(rpm=1), faults=[FaultRule(id="s1")], itl_scale=2)
    one = house(keys={"sk-bad": key}, timeline=[Change(at_s=0, itl_scale=3, ttft_scale=2)])
    entry = one.enter(arrival(key=key_digest("sk-bad")), 0)
    assert entry.rule == FaultRule(id="s1")
    assert entry.scales == Scales(2, 6)
    assert one.enter(arrival(2, key=key_digest("sk-bad")), 0).refusal is not None
    assert one.enter(arrival(3, key=key_digest("sk-good")), 0).rule is None


def test_what_an_operator_queues_comes_before_what_the_request_names_and_what_is_planned() -> None:
    one = house(faults=[FaultRule(id="s3")])
    one.command("queue", b'[{"fault":{"id":"h1","match":{"model":"m"}},"times":2}]', 0)
    asked = FaultRule(id="s2")
    got = [one.enter(arrival(stream, asked=asked), 0).rule for stream in range(4)]
    assert [rule.id for rule in got if rule] == ["h1", "h1", "s2", "s2"]
    planned = one.enter(arrival(9), 0).rule
    assert planned is not None
    assert planned.id == "s3"


def test_rules_are_replaced_at_run_time_all_or_none() -> None:
    one = house()
    one.command("set-rules", b'[{"id":"s1","match":{"stream":5}}]', SECOND)
    assert one.rules == [FaultRule(id="s1", match=Match(stream=5))]
    with pytest.raises(BadCommand, match="no fault s99"):
        one.command("set-rules", b'[{"id":"s2"},{"id":"s99"}]', SECOND)
    assert [rule.id for rule in one.rules] == ["s1"]
    assert [entry["command"] for entry in one.log] == ["set-rules"]


@pytest.mark.parametrize("body", [b"", b"{}", b'[{"id":1}]', b'[{"idd":"s1"}]', b"\xff"])
def test_nonsense_from_an_operator_changes_nothing(body: bytes) -> None:
    one = house(faults=[FaultRule(id="s1")])
    for verb in ("set-rules", "queue"):
        with pytest.raises(BadCommand):
            one.command(verb, body, 0)
    assert (len(one.rules), one.queue) == (1, [])


@pytest.mark.parametrize(
    ("verb", "body", "why"),
    [
        ("queue", b'[{"fault":{"id":"h1"},"time":3}]', r"^\[0\]: unknown key time; did you mean times\?"),
        (
            "queue",
            b'[{"fault":{"id":"h1","match":{"colour":1}}}]',
            r"^\[0\]\.fault\.match: unknown key colour; known here: key, model, path, stream",
        ),
        ("set-rules", b'[{"id":"h1"},{"id":"s1","p":2}]', r"^\[1\]: p is a share"),
        ("queue", b'[{"fault":{"id":"h1"},"times":0}]', r"^\[0\]: times is at least 1"),
        ("queue", b'[{"fault":{"id":"h1"},"times":-2}]', r"^\[0\]: times is at least 1"),
    ],
)
def test_nonsense_is_told_with_its_place_and_what_may_stand_there(verb: str, body: bytes, why: str) -> None:
    with pytest.raises(BadCommand, match=why):
        house().command(verb, body, 0)


def test_a_reset_forgets_attempts_and_brings_the_plan_back() -> None:
    one = house(faults=[FaultRule(id="s1")])
    held = one.enter(arrival(), 0)
    one.command("set-rules", b"[]", 0)
    one.command("reset", b"", 5 * SECOND)
    assert one.enter(arrival(), 5 * SECOND).attempt == 1
    assert [rule.id for rule in one.rules] == ["s1"]
    one.leave(held.ticket, 3)  # of the time before; nothing happens


def test_windows_and_the_timeline_count_from_the_start_and_again_from_a_reset() -> None:
    one = house(faults=[FaultRule(id="s1", window_s=(10, 20))])
    assert one.enter(arrival(1), 5 * SECOND).rule is None
    assert one.enter(arrival(2), 15 * SECOND).rule is not None
    one.reset(15 * SECOND)
    assert one.enter(arrival(3), 15 * SECOND).rule is None


def test_a_full_batch_refuses_before_any_header_and_gives_the_quota_back() -> None:
    profile = ModelProfile(
        output_tokens=10.0, batch=Batch(max_batch=1, queue_max=0, overflow_status=503), quota=Quota(tpm=100)
    )
    one = house(models={"m": profile})
    first = one.enter(arrival(1, key="a"), 0)
    one.step("m")
    refused = one.enter(arrival(2, key="a"), 0)
    assert (refused.overflow, refused.ticket) == (503, 0)
    assert one.enter(arrival(3, key="a", asked=FaultRule(id="h1")), 0).overflow == 0  # needs no place
    one.leave(first.ticket, 10)
    assert one.enter(arrival(4, key="a"), 0).overflow == 0


def test_what_a_dead_worker_held_comes_back() -> None:
    one = house(models={"m": ModelProfile(output_tokens=10.0, quota=Quota(concurrent=1))})
    assert one.enter(arrival(1), 0).refusal is None
    assert one.enter(arrival(2), 0).refusal is not None
    one.lost("w0")
    assert one.enter(arrival(3), 0).refusal is None


def test_the_state_can_be_read_as_json() -> None:
    one = house(models={"m": ModelProfile(quota=Quota(rpm=5), batch=Batch())})
    one.enter(arrival(key="a"), 0)
    state = json.loads(one.command("state", b"", SECOND))
    assert state["open"] == 1
    assert state["quotas"][0]["standing"]["requests"]["limit"] == 5
    assert state["batches"]["m"] == {"running": 0, "queued": 1}
