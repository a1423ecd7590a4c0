"""The values of one metric, each with the attempt that it belongs to."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Samples:
    """Arrays of one length.

    `finished` is False where the thing measured had not happened when the attempt was over: the value is
    then infinite, or, for an open gap, its length so far. The series `all` holds every value, `ok` the
    finished ones.
    """

    unit: str
    rows: Ints  # positions in the table of attempts
    values: Floats
    finished: Bools

    def of(self, chosen: Bools) -> "Samples":
        """Those of the attempts for which `chosen`, one flag an attempt, is true."""
        mask = chosen[self.rows]
        return Samples(self.unit, self.rows[mask], self.values[mask], self.finished[mask])

    @property
    def censored(self) -> int:
        return int(np.count_nonzero(~self.finished))

    @property
    def independent(self) -> int:
        """Values of one stream hang together: sample floors count streams."""
        return int(np.unique(self.rows).size)


def finite(unit: str, rows: Ints, values: Floats) -> Samples:
    """Samples of a quantity that exists or does not: what is NaN is left out, nothing is censored."""
    keep = np.isfinite(values)
    return Samples(unit, rows[keep], values[keep], np.ones(int(keep.sum()), dtype=bool))
