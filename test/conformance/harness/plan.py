"""Requests and answers as files for the suites: FOLDER/NAME.bin (the tensors' bytes) and FOLDER/NAME.json (where each lies)."""
import json
import struct

import numpy as np

DATATYPES = {
    "bool": "BOOL", "uint8": "UINT8", "uint16": "UINT16", "uint32": "UINT32", "uint64": "UINT64",
    "int8": "INT8", "int16": "INT16", "int32": "INT32", "int64": "INT64",
    "float16": "FP16", "float32": "FP32", "float64": "FP64", "object": "BYTES", "str": "BYTES",
}


class Plan:
    """What is asked of one model, and what must come back."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.file = open(folder / f"{name}.bin", "wb")
        self.requests = []

    def add(self, inputs, outputs, rows=1, parameters=None):
        tensors = {"inputs": inputs, "outputs": outputs}
        places = {kind: [self._write(*item) for item in arrays.items()] for kind, arrays in tensors.items()}
        self.requests.append({"rows": rows, "parameters": parameters or {}, **places})

    def close(self, why_not_batched=None):
        self.file.close()
        plan = {"whyNotBatched": why_not_batched, "requests": self.requests}
        (self.folder / f"{self.name}.json").write_text(json.dumps(plan))

    def _write(self, name, array):
        array = np.asarray(array)
        datatype = DATATYPES["str" if array.dtype.kind == "U" else array.dtype.name]
        data = pack_texts(array) if datatype == "BYTES" else np.ascontiguousarray(array).tobytes()
        offset = self.file.tell()
        self.file.write(data)
        return {"name": name, "datatype": datatype, "shape": list(array.shape), "offset": offset, "size": len(data)}


def pack_texts(array):
    texts = [str(text).encode() for text in array.ravel()]
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)
