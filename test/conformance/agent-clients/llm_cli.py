"""llm, Simon Willison's command line, with models of its YAML file: prompts, schemas, conversations, errors."""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from click.testing import CliRunner
from llm.cli import cli

from checks import run
from language import BASE, KEY, MODEL, SCHEMA

# JSON is YAML.
ENTRY = {"model_name": MODEL, "api_base": BASE, "api_key_name": "millrace", "supports_schema": True}
ENTRIES = [
    {**ENTRY, "model_id": "kjv"},
    {**ENTRY, "model_id": "kjv-whole", "can_stream": False},
    {**ENTRY, "model_id": "kjv-responses", "responses": True},
    {**ENTRY, "model_id": "kjv-text", "completion": True},
    {**ENTRY, "model_id": "unknown", "model_name": "kvj"},
]
FOLDER = tempfile.TemporaryDirectory()
Path(FOLDER.name, "extra-openai-models.yaml").write_text(json.dumps(ENTRIES))
Path(FOLDER.name, "keys.json").write_text(json.dumps({"millrace": KEY}))
ENVIRONMENT = {"LLM_USER_PATH": FOLDER.name, "OPENAI_API_KEY": ""}
ASKED = "Who is there?"
GREEDY = ["-o", "temperature", "0", "-o", "max_tokens", "12"]
BEING = json.dumps(SCHEMA)


def llm(*arguments):
    """Its command in this process: it takes two seconds to load."""
    return CliRunner().invoke(cli, arguments, env=ENVIRONMENT)


def said(*arguments):
    result = llm(*arguments)
    if result.exit_code != 0:
        raise RuntimeError(f"{result.stderr} {result.exception!r}")
    return result.stdout.rstrip("\n")


def last_log():
    return json.loads(said("logs", "list", "-n", "1", "--json"))[0]


def prompts(checks):
    checks.true("models", "kjv-whole" in said("models", "list"))
    streamed = said("-m", "kjv", *GREEDY, ASKED)
    checks.true("a stream", streamed, streamed)
    command = [sys.executable, "-m", "llm", "-m", "kjv", *GREEDY, ASKED]
    options = {"env": {**os.environ, **ENVIRONMENT}, "stdin": subprocess.DEVNULL, "text": True, "check": True}
    apart = subprocess.run(command, stdout=subprocess.PIPE, **options)
    checks.equal("a process of its own", apart.stdout.rstrip("\n"), streamed)
    checks.equal("an answer", said("-m", "kjv-whole", *GREEDY, ASKED), streamed)
    checks.equal("asked asynchronously", said("-m", "kjv", "--async", *GREEDY, ASKED), streamed)
    logged = last_log()
    checks.equal("usage", (logged["input_tokens"] > 0, logged["output_tokens"] > 0), (True, True))
    checks.equal("an answer of a response", said("-m", "kjv-responses", *GREEDY, ASKED), streamed)
    checks.true("a text", said("-m", "kjv-text", *GREEDY, "In the beginning"))
    sampling = {"top_p": "0.9", "frequency_penalty": "0.5", "presence_penalty": "0.5", "seed": "7", "stop": "lord"}
    given = {**sampling, "max_tokens": "12", "logit_bias": '{"5": -100}'}
    flags = [part for option in given.items() for part in ("-o", *option)]
    checks.equal("options", said("-m", "kjv", "-s", "Be brief.", *flags, ASKED), last_log()["response"])
    json_mode = ["-o", "json_object", "1", "-o", "max_tokens", "200"]
    checks.true("json mode", said("-m", "kjv", *json_mode, ASKED).strip().startswith("{"))


def schemas(checks):
    for model in ("kjv", "kjv-whole", "kjv-responses"):
        being = json.loads(said("-m", model, "--schema", BEING, ASKED))
        checks.equal(f"{model}: members", set(being), {"kind", "old"})
    short = json.loads(said("-m", "kjv", "--schema", "old bool, tame bool", ASKED))
    checks.equal("a short schema", {type(value) for value in short.values()}, {bool})


def conversations(checks):
    # Long enough to end: it does not read the usage of a response that is cut.
    greedy = ["-o", "temperature", "0", "-o", "max_tokens", "400"]
    for model in ("kjv", "kjv-responses"):
        said("-m", model, *greedy, ASKED)
        first = last_log()
        said("-c", *greedy, "And then?")
        second = last_log()
        checks.equal(f"{model}: a conversation", second["conversation_id"], first["conversation_id"])
        checks.true(f"{model}: what was said before", second["input_tokens"] > first["input_tokens"], second)


def endpoint(checks):
    """Its command for a server that no file names."""
    ask = ["openai", "endpoint", BASE, "--key", KEY]
    checks.equal("models of an address", said(*ask, "--models"), MODEL)
    checks.equal("an answer of an address", said(*ask, "-m", MODEL, *GREEDY, ASKED), said("-m", "kjv", *GREEDY, ASKED))


def errors(checks):
    def refusal(what, words, *arguments):
        result = llm(*arguments)
        checks.equal(f"{what}: exit status", result.exit_code, 1)
        checks.true(f"{what}: an error", result.stderr.startswith("Error: "), result.stderr)
        checks.true(f"{what}: error text", words in result.stderr, result.stderr)

    refusal("a wrong key", "key", "-m", "kjv", "--key", "wrong", ASKED)
    refusal("an unknown model", "kvj", "-m", "unknown", ASKED)
    refusal("a prompt that is too long", "the prompt is too long", "-m", "kjv", "and " * 5_000)
    refusal("the same of a response", "the prompt is too long", "-m", "kjv-responses", "and " * 5_000)


run(prompts, schemas, conversations, endpoint, errors)
