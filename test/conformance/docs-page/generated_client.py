"""A client that openapi-python-client makes of /openapi.json. usage: generated_client.py URL KEY FOLDER"""
import json
import subprocess
import sys
import urllib.request
from pathlib import Path

URL, KEY, FOLDER = sys.argv[1:4]
PACKAGE = Path(FOLDER) / "generated"
counts = {"passed": 0, "failed": 0}


def check(name, right, got=None):
    counts["passed" if right else "failed"] += 1
    if not right:
        print(f"FAIL {name}: got {got}")


def generate():
    request = urllib.request.Request(f"{URL}/openapi.json", headers={"Authorization": f"Bearer {KEY}"})
    document = Path(FOLDER) / "openapi.json"
    document.write_bytes(urllib.request.urlopen(request).read())
    # The servers that it names are where this one is; nothing else of it depends on that.
    config = Path(FOLDER) / "generator.yaml"
    config.write_text("post_hooks: []\n")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--overwrite"]
    made = subprocess.run(
        [*command, "--path", document, "--output-path", PACKAGE, "--config", config], capture_output=True, text=True
    )
    check("the generator ends well", made.returncode == 0, made.stdout + made.stderr)
    left_out = [line for line in made.stdout.splitlines() if "Endpoint will not be generated" in line]
    check("no endpoint is left out", left_out == [], left_out)
    return json.loads(document.read_bytes())


def body(kind, value):
    return kind.from_dict(value)


document = generate()
sys.path.insert(0, FOLDER)
from generated import AuthenticatedClient, models  # noqa: E402
from generated.api.health import get_v2_health_live  # noqa: E402
from generated.api.inference import post_v2_models_model_infer as infer  # noqa: E402
from generated.api.openai import create_chat_completion  # noqa: E402
from generated.api.tensorflow_serving import get_v1_models_model_metadata as metadata  # noqa: E402

client = AuthenticatedClient(base_url=document["servers"][0]["url"], token=KEY)
check("live", get_v2_health_live.sync_detailed(client=client).status_code == 200)

ROW = [0.5] * 16
tensor = {"name": "x", "datatype": "FP32", "shape": [1, 16], "data": ROW}
answer = infer.sync("mlp", client=client, body=body(models.PostV2ModelsModelInferJsonBody, {"inputs": [tensor]}))
check("infer", answer.model_name == "mlp" and len(answer.outputs[0].data) == 10, answer)
wrong = {**tensor, "shape": [1, 15], "data": ROW[:15]}
refused = infer.sync("mlp", client=client, body=body(models.PostV2ModelsModelInferJsonBody, {"inputs": [wrong]}))
check("infer is refused", isinstance(refused, models.OipError) and "15" in refused.error, refused)

# What it makes of bodies of several types lacks an import wherever there are no headers, so nothing of TensorFlow Serving's is run.
told = metadata.sync_detailed("mlp", client=client)
check("metadata", told.status_code == 200 and json.loads(told.content)["model_spec"]["name"] == "mlp", told)

request = {"model": "kjv", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 4, "temperature": 0}
chat = create_chat_completion.sync(client=client, body=body(models.CreateChatCompletionBody, request))
check("chat", chat.choices[0].message.role == "assistant" and chat.usage.completion_tokens > 0, chat)
unknown = create_chat_completion.sync(client=client, body=body(models.CreateChatCompletionBody, {**request, "model": "nobody"}))
check("chat is refused", isinstance(unknown, models.OpenaiError) and unknown.error.code == "model_not_found", unknown)

print(f"{counts['passed']} passed, {counts['failed']} failed")
