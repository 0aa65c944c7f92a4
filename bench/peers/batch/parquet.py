"""Rows of a Parquet file with one list column through a model: pyarrow and onnxruntime.

Usage: parquet.py MODEL INPUT OUTPUT INPUT_COLUMN OUTPUT_COLUMN BATCH
"""

import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from session import open_session


def main(model_file, source, target, column, output, batch):
    pa.set_cpu_count(1)
    session, name = open_session(model_file)
    rows = pq.ParquetFile(source)
    writer = None
    for chunk in rows.iter_batches(batch_size=int(batch), columns=[column], use_threads=False):
        lists = chunk.column(0)
        values = lists.flatten().to_numpy(zero_copy_only=False).astype(np.float32, copy=False)
        answers = session.run(None, {name: values.reshape(len(lists), -1)})[0]
        width = answers.shape[1]
        offsets = np.arange(0, answers.size + 1, width, dtype=np.int32)
        table = pa.table({output: pa.ListArray.from_arrays(offsets, pa.array(answers.reshape(-1)))})
        if writer is None:
            writer = pq.ParquetWriter(target, table.schema)
        writer.write_table(table)
    writer.close()


main(*sys.argv[1:])
