"""NVIDIA's own HTTP client. usage: tritonclient_http.py HOST:PORT MODEL_FILE (to upload: FP32 [-1,4] IN = OUT)"""
import asyncio
import json
import sys
import threading
import time

import ml_dtypes
import numpy as np
import tritonclient.http as http
import tritonclient.http.aio as http_aio
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from checks import Checks
from tensors import A, B, EXTREMES, X, Y

URL = sys.argv[1]
ANNOUNCED = {"binary_tensor_data", "classification", "model_configuration", "model_repository", "parameters", "schedule_policy", "statistics"}


def inputs(binary=True, **arrays):
    tensors = []
    for name, array in arrays.items():
        tensor = http.InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
        tensor.set_data_from_numpy(array, binary_data=binary)
        tensors.append(tensor)
    return tensors


def wants(name, **options):
    return [http.InferRequestedOutput(name, **options)]


def raises(checks, what, status, call, *arguments, **options):
    try:
        answer = call(*arguments, **options)
    except InferenceServerException as error:
        checks.true(what, error.status() == str(status) and error.message(), f"{error.status()} {error.message()}")
        return error.message()
    checks.fail(f"{what}: no error but {answer!r}")
    return ""


def until(condition, seconds=10):
    give_up = time.monotonic() + seconds
    while not condition() and time.monotonic() < give_up:
        time.sleep(0.02)
    return condition()


def health_and_metadata(checks, client):
    checks.true("live", client.is_server_live())
    checks.true("ready", client.is_server_ready())
    checks.true("model ready", client.is_model_ready("simple") and client.is_model_ready("simple", "1"))
    checks.true("unknown ones are not ready", not client.is_model_ready("nope") and not client.is_model_ready("simple", "9"))
    server = client.get_server_metadata()
    checks.true("extensions", ANNOUNCED <= set(server["extensions"]), server)
    model = client.get_model_metadata("simple")
    checks.equal("versions", (model["name"], model["versions"]), ("simple", ["1"]))
    checks.equal("inputs", model["inputs"], [{"name": f"INPUT{i}", "datatype": "INT32", "shape": [-1, 16]} for i in (0, 1)])
    checks.equal("versions of a policy", client.get_model_metadata("ver_spec")["versions"], ["1", "3"])
    raises(checks, "metadata of an unknown model", 404, client.get_model_metadata, "nope")
    raises(checks, "metadata of an unknown version", 404, client.get_model_metadata, "simple", "9")
    config = client.get_model_config("mlp16l")
    checks.equal("config", (config["max_batch_size"], config["input"][0]["data_type"], config["input"][0]["dims"]), (8, "TYPE_FP32", [16]))
    checks.equal("config, batching", config["dynamic_batching"]["preferred_batch_size"], [4, 8])
    raises(checks, "config of an unknown model", 404, client.get_model_config, "nope")


def statistics(checks, client):
    def read():
        return client.get_inference_statistics("simple", "1")["model_stats"][0]

    before = read()
    client.infer("simple", inputs(INPUT0=np.repeat(A, 3, 0), INPUT1=np.repeat(B, 3, 0)))
    client.infer("simple", inputs(INPUT0=A, INPUT1=B))
    after = read()
    checks.equal("inference_count counts rows", after["inference_count"] - before["inference_count"], 4)
    checks.equal("execution_count", after["execution_count"] - before["execution_count"], 2)
    for key in ("success", "queue", "compute_input", "compute_infer", "compute_output"):
        grown = after["inference_stats"][key]["count"] - before["inference_stats"][key]["count"]
        checks.equal(f"count of {key}", grown, 2)
    checks.true("batch sizes", {1, 3} <= {batch["batch_size"] for batch in after["batch_stats"]}, after["batch_stats"])
    checks.true("last_inference is milliseconds", abs(after["last_inference"] / 1000 - time.time()) < 60)
    checks.true("all models", len(client.get_inference_statistics()["model_stats"]) > 10)
    raises(checks, "statistics of an unknown model", 400, client.get_inference_statistics, "nope")


