"""LlamaIndex: embeddings of TEI's and OpenAI's APIs, TEI's ranks, and an index that it fills."""
import asyncio

import openai
from llama_index.core import VectorStoreIndex
from llama_index.core.schema import NodeWithScore, TextNode
from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from llama_index.embeddings.text_embeddings_inference import TextEmbeddingsInference
from llama_index.postprocessor.tei_rerank import TextEmbeddingInference as Reranker

from checks import run
from common import ADDRESS, BASE, FIRST, KEY, QUERY, TEI, TEXTS, check_nearest, check_ranks, check_vectors

OPENAI = {"api_base": BASE, "api_key": KEY, "max_retries": 0}
EMBEDDERS = {
    "below the model": TextEmbeddingsInference("minilm", base_url=f"{ADDRESS}/tei/minilm", auth_token=KEY),
    "at the root": TextEmbeddingsInference("minilm", base_url=TEI, auth_token=KEY),
    "OpenAI": OpenAILikeEmbedding(model_name="minilm", **OPENAI),
}


def embeddings(checks):
    for what, embedder in EMBEDDERS.items():
        rows = embedder.get_text_embedding_batch(TEXTS)
        check_vectors(checks, what, rows)
        check_vectors(checks, f"{what}, asyncio", asyncio.run(embedder.aget_text_embedding_batch(TEXTS)))
        query = embedder.get_query_embedding(QUERY)
        check_vectors(checks, f"{what}, a query", [query], [QUERY])
        check_nearest(checks, what, query, rows)


def short(checks):
    embedder = OpenAILikeEmbedding(model_name="minilm", dimensions=64, **OPENAI)
    check_vectors(checks, "64 dimensions", embedder.get_text_embedding_batch(TEXTS), dimensions=64)


def nodes():
    return [TextNode(text=text, id_=str(place)) for place, text in enumerate(TEXTS)]


def ranks(checks):
    for what, address in {"below the model": f"{ADDRESS}/tei/rerank", "at the root": TEI}.items():
        for count in (2, len(TEXTS)):
            reranker = Reranker(base_url=address, auth_token=f"Bearer {KEY}", top_n=count)
            got = reranker.postprocess_nodes([NodeWithScore(node=node) for node in nodes()], query_str=QUERY)
            check_ranks(checks, f"{what}, {count}", [(int(each.node.node_id), each.score) for each in got], count)


def index(checks):
    reranker = Reranker(base_url=TEI, auth_token=f"Bearer {KEY}", top_n=1)
    for what, embedder in EMBEDDERS.items():
        retriever = VectorStoreIndex(nodes(), embed_model=embedder).as_retriever(similarity_top_k=2)
        found = retriever.retrieve(QUERY)
        checks.equal(f"{what}: found", found[0].node.get_content(), TEXTS[FIRST])
        [best] = reranker.postprocess_nodes(found, query_str=QUERY)
        checks.equal(f"{what}: best", best.node.get_content(), TEXTS[FIRST])


def errors(checks):
    unknown = OpenAILikeEmbedding(model_name="minilmm", **OPENAI)
    checks.raises("model", openai.NotFoundError, lambda: unknown.get_query_embedding(QUERY))
    task = OpenAILikeEmbedding(model_name="rerank", **OPENAI)
    checks.raises("task", openai.BadRequestError, lambda: task.get_query_embedding(QUERY))


run(embeddings, short, ranks, index, errors)
