"""Vertex AI's container contract, as "Custom container requirements for prediction" of Google's documentation has it. Arguments: the
address, and the routes that Vertex AI has set in AIP_HEALTH_ROUTE and AIP_PREDICT_ROUTE."""
import json
import struct
import sys

from checks import run
from common import ROW, send

ADDRESS, HEALTH, PREDICT = sys.argv[1:4]
BINARY = "application/vnd.vertex-ai-triton.binary+json"


def health(checks):
    checks.equal("GET AIP_HEALTH_ROUTE", send("GET", f"{ADDRESS}{HEALTH}").status, 200)


def predict(checks):
    body = {"instances": [ROW, ROW], "parameters": {"sampleCount": 1}}
    answer = send("POST", f"{ADDRESS}{PREDICT}", body)
    checks.equal("status and type", (answer.status, answer.headers["content-type"]), (200, "application/json"))
    checks.equal("predictions", (list(answer.json()), len(answer.json()["predictions"])), (["predictions"], 2))
    refused = send("POST", f"{ADDRESS}{PREDICT}", {"instances": "x"})
    checks.equal("an error", (refused.status, refused.json()["error"]["status"]), (400, "INVALID_ARGUMENT"))


def raw_predict(checks):
    answer = send("POST", f"{ADDRESS}{PREDICT}", ",".join(map(str, ROW)), content_type="text/csv")
    checks.equal("CSV", (answer.status, answer.headers["content-type"]), (200, "text/csv"))
    data = struct.pack("<16f", *ROW)
    head = {
        "inputs": [
            {"name": "x", "shape": [1, 16], "datatype": "FP32", "parameters": {"binary_data_size": len(data)}}
        ],
        "parameters": {"binary_data_output": True},
    }
    text = json.dumps(head).encode()
    answer = send("POST", f"{ADDRESS}{PREDICT}", text + data, content_type=f"{BINARY};json-header-size={len(text)}")
    checks.true("binary tensors", answer.headers["content-type"].startswith(f"{BINARY};json-header-size="), answer.body)


def stream_raw_predict(checks):
    body = {"prompt": "In the", "max_tokens": 4, "stream": True}
    redirect = {"X-Vertex-Ai-Triton-Redirect": "v2/models/kjv/generate_stream"}
    generate = {"text_input": "In the", "parameters": {"max_tokens": 4}}
    answer = send("POST", f"{ADDRESS}{PREDICT}", generate, **redirect)
    checks.true("Triton's redirect", answer.body.startswith(b"data: "), answer.body)
    # The model of `vertex.model` does not generate text, and says so.
    refused = send("POST", f"{ADDRESS}{PREDICT}", body)
    checks.equal("of another model", (refused.status, refused.json()["error"]["status"]), (501, "UNIMPLEMENTED"))


run(health, predict, raw_predict, stream_raw_predict)