def inference(checks, client):
    for binary_in in (True, False):
        for binary_out in (True, False):
            what = f"binary in {binary_in}, out {binary_out}"
            answer = client.infer("mlp16l", inputs(binary_in, x=X), outputs=wants("y", binary_data=binary_out))
            checks.array(what, answer.as_numpy("y"), Y, 1e-5)
    answer = client.infer("simple", inputs(INPUT1=B, INPUT0=A), outputs=wants("OUTPUT1"), request_id="r-42", model_version="1")
    checks.array("inputs in another order", answer.as_numpy("OUTPUT1"), A - B)
    checks.true("only what was asked for", answer.as_numpy("OUTPUT0") is None)
    response = answer.get_response()
    checks.equal("id, name, version", (response["id"], response["model_name"], response["model_version"]), ("r-42", "simple", "1"))
    checks.array("a batch", client.infer("mlp16l", inputs(x=np.repeat(X, 8, 0))).as_numpy("y"), np.repeat(Y, 8, 0), 1e-5)
    large = np.random.default_rng(1).standard_normal((50_000, 4)).astype(np.float32)
    checks.array("800 kB", client.infer("ident_nb", inputs(IN=large)).as_numpy("OUT"), large)
    none = np.zeros((0, 4), np.float32)
    checks.array("no rows", client.infer("ident_nb", inputs(IN=none)).as_numpy("OUT"), none)
    client.infer("mlp16l", inputs(x=X), parameters={"text": "v", "number": 3, "flag": True})
    checks.true("custom parameters", True)


def datatypes(checks, client):
    answer = client.infer("types13", inputs(**{f"I_{name}": array for name, array in EXTREMES.items()}))
    for name, array in EXTREMES.items():
        checks.array(f"{name} in binary", answer.as_numpy(f"O_{name}"), array)
    in_json = {name: array for name, array in EXTREMES.items() if name != "FP16"}
    tensors = inputs(False, **{f"I_{name}": array for name, array in in_json.items()}) + inputs(I_FP16=EXTREMES["FP16"])
    outputs = [wants(f"O_{name}", binary_data=name == "FP16")[0] for name in EXTREMES]
    answer = client.infer("types13", tensors, outputs=outputs)
    for name, array in EXTREMES.items():
        got = answer.as_numpy(f"O_{name}")
        if name == "STRING":
            got = np.array([text.encode() if isinstance(text, str) else text for text in got], object)
        checks.array(f"{name} in JSON", got, array)
    half = client.infer("types13", tensors, outputs=wants("O_FP16", binary_data=False)).as_numpy("O_FP16")
    checks.array("FP16 as a JSON output", half, EXTREMES["FP16"])
    nothing = np.array([float("nan"), float("inf"), float("-inf"), -0.0], np.float32).reshape(1, 4)
    checks.array("NaN and infinities", client.infer("ident_nb", inputs(IN=nothing)).as_numpy("OUT"), nothing, 1e-9)


def bytes_and_halves(checks, client):
    strings = np.array([[b"ab", b"", "é".encode(), b"x" * 100_000]], object)
    checks.equal("BYTES", client.infer("strid", inputs(IN=strings)).as_numpy("OUT").tolist(), strings.tolist())
    raw = np.array([b"\xff\x00z"], object)
    checks.equal("BYTES that are no text", client.infer("raws", inputs(IN=raw)).as_numpy("OUT").tolist(), raw.tolist())
    message = raises(checks, "the same for a model that takes text", 400, client.infer, "strid", inputs(IN=raw.reshape(1, 1)))
    checks.true("which says so", "UTF-8" in message, message)
    tensor = http.InferInput("I_BF16", [3], "BF16")
    values = np.array([1.5, -2.0, 3.25], ml_dtypes.bfloat16)
    tensor.set_data_from_numpy(values)
    answer = client.infer("types", [tensor], outputs=wants("O_BF16"))
    checks.array("BF16", answer.as_numpy("O_BF16"), values)
    answer = client.infer("types", [tensor], outputs=wants("O_BF16", binary_data=False)).get_response()
    checks.equal("BF16 as a JSON output", answer["outputs"][0]["data"], [1.5, -2.0, 3.25])


def classification(checks, client):
    def classes(count, **options):
        answer = client.infer("mlp16l", inputs(x=np.concatenate([X, -X])), outputs=wants("y", class_count=count, **options))
        return [text.decode() if isinstance(text, bytes) else text for text in answer.as_numpy("y").ravel()]

    best = ["3.800986:4:four", "2.253608:6:six", "9.301360:0:zero", "5.730488:6:six"]
    checks.classes("classes in binary", classes(2), best)
    checks.classes("classes in JSON", classes(2, binary_data=False), best)
    checks.equal("more classes than there are", len(classes(50)), 20)
    unlabelled = client.infer("mlp16", inputs(x=X), outputs=wants("y", class_count=1)).as_numpy("y")
    checks.classes("classes without labels", [text.decode() for text in unlabelled.ravel()], ["3.800986:4"])


