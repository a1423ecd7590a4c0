"""The arrays of all rows laid end to end, so that two million arrivals are a handful of numpy calls."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from harness.metrics.samples import Bools, Ints


@dataclass(frozen=True)
class Stamps:
    """One element a thing that happened, row by row and in order of time within a row."""

    row: Ints  # position of the row it belongs to
    us: Ints  # since the stamp of that row that its arrays count from

    @property
    def same_row(self) -> Bools:
        """For each element but the first: does its predecessor belong to the same row?"""
        same: Bools = self.row[1:] == self.row[:-1]
        return same

    def index_in_row(self) -> Ints:
        """0, 1, 2, … within each row."""
        return np.arange(len(self.row)) - np.searchsorted(self.row, self.row, side="left")


def flat(column: pd.Series) -> tuple[Ints, Ints]:
    """(row positions, values) of a column of arrays."""
    arrays = column.to_list()
    if not arrays:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    lengths = np.fromiter((len(array) for array in arrays), dtype=np.int64, count=len(arrays))
    rows = np.repeat(np.arange(len(arrays), dtype=np.int64), lengths)
    return rows, np.concatenate(arrays).astype(np.int64)


def repeated(table: pd.DataFrame, times: str, counts: str, base: str) -> Stamps:
    """Each time of column `times` as often as column `counts` says: tokens or events share their read's.

    A row whose two arrays differ in length, or without the stamp `base` from which its times count, gives
    nothing; only a damaged row is like that.
    """
    rows, us = flat(table[times])
    count_rows, count = flat(table[counts])
    whole = (table[base].notna() & table[times].map(len).eq(table[counts].map(len))).to_numpy(dtype=bool)
    keep, count = whole[rows], count[whole[count_rows]]
    return Stamps(np.repeat(rows[keep], count), np.repeat(us[keep], count))
