"""A model of Triton's Python backend that adds 1 to its input. PEER_PACKAGES names the packages' folder."""

import os
import sys

# The backend's own process ignores PYTHONPATH.
sys.path.insert(0, os.environ["PEER_PACKAGES"])

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        return [
            pb_utils.InferenceResponse(
                [pb_utils.Tensor("y", pb_utils.get_input_tensor_by_name(request, "x").as_numpy() + 1)]
            )
            for request in requests
        ]