def compression(checks, client):
    for algorithm in ("gzip", "deflate"):
        both = {"request_compression_algorithm": algorithm, "response_compression_algorithm": algorithm}
        checks.array(f"{algorithm}, binary", client.infer("mlp16l", inputs(x=X), **both).as_numpy("y"), Y, 1e-5)
        answer = client.infer("mlp16l", inputs(False, x=X), outputs=wants("y", binary_data=False), **both)
        checks.array(f"{algorithm}, JSON", answer.as_numpy("y"), Y, 1e-5)


def priorities_and_timeouts(checks, client):
    tensor = inputs(IN=np.array([7], np.int32))
    checks.equal("priority", client.infer("params", tensor, priority=1, timeout=5_000_000).as_numpy("OUT").tolist(), [7])
    running = [client.async_infer("sleepy", inputs(IN=np.array([[i]], np.int32))) for i in range(2)]
    raises(checks, "queue timeout", 503, client.infer, "sleepy", inputs(IN=np.array([[9]], np.int32)), timeout=50_000)
    for index, request in enumerate(running):
        checks.equal("those before it are answered", request.get_result().as_numpy("OUT").tolist(), [[index]])
    late = {"X-Request-Timeout-Ms": "50"}
    raises(checks, "deadline of the call", 504, client.infer, "sleepy", inputs(IN=np.array([[9]], np.int32)), headers=late)
    waiting = [client.async_infer("sleepy", inputs(IN=np.array([[i]], np.int32))) for i in range(6)]
    outcomes = []
    for request in waiting:
        try:
            request.get_result()
            outcomes.append("200")
        except InferenceServerException as error:
            outcomes.append(error.status())
    # One runs, unless the late one from above still does, and two wait.
    checks.true("a full queue refuses", set(outcomes) == {"200", "503"} and outcomes.count("200") in (2, 3), outcomes)


def errors(checks, client):
    for what, status, model, tensors, options in (
        ("unknown model", 404, "nope", inputs(x=X), {}),
        ("unknown version", 404, "simple", inputs(INPUT0=A, INPUT1=B), {"model_version": "9"}),
        ("wrong shape", 400, "mlp16l", inputs(x=X[:, :15].copy()), {}),
        ("wrong datatype", 400, "mlp16l", inputs(x=X.astype(np.float64)), {}),
        ("missing input", 400, "simple", inputs(INPUT0=A), {}),
        ("extra input", 400, "mlp16l", inputs(x=X, zz=X), {}),
        ("wrong input name", 400, "mlp16l", inputs(zz=X), {}),
        ("duplicate input", 400, "mlp16l", inputs(x=X) + inputs(x=X), {}),
        ("batch too large", 400, "mlp16l", inputs(x=np.repeat(X, 9, 0)), {}),
        ("unknown output", 400, "mlp16l", inputs(x=X), {"outputs": wants("nope")}),
        ("rows that differ", 400, "simple", inputs(INPUT0=A, INPUT1=np.repeat(B, 2, 0)), {}),
    ):
        message = raises(checks, what, status, client.infer, model, tensors, **options)
        checks.true(f"{what} has a text", len(message) > 10, message)


def model_control(checks, client):
    index = {(entry["name"], entry.get("version")): entry["state"] for entry in client.get_model_repository_index()}
    checks.equal("index", index[("strid", "1")], "READY")
    text = inputs(IN=np.array([[b"a"]], object))
    client.unload_model("strid")
    checks.true("unload", until(lambda: not client.is_model_ready("strid")))
    raises(checks, "an unloaded model", 404, client.infer, "strid", text)
    client.load_model("strid")
    checks.equal("load", client.infer("strid", text).as_numpy("OUT").tolist(), [[b"a"]])
    config = client.get_model_config("strid")
    client.load_model("strid", config=json.dumps({**config, "max_batch_size": 3}))
    checks.equal("config override", client.get_model_config("strid")["max_batch_size"], 3)
    raises(checks, "it is in force", 400, client.infer, "strid", inputs(IN=np.array([[b"a"]] * 4, object)))
    raises(checks, "a broken override", 400, client.load_model, "strid", config="{")
    checks.true("the model still serves", client.is_model_ready("strid"))
    client.load_model("strid")
    checks.equal("it stays for later loads", client.get_model_config("strid")["max_batch_size"], 3)
    client.unload_model("strid")
    checks.true("unload once more", until(lambda: not client.is_model_ready("strid")))
    client.load_model("strid")
    checks.equal("the file is back", client.get_model_config("strid")["max_batch_size"], 8)
    raises(checks, "load of an unknown model", 404, client.load_model, "no_such_model")


