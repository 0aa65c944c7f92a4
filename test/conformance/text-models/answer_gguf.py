"""Makes requests for GGUF files and answers them with llama.cpp's own server, each text on its own.

usage: answer_gguf.py FOLDER NAME=POOLING:TOKENS…

Reads FOLDER/models/NAME/1/model.gguf, which reads texts of up to TOKENS tokens; writes FOLDER/NAME.bin and FOLDER/NAME.json (harness/plan.py).
"""
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np

from plan import Plan
from texts import english_texts, odd_texts

SIZES = [1] * 20 + [2] * 6 + [7] * 6 + [32] * 2
START_LIMIT_S = 60
# What the random models have words for.
WORDS = "the earth heaven light water day night god was and ?".split()


def serve(file, pooling, tokens, port):
    """Answers until it is killed; does not return."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_parallel = 1
    params.n_ctx = params.n_batch = params.n_ubatch = tokens
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.embedding = True
    params.kv_unified = True
    params.pooling_type = getattr(xllamacpp.llama_pooling_type, f"LLAMA_POOLING_TYPE_{pooling.upper()}")
    server = xllamacpp.Server(params)
    while server:
        time.sleep(3600)


class LlamaServer:
    """llama.cpp's server with one model, in a process of its own."""

    def __init__(self, file, pooling, tokens):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, __file__, "--serve", str(file), pooling, str(tokens), str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_LIMIT_S
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"llama.cpp's server does not serve {file}")
            time.sleep(0.05)

    def ask(self, path, body):
        data = json.dumps(body).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", data) as answer:
            return json.load(answer)

    def count(self, text):
        return len(self.ask("/tokenize", {"content": text, "add_special": True, "parse_special": True})["tokens"])

    def close(self):
        self.process.kill()
        self.process.wait()

    def _is_ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health"):
                return True
        except (urllib.error.URLError, ConnectionError):
            return False


def random_text(rng, most):
    return " ".join(rng.choice(WORDS, rng.integers(1, most)))


def embed(server, plan, rng, texts):
    for rows in rng.permutation(SIZES):
        drawn = [texts[at] for at in rng.integers(len(texts), size=rows)]
        vectors = [server.ask("/v1/embeddings", {"input": text})["data"][0]["embedding"] for text in drawn]
        counts = [server.count(text) for text in drawn]
        outputs = {"embedding": np.array(vectors, np.float32), "token_counts": np.array(counts, np.int32)}
        plan.add({"text": np.array(drawn, object)}, outputs, len(drawn))


def rank(server, plan, rng, tokens):
    for rows in rng.permutation(SIZES):
        query = random_text(rng, 5)
        drawn = [random_text(rng, tokens - 8) for _ in range(rows)]
        answers = [server.ask("/v1/rerank", {"query": query, "documents": [text]}) for text in drawn]
        scores = [answer["results"][0]["relevance_score"] for answer in answers]
        counts = [answer["usage"]["prompt_tokens"] for answer in answers]
        outputs = {"score": np.array(scores, np.float32), "token_counts": np.array(counts, np.int32)}
        inputs = {"query": np.array([query], object), "text": np.array(drawn, object)}
        plan.add(inputs, outputs, len(drawn), {"raw_scores": True})


def main(folder, models):
    for model in models:
        name, _, kind = model.partition("=")
        pooling, _, tokens = kind.partition(":")
        server = LlamaServer(folder / "models" / name / "1/model.gguf", pooling, int(tokens))
        plan, rng = Plan(folder, name), np.random.default_rng(26)
        if pooling == "rank":
            rank(server, plan, rng, int(tokens))
        else:
            own = [random_text(rng, 20) for _ in range(50)]
            texts = own + odd_texts(300, seed=5) + english_texts(300, seed=5)
            embed(server, plan, rng, [text for text in texts if text and server.count(text) <= int(tokens)])
        plan.close()
        server.close()


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
        os._exit(0)
    main(Path(sys.argv[1]), sys.argv[2:])
