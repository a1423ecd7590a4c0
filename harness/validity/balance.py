"""Do the two sets of records, of users and of the provider, explain each other?"""

from harness.metrics.conservation import conservation as conserve
from harness.metrics.join import Joined
from harness.metrics.littles_law import residuals
from harness.summary import Trust, TrustCheck
from harness.validity.grade import graded, trust_check


def conservation(joined: Joined) -> list[TrustCheck]:
    """Only where a ledger is to be expected: of a foreign system without our mock nothing is known."""
    ours = joined.run.plan.provider is not None and joined.run.plan.target.url is None
    if not len(joined.attempts) or not (joined.has_ledger or ours):
        return []
    found = conserve(joined)
    state: Trust = "INVALID" if found.unexplained else "VALID"
    note = (
        f"{len(found.unserved)} streams got tokens that no ledger row explains, {len(found.unasked)} ledger "
        f"rows belong to no record, {found.surplus_tokens} tokens more arrived than were emitted"
    )
    check = trust_check("conservation", "unexplained", found.unexplained, 0, "", state, note)
    # Neither makes the numbers wrong, but a reader who counts will miss them.
    aside = [
        f"{found.unforwarded} requests never reached the provider" if found.unforwarded else "",
        f"{found.unmarked} provider requests bore no stream id" if found.unmarked else "",
    ]
    check.note = "; ".join(part for part in (check.note, *aside) if part)
    return [check]


def littles_law(joined: Joined) -> list[TrustCheck]:
    found = residuals(joined)
    if not found:
        return []
    worst = max(found, key=lambda residual: residual.share)
    note = f"phase {worst.phase}: records are missing, requests leak, or the load was not steady"
    state = graded(worst.share, 0.02, 0.05)
    return [trust_check("littles_law", "residual", worst.share, 0.02, "share", state, note)]


QUESTIONS = (conservation, littles_law)
