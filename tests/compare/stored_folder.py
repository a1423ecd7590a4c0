"""A run made by hand, written as a run folder."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from harness import record
from harness.metrics.run_data import RunData
from harness.run_folder import RunFolder, write_plan, write_run_facts, write_timeline


def write_folder(root: Path, run: RunData) -> Path:
    folder = RunFolder(root)
    write_plan(folder, run.plan)
    write_run_facts(folder, run.facts)
    write_timeline(folder, run.timeline)
    for name, row_type in record.ROW_TYPES.items():
        table = pa.Table.from_pandas(getattr(run, name), schema=record.schema(row_type), preserve_index=False)
        pq.write_table(table, folder.table(name))
    return root
