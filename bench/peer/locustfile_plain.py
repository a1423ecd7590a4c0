"""What many write to load a streaming endpoint with Locust alone; run by `locust_plain.py`."""

import json
import os
import time
from pathlib import Path

from locust import FastHttpUser, events, task
from locust.exception import StopUser

TOKENS, ROUNDS = int(os.environ["BENCH_TOKENS"]), int(os.environ["BENCH_ROUNDS"])
BODY = {
    "model": "known",
    "stream": True,
    "max_tokens": TOKENS,
    "messages": [{"role": "user", "content": "Tell me about rivers."}],
}
ttft_ms: list[float] = []
ended = {"users": 0, "answers": 0}


class Plain(FastHttpUser):
    network_timeout = 120.0
    connection_timeout = 120.0

    def on_start(self) -> None:
        self.rounds = 0

    @task
    def ask(self) -> None:
        if self.rounds == ROUNDS:
            ended["users"] += 1
            if ended["users"] == self.environment.parsed_options.num_users:
                self.environment.runner.quit()
            raise StopUser
        self.rounds += 1
        began, first, done = time.perf_counter(), None, False
        with self.client.post(
            "/v1/chat/completions", json=BODY, stream=True, catch_response=True
        ) as response:
            while event := response.stream.readline(b"\n\n"):  # by default it waits for a CRLF
                if event.startswith(b"data: [DONE]"):
                    done = True
                    continue
                chunk = json.loads(event[6:])
                if first is None and chunk["choices"] and chunk["choices"][0]["delta"].get("content"):
                    first = time.perf_counter()
                    ttft_ms.append((first - began) * 1000)
        ended["answers"] += done


@events.quitting.add_listener
def report(**_: object) -> None:
    found = {"ttft_ms": ttft_ms, "completed": ended["answers"]}
    Path(os.environ["BENCH_REPORT"]).write_text(json.dumps(found))
