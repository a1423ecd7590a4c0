"""People who read along and press stop once they have read enough, each after a length of their own.

What the system does with the rest of the answer is what a plan with this scenario asks.
"""

from locust import task

from harness.dialects.events import Kind
from harness.users import StreamingUser

_SHORTEST, _LONGEST = 100, 1500  # characters


class Skimmer(StreamingUser):
    @task
    def ask(self) -> None:
        enough, read = self.rng.integers(_SHORTEST, _LONGEST), 0
        with self.open_stream(name="skimmed chat") as stream:
            for event in stream:
                if event.kind is Kind.TEXT:
                    read += len(event.text)
                if read >= enough:
                    break  # leaving the block is leaving the stream
