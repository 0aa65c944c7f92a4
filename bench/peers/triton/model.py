"""A model of Triton's Python backend that runs its ONNX file on one thread. PEER_PACKAGES names the packages' folder."""

import os
import sys

# The backend's own process ignores PYTHONPATH.
sys.path.insert(0, os.environ["PEER_PACKAGES"])

import numpy as np
import onnxruntime as ort
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        file = os.path.join(args["model_repository"], args["model_version"], "model.onnx")
        self.session = ort.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        self.input_name = self.session.get_inputs()[0].name
        self.output_name = self.session.get_outputs()[0].name

    def execute(self, requests):
        inputs = [pb_utils.get_input_tensor_by_name(request, self.input_name).as_numpy() for request in requests]
        outputs = self.session.run(None, {self.input_name: np.concatenate(inputs)})[0]
        ends = np.cumsum([len(rows) for rows in inputs])[:-1]
        return [
            pb_utils.InferenceResponse([pb_utils.Tensor(self.output_name, rows)]) for rows in np.split(outputs, ends)
        ]
