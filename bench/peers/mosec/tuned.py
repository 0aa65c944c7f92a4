"""mosec as a careful user writes it: JSON by orjson, and answers cut from the batch without np.split."""

import numpy as np
import orjson

from service import BINARY, MAX_BATCH_SIZE, Inference, serve


class TunedInference(Inference):
    def deserialize(self, data):
        if BINARY:
            return super().deserialize(data)
        return self.model.rows_of_numbers(orjson.loads(data)["data"])

    def serialize(self, data):
        if BINARY:
            return super().serialize(data)
        return orjson.dumps({"y": data.reshape(-1).tolist()})

    def forward(self, data):
        # Without batches mosec hands over one request instead of a list.
        if MAX_BATCH_SIZE == 1:
            return self.model.run(data)
        outputs = self.model.run(np.concatenate(data))
        answers = []
        start = 0
        for rows in data:
            answers.append(outputs[start : start + len(rows)])
            start += len(rows)
        return answers


if __name__ == "__main__":
    serve(TunedInference)
