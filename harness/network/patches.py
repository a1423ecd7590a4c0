"""One change to a proxy or to one of its toxics, as data."""

from typing import Any

import msgspec


class Patch(msgspec.Struct, frozen=True, kw_only=True):
    """Without `toxic` it changes the proxy itself, and `enabled` is the only thing to change there."""

    toxic: str | None = None
    toxicity: int | None = None
    attributes: dict[str, int] = {}
    enabled: bool | None = None

    def body(self) -> dict[str, Any]:
        """The JSON object to send."""
        if self.toxic is None:
            return {"enabled": self.enabled}
        body: dict[str, Any] = {}
        if self.toxicity is not None:
            body["toxicity"] = self.toxicity
        if self.attributes:
            body["attributes"] = self.attributes
        return body

    @property
    def closes(self) -> bool:
        """It ends connections, now or at their next data."""
        if self.toxic is None:
            return self.enabled is False
        return (self.toxic == "rst_down" and self.toxicity == 1) or "bytes" in self.attributes
