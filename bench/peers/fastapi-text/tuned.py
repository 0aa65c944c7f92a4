"""The same by somebody who knows what padding costs: the texts of a request are sorted by length and run in batches of at most 256 padded tokens."""

import os

os.environ["SORTED"] = "1"

import numpy as np

from service import app, run, serve

MAX_PADDED_TOKENS = 256


def embed(encodings):
    order = sorted(range(len(encodings)), key=lambda index: len(encodings[index].ids))
    vectors = [None] * len(encodings)
    batch = []

    def flush():
        for index, vector in zip(batch, run([encodings[index] for index in batch])):
            vectors[index] = vector
        batch.clear()

    for index in order:
        if batch and (len(batch) + 1) * len(encodings[index].ids) > MAX_PADDED_TOKENS:
            flush()
        batch.append(index)
    flush()
    return np.stack(vectors)


serve(embed)
__all__ = ["app"]
