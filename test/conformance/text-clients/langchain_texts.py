"""LangChain: embeddings of OpenAI's, Cohere's and Hugging Face's APIs, a store that they fill, and Cohere's ranks."""
import asyncio

import openai
from cohere.errors import NotFoundError
from huggingface_hub import AsyncInferenceClient, InferenceClient
from langchain_cohere import CohereEmbeddings, CohereRerank
from langchain_core.documents import Document
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_huggingface import HuggingFaceEndpointEmbeddings
from langchain_openai import OpenAIEmbeddings

from checks import run
from common import ADDRESS, BASE, FIRST, KEY, QUERY, TEXTS, check_nearest, check_ranks, check_vectors

DOCUMENTS = [Document(text, metadata={"place": place}) for place, text in enumerate(TEXTS)]
# Its tokenizer is OpenAI's, which it would fetch.
OPENAI = {"base_url": BASE, "api_key": KEY, "max_retries": 0, "check_embedding_ctx_length": False}
COHERE = {"base_url": ADDRESS, "cohere_api_key": KEY}


def hugging_face():
    embedder = HuggingFaceEndpointEmbeddings(model="minilm", huggingfacehub_api_token=KEY)
    # It takes no address of a server, but a client that has one.
    access = {"model": f"{ADDRESS}/tei/minilm", "token": KEY}
    embedder.client, embedder.async_client = InferenceClient(**access), AsyncInferenceClient(**access)
    return embedder


EMBEDDERS = {
    "OpenAI": OpenAIEmbeddings(model="minilm", **OPENAI),
    "Cohere": CohereEmbeddings(model="minilm", **COHERE),
    "Hugging Face": hugging_face(),
}


def embeddings(checks):
    for what, embedder in EMBEDDERS.items():
        rows = embedder.embed_documents(TEXTS)
        check_vectors(checks, what, rows)
        query = embedder.embed_query(QUERY)
        check_vectors(checks, f"{what}, a query", [query], [QUERY])
        check_nearest(checks, what, query, rows)
        check_vectors(checks, f"{what}, asyncio", asyncio.run(embedder.aembed_documents(TEXTS)))
    short = OpenAIEmbeddings(model="minilm", dimensions=64, **OPENAI)
    check_vectors(checks, "64 dimensions", short.embed_documents(TEXTS), dimensions=64)


def ranks(checks):
    for count in (2, len(TEXTS)):
        got = CohereRerank(model="rerank", top_n=count, **COHERE).compress_documents(DOCUMENTS, QUERY)
        pairs = [(each.metadata["place"], each.metadata["relevance_score"]) for each in got]
        check_ranks(checks, f"{count} ranks", pairs, count)


def store(checks):
    reranker = CohereRerank(model="rerank", top_n=1, **COHERE)
    for what, embedder in EMBEDDERS.items():
        filled = InMemoryVectorStore(embedder)
        filled.add_documents(DOCUMENTS)
        found = filled.as_retriever(search_kwargs={"k": 2}).invoke(QUERY)
        checks.equal(f"{what}: found", found[0].page_content, TEXTS[FIRST])
        [best] = reranker.compress_documents(found, QUERY)
        checks.equal(f"{what}: best", best.page_content, TEXTS[FIRST])


def errors(checks):
    unknown = OpenAIEmbeddings(model="minilmm", **OPENAI)
    checks.raises("model", openai.NotFoundError, lambda: unknown.embed_query(QUERY))
    task = OpenAIEmbeddings(model="rerank", **OPENAI)
    checks.raises("task", openai.BadRequestError, lambda: task.embed_query(QUERY))
    ranker = CohereRerank(model="rank", **COHERE)
    checks.raises("model that ranks", NotFoundError, lambda: ranker.rerank(TEXTS, QUERY))


run(embeddings, ranks, store, errors)
