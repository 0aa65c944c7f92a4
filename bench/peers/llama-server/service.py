"""llama.cpp's own server, which xllamacpp carries: its threads answer, none of them runs Python."""

import os
import signal

import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = os.environ["MODEL_FILE"]
params.hostnames = ["127.0.0.1"]
params.port = int(os.environ["PORT"])
params.n_parallel = int(os.environ["SLOTS"])
params.n_ctx = params.n_parallel * int(os.environ["CONTEXT_TOKENS"])
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = int(os.environ["THREADS"])

server = xllamacpp.Server(params)
signal.sigwait({signal.SIGTERM, signal.SIGINT})
os._exit(0)
