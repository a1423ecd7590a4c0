"""Is everything here that the processes of the run wrote, and did they all live to the end?"""

from harness.metrics.join import Joined
from harness.summary import Trust, TrustCheck
from harness.validity.grade import trust_check


def parts_alive(joined: Joined) -> list[TrustCheck]:
    died = joined.run.facts.died
    state: Trust = "INVALID" if died else "VALID"
    return [trust_check("parts_alive", "parts that died", len(died), 0, "", state, "; ".join(died))]


def parts_complete(joined: Joined) -> list[TrustCheck]:
    """Every record that a load process says it wrote is here, and no line was cut short.

    `load` stands for all of `load-0`, `load-1`, … together.
    """
    facts = joined.run.facts
    if not facts.rows_expected and not facts.damaged:
        return []
    workers = joined.attempts["worker"].astype(object)
    missing = {
        name: n - int(((workers == name) | workers.str.startswith(f"{name}-")).sum())
        for name, n in facts.rows_expected.items()
    }
    missing = {name: n for name, n in missing.items() if n > 0}
    lost = facts.damaged + sum(missing.values())
    note = "; ".join(f"{n} records of {name} are missing" for name, n in missing.items())
    note = "; ".join(
        part for part in (note, f"{facts.damaged} damaged lines" if facts.damaged else "") if part
    )
    return [trust_check("parts_complete", "rows lost", lost, 0, "rows", "INVALID" if lost else "VALID", note)]


def records(joined: Joined) -> list[TrustCheck]:
    n = len(joined.attempts)
    if n or joined.run.facts.interrupted:
        return []
    note = "the load left not a single record"
    return [trust_check("records", "streams", 0, 1, "", "INVALID", note, bound="at least")]


QUESTIONS = (parts_alive, parts_complete, records)