def upload(checks, client, model_file):
    config = {
        "backend": "onnxruntime",
        "input": [{"name": "IN", "data_type": "TYPE_FP32", "dims": [-1, 4]}],
        "output": [{"name": "OUT", "data_type": "TYPE_FP32", "dims": [-1, 4]}],
    }
    with open(model_file, "rb") as file:
        client.load_model("uploaded", config=json.dumps(config), files={"file:1/model.onnx": file.read()})
    tensor = np.arange(4, dtype=np.float32).reshape(1, 4)
    checks.array("an uploaded model", client.infer("uploaded", inputs(IN=tensor)).as_numpy("OUT"), tensor)
    client.unload_model("uploaded")
    checks.true("is unloaded", until(lambda: not client.is_model_ready("uploaded")))


def settings(checks, client):
    trace = client.get_trace_settings()
    checks.true("trace settings", {"trace_level", "trace_rate", "trace_count", "log_frequency"} <= set(trace), trace)
    raises(checks, "a trace rate without traces", 501, client.update_trace_settings, "mlp16l", {"trace_rate": "5"})
    checks.equal("the one in force", client.update_trace_settings("mlp16l", {"trace_rate": None})["trace_rate"], trace["trace_rate"])
    log = client.get_log_settings()
    verbose = client.update_log_settings({"log_verbose_level": 1})
    checks.equal("log settings", verbose["log_verbose_level"], 1)
    checks.equal("put back", client.update_log_settings({"log_verbose_level": log["log_verbose_level"]}), log)


def concurrency(checks, client):
    requests = [client.async_infer("simple", inputs(INPUT0=A + i, INPUT1=B)) for i in range(40)]
    answers = [request.get_result().as_numpy("OUTPUT0") for request in requests]
    checks.true("40 requests at once", all(np.array_equal(got, A + i + B) for i, got in enumerate(answers)))
    refused = client.async_infer("nope", inputs(x=X))
    raises(checks, "an error of an asynchronous request", 404, refused.get_result)
    right = []

    def work(thread):
        own = http.InferenceServerClient(URL)
        for i in range(25):
            first = A + thread * 100 + i
            got = own.infer("simple", inputs(INPUT0=first, INPUT1=B)).as_numpy("OUTPUT0")
            right.append(np.array_equal(got, first + B))
        own.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    checks.true("8 threads of 25", len(right) == 200 and all(right), len(right))


async def asyncio_client(checks):
    async with http_aio.InferenceServerClient(URL) as client:
        checks.true("aio: live and ready", await client.is_server_live() and await client.is_model_ready("simple"))
        metadata = await client.get_model_metadata("simple")
        checks.equal("aio: metadata", metadata["name"], "simple")
        answers = await asyncio.gather(*[client.infer("simple", inputs(INPUT0=A + i, INPUT1=B)) for i in range(40)])
        checks.true("aio: 40 at once", all(np.array_equal(got.as_numpy("OUTPUT1"), A + i - B) for i, got in enumerate(answers)))
        compressed = await client.infer("mlp16l", inputs(x=X), request_compression_algorithm="gzip", response_compression_algorithm="gzip")
        checks.array("aio: gzip", compressed.as_numpy("y"), Y, 1e-5)
        try:
            await client.infer("nope", inputs(x=X))
            checks.fail("aio: unknown model: no error")
        except InferenceServerException as error:
            checks.equal("aio: unknown model", error.status(), "404")


def main():
    checks = Checks()
    client = http.InferenceServerClient(URL, concurrency=8)
    for group in (health_and_metadata, statistics, inference, datatypes, bytes_and_halves, classification, compression,
                  priorities_and_timeouts, errors, model_control, settings, concurrency):
        checks.section(group, client)
    checks.section(upload, client, sys.argv[2])
    checks.section(lambda counting: asyncio.run(asyncio_client(counting)))
    client.close()
    checks.close()


main()
