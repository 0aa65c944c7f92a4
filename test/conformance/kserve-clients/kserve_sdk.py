"""KServe's clients for REST and gRPC, in protocols v1 and v2. usage: kserve_sdk.py URL GRPC_ADDRESS PHOTOS"""
import asyncio
import json
import sys

import grpc
import httpx
import numpy as np
from cloudevents.http import CloudEvent, from_http, to_binary, to_structured
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig

from checks import Checks

URL, GRPC, PHOTOS = sys.argv[1:4]
X = [[round(i * 0.37, 2) for i in range(1, 17)]]
Y = np.array([[-1.7707852, -0.27018842, -0.48559, -1.808099, 3.800986, -1.1959554, 2.253608, -3.1777968, 1.0558412, -0.9611327]], np.float32)


def close(predictions, rows=1):
    got = np.array(predictions, np.float32)
    return got.shape == (rows, 10) and np.allclose(got, np.repeat(Y, rows, 0), rtol=1e-5, atol=1e-5)


def request(binary):
    tensor = InferInput("x", [1, 16], "FP32")
    tensor.set_data_from_numpy(np.array(X, np.float32), binary_data=binary)
    return InferRequest(model_name="mlp16l", infer_inputs=[tensor], request_id="k-1")


async def v1_health(checks, client):
    checks.true("live", await client.is_server_live(URL))
    checks.true("model ready", await client.is_model_ready(URL, "mlp16l"))
    try:
        await client.is_model_ready(URL, "nope")
        checks.fail("an unknown model is no error")
    except httpx.HTTPStatusError as error:
        checks.true("an unknown model", error.response.status_code == 404, error)


async def v1_inference(checks, client):
    answer = await client.infer(URL, {"instances": X * 3}, model_name="mlp16l")
    checks.true("instances", close(answer["predictions"], 3), answer)
    answer = await client.infer(URL, {"instances": [{"x": X[0]}]}, model_name="mlp16l")
    checks.true("named instances", close(answer["predictions"]), answer)
    answer = await client.infer(URL, {"inputs": X}, model_name="mlp16l")
    # TensorFlow Serving's word for the answer to `inputs`, where it is on the same port.
    checks.true("inputs", close(answer.get("predictions", answer.get("outputs"))), answer)
    answers = await asyncio.gather(*[client.infer(URL, {"instances": X}, model_name="mlp16l") for _ in range(40)])
    checks.true("40 at once", all(close(answer["predictions"]) for answer in answers))


async def v1_errors(checks, client):
    for what, status, model, data in (
        ("an unknown model", 404, "nope", {"instances": X}),
        ("a wrong shape", 400, "mlp16l", {"instances": [X[0][:15]]}),
        ("ragged rows", 400, "mlp16l", {"instances": [X[0], X[0][:15]]}),
        ("no rows", 400, "mlp16l", {}),
    ):
        try:
            await client.infer(URL, data, model_name=model)
            checks.fail(f"{what}: no error")
        except httpx.HTTPStatusError as error:
            said = error.response.json()["error"]
            checks.true(what, error.response.status_code == status and said and said in str(error), error)
    try:
        await client.explain(URL, model_name="mlp16l", data={"instances": X})
        checks.fail("explain: no error")
    except httpx.HTTPStatusError as error:
        checks.true("explain", error.response.status_code == 501, error)


async def v1_lists(checks, _):
    async with httpx.AsyncClient() as client:
        listed = (await client.get(f"{URL}/v1/models")).json()["models"]
        checks.true("list", "mlp16l" in listed and all(isinstance(name, str) for name in listed), listed)
        checks.equal("v2 list", (await client.get(f"{URL}/v2/models")).json()["models"], listed)


async def v1_media(checks, _):
    async with httpx.AsyncClient() as client:
        with open(f"{PHOTOS}/meal_1.jpg", "rb") as photo:
            body = photo.read()
        for content_type in ("image/jpeg", "application/octet-stream", "application/x-www-form-urlencoded"):
            answer = await client.post(f"{URL}/v1/models/mobilenetv3:predict", content=body, headers={"content-type": content_type})
            labels = answer.json().get("predictions")
            checks.true(f"a photo as {content_type}", answer.status_code == 200 and max(labels[0], key=labels[0].get) == "food", answer.text)


async def v1_events(checks, _):
    event = CloudEvent({"type": "org.example", "source": "here"}, {"instances": X})
    async with httpx.AsyncClient() as client:
        for what, convert in (("binary", to_binary), ("structured", to_structured)):
            headers, body = convert(event)
            if what == "binary":
                headers["content-type"] = "application/json"
            response = await client.post(f"{URL}/v1/models/mlp16l:predict", content=body, headers=headers)
            checks.equal(f"{what} event", response.status_code, 200)
            answer = from_http(dict(response.headers), response.content)
            data = answer.data if isinstance(answer.data, dict) else json.loads(answer.data)
            checks.true(f"{what} data", close(data["predictions"]), data)
            checks.equal(f"{what} type", answer["type"], "io.kserve.inference.response")
            checks.equal(f"{what} source", answer["source"], "io.kserve.inference.mlp16l")


async def v2_rest(checks):
    async with InferenceRESTClient(RESTConfig(protocol="v2")) as client:
        checks.true("v2 live", await client.is_server_live(URL))
        checks.true("v2 ready", await client.is_server_ready(URL))
        checks.true("v2 model ready", await client.is_model_ready(URL, "mlp16l"))
        checks.true("v2 unknown model", not await client.is_model_ready(URL, "nope"))
        for binary in (True, False):
            answer = await client.infer(URL, request(binary), model_name="mlp16l")
            checks.equal("v2 id", answer.id, "k-1")
            checks.array(f"v2, binary {binary}", answer.outputs[0].as_numpy(), Y, 1e-5)


async def v2_grpc(checks):
    async with InferenceGRPCClient(GRPC) as client:
        checks.true("gRPC live", await client.is_server_live())
        checks.true("gRPC ready", await client.is_server_ready())
        checks.true("gRPC model ready", await client.is_model_ready("mlp16l"))
        checks.true("gRPC unknown model", not await client.is_model_ready("nope"))
        for binary in (True, False):
            answer = await client.infer(request(binary))
            checks.equal("gRPC id", answer.id, "k-1")
            checks.array(f"gRPC, binary {binary}", answer.outputs[0].as_numpy(), Y, 1e-5)
        unknown = request(True)
        unknown.model_name = "nope"
        try:
            await client.infer(unknown)
            checks.fail("gRPC unknown model: no error")
        except grpc.aio.AioRpcError as error:
            checks.equal("gRPC unknown model", error.code(), grpc.StatusCode.NOT_FOUND)


async def main(checks):
    async with InferenceRESTClient(RESTConfig(protocol="v1")) as client:
        for group in (v1_health, v1_inference, v1_errors, v1_lists, v1_media, v1_events):
            try:
                await group(checks, client)
            except Exception as error:
                checks.fail(f"{group.__name__} stopped: {error!r}")
    for group in (v2_rest, v2_grpc):
        try:
            await group(checks)
        except Exception as error:
            checks.fail(f"{group.__name__} stopped: {error!r}")


checks = Checks()
asyncio.run(main(checks))
checks.close()
