"""Odd inputs, outputs and types of elements."""
import numpy as np
from onnx import TensorProto as T
from onnx import helper

from collection import graph, odd, value, weight

ROWS = ("N", 4)


def identity(type=T.FLOAT, shape=ROWS, **options):
    return graph([("Identity", ["x"], ["y"], {})], [value("x", type, shape)], [value("y", type, shape)], **options)


def through(type, opset=17, ir=8):
    """To a type and back."""
    nodes = [("Cast", ["x"], ["inner"], {"to": type}), ("Cast", ["inner"], ["y"], {"to": T.FLOAT})]
    return graph(nodes, [value("x")], [value("y")], opset=opset, ir=ir)


@odd
def scalar():
    return identity(shape=())


@odd
def empty_dimension():
    return identity(shape=("N", 0))


@odd
def unnamed_dimensions():
    return identity(shape=(None, None))


@odd
def symbol_shared_by_inputs():
    inputs = [value("a", shape=("N", "K")), value("b", shape=("K", "M"))]
    return graph([("MatMul", ["a", "b"], ["y"], {})], inputs, [value("y", shape=("N", "M"))])


@odd
def no_inputs():
    return graph([("Identity", ["w"], ["y"], {})], [], [value("y", shape=(2,))], [weight("w", [1, 2])])


@odd
def weights_that_are_inputs():
    inputs = [value("x"), value("w", shape=(4,))]
    return graph([("Mul", ["x", "w"], ["y"], {})], inputs, [value("y")], [weight("w", [1, 2, 3, 4])], opset=9, ir=3)


@odd
def output_named_twice():
    return graph([("Identity", ["x"], ["y"], {})], [value("x")], [value("y"), value("y")])


@odd
def input_that_is_an_output():
    return graph([("Neg", ["x"], ["y"], {})], [value("x")], [value("x"), value("y")])


@odd
def constant_beside_rows():
    outputs = [value("y"), value("classes", T.INT64, (3,))]
    nodes = [("Identity", ["x"], ["y"], {}), ("Identity", ["w"], ["classes"], {})]
    return graph(nodes, [value("x")], outputs, [weight("w", [7, 8, 9], np.int64)])


@odd
def names_of_all_kinds():
    names = ["serving_default_x:0", "/net/layer.1/out", "two words", "größe/世界"]
    nodes = [("Identity", [name], [f"{name} out"], {}) for name in names]
    return graph(nodes, [value(name) for name in names], [value(f"{name} out") for name in names])


@odd
def unknown_rank():
    return identity(shape=None)


@odd
def unknown_rank_declared():
    tensors = {"inputs": [{"name": "x", "shape": [-1, -1]}], "outputs": [{"name": "y", "shape": [-1, -1]}]}
    return identity(shape=None), {"config": tensors, "inputs": [{"x": np.ones((2, 3), np.float32)}]}


@odd
def unknown_rank_batched():
    tensors = {"inputs": [{"name": "x", "shape": [-1, 3]}], "outputs": [{"name": "y", "shape": [-1, 3]}]}
    options = {"config": {"maxBatchSize": 8, **tensors}, "inputs": [{"x": np.ones((2, 3), np.float32)}]}
    return identity(shape=None), options


@odd
def unknown_rank_of_an_output():
    nodes = [("NonZero", ["x"], ["places"], {}), ("Squeeze", ["places"], ["y"], {})]
    return graph(nodes, [value("x", shape=(4,))], [value("y", T.INT64, None)])


@odd
def no_output():
    return graph([("Identity", ["x"], ["y"], {})], [value("x")], [])


SEQUENCE = helper.make_tensor_sequence_value_info("parts", T.FLOAT, None)


@odd
def sequence_beside_a_tensor():
    nodes = [("SplitToSequence", ["x"], ["parts"], {}), ("Identity", ["x"], ["y"], {})]
    return graph(nodes, [value("x")], [SEQUENCE, value("y")])


@odd
def sequence_alone():
    return graph([("SplitToSequence", ["x"], ["parts"], {})], [value("x")], [SEQUENCE])


@odd
def sequence_configured():
    config = {"outputs": [{"name": "parts"}]}
    return sequence_beside_a_tensor(), {"config": config}


@odd
def sequence_as_input():
    return graph([("ConcatFromSequence", ["parts"], ["y"], {"axis": 0})], [SEQUENCE], [value("y")])


@odd
def sequence_inside():
    nodes = [("SplitToSequence", ["x"], ["parts"], {"axis": 1}), ("ConcatFromSequence", ["parts"], ["y"], {"axis": 1})]
    return graph(nodes, [value("x")], [value("y")])


def optional(name):
    return helper.make_value_info(name, helper.make_optional_type_proto(helper.make_tensor_type_proto(T.FLOAT, ["N", 4])))


@odd
def optional_as_input():
    return graph([("OptionalGetElement", ["maybe"], ["y"], {})], [optional("maybe")], [value("y")], opset=18)


@odd
def optional_beside_a_tensor():
    nodes = [("Optional", ["x"], ["maybe"], {}), ("Identity", ["x"], ["y"], {})]
    return graph(nodes, [value("x")], [optional("maybe"), value("y")], opset=18)


@odd
def map_as_input():
    features = helper.make_value_info("features", helper.make_map_type_proto(T.STRING, helper.make_tensor_type_proto(T.FLOAT, [])))
    nodes = [("DictVectorizer", ["features"], ["y"], {"domain": "ai.onnx.ml", "string_vocabulary": ["a", "b"]})]
    return graph(nodes, [features], [value("y", shape=(1, 2))], domains={"ai.onnx.ml": 1})


@odd
def float16():
    return identity(T.FLOAT16)


@odd
def float64():
    return identity(T.DOUBLE)


@odd
def integers_of_all_sizes():
    types = [T.INT8, T.INT16, T.INT32, T.INT64, T.UINT8, T.UINT16, T.UINT32, T.UINT64, T.BOOL]
    inputs = [value(f"x{type}", type) for type in types]
    outputs = [value(f"y{type}", type) for type in types]
    return graph([("Identity", [f"x{type}"], [f"y{type}"], {}) for type in types], inputs, outputs)


@odd
def strings():
    return identity(T.STRING), {"inputs": [{"x": np.array([["a", "", "größe", "世界 🌍"]], object)}]}


@odd
def strings_normalised():
    nodes = [("StringNormalizer", ["x"], ["y"], {"case_change_action": "UPPER"})]
    return graph(nodes, [value("x", T.STRING, ("N",))], [value("y", T.STRING, ("M",))])


@odd
def bfloat16():
    return identity(T.BFLOAT16)


@odd
def bfloat16_inside():
    return through(T.BFLOAT16)


@odd
def float8():
    return identity(T.FLOAT8E4M3FN, opset=21, ir=10)


@odd
def float8_inside():
    return through(T.FLOAT8E4M3FN, opset=19, ir=9)


@odd
def int4():
    return graph([("Cast", ["x"], ["y"], {"to": T.INT4})], [value("x")], [value("y", T.INT4)], opset=21, ir=10)


@odd
def int4_weights():
    weights = helper.make_tensor("w", T.INT4, [4, 2], [-8, 7, 1, 2, -3, 4, 5, -6])
    nodes = [("DequantizeLinear", ["w", "scale"], ["float_w"], {}), ("MatMul", ["x", "float_w"], ["y"], {})]
    return graph(nodes, [value("x")], [value("y", shape=("N", 2))], [weights, weight("scale", 0.5)], opset=21, ir=10)


@odd
def complex_numbers():
    return identity(T.COMPLEX64)
