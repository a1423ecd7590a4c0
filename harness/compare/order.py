"""Which arm goes first in each pair. Every fixed order has a drift that it takes for an effect."""

from typing import Literal

from harness.plan.draws import generator

Arm = Literal["baseline", "candidate"]
Order = Literal["coin", "abba", "aabb"]


def order_of(pairs: int, seed: int, kind: Order = "coin") -> list[tuple[Arm, Arm]]:
    """The arms of each pair in the order of their blocks.

    `coin` is the one to use: a seeded toss a pair. `abba` is here so that a test can show what it does under
    a drift of four blocks' period.
    """
    forth: tuple[Arm, Arm] = ("baseline", "candidate")
    back: tuple[Arm, Arm] = ("candidate", "baseline")
    if kind == "coin":
        return [back if heads else forth for heads in generator(seed, "order").integers(0, 2, pairs)]
    if kind == "abba":
        return [back if pair % 2 else forth for pair in range(pairs)]
    return [forth] * pairs
