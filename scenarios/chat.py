"""People who chat: ask, read the whole answer, think, ask again.

Alone: `locust -f scenarios/chat.py --host http://127.0.0.1:8080`; in a plan: `scenario: chat`.
"""

from locust import task

from harness.users import StreamingUser


class Chat(StreamingUser):
    @task
    def ask(self) -> None:
        self.stream(name="chat")
