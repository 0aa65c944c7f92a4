"""OpenAI's Agents SDK: agents with tools, typed outputs and streams, over chat completions and over responses."""
import asyncio
from typing import Literal

import openai
import pydantic
from agents import (
    Agent,
    ModelBehaviorError,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
    set_tracing_disabled,
)

from checks import run
from language import BASE, KEY, MODEL

set_tracing_disabled(True)
LOOP = asyncio.new_event_loop()
MODELS = {"chat": OpenAIChatCompletionsModel, "responses": OpenAIResponsesModel}
ASKED = "Who is there?"


class Being(pydantic.BaseModel):
    kind: Literal["man", "beast"]
    old: bool


def agent(api, name=MODEL, key=KEY, settings=None, **options):
    client = openai.AsyncOpenAI(base_url=BASE, api_key=key, max_retries=0)
    given = ModelSettings(temperature=0, **{"max_tokens": 300, **(settings or {})})
    model = MODELS[api](model=name, openai_client=client)
    return Agent(name="Porter", model=model, model_settings=given, **options)


def ask(asking, asked=ASKED, **options):
    return LOOP.run_until_complete(Runner.run(asking, asked, **options))


def texts(checks):
    for api in MODELS:
        asking = agent(api, settings={"include_usage": True})
        answer = ask(asking)
        checks.true(f"{api}: a text", answer.final_output, answer)
        usage = answer.context_wrapper.usage
        checks.true(f"{api}: usage", usage.input_tokens > 0 and usage.output_tokens > 0, usage)
        again = ask(asking, [*answer.to_input_list(), {"role": "user", "content": "And then?"}])
        more = again.context_wrapper.usage.input_tokens
        checks.true(f"{api}: what was said before", more > usage.input_tokens, more)


def stored(checks):
    asking = agent("responses", settings={"store": True})
    answer = ask(asking)
    again = ask(asking, "And then?", previous_response_id=answer.last_response_id)
    usage = again.context_wrapper.usage.input_tokens
    checks.true("a stored response goes on", usage > answer.context_wrapper.usage.input_tokens, usage)


def outputs(checks):
    for api in MODELS:
        answer = ask(agent(api, instructions="Be brief.", output_type=Being))
        checks.true(f"{api}: a being", isinstance(answer.final_output, Being), answer.final_output)


def tools(checks):
    """The small model does not choose to call, so it has to."""
    for api in MODELS:
        called = []

        @function_tool
        def send(to: Literal["Moses", "Aaron"], many: bool) -> str:
            """Sends somebody."""
            called.append(to)
            return f"sent {to}"

        required = {"tool_choice": "required", "parallel_tool_calls": False}
        first = agent(api, settings=required, tools=[send], tool_use_behavior="stop_on_first_tool")
        answer = ask(first)
        checks.equal(f"{api}: output of a tool", answer.final_output, f"sent {called[-1]}")
        # Its choice is reset after the call, so that the model answers with a text.
        both = agent(api, settings={"tool_choice": "send"}, tools=[send], output_type=Being)
        answer = ask(both)
        checks.true(f"{api}: an answer after a call", isinstance(answer.final_output, Being), answer.final_output)
        kinds = [item.type for item in answer.new_items]
        checks.equal(f"{api}: items", kinds, ["tool_call_item", "tool_call_output_item", "message_output_item"])


def handoffs(checks):
    for api in MODELS:
        other = agent(api, output_type=Being)
        other.name = "Scribe"
        asking = agent(api, handoffs=[other], settings={"tool_choice": "transfer_to_scribe"})
        answer = ask(asking)
        checks.equal(f"{api}: the last agent", answer.last_agent.name, "Scribe")


def streams(checks):
    async def events_of(asking):
        result = Runner.run_streamed(asking, ASKED)
        return [event async for event in result.stream_events()], result

    for api in MODELS:
        events, result = LOOP.run_until_complete(events_of(agent(api, settings={"include_usage": True})))
        raw = [event.data for event in events if event.type == "raw_response_event"]
        text = "".join(event.delta for event in raw if event.type == "response.output_text.delta")
        checks.true(f"{api}: text of a stream", text and text == result.final_output, (text, result.final_output))
        checks.equal(f"{api}: the first event", raw[0].type, "response.created")
        ended = {"response.completed", "response.incomplete"}
        checks.true(f"{api}: the last event", raw[-1].type in ended, raw[-1].type)
        usage = result.context_wrapper.usage
        checks.true(f"{api}: usage of a stream", usage.output_tokens > 0, usage)

        @function_tool
        def send(to: Literal["Moses", "Aaron"]) -> str:
            """Sends somebody."""
            return f"sent {to}"

        calling = agent(
            api, settings={"tool_choice": "required"}, tools=[send], tool_use_behavior="stop_on_first_tool"
        )
        events, result = LOOP.run_until_complete(events_of(calling))
        names = [event.name for event in events if event.type == "run_item_stream_event"]
        checks.equal(f"{api}: items of a stream", names, ["tool_called", "tool_output"])
        checks.true(f"{api}: output of a tool", result.final_output in ("sent Moses", "sent Aaron"), result)


def errors(checks):
    for api in MODELS:
        wrong, unknown, asking = agent(api, key="wrong"), agent(api, name="kvj"), agent(api)
        checks.raises(f"{api}: a wrong key", openai.AuthenticationError, lambda: ask(wrong))
        checks.raises(f"{api}: an unknown model", openai.NotFoundError, lambda: ask(unknown))
        long = checks.raises(f"{api}: too long", openai.BadRequestError, lambda: ask(asking, "and " * 5_000))
        checks.equal(f"{api}: code", long and long.code, "context_length_exceeded")
        cut = agent(api, output_type=Being, settings={"max_tokens": 2})
        checks.raises(f"{api}: an answer that is cut", ModelBehaviorError, lambda: ask(cut))


run(texts, stored, outputs, tools, handoffs, streams, errors)
