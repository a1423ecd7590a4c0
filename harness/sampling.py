"""Reading a run that is too large for memory: every row, but the arrays of a share of the streams.

Which streams is a matter of their ids alone, so both ends of one are kept or left out together, and the same
folder gives the same numbers every time.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from harness import record
from harness.record import ROW_TYPES

# Judging takes about 200 bytes a read: ten million keep it at two gigabytes.
MOST_READS = 10_000_000
_ROWS_AT_ONCE = 4096
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: multiples of it fall evenly


def values_of(path: Path, column: str) -> int:
    """How many values the arrays of `column` hold, from the file's own index."""
    index = pq.ParquetFile(path).metadata
    groups = [index.row_group(number) for number in range(index.num_row_groups)]
    parts = [group.column(place) for group in groups for place in range(group.num_columns)]
    return sum(part.num_values for part in parts if part.path_in_schema.split(".")[0] == column)


def drawn(streams: pd.Series, share: float) -> np.ndarray:
    """One flag an id: about `share` of all ids, the same ones for ever."""
    ids = streams.to_numpy(dtype=np.int64, na_value=-1).astype(np.uint64)
    flags: np.ndarray = (ids * _GOLDEN) / 2.0**64 < share
    return flags


def read_sample(path: Path, share: float, whole: pd.Series | None = None) -> pd.DataFrame:
    """As `record.read_table`, with a column `sampled`; arrays of the other rows are empty.

    Rows of the streams in `whole` keep their arrays as well, without being marked.
    """
    fields = record.columns(ROW_TYPES[path.stem])
    file = pq.ParquetFile(path)
    there = set(file.schema_arrow.names)
    arrays = [field.name for field in fields if field.kind == "list[int32]" and field.name in there]
    plain = [name for name in file.schema_arrow.names if name not in arrays]
    table = record.read_table(path, plain)
    table["sampled"] = drawn(table["stream"], share)
    kept = table["sampled"].to_numpy(dtype=bool)
    if whole is not None:
        kept = kept | table["stream"].isin(whole).to_numpy(dtype=bool)
    nothing = np.zeros(0, dtype=np.int32)
    for name in arrays:
        cells: list[np.ndarray] = []
        for batch in file.iter_batches(_ROWS_AT_ONCE, columns=[name]):
            found = batch.to_pandas()[name]
            flags = kept[len(cells) : len(cells) + len(found)]
            # Copies, so that the batch with the arrays left out can go.
            cells += [cell.copy() if keep else nothing for cell, keep in zip(found, flags, strict=True)]
        table[name] = pd.Series(cells, index=table.index, dtype=object)
    return table
