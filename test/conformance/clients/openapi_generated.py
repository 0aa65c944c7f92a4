"""The protocol's own client, generated from its OpenAPI document. usage: openapi_generated.py HOST:PORT"""
import sys

from open_inference.openapi.client import OpenInferenceClient
from open_inference.openapi.core.api_error import ApiError
from open_inference.openapi.errors import BadRequestError, ServiceUnavailableError
from open_inference.openapi.types import InferenceRequest, RequestInput, TensorData

from checks import Checks
from tensors import X, Y


def request(shape, data):
    tensor = RequestInput(name="x", shape=shape, datatype="FP32", data=TensorData(__root__=data))
    return InferenceRequest(id="o-1", inputs=[tensor])


def health_and_metadata(checks, client):
    checks.equal("live", client.check_server_liveness(), None)
    checks.equal("ready", client.check_server_readiness(), None)
    checks.equal("model ready", client.check_model_readiness("mlp16l"), None)
    checks.equal("version ready", client.check_model_version_readiness("mlp16l", "1"), None)
    checks.true("server", client.read_server_metadata().name != "")
    metadata = client.read_model_metadata("mlp16l")
    checks.equal("model", (metadata.name, metadata.versions, metadata.inputs[0].shape), ("mlp16l", ["1"], [-1, 16]))
    checks.equal("version", client.read_model_version_metadata("mlp16l", "1").outputs[0].datatype, "FP32")


def inference(checks, client):
    for data in (X.ravel().tolist(), X.tolist()):
        answer = client.model_infer("mlp16l", request=request([1, 16], data))
        checks.equal("id, name", (answer.id, answer.model_name), ("o-1", "mlp16l"))
        got = answer.outputs[0].data.__root__
        checks.true("numbers", all(abs(a - b) < 1e-5 for a, b in zip(got, Y.ravel())), got)


def errors(checks, client):
    for what, kind, status, call in (
        ("wrong shape", BadRequestError, 400, lambda: client.model_infer("mlp16l", request=request([1, 2], [1, 2]))),
        ("unknown model", ApiError, 404, lambda: client.model_infer("nope", request=request([1, 16], X.tolist()))),
        ("unknown model's readiness", ServiceUnavailableError, 503, lambda: client.check_model_readiness("nope")),
    ):
        try:
            call()
            checks.fail(f"{what}: no error")
        except kind as error:
            checks.equal(what, error.status_code, status)


checks = Checks()
client = OpenInferenceClient(base_url=f"http://{sys.argv[1]}")
for group in (health_and_metadata, inference, errors):
    checks.section(group, client)
checks.close()
