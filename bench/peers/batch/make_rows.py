"""Writes random rows, the same each time: make_rows.py parquet|jsonl FILE COLUMN ROWS WIDTH."""

import json
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

GROUP = 10_000


def main(form, file, column, rows, width):
    random = np.random.default_rng(29)
    groups = (random.random((GROUP, int(width)), dtype=np.float32) for _ in range(int(rows) // GROUP))
    if form == "jsonl":
        with open(file, "w", encoding="utf-8") as lines:
            for group in groups:
                # As people write them: six decimals.
                for row in np.round(group.astype(np.float64), 6).tolist():
                    lines.write(json.dumps({column: row}) + "\n")
        return
    writer = pq.ParquetWriter(file, pa.schema([(column, pa.list_(pa.float32()))]))
    for group in groups:
        offsets = np.arange(0, group.size + 1, int(width), dtype=np.int32)
        writer.write_table(pa.table({column: pa.ListArray.from_arrays(offsets, pa.array(group.reshape(-1)))}))
    writer.close()


main(*sys.argv[1:])
