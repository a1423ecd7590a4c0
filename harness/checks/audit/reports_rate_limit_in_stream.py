"""A rate limit that strikes in mid-answer is told as one."""

import re
from collections.abc import Sequence

from harness.checks.audit import hearing
from harness.checks.audit.broken import judge_broken, played, told
from harness.checks.audit.check import Check, Finding, Heard, Question, Terms

_LIMITED = (
    Question(name="at token 12", tokens=30, fault="s5@12:rate_limit", limits=hearing.BRIEF),
    Question(name="at token 1", tokens=30, fault="s5@1:rate_limit", limits=hearing.BRIEF),
)
_NAMES_IT = re.compile(r"rate.?limit|429|too.?many|quota|throttl", re.IGNORECASE)


def ask(terms: Terms) -> Sequence[Question]:
    return _LIMITED


def judge(heard: Sequence[Heard], terms: Terms) -> Finding:
    found = judge_broken(heard, terms, may_cut=False)
    nameless = [one for one in heard if played(one) and told(one) == "said" and not _named(one)]
    if found.state != "PASS" or not nameless:
        return found
    said = ", ".join(hearing.ending(one.record) for one in nameless)
    return Finding(
        state="FAIL",
        evidence=f"{len(nameless)} of {len(heard)} rate limits in mid-answer have another name: {said}.",
        value=len(nameless),
        limit=0,
        unit="answers",
        fix="Keep the provider's code in the error event: a client must wait for a rate limit, and need not "
        "for other errors.",
        streams=hearing.streams(nameless),
    )


def _named(heard: Heard) -> bool:
    record = heard.record
    return record.status == 429 or bool(_NAMES_IT.search(record.error_code))


CHECK = Check(
    id="reports_rate_limit_in_stream",
    group="limits",
    promise="A rate limit that strikes in mid-answer is told as a rate limit.",
    how="The provider sends an error event with the code rate_limit_exceeded in mid-answer.",
    fix="Pass errors of the upstream's stream on as error events of your own API, with their code.",
    ask=ask,
    judge=judge,
    needs=frozenset({"mock"}),
)
