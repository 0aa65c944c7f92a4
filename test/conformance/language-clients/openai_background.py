"""Responses of the background by OpenAI's Python client."""
import time

import openai

from checks import run
from language import BASE, KEY, MODEL

client = openai.OpenAI(base_url=BASE, api_key=KEY, max_retries=0)
ASKED = {"model": MODEL, "input": "Who is there?", "max_output_tokens": 8, "temperature": 0}
# The job is not due while the script runs.
LATER = {"x-millrace-job-not-before": "1h"}


def ended(response):
    while response.status in ("queued", "in_progress"):
        time.sleep(0.05)
        response = client.responses.retrieve(response.id)
    return response


def text_of(events):
    return "".join(event.delta for event in events if event.type == "response.output_text.delta")


def polled(checks):
    now = client.responses.create(**ASKED)
    queued = client.responses.create(background=True, metadata={"a": "b"}, **ASKED)
    checks.equal("what is queued", (queued.status, queued.background, queued.output), ("queued", True, []))
    last = ended(queued)
    checks.equal("the end", (last.id, last.status, last.metadata), (queued.id, now.status, {"a": "b"}))
    checks.equal("the text", last.output_text, now.output_text)
    second = client.responses.create(**{**ASKED, "input": "And then?"}, background=True, previous_response_id=queued.id)
    checks.true("what was said before", ended(second).usage.input_tokens > now.usage.input_tokens, second)
    client.responses.delete(queued.id)
    checks.raises("a removed response", openai.NotFoundError, lambda: client.responses.retrieve(queued.id))


def streamed(checks):
    stream = client.responses.create(background=True, stream=True, **{**ASKED, "max_output_tokens": 100})
    seen = []
    for event in stream:
        seen.append(event)
        if len(seen) == 6:
            break
    # The connection is lost: the response goes on.
    stream.close()
    id = seen[0].response.id
    rest = list(client.responses.retrieve(id, stream=True, starting_after=seen[-1].sequence_number))
    events = [*seen, *rest]
    checks.equal("numbers", [event.sequence_number for event in events], list(range(len(events))))
    checks.equal("begin", [event.type for event in events[:2]], ["response.created", "response.queued"])
    last = events[-1].response
    checks.equal("text of both streams", text_of(events), last.output_text)
    checks.equal("the stored response", client.responses.retrieve(id).output_text, last.output_text)
    with client.responses.stream(response_id=id) as helper:
        checks.equal("by the helper", text_of(helper), last.output_text)


def cancelled(checks):
    waiting = client.responses.create(background=True, extra_headers=LATER, **ASKED)
    checks.equal("a response that waits", client.responses.retrieve(waiting.id).status, "queued")
    checks.equal("cancelled", client.responses.cancel(waiting.id).status, "cancelled")
    checks.equal("cancelled once more", client.responses.cancel(waiting.id).status, "cancelled")
    checks.equal("later", client.responses.retrieve(waiting.id).status, "cancelled")
    done = ended(client.responses.create(background=True, **ASKED))
    checks.equal("one that has ended", client.responses.cancel(done.id).status, done.status)


def refused(checks):
    create = lambda **more: client.responses.create(background=True, **{**ASKED, **more})
    checks.raises("without a store", openai.BadRequestError, lambda: create(store=False))
    checks.raises("model", openai.NotFoundError, lambda: create(model="kvj"))
    at_once = client.responses.create(**ASKED)
    checks.raises("of one that is answered", openai.BadRequestError, lambda: client.responses.cancel(at_once.id))


run(polled, streamed, cancelled, refused)
