"""FastAPI as most people write it for embeddings: one run a request, its texts padded to the longest; JSON by orjson, no thread for each request."""

import os

import numpy as np
import onnxruntime as ort
import orjson
from fastapi import FastAPI, Request, Response
from tokenizers import Tokenizer

options = ort.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = ort.InferenceSession(os.environ["MODEL_FILE"], options, providers=["CPUExecutionProvider"])
tokenizer = Tokenizer.from_file(os.environ["TOKENIZER_FILE"])
tokenizer.no_padding()
tokenizer.enable_truncation(int(os.environ["MAX_TOKENS"]))

app = FastAPI()


def run(encodings):
    shape = (len(encodings), max(len(encoding.ids) for encoding in encodings))
    ids = np.zeros(shape, dtype=np.int64)
    mask = np.zeros(shape, dtype=np.int64)
    types = np.zeros(shape, dtype=np.int64)
    for row, encoding in enumerate(encodings):
        length = len(encoding.ids)
        ids[row, :length] = encoding.ids
        mask[row, :length] = 1
        types[row, :length] = encoding.type_ids
    return session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": types})[0]


def serve(embed):
    @app.post("/embed")
    async def answer(request: Request):
        texts = orjson.loads(await request.body())["texts"]
        vectors = embed(tokenizer.encode_batch(texts))
        return Response(orjson.dumps({"embeddings": vectors}, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")


if os.environ.get("SORTED") is None:
    serve(run)
