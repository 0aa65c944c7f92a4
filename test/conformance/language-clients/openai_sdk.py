"""OpenAI's Python client."""
import asyncio
import json
from typing import Literal

import openai
import pydantic

from checks import run
from language import BASE, KEY, MESSAGES, MODEL, SCHEMA, TOOL

client = openai.OpenAI(base_url=BASE, api_key=KEY, max_retries=0)
LENGTH = {"model": MODEL, "temperature": 0, "max_tokens": 8, "extra_body": {"ignore_eos": True}}


def models(checks):
    checks.equal("models", [model.id for model in client.models.list()], [MODEL])
    checks.equal("a model", client.models.retrieve(MODEL).object, "model")


def chat(checks):
    whole = client.chat.completions.create(messages=MESSAGES, **LENGTH)
    choice = whole.choices[0]
    checks.equal("finish reason", choice.finish_reason, "length")
    checks.equal("tokens", whole.usage.completion_tokens, 8)
    options = {"include_usage": True}
    chunks = list(client.chat.completions.create(messages=MESSAGES, stream=True, stream_options=options, **LENGTH))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    checks.equal("text of a stream", text, choice.message.content)
    checks.equal("tokens of a stream", chunks[-1].usage.completion_tokens, 8)
    with client.chat.completions.with_streaming_response.create(messages=MESSAGES, **LENGTH) as raw:
        checks.true("request id", raw.headers.get("x-request-id"))
    many = client.chat.completions.create(messages=MESSAGES, n=3, logprobs=True, top_logprobs=2, **LENGTH)
    checks.equal("choices", [each.index for each in many.choices], [0, 1, 2])
    checks.equal("probabilities", {len(each.logprobs.content) for each in many.choices}, {8})


def structured(checks):
    shape = {"type": "json_schema", "json_schema": {"name": "being", "strict": True, "schema": SCHEMA}}
    answer = client.chat.completions.create(
        model=MODEL, messages=MESSAGES, temperature=0, max_tokens=400, response_format=shape
    ).choices[0]
    if answer.finish_reason == "stop":
        checks.equal("members", set(json.loads(answer.message.content)), {"kind", "old"})


class Being(pydantic.BaseModel):
    """Its bounds contradict each other, so that no answer can be held to them."""

    age: int = pydantic.Field(ge=10, le=5)
    kind: Literal["man", "beast"]


def keywords(checks):
    def ask(strict):
        shape = {"type": "json_schema", "json_schema": {"name": "being", "schema": Being.model_json_schema()}}
        if strict is not None:
            shape["json_schema"]["strict"] = strict
        return client.chat.completions.create(model=MODEL, messages=MESSAGES, response_format=shape)

    for strict in (None, False):
        members = json.loads(ask(strict).choices[0].message.content)
        checks.equal("members that are checked afterwards", set(members), {"age", "kind"})
    refused = checks.raises("strict keywords", openai.BadRequestError, lambda: ask(True))
    checks.true("the place of a keyword", refused and "'/properties/age'" in refused.message, refused)


def texts(checks):
    whole = client.completions.create(prompt=["In the beginning", "And the"], echo=True, logprobs=1, **LENGTH)
    for prompt, choice in zip(["In the beginning", "And the"], whole.choices):
        checks.true("echo", choice.text.startswith(prompt), choice.text)
        checks.equal("first probability", choice.logprobs.token_logprobs[0], None)
        checks.equal("tokens of a text", "".join(choice.logprobs.tokens), choice.text)
    chunks = client.completions.create(prompt="And the", stream=True, **LENGTH)
    checks.equal("end of a stream", [chunk.choices[0].finish_reason for chunk in chunks][-1], "length")


def responses(checks):
    first = client.responses.create(model=MODEL, input="Who is there?", max_output_tokens=8, temperature=0)
    checks.true("output", first.output_text, first)
    again = client.responses.retrieve(first.id)
    checks.equal("a stored response", again.output_text, first.output_text)
    with client.responses.stream(
        model=MODEL, input="And then?", previous_response_id=first.id, max_output_tokens=8
    ) as stream:
        events = list(stream)
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    second = events[-1].response
    checks.equal("text of a stream of events", second.output_text, text)
    checks.true("what was said before", second.usage.input_tokens > first.usage.input_tokens)
    counted = client.responses.input_tokens.count(model=MODEL, input="Who is there?")
    checks.equal("tokens", counted.input_tokens, first.usage.input_tokens)
    items = list(client.responses.input_items.list(second.id, order="asc", limit=1))
    checks.equal("items in pages", [item.role for item in items], ["user", "assistant", "user"])
    client.responses.delete(first.id)
    checks.raises("a forgotten response", openai.NotFoundError, lambda: client.responses.retrieve(first.id))


def tools(checks):
    named = {"type": "function", "function": {"name": "send"}}
    asked = {"model": MODEL, "messages": MESSAGES, "tools": [TOOL], "tool_choice": named, "temperature": 0}
    choice = client.chat.completions.create(**asked).choices[0]
    checks.equal("finish reason of a call", choice.finish_reason, "tool_calls")
    (call,) = choice.message.tool_calls
    checks.true("arguments", json.loads(call.function.arguments)["to"] in ("Moses", "Aaron"), call)
    with client.chat.completions.stream(**asked) as stream:
        streamed = stream.get_final_completion().choices[0].message.tool_calls[0]
    checks.equal("a streamed call", streamed.function.arguments, call.function.arguments)
    result = {"role": "tool", "tool_call_id": call.id, "content": "sent"}
    answer = client.chat.completions.create(messages=[*MESSAGES, choice.message, result], tools=[TOOL], **LENGTH)
    checks.equal("tokens after a call", answer.usage.completion_tokens, 8)
    flat = {"type": "function", **TOOL["function"]}
    response = client.responses.create(
        model=MODEL, input="Who is there?", tools=[flat], tool_choice={"type": "function", "name": "send"}
    )
    checks.equal("a call of a response", [item.type for item in response.output], ["function_call"])


def errors(checks):
    ask = client.chat.completions.create
    unknown = checks.raises("model", openai.NotFoundError, lambda: ask(model="kvj", messages=MESSAGES))
    checks.equal("code", unknown and unknown.code, "model_not_found")
    wrong = checks.raises("range", openai.BadRequestError, lambda: ask(model=MODEL, messages=MESSAGES, temperature=3))
    checks.equal("parameter", wrong and wrong.param, "temperature")
    long = [{"role": "user", "content": "and " * 5_000}]
    full = checks.raises("context", openai.BadRequestError, lambda: ask(model=MODEL, messages=long))
    checks.equal("code", full and full.code, "context_length_exceeded")
    stranger = openai.OpenAI(base_url=BASE, api_key="wrong", max_retries=0)
    checks.raises("key", openai.AuthenticationError, lambda: stranger.models.list())


def together(checks):
    async def ask_all():
        asynchronous = openai.AsyncOpenAI(base_url=BASE, api_key=KEY, max_retries=0)
        asked = [asynchronous.chat.completions.create(messages=MESSAGES, **LENGTH) for _ in range(8)]
        return await asyncio.gather(*asked)

    checks.equal("tokens of many", [each.usage.completion_tokens for each in asyncio.run(ask_all())], [8] * 8)


run(models, chat, structured, keywords, texts, responses, tools, errors, together)
