"""Asks over gRPC what Triton was asked when ../triton/golden/grpc.jsonl was recorded. usage: grpc_replay.py GRPC_ADDRESS METRICS_URL

Where this server answers otherwise on purpose, ../triton/grpc-differences.json says how, and names the row of
docs/protocols.md that tells why. Error texts are not compared, nor what varies: times, counters, addresses of memory.
"""
import base64
import json
import os
import pathlib
import sys
import urllib.request

import grpc
import numpy as np
from google.protobuf import json_format
from tritonclient.grpc import service_pb2

from checks import Checks

HERE = pathlib.Path(__file__).parent
TRITON = HERE.parent / "triton"
SERVICE = "inference.GRPCInferenceService"
METHODS = {method.name: method for method in service_pb2.DESCRIPTOR.services_by_name["GRPCInferenceService"].methods}
LIMIT_S = 20
# What is asked first changes nothing that is asked later; these come last, in this order.
LAST = """
log-get log-set log-restore log-bad log-badtype log-file log-unknown
trace-get trace-get-model trace-get-unknown trace-set-rate trace-clear trace-set-bad trace-set-file trace-set-level
trace-set-two-values trace-unknown-setting
infer-for-stats stats stats-version stats-all stats-unknown
shm-status-empty shm-register shm-register-again shm-register-nokey shm-register-toobig shm-status shm-status-one infer-shm-in
infer-shm-mixed-raw infer-shm-class infer-shm-inout infer-shm-out-over infer-shm-unknown shm-unregister
shm-unregister-unknown shm-unregister-all
repo-index repo-index-ready repo-index-named repo-load repo-load-again repo-load-config repo-load-config-bad
repo-load-config-badtype repo-load-emptyname repo-load-file repo-load-named repo-load-unknown repo-load-unknown-param
repo-unload-file repo-unload repo-unload-named repo-unload-unknown repo-unload-dependents-badtype
""".split()
# What waits behind a request that takes so many milliseconds.
BEFORE = {"infer-queue-timeout": 700}
REGION = f"/dev/shm/millrace_grpc_{os.getpid()}"
X = np.array([round(i * 0.37, 2) for i in range(1, 17)], np.float32)
UPLOAD = b"""import { defineModel } from 'millrace/model';

export default defineModel({ infer: ({ inputs }) => ({ OUT: inputs.IN }) });
"""


def message_of(method, name):
    return getattr(service_pb2, getattr(METHODS[method], name).name)


def encode(method, request):
    """The request as bytes, with what is otherwise here: the backend of models in code, and the name of shared memory."""
    request = json.loads(json.dumps(request).replace("/lt_gold2", f"/{pathlib.Path(REGION).name}"))
    parameters = request.get("parameters", {}) if method == "RepositoryModelLoad" else {}
    text = parameters.get("config", {}).get("string_param", "")
    parameters_here = {name: value for name, value in parameters.items() if not name.startswith("file:")}
    if text.startswith('{"'):
        parameters_here["config"] = {"string_param": text.replace('"python"', '"script"')}
    if len(parameters_here) < len(parameters):
        parameters_here["file:1/model.ts"] = {"bytes_param": base64.b64encode(UPLOAD).decode()}
    if parameters:
        request["parameters"] = parameters_here
    return json_format.ParseDict(request, message_of(method, "input_type")()).SerializeToString()


def bytes_of(case, method):
    if "request" in case and method in METHODS and case["request"]:
        return encode(method, case["request"])
    return base64.b64decode(case.get("request_base64", ""))


def to_json(method, data):
    return json_format.MessageToDict(message_of(method, "output_type").FromString(data), preserving_proto_field_name=True)


def identity(data):
    return data


def ask(channel, case):
    """Code, and the answers as JSON (or as base64 where the service is another one)."""
    path = "/" + case["rpc"].lstrip("/")
    method = path.split("/")[-1]
    known = path.startswith(f"/{SERVICE}/") and method in METHODS
    decode = (lambda data: to_json(method, data)) if known else (lambda data: base64.b64encode(data).decode())
    name = case["case"]
    compression = {"gzip": grpc.Compression.Gzip, "deflate": grpc.Compression.Deflate}.get(name.split("-")[-1])
    options = {"metadata": case.get("metadata"), "timeout": case.get("timeout_s", LIMIT_S), "compression": compression}
    if method != "ModelStreamInfer" and "requests" not in case:
        call = channel.stream_stream if "Reflection" in path else channel.unary_unary
        send = call(path, request_serializer=identity, response_deserializer=identity)
        data = bytes_of(case, method)
        try:
            answer = list(send(iter([data]), **options))[0] if "Reflection" in path else send(data, **options)
        except grpc.RpcError as error:
            return error.code().name, []
        return "OK", [decode(answer)]
    return ask_stream(channel, case, {**options, "timeout": 1 if name == "stream-deadline" else LIMIT_S})


def ask_stream(channel, case, options):
    method = "ModelStreamInfer"
    send = channel.stream_stream(f"/{SERVICE}/{method}", request_serializer=identity, response_deserializer=identity)
    stream = send(iter([encode(method, request) for request in case["requests"]]), **options)
    answers = []
    try:
        for data in stream:
            answers.append(to_json(method, data))
            if case["case"] == "stream-cancel" and len(answers) == len(case["responses"]):
                stream.cancel()
    except grpc.RpcError as error:
        return error.code().name, answers
    return "OK", answers


