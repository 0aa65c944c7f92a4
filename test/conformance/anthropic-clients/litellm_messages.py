"""LiteLLM."""
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm

from checks import run
from language import ADDRESS, KEY, MESSAGES, MODEL, TOOL

litellm.suppress_debug_info = True
ACCESS = {"model": f"anthropic/{MODEL}", "api_base": ADDRESS, "api_key": KEY, "num_retries": 0, "temperature": 0}
LENGTH = {"max_tokens": 8, **ACCESS}


def chat(checks):
    answer = litellm.completion(messages=MESSAGES, **LENGTH)
    checks.true("tokens", answer.usage.completion_tokens > 0, answer)
    options = {"include_usage": True}
    chunks = list(litellm.completion(messages=MESSAGES, stream=True, stream_options=options, **LENGTH))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    checks.equal("text of a stream", text, answer.choices[0].message.content or "")


def tools(checks):
    named = {"type": "function", "function": {"name": "send"}}
    answer = litellm.completion(messages=MESSAGES, tools=[TOOL], tool_choice=named, max_tokens=100, **ACCESS).choices[0]
    checks.equal("finish reason of a call", answer.finish_reason, "tool_calls")
    checks.equal("a call", [call.function.name for call in answer.message.tool_calls], ["send"])


def errors(checks):
    unknown = {**LENGTH, "model": "anthropic/kvj"}
    checks.raises("model", litellm.NotFoundError, lambda: litellm.completion(messages=MESSAGES, **unknown))
    wrong = {**LENGTH, "temperature": 3}
    checks.raises("range", litellm.BadRequestError, lambda: litellm.completion(messages=MESSAGES, **wrong))


run(chat, tools, errors)
