"""LiteLLM."""
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm

from checks import run
from language import BASE, KEY, MESSAGES, MODEL, SCHEMA, TOOL

litellm.suppress_debug_info = True
ACCESS = {"model": f"openai/{MODEL}", "api_base": BASE, "api_key": KEY, "num_retries": 0, "temperature": 0}
LENGTH = {"max_tokens": 8, "extra_body": {"ignore_eos": True}, **ACCESS}


def chat(checks):
    answer = litellm.completion(messages=MESSAGES, **LENGTH)
    checks.equal("tokens", answer.usage.completion_tokens, 8)
    checks.equal("finish reason", answer.choices[0].finish_reason, "length")
    options = {"include_usage": True}
    chunks = list(litellm.completion(messages=MESSAGES, stream=True, stream_options=options, **LENGTH))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    checks.equal("text of a stream", text, answer.choices[0].message.content)
    checks.equal("tokens of a stream", chunks[-1].usage.completion_tokens, 8)


def structured(checks):
    shape = {"type": "json_schema", "json_schema": {"name": "being", "strict": True, "schema": SCHEMA}}
    answer = litellm.completion(messages=MESSAGES, max_tokens=400, response_format=shape, **ACCESS).choices[0]
    if answer.finish_reason == "stop":
        checks.true("an object", answer.message.content.strip().startswith("{"), answer)


def tools(checks):
    named = {"type": "function", "function": {"name": "send"}}
    answer = litellm.completion(messages=MESSAGES, tools=[TOOL], tool_choice=named, **ACCESS).choices[0]
    checks.equal("finish reason of a call", answer.finish_reason, "tool_calls")
    checks.equal("a call", [call.function.name for call in answer.message.tool_calls], ["send"])


def texts(checks):
    access = {**LENGTH, "model": f"text-completion-openai/{MODEL}"}
    answer = litellm.text_completion(prompt="In the beginning", **access)
    checks.equal("tokens of a text", answer.usage.completion_tokens, 8)


def errors(checks):
    unknown = {**ACCESS, "model": "openai/kvj"}
    checks.raises("model", litellm.NotFoundError, lambda: litellm.completion(messages=MESSAGES, **unknown))
    wrong = {**ACCESS, "temperature": 3}
    checks.raises("range", litellm.BadRequestError, lambda: litellm.completion(messages=MESSAGES, **wrong))
    long = [{"role": "user", "content": "and " * 5_000}]
    checks.raises(
        "context", litellm.ContextWindowExceededError, lambda: litellm.completion(messages=long, **ACCESS)
    )
    stranger = {**ACCESS, "api_key": "wrong"}
    checks.raises("key", litellm.AuthenticationError, lambda: litellm.completion(messages=MESSAGES, **stranger))


run(chat, structured, tools, texts, errors)
