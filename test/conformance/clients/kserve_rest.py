"""KServe's own REST client. usage: kserve_rest.py HOST:PORT"""
import asyncio
import sys

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig
from kserve.protocol.infer_type import RequestedOutput

from checks import Checks
from tensors import A, B, EXTREMES, X, Y

URL = f"http://{sys.argv[1]}"


def request(model, binary=True, **arrays):
    tensors = []
    for name, array in arrays.items():
        datatype = "BYTES" if array.dtype == object else name.removeprefix("I_") if name.startswith("I_") else None
        datatype = datatype or {"float32": "FP32", "int32": "INT32"}[array.dtype.name]
        tensor = InferInput(name, list(array.shape), datatype)
        tensor.set_data_from_numpy(array, binary_data=binary)
        tensors.append(tensor)
    return InferRequest(model_name=model, infer_inputs=tensors, request_id="k-1")


async def health(checks, client):
    checks.true("live", await client.is_server_live(URL))
    checks.true("ready", await client.is_server_ready(URL))
    checks.true("model ready", await client.is_model_ready(URL, "simple"))
    checks.true("an unknown model is not", not await client.is_model_ready(URL, "nope"))


async def inference(checks, client):
    for binary in (True, False):
        answer = await client.infer(URL, request("mlp16l", binary, x=X), model_name="mlp16l")
        checks.equal("id, name", (answer.id, answer.model_name), ("k-1", "mlp16l"))
        checks.array(f"FP32, binary {binary}", answer.outputs[0].as_numpy(), Y, 1e-5)
    wanted = request("simple", INPUT0=A, INPUT1=B)
    wanted.request_outputs = [RequestedOutput("OUTPUT1", parameters={"binary_data": True})]
    answer = await client.infer(URL, wanted, model_name="simple")
    checks.equal("only what was asked for", [output.name for output in answer.outputs], ["OUTPUT1"])
    checks.array("in binary", answer.outputs[0].as_numpy(), A - B)
    for binary in (True, False):
        asked = request("types13", binary, **{f"I_{name}": array for name, array in EXTREMES.items() if name != "FP16"})
        # The client knows no JSON form of FP16 either.
        asked.inputs.extend(request("types13", I_FP16=EXTREMES["FP16"]).inputs)
        asked.request_outputs = [RequestedOutput(f"O_{name}", {"binary_data": binary or name == "FP16"}) for name in EXTREMES]
        answer = await client.infer(URL, asked, model_name="types13")
        for output in answer.outputs:
            got, expected = output.as_numpy(), EXTREMES[output.name.removeprefix("O_")]
            if expected.dtype == object:
                got = np.array([text.encode() if isinstance(text, str) else text for text in got], object)
            checks.array(f"{output.name}, binary {binary}", got, expected)


async def errors(checks, client):
    for what, status, model, asked in (
        ("unknown model", 404, "nope", request("nope", x=X)),
        ("wrong shape", 400, "mlp16l", request("mlp16l", x=X[:, :15].copy())),
    ):
        try:
            await client.infer(URL, asked, model_name=model)
            checks.fail(f"{what}: no error")
        except httpx.HTTPStatusError as error:
            checks.true(what, error.response.status_code == status and error.response.json()["error"], error)


async def concurrency(checks, client):
    answers = await asyncio.gather(
        *[client.infer(URL, request("simple", INPUT0=A + i, INPUT1=B), model_name="simple") for i in range(40)]
    )
    checks.true("40 at once", all(np.array_equal(got.outputs[0].as_numpy(), A + i + B) for i, got in enumerate(answers)))


async def main(checks):
    async with InferenceRESTClient(RESTConfig(protocol="v2")) as client:
        for group in (health, inference, errors, concurrency):
            try:
                await group(checks, client)
            except Exception as error:
                checks.fail(f"{group.__name__} stopped: {error!r}")


checks = Checks()
asyncio.run(main(checks))
checks.close()
