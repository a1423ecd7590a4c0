"""People who ask, read the answer at their own pace until its last word, think, and ask again.

How many answers they get through depends on when they can begin to read.
"""

import gevent
from locust import task

from harness.policies import reading
from harness.users import StreamingUser


class Reader(StreamingUser):
    @task
    def ask(self) -> None:
        gevent.sleep(reading.left_s(self.stream(name="read chat")))
