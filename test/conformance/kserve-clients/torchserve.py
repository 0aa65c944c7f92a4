"""What TorchServe's documentation does with curl, requests and generated stubs. usage: torchserve.py URL GRPC_ADDRESS PHOTOS"""
import importlib
import json
import os
import subprocess
import sys
import tempfile

import grpc
import numpy as np
import requests
from grpc_tools import protoc

from checks import Checks

URL, GRPC, PHOTOS = sys.argv[1:4]
HERE = os.path.dirname(os.path.abspath(__file__))
ROW = [round(i * 0.37, 2) for i in range(1, 17)]
Y = [-1.7707852, -0.27018842, -0.48559, -1.808099, 3.800986, -1.1959554, 2.253608, -3.1777968, 1.0558412, -0.9611327]
LABELS = {"meal": "food", "other": "other", "report": "report"}
MEAL = f"{PHOTOS}/meal_1.jpg"


def close(got, expected=Y):
    got = np.array(got, np.float32)
    return got.shape == np.shape(expected) and np.allclose(got, expected, rtol=1e-5, atol=1e-5)


def curl(*arguments):
    done = subprocess.run(["curl", "--silent", "--show-error", *arguments], capture_output=True, check=False)
    return done.stdout.decode() if done.returncode == 0 else done.stderr.decode()


def best(labels):
    return max(labels, key=labels.get)


def health(checks):
    checks.equal("ping", json.loads(curl(f"{URL}/ping")), {"status": "Healthy"})


def photos(checks):
    for name in sorted(os.listdir(PHOTOS)):
        file, label = f"{PHOTOS}/{name}", LABELS[name.split("_")[0]]
        for how in (("-T", file), ("-F", f"data=@{file}"), ("--data-binary", f"@{file}")):
            answer = curl(*how, f"{URL}/predictions/mobilenetv3")
            checks.true(f"{name} by curl {how[0]}", answer.startswith("{") and best(json.loads(answer)) == label, answer)
    with open(MEAL, "rb") as photo:
        answer = requests.post(f"{URL}/predictions/mobilenetv3", data=photo, timeout=60).json()
    checks.equal("a photo by requests", best(answer), "food")
    files = [("data", open(f"{PHOTOS}/{name}_1.jpg", "rb")) for name in ("meal", "report")]
    answer = requests.post(f"{URL}/predictions/mobilenetv3", files=files, timeout=60).json()
    checks.equal("several photos", [best(labels) for labels in answer], ["food", "report"])
    answer = requests.post(f"{URL}/predictions/mobilenetv3/1.0", data=open(MEAL, "rb").read(), timeout=60).json()
    checks.equal("of a version", best(answer), "food")


def values(checks):
    url = f"{URL}/predictions/mlp16l"
    checks.true("a row", close(requests.post(url, json=ROW, timeout=60).json()))
    checks.true("a row as data", close(requests.post(url, json={"data": ROW}, timeout=60).json()))
    checks.true("rows", close(requests.post(url, json=[ROW, ROW], timeout=60).json(), [Y, Y]))
    checks.true("instances", close(requests.post(url, json={"instances": [ROW]}, timeout=60).json()["predictions"], [Y]))
    checks.true("a tensor", close(requests.post(url, data=np.array(ROW, np.float32).tobytes(), timeout=60).json()))
    checks.true("a form", close(requests.post(url, files={"data": json.dumps(ROW)}, timeout=60).json()))
    checks.true("fields", close(requests.post(url, data={"data": json.dumps(ROW)}, timeout=60).json()))
    checks.true("by curl", close(json.loads(curl("-H", "Content-Type: application/json", "-d", json.dumps(ROW), url))))


