"""Hugging Face's InferenceClient, at the addresses of models and at the port of TEI's API."""
import asyncio
import math

from huggingface_hub import AsyncInferenceClient, InferenceClient
from huggingface_hub.errors import HfHubHTTPError

from checks import run
from common import ADDRESS, HUGGING_KEY, KEY, LONG, QUERY, TEI, TEXTS, check_nearest, check_vectors, cosine, post, vectors

TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


def client_of(model, **options):
    return InferenceClient(model=f"{ADDRESS}/tei/{model}", **{"token": KEY, **options})


client = client_of("minilm")


def features(checks):
    rows = client.feature_extraction(TEXTS)
    check_vectors(checks, "texts", rows.tolist())
    query = client.feature_extraction(QUERY)
    check_vectors(checks, "a text", query.tolist(), [QUERY])
    check_nearest(checks, "texts", query[0].tolist(), rows.tolist())
    raw = client.feature_extraction(TEXTS, normalize=False)
    check_vectors(checks, "not normalised", raw.tolist(), normalize=False)
    short = client.feature_extraction(TEXTS, dimensions=64)
    check_vectors(checks, "64 dimensions", short.tolist(), dimensions=64)
    for side in ("left", "right"):
        cut = client.feature_extraction(f"{QUERY} {LONG} {TEXTS[0]}", truncate=True, truncation_direction=side)
        parameters = {"truncate": True, "truncation_direction": side}
        check_vectors(checks, f"cut {side}", cut.tolist(), [f"{QUERY} {LONG} {TEXTS[0]}"], **parameters)


def addresses(checks):
    for address in (f"{ADDRESS}/tei/minilm/embed", f"{TEI}/embed"):
        rows = InferenceClient(model=address, token=KEY).feature_extraction(TEXTS)
        check_vectors(checks, address.removeprefix(ADDRESS), rows.tolist())
    rows = InferenceClient(base_url=f"{ADDRESS}/tei/minilm", api_key=KEY).feature_extraction(TEXTS)
    check_vectors(checks, "as a base", rows.tolist())


def similarity(checks):
    [query] = vectors([QUERY])
    expected = [cosine(query, row) for row in vectors(TEXTS)]
    checks.floats("similarity", client.sentence_similarity(QUERY, TEXTS), expected)
    root = InferenceClient(model=f"{TEI}/similarity", token=KEY)
    checks.floats("similarity at the root", root.sentence_similarity(QUERY, TEXTS), expected)


def classes(checks):
    best = client_of("topic").text_classification(TEXTS[2])
    checks.equal("class", best.label, "sports")
    checks.true("score", 0.5 < best.score <= 1, best)
    root = InferenceClient(model=f"{TEI}/predict", token=KEY)
    checks.equal("class at the root", root.text_classification(TEXTS[0]).label, "law")


def entities(checks):
    text = "Ada Lovelace lived in London"
    own = client_of("names", token=HUGGING_KEY)
    tokens = own.token_classification(text, aggregation_strategy="none", ignore_labels=[])
    checks.equal("words", [token.word for token in tokens], [text[token.start : token.end] for token in tokens])
    checks.equal("places", [token.index for token in tokens], list(range(1, len(tokens) + 1)))
    checks.true("labels of tokens", all(token.entity in TAGS and 0.2 <= token.score <= 1 for token in tokens), tokens)
    groups = own.token_classification(text, aggregation_strategy="simple", ignore_labels=[])
    tags = [token.entity.split("-", 1)[-1] for token in tokens]
    checks.equal("ends", (groups[0].start, groups[-1].end), (0, len(text)))
    checks.true("groups", {group.entity_group for group in groups} == set(tags), groups)
    kept = own.token_classification(text, ignore_labels=list({group.entity_group for group in groups}))
    checks.equal("all ignored", kept, [])


def zero_shot(checks):
    labels = ["tea", "football"]
    own = client_of("entails", token=HUGGING_KEY)
    found = own.zero_shot_classification(TEXTS[1], labels, hypothesis_template="About {}.")
    pairs = [[TEXTS[1], f"About {label}."] for label in labels]
    body = {"inputs": pairs, "raw_scores": True}
    logits = [{each["label"]: each["score"] for each in row} for row in post("/tei/entails/predict", body, HUGGING_KEY)]
    powers = [math.exp(row["entailment"]) for row in logits]
    checks.floats("scores", [each.score for each in found], sorted((power / sum(powers) for power in powers), reverse=True))
    several_ = own.zero_shot_classification(TEXTS[1], labels, multi_label=True, hypothesis_template="About {}.")
    alone = {label: 1 / (1 + math.exp(row["contradiction"] - row["entailment"])) for label, row in zip(labels, logits)}
    checks.floats("several labels", [each.score for each in several_], [alone[each.label] for each in several_])


def several(checks):
    async def ask():
        async with AsyncInferenceClient(model=f"{ADDRESS}/tei/minilm", token=KEY) as own:
            return await asyncio.gather(*(own.feature_extraction(text) for text in TEXTS))

    check_vectors(checks, "asyncio", [rows[0].tolist() for rows in asyncio.run(ask())])


def errors(checks):
    def status(what, expected, run):
        error = checks.raises(what, HfHubHTTPError, run)
        checks.equal(f"status: {what}", error.response.status_code, expected)
        return error.response.json()["error_type"]

    kind = status("long text", 422, lambda: client.feature_extraction(LONG, truncate=False))
    checks.equal("kind of a long text", kind, "Validation")
    checks.equal("kind of an empty text", status("empty text", 400, lambda: client.feature_extraction("")), "Empty")
    task = InferenceClient(model=f"{ADDRESS}/tei/topic/embed", token=KEY)
    checks.equal("kind of a task", status("task", 424, lambda: task.feature_extraction(QUERY)), "Backend")
    status("model", 404, lambda: client_of("minilmm").feature_extraction(QUERY))
    status("key", 401, lambda: client_of("minilm", token="wrong").feature_extraction(QUERY))


run(features, addresses, similarity, classes, entities, zero_shot, several, errors)
