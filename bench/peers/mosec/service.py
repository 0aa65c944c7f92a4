"""mosec with its own dynamic batching: at most 32 requests (MAX_BATCH_SIZE), waiting at most 1 ms for them."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import numpy as np
from mosec import Server, Worker

from session import Model

BINARY = os.environ["FORMAT"] == "binary"
MAX_BATCH_SIZE = int(os.environ.get("MAX_BATCH_SIZE", 32))


class Inference(Worker):
    def __init__(self):
        self.model = Model()

    def deserialize(self, data):
        if BINARY:
            return self.model.rows_of_bytes(data)
        return self.model.rows_of_numbers(super().deserialize(data)["data"])

    def serialize(self, data):
        if BINARY:
            return data.tobytes()
        return super().serialize({"y": data.reshape(-1).tolist()})

    def forward(self, data):
        outputs = self.model.run(np.concatenate(data))
        ends = np.cumsum([len(rows) for rows in data])[:-1]
        return np.split(outputs, ends)


def serve(worker):
    server = Server()
    server.append_worker(worker, num=int(os.environ["WORKERS"]), max_batch_size=MAX_BATCH_SIZE, max_wait_time=1, route="/predict")
    server.run()


if __name__ == "__main__":
    serve(Inference)
