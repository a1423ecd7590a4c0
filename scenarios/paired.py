"""Blocks of streams to be compared: stream k of every block asks the same, for the prompts go round.

`streamproof compare` writes as many prompts as a block has streams; in any other plan it is `chat` with its
prompts in order.
"""

from locust import task

from harness.users import StreamingUser


class Paired(StreamingUser):
    def prompt(self) -> str:
        return str(self._prompts[(self.number - 1) % len(self._prompts)])

    @task
    def ask(self) -> None:
        self.stream(name="paired")
