"""What the HTTP client and the gRPC client can both do. usage: features.py HTTP_ADDRESS GRPC_ADDRESS"""
import json
import os
import sys
import time

import numpy as np
import tritonclient.grpc as grpc
import tritonclient.http as http
import tritonclient.utils.shared_memory as shm

from both import Both, until
from checks import Checks
from tensors import A, B, X, Y


def metadata(checks, both):
    client = both.client
    checks.true("live, ready", client.is_server_live() and client.is_server_ready() and client.is_model_ready("simple", "1"))
    checks.true("unknown ones are not ready", not client.is_model_ready("nope") and not client.is_model_ready("simple", "9"))
    server = client.get_server_metadata(**both.json)
    checks.true("extensions", {"sequence", "statistics", "model_repository"} <= set(server["extensions"]), server)
    model = client.get_model_metadata("simple", **both.json)
    checks.equal("inputs", sorted(tensor["name"] for tensor in model["inputs"]), ["INPUT0", "INPUT1"])
    config = client.get_model_config("mlp16l", **both.json)
    config = config.get("config", config)
    checks.equal("config", (config["name"], config["max_batch_size"]), ("mlp16l", 8))
    for what, call in (("metadata", client.get_model_metadata), ("config", client.get_model_config)):
        both.raises(checks, f"{what} of an unknown model", "not_found", call, "nope")
        both.raises(checks, f"{what} of an unknown version", "not_found", call, "simple", "9")
    both.raises(checks, "statistics of an unknown model", "invalid", client.get_inference_statistics, "nope")


def inference(checks, both):
    answer = both.infer("simple", {"INPUT1": B, "INPUT0": A}, request_id="r-1", outputs=both.wants("OUTPUT1"))
    checks.array("another order", answer.as_numpy("OUTPUT1"), A - B)
    checks.true("what was asked for", answer.as_numpy("OUTPUT0") is None)
    response = answer.get_response()
    checks.equal("id", response["id"] if isinstance(response, dict) else response.id, "r-1")
    checks.array("a batch", both.infer("mlp16l", {"x": np.repeat(X, 8, 0)}).as_numpy("y"), np.repeat(Y, 8, 0), 1e-5)
    strings = np.array([[b"ab", b"", b"\xff\x00z", "é".encode(), os.urandom(200_000)]], object)
    checks.equal("strings", both.infer("strid", {"IN": strings}).as_numpy("OUT").tolist(), strings.tolist())
    for shape in ((50_000, 4), (0, 4)):
        large = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
        checks.array(f"shape {shape}", both.infer("ident_nb", {"IN": large}).as_numpy("OUT"), large)
    classes = both.infer("mlp16l", {"x": X}, outputs=both.wants("y", class_count=2)).as_numpy("y")
    checks.equal("shape of classes", classes.shape, (1, 2))
    checks.classes("classes", [text.decode() for text in classes.ravel()], ["3.800986:4:four", "2.253608:6:six"])
    for model, arrays, kind in (
        ("nope", {"x": X}, "not_found"),
        ("mlp16l", {"x": X[:, :15].copy()}, "invalid"),
        ("mlp16l", {"x": X.astype(np.float64)}, "invalid"),
        ("simple", {"INPUT0": A}, "invalid"),
        ("mlp16l", {"x": X, "zz": X}, "invalid"),
        ("mlp16l", {"x": np.repeat(X, 9, 0)}, "invalid"),
    ):
        both.raises(checks, f"{model} with {list(arrays)}", kind, both.infer, model, arrays)


def versions(checks, both):
    def answered_by(model, version=""):
        arrays = {"IN": np.array([5], np.int32)}
        return int(both.infer(model, arrays, model_version=version).as_numpy("VERSION")[0])

    got = [answered_by("ver_all"), answered_by("ver_all", "1"), answered_by("ver_latest2"), answered_by("ver_spec")]
    checks.equal("versions", got, [10, 1, 10, 3])
    both.raises(checks, "a version outside the policy", "not_found", answered_by, "ver_spec", "2")


def sequences(checks, both):
    def step(value, **options):
        return int(both.infer("seq_direct", {"IN": np.array([[value]], np.int32)}, **options).as_numpy("OUT")[0, 0])

    ids = [9_000 + 10 * (both.module is grpc) + i for i in range(3)]
    sums = [step(1, sequence_id=ids[0], sequence_start=True), step(10, sequence_id=ids[1], sequence_start=True)]
    sums += [step(2, sequence_id=ids[0]), step(20, sequence_id=ids[1])]
    sums += [step(3, sequence_id=ids[0], sequence_end=True), step(30, sequence_id=ids[1], sequence_end=True)]
    checks.equal("sums of two sequences", sums, [1, 10, 3, 30, 6, 60])
    both.raises(checks, "a step without a start", "invalid", step, 1, sequence_id=ids[2])
    both.raises(checks, "a step after the end", "invalid", step, 1, sequence_id=ids[0])
    both.raises(checks, "a step of no sequence", "invalid", step, 1)


def ensemble(checks, both):
    checks.array("ensemble", both.infer("ens", {"in": X}).as_numpy("out")[:, :2], np.array([[-0.1770785, -0.02701885]], np.float32), 1e-5)
    checks.equal("its platform", both.client.get_model_metadata("ens", **both.json)["platform"], "ensemble")


