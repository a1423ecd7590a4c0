"""What becomes of an answer whose last listener has left."""

from typing import TYPE_CHECKING

from harness.plan.plan import GatewayOptions

if TYPE_CHECKING:
    from gateway.generation import Generation


class Leaving:
    """Nobody listens: the provider is let go, at once or when nobody has come back within the grace.

    It makes no difference how far the answer was, or at which endpoint it was asked for.
    """

    def __init__(self, options: GatewayOptions) -> None:
        self._grace_s = options.resume_grace_s

    def grace_s(self, generation: "Generation") -> float:
        """Seconds for which `generation` goes on; infinite: to its end."""
        return self._grace_s
