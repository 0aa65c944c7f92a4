"""The odd models: each is made by a function, under the function's name, into a folder of a model repository."""
import json

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper

MODELS = {}


def odd(make):
    """A model made by `make()`: the file's content, or (content, options); see `write`."""
    MODELS[make.__name__.replace("_", "-")] = make
    return make


def value(name, type=T.FLOAT, shape=("N", 4)):
    return helper.make_tensor_value_info(name, type, None if shape is None else list(shape))


def graph(nodes, inputs, outputs, weights=(), opset=17, ir=8, domains=None, functions=()):
    """An ONNX model of nodes given as (operator, inputs, outputs, attributes)."""
    made = [helper.make_node(op, ins, outs, **attributes) for op, ins, outs, attributes in nodes]
    opsets = [helper.make_opsetid(*item) for item in {"": opset, **(domains or {})}.items()]
    body = helper.make_graph(made, "odd", inputs, outputs, list(weights))
    return helper.make_model(body, opset_imports=opsets, ir_version=ir, functions=functions, producer_name="odd")


def weight(name, numbers, type=np.float32):
    return onnx.numpy_helper.from_array(np.asarray(numbers, type), name)


def write(folder, name):
    """Makes the model; gives its file and the inputs to ask it with (None = made up by type and shape)."""
    made = MODELS[name]()
    content, options = made if isinstance(made, tuple) else (made, {})
    version = folder / name / "1"
    version.mkdir(parents=True)
    file = version / "model.onnx"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        # None of the checks of the library: what it would refuse may be what is to be tried.
        location = options.get("weights_in")
        if location is not None:
            (version / location).parent.mkdir(exist_ok=True)
            onnx.external_data_helper.convert_model_to_external_data(content, location=location, size_threshold=0)
            content = onnx.external_data_helper.write_external_data_tensors(content, str(version))
        file.write_bytes(content.SerializeToString())
        if options.get("lose_weights"):
            (version / location).unlink()
    if "config" in options:
        (folder / name / "model.yaml").write_text(json.dumps(options["config"]))
    return file, options.get("inputs")
