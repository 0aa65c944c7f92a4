"""SageMaker's container contract, as "Use Your Own Inference Code with Hosting Services" and "Custom Containers Contract for Multi-Model
Endpoints" of AWS's documentation have it. Arguments: the address, the folder of photos, the repository."""
import json
import struct
import sys

from checks import run
from common import PHOTOS, ROW, best, class_of, photo, send

ADDRESS, PHOTO_FOLDER, REPOSITORY = sys.argv[1:4]
BINARY = "application/vnd.sagemaker-triton.binary+json"


def health(checks):
    checks.equal("GET /ping", send("GET", f"{ADDRESS}/ping").status, 200)


def invocations(checks):
    url = f"{ADDRESS}/invocations"
    answer = send("POST", url, {"instances": [ROW, ROW]}, X_Amzn_SageMaker_Custom_Attributes="a=b")
    checks.equal("instances", answer.status, 200)
    checks.equal("their type", answer.headers["content-type"], "application/json")
    checks.equal("custom attributes", answer.headers["x-amzn-sagemaker-custom-attributes"], "a=b")
    predictions = answer.json()["predictions"]
    checks.equal("a prediction for each", len(predictions), 2)
    csv = ",".join(map(str, ROW))
    answer = send("POST", url, f"{csv}\n{csv}\n", content_type="text/csv")
    rows = [[float(value) for value in line.split(",")] for line in answer.body.decode().split()]
    checks.equal("CSV", answer.headers["content-type"], "text/csv")
    checks.floats("rows of CSV", rows, predictions)
    answer = send("POST", url, f"{json.dumps(ROW)}\n{json.dumps(ROW)}", content_type="application/jsonlines")
    checks.floats("JSON lines", [json.loads(line) for line in answer.body.split()], predictions)
    answer = send("POST", url, csv, content_type="text/csv", accept="application/json")
    checks.equal("Accept", list(answer.json()), ["predictions"])
    checks.floats("its predictions", answer.json()["predictions"], predictions[:1])
    answer = send("POST", url, csv, content_type="text/csv", accept="image/png")
    checks.equal("another Accept", answer.status, 406)
    answer = send("POST", url, "x", content_type="application/x-npy")
    checks.equal("another type", answer.status, 415)
    answer = send("POST", url, {"instances": [[1, 2], [3]]})
    checks.equal("ragged rows", (answer.status, answer.headers["x-amzn-errortype"]), (400, "ValidationError"))


def triton(checks):
    data = struct.pack("<16f", *ROW)
    head = {
        "inputs": [
            {"name": "x", "shape": [1, 16], "datatype": "FP32", "parameters": {"binary_data_size": len(data)}}
        ],
        "parameters": {"binary_data_output": True},
    }
    text = json.dumps(head).encode()
    url = f"{ADDRESS}/models/mlp/invoke"
    answer = send("POST", url, text + data, content_type=f"{BINARY};json-header-size={len(text)}")
    kind, _, size = answer.headers["content-type"].partition(";json-header-size=")
    checks.equal("binary tensors in and out", (answer.status, kind), (200, BINARY))
    outputs = json.loads(answer.body[: int(size)])["outputs"]
    checks.equal("as many bytes as said", len(answer.body) - int(size), outputs[0]["parameters"]["binary_data_size"])
    head["inputs"][0] = {"name": "x", "shape": [1, 16], "datatype": "FP32", "data": ROW}
    del head["parameters"]
    checks.equal("tensors in JSON", send("POST", url, head).json()["outputs"][0]["shape"], outputs[0]["shape"])


def photos(checks):
    for name in PHOTOS:
        for kind in ["image/jpeg", "application/x-image", "application/x-www-form-urlencoded"]:
            answer = send(
                "POST", f"{ADDRESS}/models/mobilenetv3/invoke", photo(PHOTO_FOLDER, name), content_type=kind
            )
            checks.equal(f"{name} as {kind}", best(answer.json()["predictions"][0]), class_of(name))


def language(checks):
    body = {"model": "any", "messages": [{"role": "user", "content": "Who is there?"}], "max_tokens": 4}
    answer = send("POST", f"{ADDRESS}/models/kjv/invoke", body)
    checks.equal("a chat", (answer.status, answer.json()["object"]), (200, "chat.completion"))
    answer = send("POST", f"{ADDRESS}/models/kjv/invoke", {"prompt": "In the", "max_tokens": 4, "stream": True})
    checks.true("a stream", answer.body.endswith(b"data: [DONE]\n\n"), answer.body)


def multi_model(checks):
    url = f"{REPOSITORY}/plain"
    loaded = send("POST", f"{ADDRESS}/models", {"model_name": "c0ffee", "url": url})
    checks.equal("POST /models", loaded.status, 200)
    checks.equal("twice", send("POST", f"{ADDRESS}/models", {"model_name": "c0ffee", "url": url}).status, 409)
    wrong = send("POST", f"{ADDRESS}/models", {"model_name": "c0de", "url": "/opt/ml/models/c0de/model"})
    checks.equal("from elsewhere", wrong.status, 400)
    full = send("POST", f"{ADDRESS}/models", {"model_name": "large", "url": f"{REPOSITORY}/large"})
    checks.equal("more than fits", full.status, 507)
    listed = {"modelName": "c0ffee", "modelUrl": url}
    models = send("GET", f"{ADDRESS}/models").json()["models"]
    checks.true("GET /models", listed in models, models)
    checks.equal("GET /models/c0ffee", send("GET", f"{ADDRESS}/models/c0ffee").json(), listed)
    answer = send("POST", f"{ADDRESS}/models/c0ffee/invoke", {"instances": [ROW]})
    checks.equal("invoke", (answer.status, list(answer.json())), (200, ["predictions"]))
    checks.equal("DELETE", send("DELETE", f"{ADDRESS}/models/c0ffee").status, 200)
    checks.equal("invoked when it is gone", send("POST", f"{ADDRESS}/models/c0ffee/invoke", [ROW]).status, 404)
    checks.equal("described when it is gone", send("GET", f"{ADDRESS}/models/c0ffee").status, 404)
    labelled = send("DELETE", f"{ADDRESS}/models/mlp")
    checks.true("DELETE of one with labels", labelled.status in (400, 412) and b"'canary' = version 2" in labelled.body, labelled)
    checks.equal("deleted twice", send("DELETE", f"{ADDRESS}/models/never").status, 404)


run(health, invocations, triton, photos, language, multi_model)
