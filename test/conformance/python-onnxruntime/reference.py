"""Makes requests for ONNX files and answers them with Python's ONNX Runtime, each on its own.

usage: reference.py FOLDER NAME=FILE…

Writes FOLDER/NAME.bin (the tensors' bytes) and FOLDER/NAME.json: why the model's requests may not be batched (null =
they may), and the requests with the place of each tensor.
"""
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from plan import Plan

# Requests by number of rows; models that take longer than this for a row get the shorter list.
PATIENCE_S = 0.001
MANY = {1: 40, 7: 16, 64: 8}
FEW = {1: 10, 7: 4, 64: 2}

DTYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16}


def tokens(rng, rows):
    """Texts of one length a request, the later ones shorter than that by up to half."""
    length = int(rng.choice([12, 20, 32]))
    lengths = rng.integers(length // 2, length + 1, rows)
    lengths[0] = length
    mask = (np.arange(length)[None, :] < lengths[:, None]).astype(np.int64)
    return {
        "input_ids": rng.integers(1000, 20000, (rows, length)) * mask,
        "attention_mask": mask,
        "token_type_ids": rng.integers(0, 2, (rows, length)) * mask,
    }


def ragged_tokens(rng, rows):
    """Sentences of different length one after the other, each token with its place [sentence, position]."""
    lengths = rng.integers(3, 12, rows)
    indices = [[row, position] for row, length in enumerate(lengths) for position in range(length)]
    return {
        "indices": np.array(indices, np.int32),
        "values": rng.integers(10, 8000, len(indices)).astype(np.int32),
    }


def voice(rng, rows):
    return {
        "input": rng.normal(0, 0.1, (rows, 576)).astype(np.float32),
        "state": rng.normal(0, 0.1, (2, rows, 128)).astype(np.float32),
        "sr": np.array(16000, np.int64),
    }


def file_bytes(rng, rows):
    return {"bytes": rng.integers(0, 257, (rows, 2048)).astype(np.int32)}


# Inputs that are more than any numbers, by their names.
GENERATORS = {
    ("attention_mask", "input_ids", "token_type_ids"): tokens,
    ("indices", "values"): ragged_tokens,
    ("input", "sr", "state"): voice,
    ("bytes",): file_bytes,
}


def numbers(session, rng, rows):
    inputs = {}
    for value in session.get_inputs():
        if value.type not in DTYPES:
            raise SystemExit(f"no rule makes the input {value.name} of type {value.type}")
        shape = [rows] + [size if isinstance(size, int) else 16 for size in value.shape[1:]]
        inputs[value.name] = rng.normal(size=shape).astype(DTYPES[value.type])
    return inputs


def why_not_batched(graph, session):
    """None where the rows of several requests may be computed together."""
    tensors = session.get_inputs() + session.get_outputs()
    if any(not value.shape or isinstance(value.shape[0], int) for value in tensors):
        return "not every tensor begins with a dimension of rows"
    if {"indices", "values"} <= {value.name for value in tensors}:
        return "a row of its input is a token, a row of its output a sentence"
    if any(node.op_type.startswith("DynamicQuantize") for node in graph.node):
        return "it quantises by the range of the whole batch: the numbers of a row depend on the other rows"
    return None


def answer(folder, name, file):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    known = GENERATORS.get(tuple(sorted(value.name for value in session.get_inputs())))
    make = known or (lambda rng, rows: numbers(session, rng, rows))
    rng = np.random.default_rng(7)
    session.run(None, make(rng, 1))
    started = time.perf_counter()
    session.run(None, make(rng, 1))
    counts = MANY if time.perf_counter() - started < PATIENCE_S else FEW
    plan = Plan(folder, name)
    outputs = [value.name for value in session.get_outputs()]
    for rows in rng.permutation([size for size, count in counts.items() for _ in range(count)]):
        inputs = make(rng, int(rows))
        plan.add(inputs, dict(zip(outputs, session.run(outputs, inputs))), int(rows))
    plan.close(why_not_batched(onnx.load(file, load_external_data=False).graph, session))


folder = Path(sys.argv[1])
for argument in sys.argv[2:]:
    name, _, file = argument.partition("=")
    answer(folder, name, file)
