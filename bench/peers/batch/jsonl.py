"""Rows of a JSONL file through a model: json and onnxruntime, in batches.

Usage: jsonl.py MODEL INPUT OUTPUT INPUT_MEMBER OUTPUT_MEMBER BATCH
"""

import json
import sys
from itertools import islice

import numpy as np

from session import open_session


def main(model_file, source, target, member, output, batch):
    session, name = open_session(model_file)
    with open(source, encoding="utf-8") as lines, open(target, "w", encoding="utf-8") as answered:
        while True:
            rows = [json.loads(line)[member] for line in islice(lines, int(batch))]
            if not rows:
                break
            answers = session.run(None, {name: np.array(rows, dtype=np.float32)})[0]
            for answer in answers.tolist():
                answered.write(json.dumps({output: answer}) + "\n")


main(*sys.argv[1:])
