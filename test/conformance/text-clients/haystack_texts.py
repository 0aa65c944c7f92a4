"""Haystack: embedders of OpenAI's and TEI's APIs, a store that they fill, and TEI's ranker."""
import os

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"
import openai
from haystack import Document, Pipeline
from haystack.components.embedders import OpenAIDocumentEmbedder, OpenAITextEmbedder
from haystack.components.retrievers import InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import Secret
from haystack_integrations.components.embedders.huggingface_api import (
    HuggingFaceAPIDocumentEmbedder,
    HuggingFaceAPITextEmbedder,
)
from haystack_integrations.components.rankers.huggingface_api import HuggingFaceTEIRanker

from checks import run
from common import ADDRESS, BASE, FIRST, KEY, QUERY, TEI, TEXTS, check_nearest, check_ranks, check_vectors

DOCUMENTS = [Document(content=text, meta={"place": place}) for place, text in enumerate(TEXTS)]
OPENAI = {"api_key": Secret.from_token(KEY), "api_base_url": BASE, "max_retries": 0}
ACCESS = {
    "api_type": "text_embeddings_inference",
    "api_params": {"url": f"{ADDRESS}/tei/minilm"},
    "token": Secret.from_token(KEY),
    "normalize": True,
}
QUIET = {"progress_bar": False}
EMBEDDERS = {
    "OpenAI": (OpenAITextEmbedder(model="minilm", **OPENAI), OpenAIDocumentEmbedder(model="minilm", **OPENAI, **QUIET)),
    "TEI": (HuggingFaceAPITextEmbedder(**ACCESS), HuggingFaceAPIDocumentEmbedder(**ACCESS, **QUIET)),
}


def embedders(checks):
    for what, (of_text, of_documents) in EMBEDDERS.items():
        rows = [document.embedding for document in of_documents.run(DOCUMENTS)["documents"]]
        check_vectors(checks, what, rows)
        query = of_text.run(QUERY)["embedding"]
        check_vectors(checks, f"{what}, a query", [query], [QUERY])
        check_nearest(checks, what, query, rows)
    short = OpenAITextEmbedder(model="minilm", dimensions=64, **OPENAI).run(QUERY)
    check_vectors(checks, "64 dimensions", [short["embedding"]], [QUERY], dimensions=64)
    checks.equal("model", short["meta"]["model"], "minilm")


def ranker(**options):
    return HuggingFaceTEIRanker(token=Secret.from_token(KEY), **{"url": TEI, **options})


def pairs_of(answer):
    return [(document.meta["place"], document.score) for document in answer["documents"]]


def ranks(checks):
    # It asks for /rerank at the root, whatever the path of its address.
    for what, url in {"port of TEI": TEI, "port of all": ADDRESS}.items():
        check_ranks(checks, what, pairs_of(ranker(url=url).run(QUERY, DOCUMENTS)))
    check_ranks(checks, "the best", pairs_of(ranker(top_k=1).run(QUERY, DOCUMENTS)), 1)
    raw = pairs_of(ranker(raw_scores=True).run(QUERY, DOCUMENTS))
    checks.equal("best of raw scores", raw[0][0], FIRST)
    checks.true("raw scores", raw[-1][1] < 0, raw)


def pipeline(checks):
    for what, (of_text, of_documents) in EMBEDDERS.items():
        store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        store.write_documents(of_documents.run(DOCUMENTS)["documents"])
        whole = Pipeline()
        whole.add_component("embedder", of_text)
        whole.add_component("retriever", InMemoryEmbeddingRetriever(store, top_k=3))
        whole.add_component("ranker", ranker(top_k=1))
        whole.connect("embedder.embedding", "retriever.query_embedding")
        whole.connect("retriever.documents", "ranker.documents")
        [best] = whole.run({"embedder": {"text": QUERY}, "ranker": {"query": QUERY}})["ranker"]["documents"]
        checks.equal(f"{what}: best", best.content, TEXTS[FIRST])


def errors(checks):
    checks.raises("model", openai.NotFoundError, lambda: OpenAITextEmbedder(model="minilmm", **OPENAI).run(QUERY))
    checks.raises("task", openai.BadRequestError, lambda: OpenAITextEmbedder(model="rerank", **OPENAI).run(QUERY))
    stranger = HuggingFaceTEIRanker(url=TEI, token=Secret.from_token("wrong"), max_retries=1)
    error = checks.raises("key", RuntimeError, lambda: stranger.run(QUERY, DOCUMENTS))
    checks.true("status of a wrong key", "401" in str(error), error)


run(embedders, ranks, pipeline, errors)
