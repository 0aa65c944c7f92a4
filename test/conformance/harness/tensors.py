"""What the models of ../harness/triton-models.ts are asked, and what they answer."""
import numpy as np

X = np.array([[round(i * 0.37, 2) for i in range(1, 17)]], np.float32)
Y = np.array([[-1.7707852, -0.27018842, -0.48559, -1.808099, 3.800986, -1.1959554, 2.253608, -3.1777968, 1.0558412, -0.9611327]], np.float32)
A = np.arange(16, dtype=np.int32).reshape(1, 16)
B = np.ones((1, 16), np.int32)

# The extremes of each type that NumPy has.
EXTREMES = {
    "BOOL": np.array([True, False]),
    "UINT8": np.array([0, 255], np.uint8),
    "UINT16": np.array([0, 65535], np.uint16),
    "UINT32": np.array([0, 2**32 - 1], np.uint32),
    "UINT64": np.array([0, 2**64 - 1], np.uint64),
    "INT8": np.array([-128, 127], np.int8),
    "INT16": np.array([-32768, 32767], np.int16),
    "INT32": np.array([-(2**31), 2**31 - 1], np.int32),
    "INT64": np.array([-(2**63), 2**63 - 1], np.int64),
    "FP16": np.array([1.5, -65504], np.float16),
    "FP32": np.array([0.1, -3.4e38], np.float32),
    "FP64": np.array([0.1, 1e308]),
    "STRING": np.array(["a".encode(), "é日本".encode()], object),
}
