"""OpenAI's Python client."""
import asyncio

import openai

from checks import run
from common import ADDRESS, BASE, DIMENSIONS, KEY, LONG, QUERY, TEI, TEXTS, check_nearest, check_vectors, cosine, post

client = openai.OpenAI(base_url=BASE, api_key=KEY, max_retries=0)


def rows_of(answer):
    return [each.embedding for each in answer.data]


def vectors(checks):
    # The client asks for base64, and decodes it.
    answer = client.embeddings.create(model="minilm", input=TEXTS)
    check_vectors(checks, "base64", rows_of(answer))
    checks.equal("places", [each.index for each in answer.data], list(range(len(TEXTS))))
    checks.equal("model", answer.model, "minilm")
    checks.equal("tokens", answer.usage.total_tokens, answer.usage.prompt_tokens)
    floats = client.embeddings.create(model="minilm", input=TEXTS, encoding_format="float")
    check_vectors(checks, "float", rows_of(floats))
    checks.equal("tokens of floats", floats.usage.prompt_tokens, answer.usage.prompt_tokens)
    [query] = rows_of(client.embeddings.create(model="minilm", input=QUERY))
    check_vectors(checks, "a text", [query], [QUERY])
    check_nearest(checks, "texts", query, rows_of(answer))


def short(checks):
    answer = client.embeddings.create(model="minilm", input=TEXTS, dimensions=64)
    check_vectors(checks, "64 dimensions", rows_of(answer), dimensions=64)


def tokens(checks):
    lists = [[token["id"] for token in each] for each in post("/tei/minilm/tokenize", {"inputs": TEXTS})]
    answer = client.embeddings.create(model="minilm", input=lists)
    check_vectors(checks, "lists of tokens", rows_of(answer))
    [row] = rows_of(client.embeddings.create(model="minilm", input=lists[0]))
    check_vectors(checks, "tokens", [row], TEXTS[:1])


def many(checks):
    texts = [f"{text} {index}" for index in range(50) for text in TEXTS]
    check_vectors(checks, "200 texts", rows_of(client.embeddings.create(model="minilm", input=texts)), texts)

    async def ask():
        async with openai.AsyncOpenAI(base_url=BASE, api_key=KEY, max_retries=0) as several:
            asked = [several.embeddings.create(model="minilm", input=text) for text in TEXTS]
            return [rows_of(answer)[0] for answer in await asyncio.gather(*asked)]

    check_vectors(checks, "several callers", asyncio.run(ask()))


def addresses(checks):
    for base in (f"{ADDRESS}/tei/minilm/v1", f"{TEI}/v1"):
        own = openai.OpenAI(base_url=base, api_key=KEY, max_retries=0)
        check_vectors(checks, base.removeprefix(ADDRESS), rows_of(own.embeddings.create(model="any", input=TEXTS)))


def gguf(checks):
    llama = openai.OpenAI(base_url=BASE, api_key="key-of-llama-0123456789", max_retries=0)
    answer = llama.embeddings.create(model="gguf-tiny", input=TEXTS)
    single = [rows_of(llama.embeddings.create(model="gguf-tiny", input=text))[0] for text in TEXTS]
    checks.equal("texts", len(answer.data), len(TEXTS))
    # llama.cpp attends with 16-bit floats, in other blocks where texts are evaluated together.
    least = min(map(cosine, rows_of(answer), single))
    checks.true("vectors of a GGUF file", least > 0.9999, least)
    models = {model.id for model in llama.models.list()}
    checks.equal("models of a key", models, {"gguf-tiny", "gguf-encoder", "gguf-rank"})
    checks.raises(
        "model of another key", openai.NotFoundError, lambda: llama.embeddings.create(model="minilm", input=QUERY)
    )


def errors(checks):
    checks.equal("models", {model.id for model in client.models.list()}, {"minilm", "rerank", "topic"})

    def ask(**changes):
        return lambda: client.embeddings.create(**{"model": "minilm", "input": QUERY, **changes})

    error = checks.raises("model", openai.NotFoundError, ask(model="minilmm"))
    checks.equal("code of an unknown model", error.code, "model_not_found")
    error = checks.raises("task", openai.BadRequestError, ask(model="rerank"))
    checks.true("a model with the task", "minilm" in error.message, error)
    error = checks.raises("long text", openai.BadRequestError, ask(input=LONG))
    checks.equal("code of a long text", error.code, "context_length_exceeded")
    checks.raises("empty text", openai.BadRequestError, ask(input=""))
    checks.raises("empty list", openai.BadRequestError, ask(input=[]))
    error = checks.raises("dimensions", openai.BadRequestError, ask(dimensions=DIMENSIONS + 1))
    checks.equal("place of the mistake", error.param, "dimensions")
    stranger = openai.OpenAI(base_url=BASE, api_key="wrong", max_retries=0)
    checks.raises(
        "key", openai.AuthenticationError, lambda: stranger.embeddings.create(model="minilm", input=QUERY)
    )


run(vectors, short, tokens, many, addresses, gguf, errors)
