"""Anthropic's client for Python."""
import anthropic

from checks import run
from language import ADDRESS, KEY, MODEL, SCHEMA, TO

client = anthropic.Anthropic(base_url=ADDRESS, api_key=KEY, max_retries=0)
MESSAGES = [{"role": "user", "content": "Who is there?"}]
# The client has no parameter for it any more.
GREEDY = {"temperature": 0}
ASKED = {"model": MODEL, "max_tokens": 8, "messages": MESSAGES, "extra_body": GREEDY}
SEND = {"name": "send", "description": "Sends somebody.", "input_schema": TO}


def messages(checks):
    answer = client.messages.create(system="Be brief.", **ASKED)
    checks.true("an id", answer.id.startswith("msg_"), answer.id)
    checks.true("the id of the request", bool(answer._request_id), answer._request_id)
    checks.equal("the model", answer.model, MODEL)
    checks.true("tokens", 0 < answer.usage.output_tokens <= 8, answer.usage)
    with client.messages.stream(system="Be brief.", **ASKED) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    checks.equal("text of a stream", text, answer.content[0].text)
    checks.equal("the message of a stream", final.content[0].text, answer.content[0].text)
    checks.equal("its reason", final.stop_reason, answer.stop_reason)
    checks.equal("its tokens", final.usage.output_tokens, answer.usage.output_tokens)
    kinds = [event.type for event in client.messages.create(stream=True, **ASKED)]
    checks.equal("first event", kinds[0], "message_start")
    checks.equal("last events", kinds[-3:], ["content_block_stop", "message_delta", "message_stop"])


def stops(checks):
    text = client.messages.create(**ASKED).content[0].text
    stop = text.split(" ")[2]
    answer = client.messages.create(stop_sequences=[stop], **ASKED)
    checks.equal("reason", answer.stop_reason, "stop_sequence")
    checks.equal("sequence", answer.stop_sequence, stop)


def tools(checks):
    forced = {**ASKED, "max_tokens": 100, "tools": [SEND]}
    for choice in ({"type": "any"}, {"type": "tool", "name": "send"}):
        answer = client.messages.create(tool_choice=choice, **forced)
        call = answer.content[-1]
        checks.equal("a call", (call.type, call.name, answer.stop_reason), ("tool_use", "send", "tool_use"))
        checks.true("its input", call.input.get("to") in ("Moses", "Aaron"), call.input)
        with client.messages.stream(tool_choice=choice, **forced) as stream:
            final = stream.get_final_message()
        checks.equal("the same as a stream", final.content[-1].input, call.input)
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "gone", "is_error": True}
    turns = [*MESSAGES, {"role": "assistant", "content": answer.content}, {"role": "user", "content": [result]}]
    checks.equal("after a result", client.messages.create(**{**forced, "messages": turns}).type, "message")


def structured(checks):
    form = {"format": {"type": "json_schema", "schema": SCHEMA}}
    answer = client.messages.create(output_config=form, **{**ASKED, "max_tokens": 200})
    checks.true("an object", answer.content[0].text.strip().startswith("{"), answer)


def thinking(checks):
    answer = client.messages.with_raw_response.create(
        thinking={"type": "enabled", "budget_tokens": 1024}, **ASKED
    )
    checks.true("ignored", "thinking" in answer.headers["x-millrace-ignored"], answer.headers)


def counts(checks):
    count = client.messages.count_tokens(model=MODEL, messages=MESSAGES, tools=[SEND]).input_tokens
    usage = client.messages.create(tools=[SEND], **{**ASKED, "max_tokens": 1}).usage
    checks.equal("tokens", count, usage.input_tokens + (usage.cache_read_input_tokens or 0))


def models(checks):
    checks.equal("models", [model.id for model in client.models.list()], [MODEL])
    checks.equal("a model", client.models.retrieve(MODEL).max_input_tokens, 1024)
    checks.raises("unknown", anthropic.NotFoundError, lambda: client.models.retrieve("kvj"))


def errors(checks):
    ask = lambda change: client.messages.create(**{**ASKED, **change})
    checks.raises("model", anthropic.NotFoundError, lambda: ask({"model": "kvj"}))
    error = checks.raises("range", anthropic.BadRequestError, lambda: ask({"extra_body": {"temperature": 3}}))
    checks.equal("type", error.body["error"]["type"], "invalid_request_error")
    checks.true("the id of the request", bool(error.request_id), error)
    strange = anthropic.Anthropic(base_url=ADDRESS, api_key="wrong", max_retries=0)
    checks.raises("key", anthropic.AuthenticationError, lambda: strange.messages.create(**ASKED))
    image = [{"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}]
    checks.raises("image", anthropic.BadRequestError, lambda: ask({"messages": [{"role": "user", "content": image}]}))
    search = {"type": "web_search_20250305", "name": "web_search"}
    checks.raises("server tool", anthropic.BadRequestError, lambda: ask({"tools": [search]}))


def quotas(checks):
    hasty = anthropic.Anthropic(base_url=ADDRESS, api_key="key-of-hasty-0123456789", max_retries=2)
    for _ in range(3):
        answer = hasty.messages.with_raw_response.create(**ASKED)
        checks.equal("limit", answer.headers["anthropic-ratelimit-requests-limit"], "1")
    poor = anthropic.Anthropic(base_url=ADDRESS, api_key="key-of-poor-0123456789", max_retries=2)
    error = checks.raises("tokens", anthropic.RateLimitError, lambda: poor.messages.create(**ASKED))
    checks.equal("type", error.body["error"]["type"], "rate_limit_error")


run(messages, stops, tools, structured, thinking, counts, models, errors, quotas)
