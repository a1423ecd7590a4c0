"""A toxic as it stands on a proxy: its description, which the API shows and every connection reads."""

from dataclasses import dataclass, field
from typing import Any

from harness.network.builtin.go_json import shown_float32


@dataclass
class InstalledToxic:
    """`values` is shared with the stages, so a change reaches those that wait for their next chunk."""

    name: str
    type: str
    stream: str  # as it was sent, in any case
    toxicity: float = 1.0
    values: dict[str, int] = field(default_factory=dict)

    @property
    def upstream(self) -> bool:
        return self.stream.lower() == "upstream"

    def shown(self) -> dict[str, Any]:
        """As the API answers it, keys in the original's order."""
        return {
            "attributes": dict(self.values),
            "name": self.name,
            "type": self.type,
            "stream": self.stream,
            "toxicity": shown_float32(self.toxicity),
        }
