"""Arrivals of the product's own generator, in virtual time: kept as they are, clumped, or capped."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from harness.load.arrivals import schedule
from harness.metrics.join import Joined
from harness.metrics.run_data import RunData, RunFacts
from harness.plan.draws import generator
from harness.validity.anderson_darling import p_value, statistic
from harness.validity.arrivals import arrivals_shape
from tests.synthetic import plan

POISSON = {"rate": 10.0}
Doing = Callable[[np.ndarray], np.ndarray]


def as_due(begun_ms: np.ndarray) -> np.ndarray:
    """A load process that is never late."""
    return begun_ms


def one_after_the_other(begun_ms: np.ndarray) -> np.ndarray:
    """A load process that takes 3 ms to begin a stream."""
    begun = begun_ms.copy()
    for place in range(1, len(begun)):
        begun[place] = max(begun[place], begun[place - 1] + 3.0)
    return begun


def clumps(every_ms: float) -> Doing:
    """What is due waits for the next of the regular instants."""
    return lambda begun_ms: np.ceil(begun_ms / every_ms) * every_ms


def capped(places: int, stay_ms: float) -> Doing:
    """So many streams at once, each there for so long; who finds no place never begins."""

    def kept(begun_ms: np.ndarray) -> np.ndarray:
        begun = begun_ms.copy()
        free = [0.0] * places
        for place, now in enumerate(begun_ms):
            if min(free) > now:
                begun[place] = np.nan
            else:
                free[free.index(min(free))] = now + stay_ms
        return begun

    return kept


def run(*loads: dict, seconds: float = 20.0, seed: int = 7, workers: int = 1, done: Doing = as_due) -> Joined:
    """A joined run with the columns that the question looks at, a phase for each load."""
    phases = [{"name": f"p{i}", "duration_s": seconds, "load": load} for i, load in enumerate(loads)]
    frozen = plan(phases=phases, seed=seed)
    tables = []
    for number, phase in enumerate(frozen.phases):
        due = schedule(phase.load, seconds, generator(seed, "arrivals", phase.name))
        begun = done(due / 1e6) + number * seconds * 1000.0
        users = np.arange(len(due)) // workers + 10_000 * number
        of = [f"load-{place % workers}" for place in range(len(due))]
        tables.append(
            pd.DataFrame(
                {"phase": phase.name, "worker": of, "user": users, "attempt": 1, "dispatched": begun}
            )
        )
    facts = RunFacts(id="x", name="x", started_utc="", started_ns=0, ended_ns=1, seed=seed, command="")
    nothing = pd.DataFrame()
    # By worker, as streams are numbered: the order of the table is not that of the arrivals.
    attempts = pd.concat(tables).sort_values("worker", kind="stable").reset_index(drop=True)
    return Joined(RunData(frozen, facts, attempts, nothing, nothing), attempts, nothing, {}, [])


def state(joined: Joined) -> str:
    [found] = arrivals_shape(joined)
    return found.state


def suspected(*loads: dict, seeds: int = 300, **keys) -> int:
    return sum(state(run(*loads, seed=seed, **keys)) == "SUSPECT" for seed in range(seeds))


@pytest.mark.parametrize(("a2", "p"), [(1.2479, 0.25), (1.9330, 0.10), (2.4924, 0.05), (3.8781, 0.01)])
def test_the_test_s_percentage_points_are_those_of_the_tables(a2, p):
    assert p_value(a2) == pytest.approx(p, rel=2e-3)


def test_probabilities_fall_from_one_to_nothing():
    p = [p_value(a2) for a2 in (0.0, 0.04, 0.1, 0.3, 1.0, 5.0, 15.0, 39.0, 41.0, 1e6)]
    assert p == sorted(p, reverse=True)
    assert (p[0], p[-1]) == (1.0, 0.0)


def test_the_statistic_of_one_value_is_what_its_formula_gives():
    assert statistic(np.array([0.5])) == pytest.approx(-1 + 2 * np.log(2))
    assert np.isfinite(statistic(np.array([0.0, 0.5, 1.0])))


@pytest.mark.parametrize(
    "load",
    [
        POISSON,
        {"rate": 3.0},
        {"rate": 60.0},
        {"rate": 10.0, "arrivals": "gamma", "cv": 0.5},
        {"rate": 10.0, "arrivals": "gamma", "cv": 3.0},
    ],
)
@pytest.mark.parametrize("done", [as_due, one_after_the_other])
def test_of_a_hundred_valid_runs_about_one_is_suspect(load, done):
    # Of 300 with a chance of 0.01 each, more than 8 would be found one time in 250.
    assert suspected(load, done=done, workers=2) <= 8


def test_many_phases_do_not_make_a_run_more_suspect():
    assert suspected(POISSON, {"rate": 4.0}, {"rate": 20.0}, {"rate": 30.0}, seeds=150) <= 5


def test_a_long_run_is_not_suspect_for_what_no_system_could_see():
    long = run({"rate": 60.0}, seconds=1200.0, done=lambda ms: one_after_the_other(ms) + np.sin(ms))
    assert state(long) == "VALID"


@pytest.mark.parametrize("done", [clumps(50.0), clumps(250.0), capped(6, 1000.0)])
@pytest.mark.parametrize("workers", [1, 3])
def test_clumps_and_caps_are_found(done, workers):
    assert suspected(POISSON, seeds=50, done=done, workers=workers) >= 48


def test_clumps_are_found_at_high_rates_as_well():
    assert suspected({"rate": 100.0}, seeds=50, done=clumps(100.0)) >= 48


def test_arrivals_more_even_than_random_ones_are_found():
    assert suspected(POISSON, seeds=50, done=lambda ms: np.linspace(0, 20_000, len(ms))) == 50


def test_the_phase_that_did_not_keep_its_law_is_named():
    joined = run({"rate": 20.0}, POISSON)
    attempts = joined.attempts
    second = attempts["phase"] == "p1"
    attempts.loc[second, "dispatched"] = clumps(250.0)(attempts.loc[second, "dispatched"].to_numpy())
    [found] = arrivals_shape(joined)
    assert (found.state, found.limit) == ("SUSPECT", 0.01)
    assert "phase p1" in found.note
    assert "poisson" in found.note


def test_further_attempts_and_further_questions_of_an_arrival_are_no_arrivals():
    joined = run(POISSON)
    again = joined.attempts.assign(dispatched=joined.attempts["dispatched"] + 700.0)
    both = pd.concat([joined.attempts, again]).reset_index(drop=True)
    [more] = arrivals_shape(Joined(joined.run, both, joined.upstream, {}, []))
    assert [more] == arrivals_shape(joined)


@pytest.mark.parametrize(
    "load", [{"users": 20}, {"rate": 10.0, "arrivals": "constant"}, {"trace": "arrivals.txt"}, {"rate": 1.0}]
)
def test_without_a_law_or_with_few_arrivals_nothing_is_said(load):
    joined = run(POISSON)
    phases = [{"name": "p0", "duration_s": 20.0, "load": load}]
    table = joined.attempts[: 25 if load == {"rate": 1.0} else None]
    other = RunData(plan(phases=phases), joined.run.facts, table, joined.run.ledger, joined.run.host)
    assert arrivals_shape(Joined(other, table, joined.upstream, {}, [])) == []
