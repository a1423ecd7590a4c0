"""The short notation of a fault, `ID[@token][:arg,…]`, as in `s6@20:30` or `h2:ms,1400`."""

import difflib

from harness.plan.provider import FaultRule
from mock_provider import faults

_PARSE = {"seconds": float, "ms": float, "status": int, "kind": str, "then": str}


LONGEST_S = 1e7  # four months; beyond the largest instant there is nothing to wait for
LAST_TOKEN = 10**9


class BadNotation(Exception):
    """What is wrong with a fault as it was written; the text is for people."""


def label(rule: FaultRule) -> str:
    """How the ledger calls the fault of `rule`; `parse` reads it back."""
    fault = faults.load(rule.id)
    values = {
        "kind": fault.kind(rule),
        "seconds": f"{rule.seconds:g}",
        "ms": f"{rule.seconds * 1000:g}",
        "status": str(rule.status),
        "then": rule.then if rule.then != "resume" else "",
    }
    given = [values[name] for name in fault.takes]
    while given and given[-1] in ("", "0"):
        given.pop()
    place = f"@{rule.at_token}" if fault.positional else ""
    return rule.id + place + (f":{','.join(given)}" if given else "")


def parse(text: str) -> FaultRule:
    """The rule that `text` stands for; arguments after the first may also be parted by `:`.

    Raises BadNotation.
    """
    head, _, tail = text.partition(":")
    id, at, token = head.partition("@")
    if id not in faults.names():
        near = difflib.get_close_matches(id, faults.names(), 1)
        raise BadNotation(f"no fault {id!r}" + (f"; did you mean {near[0]}?" if near else ""))
    fault = faults.load(id)
    fields: dict[str, object] = {}
    try:
        if at:
            fields["at_token"] = int(token)
        given = [arg for arg in tail.replace(":", ",").split(",") if arg]
        for name, arg in zip(fault.takes, given, strict=False):
            value = _PARSE[name](arg)
            fields |= {"seconds": float(arg) / 1000} if name == "ms" else {name: value}
        rule = FaultRule(id=id, **fields)  # type: ignore[arg-type]
    except ValueError as error:
        raise BadNotation(f"fault {text!r}: {error}") from None
    if len(given) > len(fault.takes):
        raise BadNotation(f"fault {text!r}: takes {', '.join(fault.takes) or 'no arguments'}")
    check(rule)
    return rule


def check(rule: FaultRule) -> None:
    """Raises BadNotation for an id or kind that there is not."""
    if rule.id not in faults.names():
        raise BadNotation(f"no fault {rule.id} (known: {', '.join(faults.names())})")
    fault = faults.load(rule.id)
    if rule.kind and rule.kind not in fault.kinds:
        known = ", ".join(fault.kinds) or "none"
        raise BadNotation(f"fault {rule.id} has no kind {rule.kind!r} (known: {known})")
    if not (rule.seconds <= LONGEST_S and rule.at_token <= LAST_TOKEN):
        raise BadNotation(f"fault {rule.id}: seconds go up to {LONGEST_S:g}, at_token up to {LAST_TOKEN}")
    if rule.then not in ("resume", "die"):
        raise BadNotation(f"fault {rule.id}: {rule.then!r} is neither resume nor die")
