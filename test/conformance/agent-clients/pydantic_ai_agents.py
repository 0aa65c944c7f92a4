"""Pydantic AI: agents with typed outputs, tools and streams, over chat completions and over responses."""
import asyncio
from typing import Literal

import pydantic
from openai import AsyncOpenAI
from pydantic_ai import Agent, ModelRetry, NativeOutput, ToolOutput
from pydantic_ai.exceptions import ModelHTTPError, UnexpectedModelBehavior
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

from checks import run
from language import BASE, KEY, MODEL

# Also of its synchronous calls: a client keeps to the loop of its first request.
LOOP = asyncio.new_event_loop()
asyncio.set_event_loop(LOOP)
MODELS = {"chat": OpenAIChatModel, "responses": OpenAIResponsesModel}
SETTINGS = {"max_tokens": 300, "temperature": 0}
LENGTH = {"max_tokens": 16}
ASKED = "Who is there?"


class Being(pydantic.BaseModel):
    """A being."""

    kind: Literal["man", "beast"]
    old: bool
    age: int = pydantic.Field(ge=0, le=99)


def model(api, name=MODEL, key=KEY):
    client = AsyncOpenAI(base_url=BASE, api_key=key, max_retries=0)
    return MODELS[api](name, provider=OpenAIProvider(openai_client=client))


def agent(api, **options):
    settings = {**SETTINGS, **options.pop("settings", {})}
    return Agent(model(api), model_settings=settings, **options)


def texts(checks):
    for api in MODELS:
        answer = agent(api, settings=LENGTH).run_sync(ASKED)
        checks.true(f"{api}: a text", isinstance(answer.output, str), answer)
        checks.true(f"{api}: usage", answer.usage.input_tokens > 0 and answer.usage.output_tokens > 0, answer.usage)
        again = agent(api, settings=LENGTH).run_sync("And then?", message_history=answer.all_messages())
        checks.true(f"{api}: what was said before", again.usage.input_tokens > answer.usage.input_tokens)


def outputs(checks):
    brief = {"instructions": "Be brief."}
    for api in MODELS:
        for kind in (ToolOutput(Being), NativeOutput(Being), NativeOutput(Being, strict=False)):
            answer = agent(api, output_type=kind, **brief).run_sync(ASKED)
            checks.true(f"{api}: {kind}", isinstance(answer.output, Being), answer.output)


def streams(checks):
    async def texts_of(api):
        async with agent(api, settings=LENGTH).run_stream(ASKED) as result:
            pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
            checks.equal(f"{api}: text of a stream", "".join(pieces), await result.get_output())
            checks.true(f"{api}: tokens of a stream", result.usage.output_tokens > 0, result.usage)

    async def beings_of(api, kind):
        async with agent(api, output_type=kind).run_stream(ASKED) as result:
            parts = [part async for part in result.stream_output(debounce_by=None)]
            checks.true(f"{api}: parts of a {kind}", isinstance(parts[-1], Being), parts)

    for api in MODELS:
        LOOP.run_until_complete(texts_of(api))
        LOOP.run_until_complete(beings_of(api, ToolOutput(Being)))
        LOOP.run_until_complete(beings_of(api, NativeOutput(Being)))


def tools(checks):
    """The small model does not choose to call, so the first step has to; then only the output is left to be given."""
    for api in MODELS:
        called = []

        def choose(context):
            return {"tool_choice": "none" if called else ["send"]}

        asking = Agent(model(api), output_type=Being, model_settings=lambda context: {**SETTINGS, **choose(context)})

        @asking.tool_plain
        def send(to: Literal["Moses", "Aaron"], times: int = pydantic.Field(ge=1, le=9)) -> str:
            """Sends somebody."""
            called.append(to)
            return "sent"

        answer = asking.run_sync(ASKED)
        checks.true(f"{api}: a tool is called", called and set(called) <= {"Moses", "Aaron"}, called)
        checks.true(f"{api}: an answer after a call", isinstance(answer.output, Being), answer.output)
        parts = [part.part_kind for message in answer.all_messages() for part in message.parts]
        checks.true(f"{api}: a result", "tool-return" in parts and "tool-call" in parts, parts)


def asked_again(checks):
    """An output that is refused once goes back to the model with the reason."""
    for api in MODELS:
        refused = []
        asking = agent(api, output_type=ToolOutput(Being), retries=2)

        @asking.output_validator
        def doubt(being: Being) -> Being:
            refused.append(being)
            if len(refused) == 1:
                raise ModelRetry("say that again")
            return being

        checks.true(f"{api}: asked twice", isinstance(asking.run_sync(ASKED).output, Being) and len(refused) == 2)


def errors(checks):
    def refusal(what, status, asked=ASKED, **access):
        asking = Agent(model(api, **access), model_settings=SETTINGS)
        error = checks.raises(f"{api}: {what}", ModelHTTPError, lambda: asking.run_sync(asked))
        checks.equal(f"{api}: status of {what}", error and error.status_code, status)
        return error

    for api in MODELS:
        refusal("a wrong key", 401, key="wrong")
        refusal("an unknown model", 404, name="kvj")
        error = refusal("a prompt that is too long", 400, asked="and " * 5_000)
        checks.equal(f"{api}: code", error and error.body.get("code"), "context_length_exceeded")
        cut = agent(api, output_type=ToolOutput(Being), settings={"max_tokens": 3}, retries=0)
        checks.raises(f"{api}: a call that is cut", UnexpectedModelBehavior, lambda: cut.run_sync(ASKED))


run(texts, outputs, streams, tools, asked_again, errors)
