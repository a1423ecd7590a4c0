"""The system under test: where it is, what it speaks, what it may legitimately do."""

from typing import Literal

import msgspec

from harness.plan.address import must_be_url


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A user's own time limits, each finite, each its own outcome."""

    connect_s: float = 5.0
    headers_s: float = 30.0
    first_content_s: float = 30.0
    idle_s: float = 20.0
    total_s: float = 300.0

    @property
    def of_whole_answers(self) -> "Limits":
        """Of an answer in one piece nothing is heard before all of it is there: only its end is limited."""
        return msgspec.structs.replace(self, headers_s=self.total_s, first_content_s=self.total_s)

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if not 0 < getattr(self, name) <= 1800:
                raise ValueError(f"{name} must be above 0 and at most 1800")


class Expect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Policies in which correct systems differ. What is declared here is not failed."""

    after_disconnect: Literal["cancel", "drain", "resume"] = "cancel"
    cancel_within_s: float = 1.0  # with resume, from when nobody came back; so it includes the grace
    provider_fault: Literal["error_event", "as_is"] = "error_event"  # as_is: a transparent proxy

    def __post_init__(self) -> None:
        if self.cancel_within_s <= 0:
            raise ValueError("cancel_within_s must be positive")


class Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the users reach the system. Without `url` the stack starts one."""

    url: str | None = None
    dialect: str = "generic"
    path: str | None = None  # default: the dialect's own
    whole_path: str | None = None  # of answers in one piece; default: as the dialect makes it of `path`
    model: str | None = None
    api_key_env: str | None = None  # name of the environment variable that holds the key
    prompts: str | None = None  # a file beside the plan, or a path; default: ours
    max_tokens: int | None = None
    connections: Literal["pooled", "fresh"] = "pooled"
    verify_tls: bool = True
    limits: Limits = Limits()
    expect: Expect = Expect()

    def __post_init__(self) -> None:
        if self.url is not None:
            must_be_url("url", self.url)
        for name in ("path", "whole_path"):
            path = getattr(self, name)
            if path is not None and not path.startswith("/"):
                raise ValueError(f"{name} must begin with /")
        if self.max_tokens is not None and self.max_tokens < 1:
            raise ValueError("max_tokens must be at least 1; leave it out for no limit")
