"""What an operator has ordered for single streams: their pace, length, content and fault.

An audit asks a system about which it knows nothing: the model's name may be rewritten on the way. The stream
id in the prompt is what arrives, so orders are kept by it. A stream with an order gets that and nothing else:
no rule and no queued fault meets it; quotas do.
"""

from typing import Any

import msgspec

from harness.plan.provider import FaultRule, ModelProfile
from mock_provider import notation
from mock_provider.requests.request import ChatRequest, ToolSpec

MOST = 10_000  # streams with orders at a time
_LONGEST_MS = 1e7
_MOST_TOOLS = 128
_MOST_TOKENS = 1_000_000  # more than the sockets of a connection hold at once
_LOOKUP = ToolSpec(
    "lookup", {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}
)


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one stream is answered. `fault` is in the short notation, for its first `fault_times` attempts."""

    ttft_ms: float = 200.0
    itl_ms: float = 20.0
    tokens: int = 30
    tokens_per_chunk: int = 1
    reasoning_tokens: int = 0
    tool_calls: int = 0  # made in the first attempt; in later ones the tools have answered
    schema: dict[str, Any] | None = None  # the answer is JSON of it
    fault: str = ""
    fault_times: int = 1_000

    def __post_init__(self) -> None:
        if not (0 <= self.ttft_ms <= _LONGEST_MS and 0 <= self.itl_ms <= _LONGEST_MS):
            raise ValueError(f"ttft_ms and itl_ms are from 0 to {_LONGEST_MS:g}")
        if not (1 <= self.tokens <= _MOST_TOKENS and 0 <= self.reasoning_tokens <= _MOST_TOKENS):
            raise ValueError(f"tokens are from 1 to {_MOST_TOKENS}, reasoning_tokens from 0")
        if self.tokens_per_chunk < 1 or not 0 <= self.tool_calls <= _MOST_TOOLS or self.fault_times < 0:
            raise ValueError(
                f"tokens_per_chunk is at least 1, tool_calls from 0 to {_MOST_TOOLS}, fault_times from 0"
            )
        try:
            _ = self.rule
        except notation.BadNotation as error:
            raise ValueError(str(error)) from None

    @property
    def rule(self) -> FaultRule | None:
        """The fault as a rule."""
        return notation.parse(self.fault) if self.fault else None

    def profile(self, usual: ModelProfile) -> ModelProfile:
        """How the model answers this stream. OpenAI's own API shows no reasoning; its relative vLLM does, in
        the same chunks."""
        thinks = self.reasoning_tokens > 0 and usual.dialect == "openai"
        return msgspec.structs.replace(
            usual,
            dialect="vllm" if thinks else usual.dialect,
            ttft_ms=self.ttft_ms,
            prefill_ms_per_token=0.0,
            itl_ms=self.itl_ms,
            slow=None,
            tokens_per_chunk=self.tokens_per_chunk,
            batch=None,
            parallel_tools=max(1, self.tool_calls),
            faults=[],
        )

    def request(self, asked: ChatRequest, attempt: int) -> ChatRequest:
        """What the provider acts on instead of `asked`: tools and schema are as ordered."""
        tools = (asked.tools or [_LOOKUP]) if self.tool_calls and attempt == 1 else []
        return msgspec.structs.replace(
            asked, tools=tools, tool_choice="auto", parallel_tools=True, schema=self.schema
        )
