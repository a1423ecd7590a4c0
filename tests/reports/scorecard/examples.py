"""Scorecards to render: a good audit, a bad one, and the ones that break weak reports."""

import math
from typing import Any

import msgspec

from harness.scorecard import GROUPS, AuditInfo, GroupScore, Promise, Scorecard
from harness.summary import State
from tests.reports.examples import MARKUP

BUFFERED = "30 of 30 tokens arrived in one read, 604 ms after the provider sent the first"
CHECKS = {
    "latency": ["does_not_hold_back", "beats_in_silence", "survives_length"],
    "integrity": ["delivers_every_token", "splits_no_character", "reports_usage", "speaks_openai"],
    "cancellation": ["stops_on_close", "stops_on_button"],
    "errors": ["reports_truncation", "reports_reset"],
    "limits": ["passes_rate_limit_on"],
    "observability": ["logs_true_ttft"],
}


def promise(id: str, group: str, state: State = "PASS", **changes: Any) -> Promise:
    """One check that said `state`."""
    words = id.replace("_", " ")
    made = Promise(
        id=id,
        group=group,
        promise=f"The system {words}.",
        how=f"One question looks whether the system {words}.",
        state=state,
        evidence="30 of 30 tokens were as promised",
        doc=f"audit-checks.md#{id}",
        duration_s=1.25,
    )
    return msgspec.structs.replace(made, **changes)


def card(promises: list[Promise], state: State, exit_code: int, **changes: Any) -> Scorecard:
    """A scorecard of these promises; each group scored by count."""
    judged = [one for one in promises if one.state in ("PASS", "FAIL")]
    passed = sum(one.state == "PASS" for one in promises)
    made = Scorecard(
        audit=AuditInfo(
            id="20261122T220000Z-audit",
            started_utc="2026-11-22T22:00:00Z",
            duration_s=151.2,
            target="http://127.0.0.1:8080",
            dialect="generic",
            provider="http://127.0.0.1:8600",
            target_file="mine.yaml",
            command="streamproof audit mine.yaml",
            version="0.1.0",
            direct_hold_ms=0.4,
            own_lag_ms=1.9,
        ),
        state=state,
        exit_code=exit_code,
        score=round(100 * passed / len(judged)) if judged else None,
        headline=f"The system kept {passed} of {len(promises)} promises.",
        groups=[group(name, promises) for name in GROUPS if any(one.group == name for one in promises)],
        promises=promises,
    )
    return msgspec.structs.replace(made, **changes)


def group(name: str, promises: list[Promise]) -> GroupScore:
    """The score of the promises of one group."""
    counts = {state: sum(one.state == state for one in promises if one.group == name) for state in _WORST}
    judged = counts["PASS"] + counts["FAIL"]
    return GroupScore(
        group=name,
        score=round(100 * counts["PASS"] / judged) if judged else None,
        state=next((state for state in _WORST if counts[state]), "NOT MEASURED"),
        passed=counts["PASS"],
        failed=counts["FAIL"],
        inconclusive=counts["INCONCLUSIVE"],
        invalid=counts["INVALID"],
        not_measured=counts["NOT MEASURED"],
    )


_WORST: tuple[State, ...] = ("INVALID", "FAIL", "INCONCLUSIVE", "PASS", "NOT MEASURED")


def kept() -> Scorecard:
    """Every promise was kept."""
    return card([promise(id, group) for group, ids in CHECKS.items() for id in ids], "PASS", 0)


def changed(card: Scorecard, states: dict[str, dict[str, Any]]) -> list[Promise]:
    return [msgspec.structs.replace(one, **states.get(one.id, {})) for one in card.promises]


def broken() -> Scorecard:
    """Two broken promises, one open, one not measured."""
    return card(
        changed(
            kept(),
            {
                "does_not_hold_back": {
                    "state": "FAIL",
                    "evidence": BUFFERED,
                    "fix": "Set `proxy_buffering off` in nginx, or send X-Accel-Buffering: no.",
                    "value": 604.0,
                    "limit": 50.0,
                    "unit": "ms",
                    "streams": list(range(300, 330)),
                    "weight": 3,
                },
                "reports_truncation": {
                    "state": "FAIL",
                    "evidence": "2 of 2 cut answers ended as if they were whole",
                    "fix": "End with an error event unless the provider said that it was done.",
                },
                "beats_in_silence": {"state": "INCONCLUSIVE", "evidence": "the stream ended after 3 s"},
                "logs_true_ttft": {
                    "state": "NOT MEASURED",
                    "evidence": "No log is declared.",
                    "fix": "Add log.path.",
                },
            },
        ),
        "FAIL",
        1,
    )


def invalid() -> Scorecard:
    """Our own generator lagged."""
    found = card(
        changed(
            kept(),
            {
                "does_not_hold_back": {
                    "state": "INVALID",
                    "evidence": "our reads were 240 ms late",
                    "fix": "Audit again while the machine has less to do.",
                },
                "reports_reset": {"state": "FAIL", "evidence": "1 of 1 reset was hidden", "fix": "Tell."},
            },
        ),
        "INVALID",
        2,
    )
    return msgspec.structs.replace(found, audit=msgspec.structs.replace(found.audit, own_lag_ms=240.0))


def interrupted() -> Scorecard:
    """Stopped by its user before most checks."""
    asked = {"delivers_every_token", "splits_no_character", "does_not_hold_back"}
    found = card(
        changed(
            kept(),
            {
                one.id: {"state": "NOT MEASURED", "evidence": "the audit was interrupted"}
                for one in kept().promises
                if one.id not in asked
            },
        ),
        "INCONCLUSIVE",
        4,
    )
    return msgspec.structs.replace(found, audit=msgspec.structs.replace(found.audit, interrupted=True))


def nothing() -> Scorecard:
    """Stopped before anything was asked."""
    found = card([], "INCONCLUSIVE", 4)
    return msgspec.structs.replace(found, audit=msgspec.structs.replace(found.audit, interrupted=True))


def hostile() -> Scorecard:
    """A system under test that puts markup, controls and huge words into everything it says."""
    bad = f"{MARKUP} {'w' * 300} @octocat | #1 ]]> </script><!--"
    promises = [
        promise(bad, "latency", "FAIL", promise=bad, evidence=bad, fix=bad, how=bad, doc=bad, unit=bad),
        promise("b", bad, "INVALID", evidence=bad, value=math.nan, limit=math.inf),
        promise("c", bad, "NOT MEASURED", evidence=bad),
    ]
    found = card(promises, "FAIL", 1, headline=bad)
    audit = AuditInfo(
        id=bad, started_utc=bad, duration_s=1.0, target=bad, dialect=bad, provider=bad, target_file=bad,
        defects=[bad], command=bad, argv=[bad], notes=[bad],
    )  # fmt: skip
    return msgspec.structs.replace(
        found, audit=audit, groups=[group("latency", promises), group(bad, promises)]
    )


def huge() -> Scorecard:
    """Four hundred promises with long evidence: more than a comment can hold."""
    states: list[State] = ["FAIL", "PASS", "INCONCLUSIVE", "NOT MEASURED"]
    promises = [
        promise(f"check_{place:03d}", GROUPS[place % 6], states[place % 4], evidence="long | words " * 60)
        for place in range(400)
    ]
    return card(promises, "FAIL", 1)


EVERY = {
    "kept": kept,
    "broken": broken,
    "invalid": invalid,
    "interrupted": interrupted,
    "nothing": nothing,
    "hostile": hostile,
    "huge": huge,
}
