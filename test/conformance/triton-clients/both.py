"""What NVIDIA's HTTP and gRPC clients have in common, so that one check serves both."""
import time

import numpy as np
import tritonclient.grpc as grpc
import tritonclient.http as http
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

# What each client calls a refusal.
STATUS = {
    http: {"not_found": "404", "invalid": "400", "unavailable": "503", "unimplemented": "501", "exists": "400"},
    grpc: {
        "not_found": "StatusCode.NOT_FOUND",
        "invalid": "StatusCode.INVALID_ARGUMENT",
        "unavailable": "StatusCode.UNAVAILABLE",
        "unimplemented": "StatusCode.UNIMPLEMENTED",
        "exists": "StatusCode.ALREADY_EXISTS",
    },
}


class Both:
    """One of the two clients."""

    def __init__(self, module, address):
        self.module = module
        self.name = module.__name__.split(".")[-1]
        self.address = address
        self.client = self.connect()
        self.json = {"as_json": True} if module is grpc else {}

    def connect(self):
        return self.module.InferenceServerClient(self.address, **({"concurrency": 8} if self.module is http else {}))

    def inputs(self, **arrays):
        tensors = []
        for name, array in arrays.items():
            tensor = self.module.InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
            tensor.set_data_from_numpy(array)
            tensors.append(tensor)
        return tensors

    def infer(self, model, arrays, **options):
        return self.client.infer(model, self.inputs(**arrays), **options)

    def wants(self, name, **options):
        return [self.module.InferRequestedOutput(name, **options)]

    def raises(self, checks, what, kind, call, *arguments, **options):
        try:
            answer = call(*arguments, **options)
        except InferenceServerException as error:
            good = error.status() == STATUS[self.module][kind] and len(error.message() or "") > 10
            checks.true(f"{self.name}: {what}", good, f"{error.status()} {error.message()}")
            return
        checks.fail(f"{self.name}: {what}: no error but {answer!r}")


def until(condition, seconds=10):
    give_up = time.monotonic() + seconds
    while not condition() and time.monotonic() < give_up:
        time.sleep(0.02)
    return condition()
