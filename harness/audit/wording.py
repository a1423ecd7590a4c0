"""A question in the words of the system: where it is sent, and what it says. Pure."""

from typing import Any

import msgspec

from harness import dialects
from harness.answer import mark
from harness.checks.audit.check import Question
from harness.dialects.dialect import Ask, Dialect, HttpRequest
from harness.plan.audited import Audited

_JSON = {"content-type": "application/json"}
_MUST_CAP = ("anthropic",)  # which demands a number, and has one of its own otherwise
_SPARE = 1_000


def answer_id(stream: int) -> str:
    """How the system is to call a stream, where its users may say so."""
    return f"audit-{stream}"


def dialect_of(file: Audited, question: Question) -> Dialect:
    """What the answer is spoken in."""
    return dialects.load("openai" if question.endpoint == "openai" else file.target.dialect)


def path_of(file: Audited, question: Question) -> str:
    """Where the question goes, at the base URL of the system or of a hop. Raises KeyError if there is no such
    place."""
    if question.endpoint == "stream":
        return file.target.path or dialect_of(file, question).path
    path: str | None = getattr(file.endpoints, question.endpoint)
    if path is None:
        raise KeyError(f"endpoints.{question.endpoint}")
    return path


def request(file: Audited, question: Question, stream: int, api_key: str) -> HttpRequest:
    """The request for `question` as stream number `stream`. Raises KeyError like `path_of`."""
    path = path_of(file, question)
    ask = Ask(
        prompt=f"{mark(stream)} {question.prompt}",
        model=file.target.model or "",
        max_tokens=_room_for(question, file),
        stream=question.endpoint != "whole" and (question.streamed or question.endpoint != "openai"),
        api_key=api_key,
        answer_id=answer_id(stream),
    )
    if question.endpoint in ("stream", "openai") or not file.target.dialect.startswith("generic"):
        made = _in_dialect(dialect_of(file, question), ask, path, question)
    else:
        made = _generic(ask, path, question, file)
    accepts = {"accept-encoding": question.encoding}
    if not ask.stream:
        accepts["accept"] = "application/json"
    return msgspec.structs.replace(made, headers={**made.headers, **accepts})


def _room_for(question: Question, file: Audited) -> int | None:
    """A cap that the ordered answer fits under; none where neither target nor dialect wants one."""
    needed = question.tokens + question.reasoning_tokens + _SPARE
    if file.target.max_tokens is not None:
        return max(file.target.max_tokens, needed)
    return needed if file.target.dialect in _MUST_CAP else None


def _in_dialect(dialect: Dialect, ask: Ask, path: str, question: Question) -> HttpRequest:
    made = dialect.request(ask, path)
    if question.schema is None or not made.body or question.endpoint != "structured":
        return made
    body = msgspec.json.decode(made.body)
    named = {"name": "answer", "schema": question.schema}
    body["response_format"] = {"type": "json_schema", "json_schema": named}
    return msgspec.structs.replace(made, body=msgspec.json.encode(body))


def _generic(ask: Ask, path: str, question: Question, file: Audited) -> HttpRequest:
    body: dict[str, Any] = {"prompt": ask.prompt, "stream": ask.answer_id}
    if ask.model:
        body["model"] = ask.model
    if ask.max_tokens is not None:
        body["max_tokens"] = ask.max_tokens
    if question.endpoint == "structured":
        body |= {"pattern": file.policies.structured, "schema": question.schema}
    key = {"authorization": f"Bearer {ask.api_key}"} if ask.api_key else {}
    return HttpRequest("POST", path, {**_JSON, **key}, msgspec.json.encode(body))
