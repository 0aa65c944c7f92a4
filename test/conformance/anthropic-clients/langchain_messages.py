"""LangChain."""
from langchain_anthropic import ChatAnthropic

from checks import run
from language import ADDRESS, KEY, MODEL, TO

MESSAGES = [("system", "Be brief."), ("human", "Who is there?")]
ACCESS = {"base_url": ADDRESS, "api_key": KEY, "model": MODEL, "max_retries": 0, "temperature": 0}


def chat(checks):
    model = ChatAnthropic(max_tokens=8, **ACCESS)
    answer = model.invoke(MESSAGES)
    checks.true("tokens", answer.usage_metadata["output_tokens"] > 0, answer)
    whole = None
    for chunk in model.stream(MESSAGES):
        whole = chunk if whole is None else whole + chunk
    text = whole.content if isinstance(whole.content, str) else "".join(part.get("text", "") for part in whole.content)
    checks.equal("text of a stream", text, answer.content)
    checks.equal("tokens of a stream", whole.usage_metadata["output_tokens"], answer.usage_metadata["output_tokens"])


def tools(checks):
    send = {"name": "send", "description": "Sends somebody.", "input_schema": TO}
    model = ChatAnthropic(max_tokens=100, **ACCESS).bind_tools([send], tool_choice="any")
    calls = model.invoke(MESSAGES).tool_calls
    checks.equal("a call", [call["name"] for call in calls], ["send"])
    checks.true("its arguments", calls[0]["args"].get("to") in ("Moses", "Aaron"), calls)


run(chat, tools)
