"""The stubs that the Open Inference Protocol publishes. usage: open_inference_stubs.py GRPC_ADDRESS"""
import asyncio
import sys

import grpc
import numpy as np
from open_inference.grpc import protocol
from open_inference.grpc.service import GRPCInferenceServiceStub

from checks import Checks
from tensors import X, Y


def request(**fields):
    tensor = {"name": "x", "datatype": "FP32", "shape": [1, 16], "contents": {"fp32_contents": X.ravel().tolist()}}
    return protocol.ModelInferRequest(model_name="mlp16l", id="o-1", inputs=[tensor], **fields)


def values_of(answer):
    if answer.raw_output_contents:
        return np.frombuffer(answer.raw_output_contents[0], np.float32)
    return np.array(answer.outputs[0].contents.fp32_contents, np.float32)


def calls(checks, stub):
    checks.true("live", stub.ServerLive(protocol.ServerLiveRequest()).live)
    checks.true("ready", stub.ServerReady(protocol.ServerReadyRequest()).ready)
    checks.true("model ready", stub.ModelReady(protocol.ModelReadyRequest(name="mlp16l")).ready)
    checks.true("server", stub.ServerMetadata(protocol.ServerMetadataRequest()).name != "")
    metadata = stub.ModelMetadata(protocol.ModelMetadataRequest(name="mlp16l", version="1"))
    checks.equal("model", (metadata.name, list(metadata.versions), list(metadata.inputs[0].shape)), ("mlp16l", ["1"], [-1, 16]))
    answer = stub.ModelInfer(request())
    checks.equal("id, name, version", (answer.id, answer.model_name, answer.model_version), ("o-1", "mlp16l", "1"))
    checks.equal("output", (answer.outputs[0].name, answer.outputs[0].datatype, list(answer.outputs[0].shape)), ("y", "FP32", [1, 10]))
    checks.true("numbers", np.allclose(values_of(answer), Y.ravel(), atol=1e-5), answer)


def errors(checks, stub):
    for what, code, call in (
        ("unknown model", grpc.StatusCode.NOT_FOUND, lambda: stub.ModelMetadata(protocol.ModelMetadataRequest(name="nope"))),
        ("unknown version", grpc.StatusCode.NOT_FOUND, lambda: stub.ModelInfer(request(model_version="9"))),
        ("an output that is none", grpc.StatusCode.INVALID_ARGUMENT, lambda: stub.ModelInfer(request(outputs=[{"name": "nope"}]))),
    ):
        try:
            call()
            checks.fail(f"{what}: no error")
        except grpc.RpcError as error:
            checks.equal(what, (error.code(), error.details() != ""), (code, True))


async def asyncio_stubs(checks, address):
    async with grpc.aio.insecure_channel(address) as channel:
        stub = GRPCInferenceServiceStub(channel)
        answers = await asyncio.gather(*[stub.ModelInfer(request()) for _ in range(20)])
        checks.true("aio: 20 at once", all(np.allclose(values_of(answer), Y.ravel(), atol=1e-5) for answer in answers))


def main():
    checks = Checks()
    with grpc.insecure_channel(sys.argv[1]) as channel:
        stub = GRPCInferenceServiceStub(channel)
        checks.section(calls, stub)
        checks.section(errors, stub)
    checks.section(lambda counting: asyncio.run(asyncio_stubs(counting, sys.argv[1])))
    checks.close()


main()
