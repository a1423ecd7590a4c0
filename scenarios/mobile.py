"""People on phones: what their networks do is the plan's business, they just ask again."""

from locust import task

from harness.users import StreamingUser


class Phone(StreamingUser):
    @task
    def ask(self) -> None:
        self.stream(name="mobile chat")
