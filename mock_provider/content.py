"""What an answer says: reasoning, numbered tokens or JSON, tool calls; as frames and as a whole."""

from dataclasses import dataclass, field
from itertools import accumulate

from harness.answer import WORDS, token
from harness.dialects import jsontext
from harness.dialects.dialect import ToolCall
from harness.plan.draws import Rng, generator
from mock_provider.examples import example
from mock_provider.requests.request import ChatRequest
from mock_provider.script import Do, Step

_PIECE = 6  # characters of JSON to a token, as they come from real models


@dataclass(frozen=True, slots=True)
class Content:
    """`json` stands in place of the numbered tokens; `tools` in place of any text."""

    reasoning: list[str] = field(default_factory=list)
    json: list[str] = field(default_factory=list)
    tools: list[ToolCall] = field(default_factory=list)

    @property
    def fixed_tokens(self) -> int | None:
        """The answer's length, where it is not the canonical one."""
        if self.tools:
            return sum(len(pieces(call.arguments)) for call in self.tools)
        return len(self.json) or None


def pieces(text: str) -> list[str]:
    """`text` in fragments of a token each."""
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)] or [""]


def compose(asked: ChatRequest, parallel: int, seed: int, stream: int) -> Content:
    """What the request calls for beside plain text: tool calls, or JSON of its schema."""
    if asked.tools and asked.tool_choice != "none":
        return Content(tools=_calls(asked, parallel, stream, generator(seed, stream, "content")))
    if asked.schema is not None:
        value = example(asked.schema, generator(seed, stream, "content"))
        return Content(json=pieces(jsontext.encode(value).decode()))
    return Content()


def _calls(asked: ChatRequest, parallel: int, stream: int, rng: Rng) -> list[ToolCall]:
    named = [tool for tool in asked.tools if tool.name == asked.tool_choice]
    count = parallel if asked.parallel_tools and not named else 1
    offered = named or asked.tools
    chosen = [offered[index % len(offered)] for index in range(count)]
    return [
        ToolCall(
            f"call_{stream:06d}_{index}",
            tool.name,
            jsontext.encode(example(tool.parameters or {"type": "object"}, rng)).decode(),
        )
        for index, tool in enumerate(chosen)
    ]


def thoughts(count: int, stream: int) -> list[str]:
    """`count` tokens of reasoning; none of them looks like a token of the answer."""
    return [f"{WORDS[(stream + index * 5) % len(WORDS)]} " for index in range(count)]


def text_of(seed: int, stream: int, first: int, count: int) -> str:
    """Tokens `first` to `first + count` of the canonical answer."""
    if count == 1:
        return token(seed, stream, first)
    return "".join(token(seed, stream, first + index) for index in range(count))


def frame_tokens(content: Content, text_sizes: list[int]) -> list[int]:
    """Tokens of each frame that `frames` makes and that says something."""
    if content.tools:
        text = [1 for call in content.tools for _ in pieces(call.arguments)]
    else:
        text = [1] * len(content.json) or text_sizes
    return [1] * len(content.reasoning) + text


def frames(content: Content, text_sizes: list[int], first: int, due_ns: list[int]) -> list[Step]:
    """The content's frames in order. `text_sizes`: tokens of each canonical text frame, from number `first`.

    `due_ns` has an instant for each of `frame_tokens`; what opens a tool call comes with its first fragment.
    """
    thinking, rest_ns = len(content.reasoning), due_ns[len(content.reasoning) :]
    steps = [
        Step(at_ns, Do.REASON, 1, thought.encode())
        for thought, at_ns in zip(content.reasoning, due_ns[:thinking], strict=True)
    ]
    if content.tools:
        times = iter(rest_ns)
        for number, call in enumerate(content.tools):
            fragments = [
                Step(next(times), Do.TOOL, 1, piece.encode(), number) for piece in pieces(call.arguments)
            ]
            opening = f"{call.id}\n{call.name}".encode()
            steps += [Step(fragments[0].at_ns, Do.TOOL_OPEN, 0, opening, number), *fragments]
        return steps
    if content.json:
        texts = zip(content.json, rest_ns, strict=True)
        return steps + [Step(at_ns, Do.TEXT, 1, piece.encode()) for piece, at_ns in texts]
    numbers = accumulate(text_sizes, initial=first)
    triples = zip(rest_ns, text_sizes, numbers, strict=False)  # `numbers` has one more, where it would go on
    return steps + [Step(at_ns, Do.TEXT, size, b"", number) for at_ns, size, number in triples]
