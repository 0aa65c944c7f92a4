"""Makes requests for the models of make_models.py and answers them with Python's ONNX Runtime and tokenizers, each text on its own.

usage: answer.py FOLDER NAME…

Reads FOLDER/models/NAME/1; writes FOLDER/NAME.bin and FOLDER/NAME.json (harness/plan.py).
"""
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from model2vec import StaticModel
from tokenizers import Tokenizer

from make_models import feeds_of
from plan import Plan
from texts import english_texts, odd_texts

# Texts of a request, and how many requests there are of it.
SIZES = {1: 20, 2: 6, 7: 6, 32: 2}
GOLDEN = Path(__file__).with_name("sentence-transformers.json")
# Bytes for each token of which the server cuts a text before it tokenises it.
BYTES_PER_TOKEN = 64


class Model:
    """The files of a model, and how they answer a text."""

    def __init__(self, folder):
        self.folder = folder
        self.config = self._read("config.json")
        graph = next(folder.rglob("*.onnx"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        self.output = self.session.get_outputs()[0].name
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        sentence = self._read("sentence_bert_config.json").get("max_seq_length")
        self.limit = sentence or self._read("tokenizer_config.json")["model_max_length"]

    def encode(self, *texts, cut=None):
        """The ids of a text or pair; None where there are too many for the model and nothing is cut."""
        if cut is None:
            self.tokenizer.no_truncation()
        else:
            self.tokenizer.enable_truncation(self.limit, direction=cut)
        encoding = self.tokenizer.encode(*texts)
        return encoding if len(encoding.ids) <= self.limit else None

    def run(self, encoding):
        return self.session.run([self.output], feeds_of(self.session, encoding))[0][0]

    def embed(self, encoding, dimensions=None, normalize=True):
        vector = self.run(encoding)
        if self.output == "last_hidden_state":
            vector = vector.mean(0)
        vector = vector[:dimensions]
        return vector / max(np.linalg.norm(vector), 1e-12) if normalize else vector

    def _read(self, name):
        file = self.folder / name
        return json.loads(file.read_text()) if file.exists() else {}


class Requests:
    """Requests of one model: texts of all lengths, in numbers that meet in batches."""

    def __init__(self, folder, name, kind=Model):
        self.model = kind(folder / "models" / name / "1")
        self.plan = Plan(folder, name)
        self.rng = np.random.default_rng(26)
        # Texts without a byte are refused.
        self.texts = [text for text in odd_texts(400, seed=3) + english_texts(400, seed=3) if text]

    def draw(self, rows, fits):
        """Texts that are not too long."""
        drawn = []
        while len(drawn) < rows:
            text = self.texts[self.rng.integers(len(self.texts))]
            if fits(text):
                drawn.append(text)
        return drawn

    def each_size(self):
        return self.rng.permutation([size for size, count in SIZES.items() for _ in range(count)])

    def add(self, inputs, encodings, output, **parameters):
        name, values = output
        counts = np.array([len(encoding.ids) for encoding in encodings], np.int32)
        self.add_counted(inputs, {name: np.asarray(values, np.float32)}, counts, **parameters)

    def add_counted(self, inputs, outputs, counts, **parameters):
        tensors = {key: np.array(texts, dtype=object) for key, texts in inputs.items()}
        outputs = {**outputs, "token_counts": np.asarray(counts, np.int32)}
        self.plan.add(tensors, outputs, len(counts), parameters)


def embedder(requests, prompts):
    model = requests.model

    def add(texts, prompt="", cut=None, how=None, **parameters):
        encodings = [model.encode(prompt + text, cut=cut) for text in texts]
        vectors = [model.embed(encoding, **(how or {})) for encoding in encodings]
        requests.add({"text": texts}, encodings, ("embedding", vectors), **parameters)

    def draw(rows):
        return requests.draw(rows, lambda text: model.encode("passage: " + text) is not None)

    for rows in requests.each_size():
        add(draw(int(rows)))
    for kind, prompt in prompts.items():
        add(draw(7), prompt=prompt, input_type=kind)
    half = model.config["hidden_size"] // 2
    add(draw(7), how={"dimensions": half}, dimensions=half)
    add(draw(7), how={"normalize": False}, normalize=False)
    # The server cuts by bytes before it cuts by tokens; these are below that.
    most = BYTES_PER_TOKEN * model.limit
    long = [text for text in (" ".join(english_texts(30, seed=4))[:size] for size in (2_000, 5_000, 8_000)) if len(text) < most]
    for direction in ("left", "right"):
        add([*draw(3), *long], cut=direction, truncate=True, truncation_direction=direction)
    if model.output == "last_hidden_state":
        texts = draw(5)
        encodings = [model.encode(text) for text in texts]
        vectors = np.concatenate([model.run(encoding) for encoding in encodings])
        requests.add({"text": texts}, encodings, ("embedding", vectors), pooling="none", normalize=False)


def golden(requests):
    """The vectors that sentence-transformers gives, of the texts together and alone."""
    recorded = json.loads(GOLDEN.read_text())
    texts, vectors = recorded["texts"], recorded["embeddings"]
    encodings = [requests.model.encode(text) for text in texts]
    requests.add({"text": texts}, encodings, ("embedding", vectors))
    for text, encoding, vector in zip(texts, encodings, vectors):
        requests.add({"text": [text]}, [encoding], ("embedding", [vector]))


def sigmoid(logits):
    return 1 / (1 + np.exp(-logits.astype(np.float64)))


def softmax(logits):
    powers = np.exp(logits.astype(np.float64) - logits.max())
    return powers / powers.sum()


def ranker(requests):
    model = requests.model
    for index, rows in enumerate(requests.each_size()):
        query = requests.draw(1, lambda text: len(model.encode(text, cut="right").ids) < 64)[0]
        texts = requests.draw(int(rows), lambda text: model.encode(query, text) is not None)
        encodings = [model.encode(query, text) for text in texts]
        logits = np.array([model.run(encoding)[0] for encoding in encodings])
        raw = index % 4 == 0
        values = logits if raw else sigmoid(logits)
        parameters = {"raw_scores": True} if raw else {}
        requests.add({"query": [query], "text": texts}, encodings, ("score", values), **parameters)


def classifier(requests):
    model = requests.model
    scores = sigmoid if model.config.get("problem_type") == "multi_label_classification" else softmax
    for index, rows in enumerate(requests.each_size()):
        texts = requests.draw(int(rows), lambda text: model.encode(text) is not None)
        seconds = requests.draw(int(rows), lambda text: len(model.encode(text, cut="right").ids) < 64)
        pairs = index % 3 == 0
        encodings = [model.encode(*pair, cut="right") for pair in (zip(texts, seconds) if pairs else zip(texts))]
        logits = [model.run(encoding) for encoding in encodings]
        raw = index % 4 == 0
        inputs = {"text": texts, **({"text_pair": seconds} if pairs else {})}
        parameters = {"truncate": True, **({"raw_scores": True} if raw else {})}
        values = logits if raw else [scores(each) for each in logits]
        requests.add(inputs, encodings, ("scores", values), **parameters)


def sparse_embedder(requests):
    """SPLADE; the answers hold a number for each word of the vocabulary, the server's only those above 0."""
    model = requests.model
    for rows in requests.each_size():
        texts = requests.draw(int(rows), lambda text: model.encode(text) is not None)
        encodings = [model.encode(text) for text in texts]
        weights = [np.log1p(np.maximum(model.run(encoding).max(0), 0)) for encoding in encodings]
        requests.add({"text": texts}, encodings, ("embedding", weights))


def token_classifier(requests):
    model = requests.model
    for index, rows in enumerate(requests.each_size()):
        texts = requests.draw(int(rows), lambda text: model.encode(text) is not None)
        encodings = [model.encode(text) for text in texts]
        logits = [model.run(encoding) for encoding in encodings]
        raw = index % 4 == 0
        scores = logits if raw else [np.stack([softmax(row) for row in each]) for each in logits]
        places = [place for encoding in encodings for place in places_of(encoding)]
        outputs = {"scores": np.concatenate(scores).astype(np.float32), "token_places": np.array(places, np.int32)}
        counts = [len(encoding.ids) for encoding in encodings]
        requests.add_counted({"text": texts}, outputs, counts, **({"raw_scores": True} if raw else {}))


def places_of(encoding):
    rows = zip(encoding.offsets, encoding.word_ids, encoding.special_tokens_mask)
    return [(-1, -1, -1) if special else (start, stop, -1 if word is None else word) for (start, stop), word, special in rows]


def static_embedder(folder, name):
    """Answered by model2vec."""
    requests = Requests(folder, name, Static)
    model = requests.model
    for index, rows in enumerate(requests.each_size()):
        texts = requests.draw(int(rows), lambda text: 0 < len(model.encode(text)) < 512)
        normalize = index % 4 != 0
        vectors = np.stack([model.embed(text, normalize) for text in texts])
        counts = [len(model.encode(text)) for text in texts]
        requests.add_counted({"text": texts}, {"embedding": vectors}, counts, normalize=normalize)
    requests.plan.close()


class Static:
    def __init__(self, folder):
        self.model = StaticModel.from_pretrained(str(folder), force_download=False)

    def encode(self, text):
        return self.model.tokenize([text])[0]

    def embed(self, text, normalize):
        self.model.normalize = normalize
        return self.model.encode([text], max_length=None)[0]


def answer(folder, name):
    if name == "static":
        return static_embedder(folder, name)
    requests = Requests(folder, name)
    task = requests.model.config["architectures"][0] if "architectures" in requests.model.config else ""
    if task == "BertForMaskedLM":
        sparse_embedder(requests)
    elif task == "BertForTokenClassification":
        token_classifier(requests)
    elif requests.model.output != "logits":
        prompts = {"query": "query: ", "document": "passage: "} if name == "xlm-r" else {"query": ""}
        embedder(requests, prompts)
        if name != "xlm-r":
            golden(requests)
    elif len(requests.model.config["id2label"]) == 1:
        ranker(requests)
    else:
        classifier(requests)
    requests.plan.close()


if __name__ == "__main__":
    for name in sys.argv[2:]:
        answer(Path(sys.argv[1]), name)
