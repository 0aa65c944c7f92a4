"""Chroma, which has the server embed what it stores and what it is asked."""
import os

from common import ADDRESS, BASE, FIRST, KEY, QUERY, SECOND, TEXTS, check_vectors, cosine, vectors

os.environ |= {"OPENAI_API_KEY": KEY, "COHERE_API_KEY": KEY, "CO_API_URL": ADDRESS}
import chromadb
import openai
from chromadb.config import Settings
from chromadb.utils.embedding_functions import CohereEmbeddingFunction, OpenAIEmbeddingFunction

from checks import run

client = chromadb.EphemeralClient(Settings(anonymized_telemetry=False))


def functions(model):
    return {
        "OpenAI": OpenAIEmbeddingFunction(model_name=model, api_base=BASE),
        "Cohere": CohereEmbeddingFunction(model_name=model),
    }


def collections(checks):
    ids = [str(place) for place in range(len(TEXTS))]
    [query] = vectors([QUERY])
    distance = 1 - cosine(query, vectors(TEXTS)[FIRST])
    for name, function in functions("minilm").items():
        texts = client.create_collection(name, embedding_function=function)
        texts.add(ids=ids, documents=TEXTS)
        check_vectors(checks, f"{name}: stored", texts.get(ids, include=["embeddings"])["embeddings"].tolist())
        found = texts.query(query_texts=[QUERY, TEXTS[2]], n_results=2)
        checks.equal(f"{name}: found", found["ids"][0], [str(FIRST), str(SECOND)])
        checks.equal(f"{name}: found again", found["documents"][1][0], TEXTS[2])
        checks.floats(f"{name}: distances", [each[0] for each in found["distances"]], [distance, 0.0])
        again = client.get_collection(name).query(query_texts=[QUERY], n_results=1)
        checks.equal(f"{name}: found with stored settings", again["documents"], [[TEXTS[FIRST]]])


def errors(checks):
    wrong = client.create_collection("wrong", embedding_function=functions("rerank")["OpenAI"])
    error = checks.raises("task", openai.BadRequestError, lambda: wrong.add(ids=["1"], documents=[QUERY]))
    checks.true("a model with the task", "minilm" in str(error), error)


run(collections, errors)
