"""LangChain."""
import openai
from langchain_openai import ChatOpenAI, OpenAI

from checks import run
from language import BASE, KEY, MODEL, SCHEMA, TOOL

MESSAGES = [("system", "Be brief."), ("human", "Who is there?")]
ACCESS = {"base_url": BASE, "api_key": KEY, "model": MODEL, "max_retries": 0, "temperature": 0}
IGNORE = {"extra_body": {"ignore_eos": True}}


def chat(checks):
    model = ChatOpenAI(max_tokens=8, stream_usage=True, **ACCESS, **IGNORE)
    answer = model.invoke(MESSAGES)
    checks.equal("tokens", answer.usage_metadata["output_tokens"], 8)
    checks.equal("finish reason", answer.response_metadata["finish_reason"], "length")
    whole = None
    for chunk in model.stream(MESSAGES):
        whole = chunk if whole is None else whole + chunk
    checks.equal("text of a stream", whole.content, answer.content)
    checks.equal("tokens of a stream", whole.usage_metadata["output_tokens"], 8)
    checks.equal("several", len(model.batch([MESSAGES, MESSAGES])), 2)


def responses(checks):
    model = ChatOpenAI(max_tokens=16, use_responses_api=True, **ACCESS)
    answer = model.invoke(MESSAGES)
    checks.true("a response", answer.response_metadata["id"].startswith("resp_"), answer)
    checks.true("tokens of a response", answer.usage_metadata["output_tokens"] > 0, answer)


def structured(checks):
    schema = {"title": "being", "description": "A being", **SCHEMA}
    model = ChatOpenAI(max_tokens=400, **ACCESS).with_structured_output(schema, method="json_schema", include_raw=True)
    answer = model.invoke(MESSAGES)
    if answer["raw"].response_metadata["finish_reason"] == "stop":
        checks.equal("members", set(answer["parsed"]), {"kind", "old"})


def tools(checks):
    model = ChatOpenAI(**ACCESS).bind_tools([TOOL], tool_choice="send")
    answer = model.invoke(MESSAGES)
    checks.equal("a call", [call["name"] for call in answer.tool_calls], ["send"])
    whole = None
    for chunk in model.stream(MESSAGES):
        whole = chunk if whole is None else whole + chunk
    checks.equal("a streamed call", [call["args"] for call in whole.tool_calls], [answer.tool_calls[0]["args"]])
    result = {"role": "tool", "tool_call_id": answer.tool_calls[0]["id"], "content": "sent"}
    answered = ChatOpenAI(max_tokens=8, extra_body={"ignore_eos": True}, **ACCESS).invoke([*MESSAGES, answer, result])
    checks.equal("tokens after a call", answered.usage_metadata["output_tokens"], 8)


def texts(checks):
    model = OpenAI(max_tokens=8, **ACCESS)
    checks.true("a text", isinstance(model.invoke("In the beginning"), str))
    checks.true("a stream", "".join(model.stream("In the beginning")))


def errors(checks):
    unknown = ChatOpenAI(**{**ACCESS, "model": "kvj"})
    checks.raises("model", openai.NotFoundError, lambda: unknown.invoke(MESSAGES))
    wrong = ChatOpenAI(**{**ACCESS, "temperature": 3})
    checks.raises("range", openai.BadRequestError, lambda: wrong.invoke(MESSAGES))


run(chat, responses, structured, tools, texts, errors)
