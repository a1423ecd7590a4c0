"""The target file -> what the checks may know of it. Pure."""

from harness.checks.audit.check import Check, Need, Terms
from harness.plan.audited import THOROUGH, Audited

_HOW = {
    "mock": "there is no mock provider behind the system that we operate; declare it as provider.admin",
    "log": "the system's log is not declared; add log.path",
    "metrics": "no metrics are declared; add metrics.path",
    "stop": "no stop button is declared; add endpoints.stop",
    "kept": "no place is declared where a broken-off answer can be asked for; add endpoints.kept",
    "resume": "answers do not outlive their connection (policies.after_disconnect is not resume)",
    "drain": "nothing says how the system is told to stop; add drain",
    "whole": "no endpoint is declared that answers in one piece; add endpoints.whole",
    "moderated": "no moderated endpoint is declared; add endpoints.moderated",
    "structured": "no endpoint for structured answers is declared; add endpoints.structured",
    "openai": "no OpenAI endpoint is declared; add endpoints.openai",
    "tools": "nothing says whether users see tool calls; add policies.tool_calls",
    "reasoning": "nothing says whether users see reasoning; add policies.reasoning",
    "limit": "no limit of concurrent streams is declared; add policies.concurrency",
}


def terms(file: Audited, *, thorough: bool = False, direct_hold_ms: float = 1.0) -> Terms:
    """What `file` declares; `thorough` looks for limits of time up to twenty minutes."""
    policies, expect = file.policies, file.target.expect
    probes = THOROUGH if thorough else file.probes
    after_disconnect = policies.after_disconnect or expect.after_disconnect
    return Terms(
        has=_has(file, after_disconnect),
        dialect=file.target.dialect,
        after_disconnect=after_disconnect,
        cancel_within_s=expect.cancel_within_s,
        provider_fault=expect.provider_fault,
        reasoning=policies.reasoning or "shown",
        tool_calls=policies.tool_calls or "hidden",
        structured=policies.structured,
        retries=policies.retries,
        stall_limit_s=policies.stall_limit_s,
        heartbeat_s=policies.heartbeat_s,
        concurrency=policies.concurrency,
        queue=policies.queue,
        metrics=file.metrics.names if file.metrics is not None else Terms().metrics,
        hops=tuple(file.hops),
        silences_s=probes.silences_s,
        total_s=probes.total_s,
        direct_hold_ms=direct_hold_ms,
    )


def _has(file: Audited, after_disconnect: str) -> frozenset[Need]:
    ends = file.endpoints
    there: dict[Need, bool] = {
        "mock": file.provider is not None,
        "log": file.log is not None,
        "metrics": file.metrics is not None,
        "stop": ends.stop is not None,
        "kept": ends.kept is not None,
        "resume": after_disconnect == "resume",
        "drain": file.drain is not None,
        "whole": ends.whole is not None,
        "moderated": ends.moderated is not None,
        "structured": ends.structured is not None,
        "openai": ends.openai is not None,
        "tools": file.policies.tool_calls is not None,
        "reasoning": file.policies.reasoning is not None,
        "limit": file.policies.concurrency is not None,
    }
    return frozenset(need for need, has in there.items() if has)


def missing(check: Check, known: Terms) -> str:
    """Why `check` cannot be measured, and what to declare; empty where it can."""
    lacking = sorted(check.needs - known.has)
    why = "; ".join(_HOW[need] for need in lacking)
    return f"{why[0].upper()}{why[1:]}." if why else ""
