"""Cohere's client."""
import asyncio
import base64
import struct

import cohere

from checks import run
from common import ADDRESS, DIMENSIONS, FIRST, KEY, LONG, QUERY, TEXTS
from common import check_nearest, check_ranks, check_vectors, vectors

client = cohere.ClientV2(KEY, base_url=ADDRESS, max_retries=0)
DOCUMENTS = {"model": "minilm", "input_type": "search_document", "texts": TEXTS}
RANKING = {"model": "rerank", "query": QUERY, "documents": TEXTS}


def embed(checks):
    answer = client.embed(embedding_types=["float"], **DOCUMENTS)
    check_vectors(checks, "float", answer.embeddings.float_)
    checks.equal("texts", answer.texts, TEXTS)
    checks.true("tokens", answer.meta.billed_units.input_tokens > 0, answer.meta)
    query = client.embed(model="minilm", input_type="search_query", texts=[QUERY]).embeddings.float_[0]
    check_vectors(checks, "a query", [query], [QUERY])
    check_nearest(checks, "float", query, answer.embeddings.float_)


def types(checks):
    answer = client.embed(embedding_types=["float", "int8", "uint8", "binary", "ubinary", "base64"], **DOCUMENTS)
    got = answer.embeddings
    rows = vectors(TEXTS)
    decoded = [list(struct.unpack(f"<{DIMENSIONS}f", base64.b64decode(text))) for text in got.base64]
    check_vectors(checks, "base64", decoded)
    # A rounded element may fall to the other side.
    for name, zero in (("int8", 0), ("uint8", 128)):
        bytes_of = getattr(got, name)
        checks.equal(f"{name}: shape", [len(row) for row in bytes_of], [DIMENSIONS] * len(TEXTS))
        away = [abs(zero + value * 127 - byte) for row, own in zip(rows, bytes_of) for value, byte in zip(row, own)]
        checks.true(name, max(away) <= 0.51, max(away))
    query = client.embed(model="minilm", input_type="search_query", texts=[QUERY], embedding_types=["int8"])
    check_nearest(checks, "int8", query.embeddings.int8[0], got.int8)
    packed = [bits_of(row) for row in got.float_]
    checks.equal("ubinary", got.ubinary, packed)
    checks.equal("binary", got.binary, [[byte - 128 for byte in row] for row in packed])


def bits_of(row):
    signs = "".join("01"[value > 0] for value in row)
    return [int(signs[start : start + 8], 2) for start in range(0, len(signs), 8)]


def older(checks):
    client = cohere.Client(KEY, base_url=ADDRESS)
    plain = client.embed(model="minilm", input_type="search_document", texts=TEXTS)
    checks.equal("kind", plain.response_type, "embeddings_floats")
    check_vectors(checks, "floats of version 1", plain.embeddings)
    # The client splits so many texts into several requests, and joins the answers.
    texts = [f"{text} {index}" for index in range(50) for text in TEXTS]
    typed = client.embed(model="minilm", input_type="search_document", texts=texts, embedding_types=["float"])
    check_vectors(checks, "200 texts of version 1", typed.embeddings.float_, texts)
    documents = [{"text": text} for text in TEXTS]
    answer = client.rerank(model="rerank", query=QUERY, documents=documents, return_documents=True, top_n=3)
    check_ranks(checks, "ranks of version 1", pairs_of(answer), 3)
    checks.equal("document", answer.results[0].document.text, TEXTS[FIRST])


def options(checks):
    short = client.embed(output_dimension=64, embedding_types=["float"], **DOCUMENTS)
    check_vectors(checks, "64 dimensions", short.embeddings.float_, dimensions=64)
    long = {**DOCUMENTS, "texts": [LONG]}
    check_vectors(checks, "a long text", client.embed(**long).embeddings.float_, [LONG], truncate=True)
    checks.raises("no truncation", cohere.BadRequestError, lambda: client.embed(truncate="NONE", **long))
    for kind in ("classification", "clustering"):
        answer = client.embed(**{**DOCUMENTS, "input_type": kind})
        check_vectors(checks, kind, answer.embeddings.float_)


def pairs_of(answer):
    return [(result.index, result.relevance_score) for result in answer.results]


def rerank(checks):
    answer = client.rerank(**RANKING)
    check_ranks(checks, "ranks", pairs_of(answer))
    checks.true("id", answer.id, answer)
    check_ranks(checks, "the two best", pairs_of(client.rerank(top_n=2, **RANKING)), 2)
    check_ranks(checks, "with a length", pairs_of(client.rerank(max_tokens_per_doc=4096, **RANKING)))


def several(checks):
    async def ask():
        async with cohere.AsyncClientV2(KEY, base_url=ADDRESS) as own:
            return await asyncio.gather(own.embed(**DOCUMENTS), own.rerank(**RANKING))

    embedded, ranked = asyncio.run(ask())
    check_vectors(checks, "asyncio", embedded.embeddings.float_)
    check_ranks(checks, "asyncio", pairs_of(ranked))


def errors(checks):
    checks.raises("model", cohere.NotFoundError, lambda: client.rerank(**{**RANKING, "model": "rank"}))
    error = checks.raises("task", cohere.BadRequestError, lambda: client.rerank(**{**RANKING, "model": "minilm"}))
    checks.true("a model with the task", "'rerank'" in error.body["message"], error.body)
    checks.raises("task", cohere.BadRequestError, lambda: client.embed(**{**DOCUMENTS, "model": "rerank"}))
    checks.raises("no documents", cohere.BadRequestError, lambda: client.rerank(**{**RANKING, "documents": []}))
    checks.raises("type", cohere.BadRequestError, lambda: client.embed(embedding_types=["int4"], **DOCUMENTS))
    stranger = cohere.ClientV2("wrong", base_url=ADDRESS)
    checks.raises("key", cohere.UnauthorizedError, lambda: stranger.rerank(**RANKING))


run(embed, types, options, rerank, older, several, errors)
