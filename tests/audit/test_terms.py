"""What a target file lets the checks know, and why a check cannot be measured."""

from typing import get_args

import pytest

from harness.audit.terms import missing, terms
from harness.checks import audit as checks
from harness.checks.audit.check import Need
from harness.plan.audited import (
    Audited,
    Drain,
    Endpoints,
    Log,
    MetricNames,
    Metrics,
    Policies,
    Probes,
    ProviderAdmin,
)
from harness.plan.target import Expect, Target

BARE = Audited(target=Target(url="http://127.0.0.1:1"))
FULL = Audited(
    target=Target(url="http://127.0.0.1:1", expect=Expect(cancel_within_s=2)),
    provider=ProviderAdmin(admin="http://127.0.0.1:2"),
    endpoints=Endpoints(
        whole="/w", moderated="/m", structured="/s", openai="/o", stop="/stop?{id}", kept="/kept?{id}"
    ),
    log=Log(path="log"),
    metrics=Metrics(names=MetricNames(tokens="tokens_total")),
    policies=Policies(
        after_disconnect="resume", reasoning="hidden", tool_calls="annotated", concurrency=8, queue=2
    ),
    hops={"nginx": "http://127.0.0.1:3"},
    probes=Probes(silences_s=(1, 2), total_s=5),
    drain=Drain(stop="stop it"),
)


def test_a_full_file_has_all_that_checks_can_need() -> None:
    assert terms(FULL).has == frozenset(get_args(Need))


def test_a_bare_file_has_nothing_of_it() -> None:
    assert terms(BARE).has == frozenset()


def test_what_is_declared_is_told() -> None:
    known = terms(FULL, direct_hold_ms=0.4)
    assert (known.after_disconnect, known.cancel_within_s, known.reasoning) == ("resume", 2, "hidden")
    assert (known.tool_calls, known.concurrency, known.queue) == ("annotated", 8, 2)
    assert (known.hops, known.silences_s, known.total_s) == (("nginx",), (1, 2), 5)
    assert (known.metrics.tokens, known.direct_hold_ms) == ("tokens_total", 0.4)


def test_the_policy_of_disconnects_may_stand_where_plans_have_it() -> None:
    target = Target(url="http://127.0.0.1:1", expect=Expect(after_disconnect="drain"))
    assert terms(Audited(target=target)).after_disconnect == "drain"


def test_thorough_looks_longer_than_any_file_says() -> None:
    known = terms(FULL, thorough=True)
    assert (known.silences_s[-1], known.total_s) == (365, 1200)


@pytest.mark.parametrize("name", checks.names())
def test_a_check_that_needs_what_the_target_has_not_says_what_to_declare(name: str) -> None:
    check = checks.load(name)
    assert missing(check, terms(FULL)) == ""
    why = missing(check, terms(BARE))
    assert bool(why) is bool(check.needs)
    assert why == "" or (why[0].isupper() and why.count(";") >= len(check.needs) - 1)