def texts(checks):
    url = f"{URL}/predictions/kjv"
    prompt = {"prompt": "And God said", "max_new_tokens": 8, "temperature": 0}
    response = requests.post(url, json=prompt, stream=True, timeout=60)
    checks.equal("chunked", response.headers.get("Transfer-Encoding"), "chunked")
    text = "".join(chunk.decode() for chunk in response.iter_content(chunk_size=None) if chunk)
    checks.true("a text in chunks", response.status_code == 200 and len(text) > 4, text)
    # Sampled, so it may be of any length.
    sampled = requests.post(url, data="And God said", headers={"content-type": "text/plain"}, timeout=60)
    checks.equal("a text", (sampled.status_code, sampled.headers["content-type"]), (200, "text/plain; charset=utf-8"))


def refused(checks):
    for what, status, kind, response in (
        ("an unknown model", 404, "ModelNotFoundException", requests.post(f"{URL}/predictions/nope", json=ROW, timeout=60)),
        ("a version", 404, "ModelNotFoundException", requests.post(f"{URL}/predictions/mlp16l/9.0", json=ROW, timeout=60)),
        ("a wrong shape", 400, "BadRequestException", requests.post(f"{URL}/predictions/mlp16l", json=ROW[1:], timeout=60)),
        ("a PDF", 400, "BadRequestException", requests.post(f"{URL}/predictions/mobilenetv3", data=b"%PDF-1.7", timeout=60)),
        ("an explanation", 501, "NotImplementedException", requests.post(f"{URL}/explanations/mlp16l", json=ROW, timeout=60)),
    ):
        body = response.json()
        checks.true(what, (response.status_code, body["code"], body["type"]) == (status, status, kind) and body["message"], body)


def management(checks):
    register = f"{URL}/models?url=mlp16l&model_name=mine&initial_workers=1&synchronous=true"
    checks.equal("register", json.loads(curl("-X", "POST", register)), {"status": 'Model "mine" Version: 1 registered with 1 initial workers'})
    checks.equal("again", requests.post(register, timeout=60).status_code, 409)
    checks.true("it answers", close(requests.post(f"{URL}/predictions/mine", json=ROW, timeout=60).json()))
    (described,) = json.loads(curl(f"{URL}/models/mine"))
    checks.equal("describe", [described[name] for name in ("modelName", "modelVersion", "modelUrl", "minWorkers", "maxWorkers")], ["mine", "1", "mlp16l", 1, 1])
    checks.true("workers", [worker["status"] for worker in described["workers"]] == ["READY"], described)
    checks.equal("all versions", len(requests.get(f"{URL}/models/mine/all", timeout=60).json()), 1)
    pages, token = [], "0"
    while token is not None:
        page = json.loads(curl(f"{URL}/models?limit=2&next_page_token={token}"))
        pages += [model["modelName"] for model in page["models"]]
        token = page.get("nextPageToken")
    checks.true("list", "mine" in pages and pages == sorted(set(pages)), pages)
    checks.equal("scale", json.loads(curl("-X", "PUT", f"{URL}/models/mine?min_worker=1&synchronous=true")), {"status": "Workers scaled to 1 for model: mine"})
    checks.equal("more workers", requests.put(f"{URL}/models/mine?min_worker=3", timeout=60).status_code, 501)
    checks.true("default", "successfully" in curl("-X", "PUT", f"{URL}/models/mine/1/set-default"))
    checks.equal("unregister", json.loads(curl("-X", "DELETE", f"{URL}/models/mine/1.0")), {"status": 'Model "mine" unregistered'})
    checks.equal("it is gone", requests.get(f"{URL}/models/mine", timeout=60).status_code, 404)


