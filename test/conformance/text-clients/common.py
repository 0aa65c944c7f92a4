"""What the clients' programs have in common: the addresses, the texts, and the numbers that clients have to get."""
import json
import math
import sys
import urllib.request

ADDRESS, TEI = sys.argv[1:3]
BASE = f"{ADDRESS}/v1"
KEY = "key-of-tester-0123456789"
HUGGING_KEY = "key-of-hugging-0123456789"
DIMENSIONS = 384
QUERY = "How do I make a cup of tea?"
TEXTS = [
    "The court sentenced the thief to two years.",
    "Boil water, and let the tea leaves steep for four minutes.",
    "The striker scored in the last minute of the match.",
    "Milk and sugar go well with black tea.",
]
# Places of the texts about tea.
FIRST, SECOND = 1, 3
LONG = "tea " * 2_000


def post(path, body, key=KEY):
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(ADDRESS + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def vectors(texts, **parameters):
    """As the Open Inference Protocol gives them."""
    tensor = {"name": "text", "datatype": "BYTES", "shape": [len(texts)], "data": texts}
    body = {"inputs": [tensor], "outputs": [{"name": "embedding"}], "parameters": parameters}
    [output] = post("/v2/models/minilm/infer", body)["outputs"]
    width = output["shape"][1]
    return [output["data"][start : start + width] for start in range(0, len(output["data"]), width)]


def scores(query, texts):
    def tensor(name, data):
        return {"name": name, "datatype": "BYTES", "shape": [len(data)], "data": data}

    body = {"inputs": [tensor("query", [query]), tensor("text", texts)], "outputs": [{"name": "score"}]}
    return post("/v2/models/rerank/infer", body)["outputs"][0]["data"]


def cosine(one, other):
    product = sum(a * b for a, b in zip(one, other, strict=True))
    return product / (math.hypot(*one) * math.hypot(*other))


def check_vectors(checks, what, got, texts=TEXTS, **parameters):
    """They are those of the texts, in their order."""
    expected = vectors(texts, **parameters)
    checks.equal(f"{what}: shape", [len(row) for row in got], [len(row) for row in expected])
    checks.floats(what, [[float(value) for value in row] for row in got], expected)


def check_nearest(checks, what, query, rows):
    """The texts about tea are nearer to the query than the others."""
    near = [cosine(query, row) for row in rows]
    order = sorted(range(len(rows)), key=lambda place: -near[place])
    checks.equal(f"{what}: nearest", order[:2], [FIRST, SECOND])
    checks.true(f"{what}: distance", near[SECOND] > near[order[2]] + 0.2, near)


def check_ranks(checks, what, pairs, count=len(TEXTS)):
    """Pairs of place and score: the texts about tea come first, with the scores that the server's own API gives."""
    expected = scores(QUERY, TEXTS)
    order = sorted(range(len(TEXTS)), key=lambda place: -expected[place])[:count]
    checks.equal(f"{what}: first", pairs[0][0], FIRST)
    checks.equal(f"{what}: order", [place for place, _ in pairs], order)
    checks.floats(f"{what}: scores", [score for _, score in pairs], [expected[place] for place in order])