def cache(checks, both):
    key = np.array([[int(time.time()) % 100_000, 1 + (both.module is grpc)]], np.int32)
    answers = [both.infer("cached", {"IN": key}) for _ in range(3)]
    checks.array("cached value", answers[2].as_numpy("OUT"), 2 * key)
    checks.equal("executed once", len({int(answer.as_numpy("N")[0, 0]) for answer in answers}), 1)


def queue_limit(checks, both):
    delay = both.inputs(DELAY_MS=np.array([[400]], np.int32))
    if both.module is http:
        requests = [both.client.async_infer("slow", delay) for _ in range(6)]
        outcomes = [outcome_of(request.get_result) for request in requests]
    else:
        outcomes = []
        for _ in range(6):
            both.client.async_infer("slow", delay, callback=lambda result, error: outcomes.append(outcome_of(lambda: error)))
        until(lambda: len(outcomes) == 6)
    # One runs and two wait; a fourth may come just when the first is done.
    checks.true("the rest is refused", outcomes.count("ok") in (3, 4) and len(set(outcomes)) == 2, outcomes)


def outcome_of(get):
    try:
        error = get()
    except Exception as refusal:
        error = refusal
    return error.status() if hasattr(error, "status") else "ok"


def shared_memory(checks, both):
    client, prefix = both.client, f"/millrace_{os.getpid()}_{both.name}"
    given = shm.create_shared_memory_region("given", f"{prefix}_in", 128)
    taken = shm.create_shared_memory_region("taken", f"{prefix}_out", 128)
    try:
        shm.set_shared_memory_region(given, [A, B])
        client.register_system_shared_memory("given", f"{prefix}_in", 128)
        client.register_system_shared_memory("taken", f"{prefix}_out", 128)
        both.raises(checks, "a name taken", "exists", client.register_system_shared_memory, "given", f"{prefix}_in", 128)
        tensors = [both.module.InferInput(f"INPUT{i}", [1, 16], "INT32") for i in range(2)]
        outputs = [both.module.InferRequestedOutput(f"OUTPUT{i}") for i in range(2)]
        for i in range(2):
            tensors[i].set_shared_memory("given", 64, offset=64 * i)
            outputs[i].set_shared_memory("taken", 64, offset=64 * i)
        client.infer("simple", tensors, outputs=outputs)
        checks.array("sum", shm.get_contents_as_numpy(taken, np.int32, [1, 16]), A + B)
        checks.array("difference", shm.get_contents_as_numpy(taken, np.int32, [1, 16], offset=64), A - B)
        answer = client.infer("simple", [tensors[0], *both.inputs(INPUT1=B)])
        checks.array("one in shared memory, one not", answer.as_numpy("OUTPUT0"), A + B)
        tensors[0].set_shared_memory("given", 64, offset=100)
        both.raises(checks, "beyond the region", "invalid", client.infer, "simple", tensors)
        tensors[0].set_shared_memory("nope", 64)
        both.raises(checks, "an unknown region", "not_found", client.infer, "simple", tensors)
        client.unregister_system_shared_memory()
        status = client.get_system_shared_memory_status(**both.json)
        checks.true("unregistered", not (status if isinstance(status, list) else status.get("regions")), status)
    finally:
        for region in (given, taken):
            shm.destroy_shared_memory_region(region)


def model_control(checks, both):
    client, text = both.client, {"IN": np.array([[b"a"]], object)}
    client.unload_model("strid")
    checks.true("unloaded", until(lambda: not client.is_model_ready("strid")))
    both.raises(checks, "an unloaded model", "not_found", both.infer, "strid", text)
    client.load_model("strid")
    config = client.get_model_config("strid", **both.json)
    client.load_model("strid", config=json.dumps({**config.get("config", config), "max_batch_size": 3}))
    both.raises(checks, "more rows than the override has", "invalid", both.infer, "strid", {"IN": np.array([[b"a"]] * 4, object)})
    client.load_model("strid")
    checks.equal("loaded", both.infer("strid", text).as_numpy("OUT").tolist(), [[b"a"]])
    index = client.get_model_repository_index(**both.json)
    entries = index["models"] if isinstance(index, dict) else index
    checks.true("index", any(entry["name"] == "strid" and entry["state"] == "READY" for entry in entries), entries)


def settings(checks, both):
    client = both.client
    trace = client.get_trace_settings(**both.json)
    checks.true("trace settings", "trace_rate" in trace.get("settings", trace), trace)
    client.update_log_settings({"log_verbose_level": 1})
    log = client.get_log_settings(**both.json)
    value = log.get("settings", log)["log_verbose_level"]
    checks.equal("log settings", value["uint32_param"] if isinstance(value, dict) else value, 1)
    client.update_log_settings({"log_verbose_level": 0})


def main():
    checks = Checks()
    for module, address in ((http, sys.argv[1]), (grpc, sys.argv[2])):
        both = Both(module, address)
        for group in (metadata, inference, versions, sequences, ensemble, cache, queue_limit, shared_memory, model_control, settings):
            checks.section(group, both)
        both.client.close()
    checks.close()


main()
