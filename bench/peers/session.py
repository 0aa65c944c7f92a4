"""The model as every Python peer runs it: onnxruntime on one thread, float32 rows in, float32 rows out."""

import os

import numpy as np
import onnxruntime as ort


class Model:
    def __init__(self):
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = ort.InferenceSession(os.environ["MODEL_FILE"], options, providers=["CPUExecutionProvider"])
        model_input = self.session.get_inputs()[0]
        self.input_name = model_input.name
        self.row_shape = tuple(model_input.shape[1:])

    def rows_of_bytes(self, body):
        return np.frombuffer(body, dtype=np.float32).reshape(-1, *self.row_shape)

    def rows_of_numbers(self, numbers):
        return np.asarray(numbers, dtype=np.float32).reshape(-1, *self.row_shape)

    def run(self, rows):
        return self.session.run(None, {self.input_name: rows})[0]
