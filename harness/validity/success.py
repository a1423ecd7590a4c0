"""Did anything go well, so that a success would have been seen?"""

import numpy as np

from harness.metrics.join import Joined
from harness.summary import Trust, TrustCheck
from harness.validity.grade import trust_check

# Ends that say nothing about it: the user's own, or the harness's.
_NO_EVIDENCE = ("cancelled", "abandoned", "interrupted", "not_started")


def any_success(joined: Joined) -> list[TrustCheck]:
    """A system may fail every stream, and so may a harness that asks the wrong way; nobody can tell which.

    The failures count as they are, so that this is never worse than SUSPECT.
    """
    asked = joined.calls & ~joined.is_outcome(*_NO_EVIDENCE)
    if not asked.any():
        return []
    completed = int(np.count_nonzero(asked & joined.is_outcome("completed")))
    note = "not one stream completed: a wrong address, key or dialect would look the same"
    state: Trust = "VALID" if completed else "SUSPECT"
    return [trust_check("any_success", "completed", completed, 1, "streams", state, note, bound="at least")]


QUESTIONS = (any_success,)
