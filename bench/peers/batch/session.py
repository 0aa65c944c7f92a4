"""The model as both batch scripts run it: onnxruntime on one thread."""

import onnxruntime as ort


def open_session(model_file):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    session = ort.InferenceSession(model_file, options, providers=["CPUExecutionProvider"])
    return session, session.get_inputs()[0].name
