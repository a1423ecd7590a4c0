"""People, or programs, who run into a quota and do as Retry-After says before they ask again.

The pause stands between two streams. `behaviour.retry` of a plan is something else: it asks the same stream
again, so that a refusal is no longer how the stream ended, and it needs a plan.
"""

import gevent
from locust import task

from harness.record import Outcome
from harness.users import StreamingUser

_LONGEST_PAUSE_S = 10.0


class Limited(StreamingUser):
    @task
    def ask(self) -> None:
        record = self.stream(name="limited chat")
        if record.outcome is Outcome.RATE_LIMITED and record.retry_after_s is not None:
            gevent.sleep(min(record.retry_after_s, _LONGEST_PAUSE_S))
