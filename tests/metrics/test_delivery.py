"""Streamed and whole answers side by side: what each costs and gives, from runs made by hand."""

import pytest

from harness.answer import answer
from harness.metrics import samples_of
from harness.metrics.delivery import answer_bytes, deliveries, readers_of
from harness.metrics.join import join
from tests.synthetic import Scene, int32s, plan

LOAD = {"users": 2}
TOKENS, SPEED = 10, 5.3


def phase(name: str, **keys: object) -> dict[str, object]:
    return {"name": name, "duration_s": 20.0, "load": LOAD, **keys}


def scene(*others: dict[str, object]) -> Scene:
    """20 answers each of 10 tokens from 0.2 s to 1.1 s, streamed at 60 bytes a token and whole at 25."""
    phases = [phase("streamed"), phase("whole", streamed=False), *others]
    made = Scene(plan(phases=phases, target={"dialect": "generic", "model": "mock-chat"}))
    for number in range(20):
        row = made.stream(number, 1.0 + number * 0.5, ttft_ms=200.0, gaps_ms=100.0, phase="streamed")
        made.served(row)
        asked_s = 21.0 + number * 0.5
        row = made.stream(100 + number, asked_s, ttft_ms=1100.0, tokens=1, phase="whole")
        row.tokens, row.output_tokens, row.body_bytes = TOKENS, TOKENS, 250
        row.read_tokens, row.read_bytes = int32s([TOKENS]), int32s([250])
        made.served(row, emit_us=int32s([200_000, 1_100_000]), emit_tokens=int32s([1, 9]), emitted_tokens=10,
                    first_token_ns=row.sent_ns + 200_000_000, last_token_ns=row.sent_ns + 1_100_000_000,
                    received_ns=row.sent_ns)  # fmt: skip
    return made


def test_a_whole_answer_is_held_against_the_same_work_streamed():
    made = scene()
    made.seconds_of_host(40, cpu=0.2)
    made.seconds_of_host(40, "system under test", cpu=0.4)
    streamed, whole = deliveries(join(made.run()))
    assert (streamed.against, whole.against, whole.answers) == ("", "streamed", 20)
    assert streamed.values["first_ms"] == pytest.approx(201.0)
    assert whole.values["first_ms"] == whole.values["last_ms"] == pytest.approx(1101.0)
    assert whole.ratios["last_ms"] == pytest.approx(1.0)
    assert (streamed.values["bytes_per_token"], whole.values["bytes_per_token"]) == (60, 25)
    # Reading takes longer than writing, so it ends later by as much as it began later.
    assert streamed.values["read_ms"] == pytest.approx(201 + TOKENS / SPEED * 1000, abs=1)
    assert whole.values["read_ms"] == pytest.approx(1101 + TOKENS / SPEED * 1000, abs=1)
    # Both ways held 1.1 s an answer open, two at once on average; so nobody took more of the processor.
    assert whole.ratios["system_cpu_ms"] == pytest.approx(1.0, abs=0.01)
    assert streamed.values["system_cpu_ms"] == pytest.approx(
        2 * streamed.values["generator_cpu_ms"], rel=0.01
    )


def test_seconds_in_which_another_phase_is_still_answered_count_for_neither():
    quiet, busy = scene(), scene()
    for made in (quiet, busy):
        made.seconds_of_host(25, "system under test", cpu=0.2)
        made.seconds_of_host(40, "load-0", cpu=0.2)
    for sample in busy.host:
        if 20e9 < sample.t_ns - busy.host[0].t_ns + 1e9 <= 23e9:
            sample.cpu = 5.0
    busy.stream(500, 19.0, ttft_ms=4000.0, phase="streamed")
    whole = [deliveries(join(made.run()))[1].values for made in (quiet, busy)]
    assert whole[1]["system_cpu_ms"] < 2 * whole[0]["system_cpu_ms"]


def test_the_waiting_of_readers_is_part_of_their_reading():
    made = Scene(plan(phases=[phase("a")]))
    made.whole(1, 1.0, ttft_ms=100.0, gaps_ms=[5000.0], tokens=2)
    found = readers_of(join(made.run()))
    assert found.through[0] == pytest.approx(101 + 5000 + 1000 / SPEED, abs=1)
    assert found.waited[0] == pytest.approx(101 + 5000 - 1000 / SPEED, abs=1)


def test_runs_that_only_stream_and_works_without_a_twin_say_nothing_of_the_other():
    made = Scene(plan(phases=[phase("a")]))
    made.whole(1)
    assert deliveries(join(made.run())) == []
    batch = scene(phase("batch", streamed=False, load={"users": 9}))
    batch.stream(900, 41.0, phase="batch")
    last = deliveries(join(batch.run()))[-1]
    assert (last.phase, last.against, last.ratios) == ("batch", "", {})


def test_whole_answers_have_no_time_per_token_and_the_provider_owns_the_wait_for_them():
    joined = join(scene().run())
    tpot, added = samples_of(joined, "tpot"), samples_of(joined, "added_ttft")
    assert tpot.of(joined.of_phase("whole")).rows.size == 0
    assert tpot.of(joined.of_phase("streamed")).rows.size == 20
    assert abs(added.of(joined.of_phase("whole")).values).max() < 1.0


def test_text_so_far_costs_quadratically_and_new_text_does_not():
    sizes = {name: [answer_bytes(name, n) for n in (100, 400)] for name in ("generic", "generic_accumulated")}
    assert sizes["generic"][1] / sizes["generic"][0] == pytest.approx(4, rel=0.1)
    assert sizes["generic_accumulated"][1] / sizes["generic_accumulated"][0] > 12
    assert sizes["generic"][0] > len("".join(answer(7, 1, 100)).encode())
