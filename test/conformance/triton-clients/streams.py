"""Streams, cancellation and asyncio of the gRPC client. usage: streams.py GRPC_ADDRESS"""
import asyncio
import queue
import sys
import time

import numpy as np
import tritonclient.grpc as grpc
import tritonclient.grpc.aio as grpc_aio

from both import Both
from checks import Checks
from tensors import A, B

SOON_S = 5
PROMPT_S = 2


def numbers(both, values, delay_ms=1):
    return both.inputs(IN=np.array(values, np.int32), DELAY=np.array([delay_ms], np.uint32))


class Stream:
    """An open stream and what comes over it."""

    def __init__(self, both):
        self.client = both.connect()
        self.answers = queue.Queue()
        self.client.start_stream(lambda result, error: self.answers.put((result, error)))

    def next(self):
        return self.answers.get(timeout=SOON_S)

    def take(self, count):
        return [self.next() for _ in range(count)]

    def close(self, **options):
        self.client.stop_stream(**options)
        self.client.close()


def decoupled(checks, both):
    stream = Stream(both)
    stream.client.async_stream_infer("repeat", numbers(both, [4, 5, 6]), request_id="d1")
    answers = stream.take(3)
    checks.equal("values", [int(result.as_numpy("OUT")[0]) for result, _ in answers], [4, 5, 6])
    checks.equal("ids", {result.get_response().id for result, _ in answers}, {"d1"})
    stream.client.async_stream_infer("repeat", numbers(both, [1, 2]), request_id="d2", enable_empty_final_response=True)
    responses = [result.get_response() for result, _ in stream.take(3)]
    checks.equal("final flags", [response.parameters["triton_final_response"].bool_param for response in responses], [False, False, True])
    checks.equal("the final one is empty, and no other came", (len(responses[2].outputs), responses[2].id), (0, "d2"))
    stream.client.async_stream_infer("repeat", numbers(both, []), request_id="d3", enable_empty_final_response=True)
    result, error = stream.next()
    checks.equal("no answers", (error, result.get_response().id, len(result.get_response().outputs)), (None, "d3", 0))
    stream.close()


def errors(checks, both):
    stream = Stream(both)
    stream.client.async_stream_infer("repeat", numbers(both, [1, -2, 3]))
    answers = stream.take(3)
    checks.equal("an error in the middle", [error is not None for _, error in answers], [False, True, False])
    checks.true("its text", "negative element -2 at 1" in answers[1][1].message(), answers[1][1])
    stream.client.async_stream_infer("nope", numbers(both, [1]))
    _, error = stream.next()
    checks.true("an unknown model", error is not None and "nope" in error.message(), error)
    stream.client.async_stream_infer("simple", both.inputs(INPUT0=A, INPUT1=B), request_id="plain")
    result, error = stream.next()
    checks.true("a plain model after the errors", error is None and np.array_equal(result.as_numpy("OUTPUT0"), A + B), error)
    checks.true("its answer is final", result.get_response().parameters["triton_final_response"].bool_param)
    stream.close()
    both.raises(checks, "a decoupled model without a stream", "unimplemented", both.client.infer, "repeat", numbers(both, [1]))


def many(checks, both):
    stream = Stream(both)
    for i in range(200):
        stream.client.async_stream_infer("simple", both.inputs(INPUT0=A + i, INPUT1=B), request_id=str(i))
    answers = stream.take(200)
    good = [error is None and np.array_equal(result.as_numpy("OUTPUT0"), A + int(result.get_response().id) + B) for result, error in answers]
    checks.true("200 requests in one stream", all(good), good.count(False))
    stream.client.async_stream_infer("repeat", numbers(both, list(range(2_000)), 0))
    values = [int(result.as_numpy("OUT")[0]) for result, _ in stream.take(2_000)]
    checks.true("2000 answers of one request", values == list(range(2_000)), values[:10])
    stream.close()


def sequence(checks, both):
    stream = Stream(both)
    for index, value in enumerate([1, 2, 3]):
        flags = {"sequence_id": 77, "sequence_start": index == 0, "sequence_end": index == 2}
        stream.client.async_stream_infer("seq_direct", both.inputs(IN=np.array([[value]], np.int32)), **flags)
    sums = [(int(result.as_numpy("OUT")[0, 0]) if error is None else error) for result, error in stream.take(3)]
    checks.equal("a sequence in a stream", sums, [1, 3, 6])
    stream.close()


def cancellation(checks, both):
    stream = Stream(both)
    stream.client.async_stream_infer("repeat", numbers(both, [1] * 100, 50))
    stream.next()
    started = time.monotonic()
    stream.close(cancel_requests=True)
    checks.true("a stream is cancelled at once", time.monotonic() - started < PROMPT_S)
    started = time.monotonic()
    other = Stream(both)
    other.client.async_stream_infer("repeat", numbers(both, [9]))
    checks.true("its model is free again", other.next()[1] is None and time.monotonic() - started < PROMPT_S)
    other.close()
    slow = both.inputs(DELAY_MS=np.array([3_000], np.int32))
    answers = queue.Queue()
    running = both.client.async_infer("slow_nosched", slow, callback=lambda result, error: answers.put(error))
    time.sleep(0.2)
    started = time.monotonic()
    running.cancel()
    error = answers.get(timeout=SOON_S)
    checks.true("a call is cancelled", "CANCELLED" in str(error.status()).upper() or "CANCELLED" in str(error.message()).upper(), error)
    checks.true("at once", time.monotonic() - started < PROMPT_S)
    try:
        both.client.infer("slow_nosched", slow, client_timeout=0.2)
        checks.fail("a deadline: no error")
    except Exception as late:
        checks.equal("a deadline", late.status(), "StatusCode.DEADLINE_EXCEEDED")
    both.client.infer("slow_nosched", both.inputs(DELAY_MS=np.array([1], np.int32)))
    checks.true("its instance is free again", time.monotonic() - started < PROMPT_S + 1)


async def asyncio_client(checks, both):
    async with grpc_aio.InferenceServerClient(both.address) as client:
        checks.true("aio: live", await client.is_server_live())
        calls = [client.infer("simple", both.inputs(INPUT0=A + i, INPUT1=B)) for i in range(40)]
        answers = await asyncio.gather(*calls)
        checks.true("aio: 40 at once", all(np.array_equal(answer.as_numpy("OUTPUT1"), A + i - B) for i, answer in enumerate(answers)))

        async def requests():
            yield {"model_name": "repeat", "inputs": numbers(both, [1, 2, 3]), "request_id": "a"}

        got = [(int(result.as_numpy("OUT")[0]), error) async for result, error in client.stream_infer(requests())]
        checks.equal("aio: a stream", got, [(1, None), (2, None), (3, None)])


def compression(checks, both):
    for algorithm in ("gzip", "deflate"):
        answer = both.client.infer("simple", both.inputs(INPUT0=A, INPUT1=B), compression_algorithm=algorithm)
        checks.array(algorithm, answer.as_numpy("OUTPUT0"), A + B)


def main():
    checks = Checks()
    both = Both(grpc, sys.argv[1])
    for group in (decoupled, errors, many, sequence, cancellation, compression):
        checks.section(group, both)
    checks.section(lambda counting: asyncio.run(asyncio_client(counting, both)))
    both.client.close()
    checks.close()


main()
