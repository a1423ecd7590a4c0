"""The official clients, each asked for one streamed answer; what came of it in a word."""

from collections.abc import Callable, Iterable
from typing import Any

import anthropic
import huggingface_hub
import openai

READ_TIMEOUT_S = 0.7
MESSAGES: Any = [{"role": "user", "content": "[sid:000042] hi"}]
Reaction = Callable[[str, str], str]
"""(base URL, model) -> what the client made of the stream"""


def openai_client(base: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{base}/v1", api_key="sk-test", max_retries=0, timeout=READ_TIMEOUT_S)


def anthropic_client(base: str) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=base, api_key="sk-test", max_retries=0, timeout=READ_TIMEOUT_S)


def openai_create(base: str, model: str) -> str:
    with openai_client(base) as client:
        return _chunks(client.chat.completions.create(model=model, messages=MESSAGES, stream=True))


def openai_stream(base: str, model: str) -> str:
    with openai_client(base) as client, client.chat.completions.stream(model=model, messages=MESSAGES) as got:
        text = sum(event.type == "content.delta" and bool(event.delta) for event in got)
        return f"ends after {text}, finish {got.get_final_completion().choices[0].finish_reason}"


def responses_create(base: str, model: str) -> str:
    with openai_client(base) as client:
        stream = client.responses.create(model=model, input=MESSAGES, stream=True)
        return _events(stream, "response.output_text.delta")


def responses_stream(base: str, model: str) -> str:
    with openai_client(base) as client, client.responses.stream(model=model, input=MESSAGES) as got:
        text = sum(event.type == "response.output_text.delta" for event in got)
        return f"ends after {text}, status {got.get_final_response().status}"


def anthropic_create(base: str, model: str) -> str:
    with anthropic_client(base) as client:
        stream = client.messages.create(model=model, max_tokens=50, messages=MESSAGES, stream=True)
        return _events(stream, "content_block_delta")


def anthropic_stream(base: str, model: str) -> str:
    with (
        anthropic_client(base) as client,
        client.messages.stream(model=model, max_tokens=50, messages=MESSAGES) as got,
    ):
        text = sum(1 for _ in got.text_stream)
        return f"ends after {text}, stop {got.get_final_message().stop_reason}"


def huggingface_chat(base: str, model: str) -> str:
    with huggingface_hub.InferenceClient(base_url=base, api_key="hf", timeout=READ_TIMEOUT_S) as client:
        return _chunks(client.chat_completion(MESSAGES, model=model, stream=True))


def _chunks(stream: Iterable[Any]) -> str:
    finish, text = None, 0
    for chunk in stream:
        for choice in chunk.choices or []:
            text += bool(choice.delta.content)
            finish = choice.finish_reason or finish
    return f"ends after {text}, finish {finish}"


def _events(stream: Iterable[Any], text: str) -> str:
    kinds = [event.type for event in stream]
    return f"ends after {kinds.count(text)}, last {kinds[-1] if kinds else None}"


CLIENTS: dict[str, Reaction] = {
    "openai create": openai_create,
    "openai stream": openai_stream,
    "responses create": responses_create,
    "responses stream": responses_stream,
    "anthropic create": anthropic_create,
    "anthropic stream": anthropic_stream,
    "huggingface chat": huggingface_chat,
}


def reaction(client: str, base: str, model: str) -> str:
    """How the client ends: what it says of a stream that it took for ended, or what it raised."""
    try:
        return CLIENTS[client](base, model)
    except Exception as error:  # noqa: BLE001  (which exception comes is the very thing that is asked)
        kind = type(error)
        return f"raises {kind.__module__.partition('.')[0]}.{kind.__name__}"
