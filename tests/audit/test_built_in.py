"""The gateway that is audited when nobody names a system, and the target that describes it."""

from pathlib import Path

from gateway.options import parse
from harness.audit.built_in import OPTIONS, BuiltIn
from harness.audit.terms import terms


def test_the_target_declares_the_gateway_as_it_is_started(tmp_path: Path) -> None:
    words = ["--upstream", "http://127.0.0.1:1", *(word for pair in OPTIONS.items() for word in pair)]
    options = parse(words).gateway
    policies = BuiltIn(tmp_path, lambda _: None).file.policies
    assert (policies.reasoning, policies.tool_calls) == (options.reasoning, options.tools)
    assert (policies.concurrency, policies.queue) == (options.concurrency, options.queue)
    assert (policies.retries, policies.heartbeat_s) == (options.retries, options.heartbeat_s)
    assert policies.stall_limit_s == options.idle_s


def test_only_answers_that_nobody_comes_back_for_are_missing_from_it(tmp_path: Path) -> None:
    known = terms(BuiltIn(tmp_path, lambda _: None).file)
    everything = {
        "mock",
        "log",
        "metrics",
        "stop",
        "kept",
        "drain",
        "whole",
        "moderated",
        "structured",
        "openai",
    }
    assert known.has == everything | {"tools", "reasoning", "limit"}
