"""lm-eval: log-likelihoods by echoed prompts of /v1/completions, and generated texts, of a task written here."""
import json
import os
import sys
import tempfile
from pathlib import Path

from checks import run
from language import BASE, KEY, MODEL

FOLDER = tempfile.TemporaryDirectory()
# Before the libraries are loaded, which read them then.
os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_HOME=FOLDER.name, OPENAI_API_KEY=KEY)

import gguf
import requests
from lm_eval import simple_evaluate
from lm_eval.tasks import TaskManager
from tokenizers import Tokenizer, decoders, models, normalizers
from transformers import PreTrainedTokenizerFast

GGUF = sys.argv[3]
HEADERS = {"Authorization": f"Bearer {KEY}"}
DOCUMENTS = [
    {"question": "In the beginning God created the", "choices": ["heaven", "cattle", "rod"], "answer": 0},
    {"question": "And the Lord spake unto", "choices": ["Moses", "the sea of the waters"], "answer": 0},
    {"question": "Let my people", "choices": ["eat", "go"], "answer": 1},
    {"question": "And God said, Let there be", "choices": ["light", "asses"], "answer": 0},
]


def write_tokenizer():
    """The model's vocabulary in the form of Hugging Face's: byte-pair merges in the order of the scores."""
    fields = gguf.GGUFReader(GGUF).fields
    pieces, scores = (fields[f"tokenizer.ggml.{name}"].contents() for name in ("tokens", "scores"))
    ids = {piece: index for index, piece in enumerate(pieces)}
    pairs = [
        (scores[ids[piece]], piece[:cut], piece[cut:])
        for piece in pieces
        for cut in range(1, len(piece))
        if piece[:cut] in ids and piece[cut:] in ids and not piece.startswith("<")
    ]
    merges = [(left, right) for _, left, right in sorted(pairs, key=lambda pair: -pair[0])]
    tokenizer = Tokenizer(models.BPE(ids, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    folder = Path(FOLDER.name, "tokenizer")
    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)
    return str(folder), tokenizer


TOKENIZER, VOCABULARY = write_tokenizer()


def write_tasks():
    """A folder with two tasks on the same documents."""
    folder = Path(FOLDER.name, "tasks")
    folder.mkdir()
    Path(folder, "documents.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in DOCUMENTS))
    dataset = {
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(folder / "documents.jsonl")}},
        "test_split": "test",
        "doc_to_text": "{{question}}",
    }
    choose = {
        **dataset,
        "task": "verses",
        "output_type": "multiple_choice",
        "doc_to_choice": "{{choices}}",
        "doc_to_target": "{{answer}}",
        "metric_list": [{"metric": "acc"}, {"metric": "acc_norm"}],
    }
    write = {
        **dataset,
        "task": "verses_written",
        "output_type": "generate_until",
        "doc_to_target": "{{choices[answer]}}",
        "generation_kwargs": {"until": ["\n", "."], "max_gen_toks": 12, "do_sample": False, "temperature": 0.0},
        "metric_list": [{"metric": "exact_match"}],
    }
    for task in (choose, write):
        Path(folder, f"{task['task']}.yaml").write_text(json.dumps(task))
    return str(folder)


TASKS = TaskManager(include_path=write_tasks(), include_defaults=False)


def evaluate(task, **options):
    access = {"model": MODEL, "base_url": f"{BASE}/completions", "tokenizer": TOKENIZER, "max_retries": 1}
    results = simple_evaluate(
        model="local-completions",
        model_args={**access, "tokenizer_backend": "huggingface", "max_length": 512, **options},
        tasks=[task],
        task_manager=TASKS,
        bootstrap_iters=0,
    )
    return results["results"][task], results["samples"][task]


def score(prompt, count):
    """The sum of the log-probabilities of the last tokens of a prompt, asked for directly."""
    asked = {"model": MODEL, "prompt": prompt, "echo": True, "logprobs": 1, "max_tokens": 1, "temperature": 0}
    answer = requests.post(f"{BASE}/completions", json=asked, headers=HEADERS, timeout=60).json()
    told = answer["choices"][0]["logprobs"]["token_logprobs"][:-1]
    return sum(told[-count:])


def encode(text):
    return VOCABULARY.encode(text, add_special_tokens=False).ids


def tokens(checks):
    """The tokenizer made here is that of the model."""
    for document in DOCUMENTS:
        asked = {"model": MODEL, "prompt": document["question"], "add_special_tokens": False}
        told = requests.post(f"{BASE.removesuffix('/v1')}/tokenize", json=asked, headers=HEADERS, timeout=60).json()
        checks.equal(f"tokens of {document['question']}", encode(document["question"]), told["tokens"])


WAYS = [
    {},
    {"num_concurrent": 4},
    {"batch_size": 3},
    {"num_concurrent": 2, "batch_size": 2},
    {"tokenized_requests": False},
]


def likelihoods(checks):
    for options in WAYS:
        metrics, samples = evaluate("verses", **options)
        checks.true(f"{options}: accuracy", 0 <= metrics["acc,none"] <= 1, metrics)
        for document, sample in zip(DOCUMENTS, sorted(samples, key=lambda each: each["doc_id"])):
            for choice, ((got, _),) in zip(document["choices"], sample["resps"]):
                text = f"{document['question']} {choice}"
                count = len(encode(text)) - len(encode(document["question"]))
                # A text gets the model's first token before it, which lm-eval does not count: it begins a token early.
                in_texts = options.get("tokenized_requests") is False
                expected = score(text, count + 1) if in_texts else score(encode(text), count)
                checks.floats(f"{options}: log-likelihood of {choice}", got, expected)


def texts(checks):
    _, samples = evaluate("verses_written")
    for sample in samples:
        ((text,),) = sample["resps"]
        checks.true("a text up to a point", isinstance(text, str) and "." not in text, text)


def errors(checks):
    for what, status, options in (
        ("a wrong key", 401, {"header": {"Authorization": "Bearer wrong"}}),
        ("an unknown model", 404, {"model": "kvj"}),
    ):
        error = checks.raises(what, requests.HTTPError, lambda: evaluate("verses", **options))
        checks.equal(f"status of {what}", error and error.response.status_code, status)


run(tokens, likelihoods, texts, errors)