def stubs():
    folder = tempfile.mkdtemp()
    protos = os.path.join(HERE, "protos")
    import google.rpc.status_pb2  # noqa: F401, from googleapis-common-protos
    from grpc_tools import _proto
    includes = [protos, os.path.dirname(_proto.__file__ or list(_proto.__path__)[0] + "/x")]
    includes.append(os.path.dirname(os.path.dirname(os.path.dirname(google.rpc.status_pb2.__file__))))
    arguments = ["protoc", *[f"-I{path}" for path in includes], f"--python_out={folder}", f"--grpc_python_out={folder}"]
    if protoc.main([*arguments, f"{protos}/inference.proto", f"{protos}/management.proto"]) != 0:
        raise RuntimeError("protoc failed")
    sys.path.insert(0, folder)
    return [importlib.import_module(name) for name in ("inference_pb2", "inference_pb2_grpc", "management_pb2", "management_pb2_grpc")]


def over_grpc(checks):
    inference, inference_grpc, manage, manage_grpc = stubs()
    from google.protobuf.empty_pb2 import Empty

    channel = grpc.insecure_channel(GRPC)
    client, manager = inference_grpc.InferenceAPIsServiceStub(channel), manage_grpc.ManagementAPIsServiceStub(channel)
    metadata = (("protocol", "gRPC"), ("session_id", "12345"))
    checks.equal("Ping", json.loads(client.Ping(Empty()).health), {"status": "Healthy"})
    with open(MEAL, "rb") as photo:
        data = photo.read()
    request = inference.PredictionsRequest(model_name="mobilenetv3", input={"data": data})
    checks.equal("Predictions", best(json.loads(client.Predictions(request, metadata=metadata).prediction)), "food")
    request = inference.PredictionsRequest(model_name="mlp16l", model_version="1.0", input={"x": json.dumps(ROW).encode()})
    checks.true("by name", close(json.loads(client.Predictions(request).prediction)))
    request = inference.PredictionsRequest(model_name="kjv", input={"prompt": b"And God said", "max_tokens": b"8", "temperature": b"0"})
    pieces = [answer.prediction.decode() for answer in client.StreamPredictions(request, metadata=metadata)]
    checks.true("StreamPredictions", len(pieces) > 1 and len("".join(pieces)) > 4, pieces)
    requests_ = [inference.PredictionsRequest(model_name="mlp16l", sequence_id="s", input={"data": json.dumps(ROW).encode()}) for _ in range(3)]
    requests_.insert(1, inference.PredictionsRequest(model_name="nope", sequence_id="s", input={"data": b"1"}))
    answers = list(client.StreamPredictions2(iter(requests_), metadata=metadata))
    checks.equal("StreamPredictions2", [answer.status.code for answer in answers], [0, 5, 0, 0])
    checks.true("its answers", all(close(json.loads(answer.prediction)) for answer in answers if not answer.status.code))
    registered = manager.RegisterModel(manage.RegisterModelRequest(url="mlp16l", initial_workers=1, synchronous=True, model_name="g"), metadata=metadata)
    checks.true("RegisterModel", "registered" in registered.msg, registered)
    checks.true("ListModels", "g" in [model["modelName"] for model in json.loads(manager.ListModels(manage.ListModelsRequest()).msg)["models"]])
    checks.equal("DescribeModel", json.loads(manager.DescribeModel(manage.DescribeModelRequest(model_name="g")).msg)[0]["modelName"], "g")
    checks.true("ScaleWorker", "scaled" in manager.ScaleWorker(manage.ScaleWorkerRequest(model_name="g", min_worker=1)).msg)
    checks.true("SetDefault", "success" in manager.SetDefault(manage.SetDefaultRequest(model_name="g", model_version="1")).msg)
    checks.equal("UnregisterModel", manager.UnregisterModel(manage.UnregisterModelRequest(model_name="g"), metadata=metadata).msg, 'Model "g" unregistered')
    try:
        manager.DescribeModel(manage.DescribeModelRequest(model_name="g"))
        checks.fail("DescribeModel of what is gone: no error")
    except grpc.RpcError as error:
        checks.equal("it is gone", error.code(), grpc.StatusCode.NOT_FOUND)


checks = Checks()
for group in (health, photos, values, texts, refused, management, over_grpc):
    checks.section(group)
checks.close()