def expected_of(case):
    status = case["status"]
    if status != "OK":
        status = status["code"]
    if "responses" in case:
        return status, [{name: value for name, value in answer.items() if name != "t_ms"} for answer in case["responses"]]
    if status != "OK":
        return status, []
    return status, [case.get("response", case.get("response_base64", ""))]


def by_name(answer):
    """An answer about all models with its lists as objects, without the models that were served to one of the two alone."""
    served = {folder.name for folder in (TRITON / "models").iterdir()} - {"vllm_like"}
    entries = lambda models: {f"{model['name']}/{model['version']}": model for model in models if model["name"] in served}
    return {name: entries(models) for name, models in answer.items()}


def difference(got, wanted, place="the answer"):
    """Where `got` lacks what `wanted` has; None when nowhere."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        if "raw_output_contents" in wanted and "raw_output_contents" in got:
            return difference(readable(got), readable(wanted), place)
        found = (difference(got.get(name), value, f"{place}.{name}") for name, value in wanted.items() if name not in VARYING)
        return next((text for text in found if text), None)
    if isinstance(wanted, list) and isinstance(got, list):
        if len(got) != len(wanted):
            return f"{place} has {len(got)} elements instead of {len(wanted)}"
        found = (difference(a, b, f"{place}[{index}]") for index, (a, b) in enumerate(zip(got, wanted)))
        return next((text for text in found if text), None)
    if isinstance(wanted, float) and isinstance(got, float):
        return None if abs(got - wanted) <= 1e-5 * (1 + abs(wanted)) else f"{place} is {got} instead of {wanted}"
    return None if got == wanted else f"{place} is {got!r} instead of {wanted!r}"


# Times and counters; texts; the moment at which a slow model was done.
VARYING = {"last_inference", "inference_count", "execution_count", "inference_stats", "batch_stats", "error_message", "DONE_AT", "key", "response_stats"}


def readable(answer):
    """An inference's answer with its outputs as numbers, by their names."""
    contents = [base64.b64decode(data) for data in answer["raw_output_contents"]]
    outputs = answer["outputs"]
    rest = {name: value for name, value in answer.items() if name not in ("raw_output_contents", "outputs")}
    values = {}
    for output, data in zip(outputs, contents):
        values[output["name"]] = np.frombuffer(data, np.float32).tolist() if output["datatype"] == "FP32" else list(data)
    return {**rest, "order": [output["name"] for output in outputs], "heads": outputs, **values}


def hold_up(channel, metrics, milliseconds):
    """Keeps `slow_deft` busy; returns when it is."""
    request = {"model_name": "slow_deft", "inputs": [{"name": "DELAY_MS", "datatype": "INT32", "shape": ["1", "1"], "contents": {"int_contents": [milliseconds]}}]}
    send = channel.unary_unary(f"/{SERVICE}/ModelInfer", request_serializer=identity, response_deserializer=identity)
    running = send.future(encode("ModelInfer", request))
    while 'millrace_executing_requests{model="slow_deft",version="1"} 1' not in urllib.request.urlopen(metrics).read().decode():
        pass
    return running


def check(checks, channel, case, here):
    held = hold_up(channel, sys.argv[2], BEFORE[case["case"]]) if case["case"] in BEFORE else None
    code, answers = ask(channel, case)
    if held is not None:
        held.result()
    expected = expected_of(case)
    if case["case"] in ("stats-all", "repo-index", "repo-index-ready"):
        answers, expected = [by_name(answer) for answer in answers], (expected[0], [by_name(answer) for answer in expected[1]])
    if case["case"] == "stream-deadline":
        answers = answers[: len(expected[1])]
    triton = problem_of(code, answers, expected)
    if here is None:
        checks.true(case["case"], triton is None, triton)
        return
    responses = here.get("responses", expected_of(case)[1] if here["code"] == "OK" else [])
    if here.get("anyOrder"):
        answers, responses = (sorted(given, key=id_of) for given in (answers, responses))
    if here.get("anyAnswers"):
        answers = responses
    problem = problem_of(code, answers, (here["code"], responses))
    if problem is None and triton is None:
        problem = "it answers as Triton does, though a difference is announced"
    checks.true(case["case"], problem is None, problem)


def id_of(answer):
    return answer["infer_response"]["id"]


def problem_of(code, answers, expected):
    wanted_code, wanted = expected
    if code != wanted_code:
        return f"{code} instead of {wanted_code}: {answers}"
    return difference(answers, wanted)


def main():
    cases = {}
    for line in (TRITON / "golden/grpc.jsonl").read_text().splitlines():
        case = json.loads(line)
        cases[case["case"]] = case
    differences = json.loads((TRITON / "grpc-differences.json").read_text())
    documented = {line.split("|")[1].strip() for line in (HERE.parents[2] / "docs/protocols.md").read_text().splitlines() if line.startswith("|")}
    checks = Checks()
    checks.equal("differences of cases there are none of", sorted(set(differences) - set(cases)), [])
    for row in {here["row"] for here in differences.values()}:
        checks.true(f"docs/protocols.md has the row '{row}'", row in documented)
    pathlib.Path(REGION).write_bytes(X.tobytes())
    try:
        with grpc.insecure_channel(sys.argv[1]) as channel:
            for name in [*(name for name in cases if name not in LAST), *LAST]:
                checks.section(check, channel, cases[name], differences.get(name))
    finally:
        os.unlink(REGION)
    checks.close()


main()
