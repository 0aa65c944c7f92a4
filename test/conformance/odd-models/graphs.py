"""Odd operators, subgraphs, versions and files."""
import numpy as np
from onnx import TensorProto as T
from onnx import helper

from collection import graph, odd, value, weight
from tensors import identity

MATRIX = np.linspace(-1, 1, 8).reshape(4, 2)


def body(nodes, inputs, outputs, weights=()):
    made = [helper.make_node(op, ins, outs, **attributes) for op, ins, outs, attributes in nodes]
    return helper.make_graph(made, "body", inputs, outputs, list(weights))


@odd
def if_branches():
    branches = {
        "then_branch": body([("Neg", ["x"], ["then"], {})], [], [value("then")]),
        "else_branch": body([("Abs", ["x"], ["else"], {})], [], [value("else")]),
    }
    nodes = [("ReduceSum", ["x"], ["sum"], {"keepdims": 0}), ("Greater", ["sum", "zero"], ["positive"], {}), ("If", ["positive"], ["y"], branches)]
    return graph(nodes, [value("x")], [value("y")], [weight("zero", 0)])


@odd
def loop():
    step = body(
        [("Add", ["state", "state"], ["next"], {}), ("Identity", ["go"], ["on"], {})],
        [value("i", T.INT64, ()), value("go", T.BOOL, ()), value("state")],
        [value("on", T.BOOL, ()), value("next")],
    )
    nodes = [("Loop", ["times", "", "x"], ["y"], {"body": step})]
    return graph(nodes, [value("x")], [value("y")], [weight("times", 3, np.int64)])


@odd
def scan():
    step = body(
        [("Add", ["sum", "row"], ["next"], {}), ("Identity", ["next"], ["out"], {})],
        [value("sum", shape=(4,)), value("row", shape=(4,))],
        [value("next", shape=(4,)), value("out", shape=(4,))],
    )
    nodes = [("Scan", ["start", "x"], ["last", "y"], {"body": step, "num_scan_inputs": 1})]
    return graph(nodes, [value("x")], [value("y")], [weight("start", np.zeros(4))])


@odd
def local_functions():
    node = helper.make_node
    twice = helper.make_function("local", "Twice", ["a"], ["b"], [node("Add", ["a", "a"], ["b"])], [helper.make_opsetid("", 17)])
    return graph([("Twice", ["x"], ["y"], {"domain": "local"})], [value("x")], [value("y")], domains={"local": 1}, functions=[twice])


@odd
def time_before_batch():
    rng = np.random.default_rng(1)
    weights = [weight("w", rng.normal(size=(1, 12, 4))), weight("r", rng.normal(size=(1, 12, 3)))]
    nodes = [("LSTM", ["x", "w", "r"], ["all"], {"hidden_size": 3}), ("Squeeze", ["all", "one"], ["y"], {})]
    shape = ("sequence", "batch", 4)
    return graph(nodes, [value("x", shape=shape)], [value("y", shape=("sequence", "batch", 3))], [*weights, weight("one", [1], np.int64)])


@odd
def time_before_batch_unnamed():
    model = time_before_batch()
    for tensor in [*model.graph.input, *model.graph.output]:
        for dimension in tensor.type.tensor_type.shape.dim:
            dimension.ClearField("dim_param")
    return model


@odd
def rows_that_change_each_other():
    nodes = [("ReduceMean", ["x"], ["mean"], {"axes": [0]}), ("Sub", ["x", "mean"], ["y"], {})]
    return graph(nodes, [value("x")], [value("y")])


@odd
def batch_norm_in_training():
    names = ["scale", "bias", "mean", "variance"]
    weights = [weight(name, np.ones(4)) for name in names]
    nodes = [("BatchNormalization", ["x", *names], ["y", "new_mean", "new_variance"], {"training_mode": 1, "momentum": 1.0})]
    # With a momentum of 1 nothing is learnt: ONNX Runtime keeps what it has learnt for the next run.
    return graph(nodes, [value("x")], [value("y")], weights)


@odd
def dropout_in_training():
    # A ratio of 0 keeps everything, so that the answer is the same every time.
    weights = [weight("ratio", 0), weight("training", True, np.bool_)]
    return graph([("Dropout", ["x", "ratio", "training"], ["y"], {})], [value("x")], [value("y")], weights)


@odd
def rows_that_depend_on_the_data():
    nodes = [("NonZero", ["x"], ["places"], {}), ("Transpose", ["places"], ["y"], {"perm": [1, 0]})]
    return graph(nodes, [value("x")], [value("y", T.INT64, ("places", 2))])


@odd
def image_of_any_size():
    nodes = [("Conv", ["x", "w"], ["conv"], {"pads": [1, 1, 1, 1], "strides": [2, 2]}), ("GlobalAveragePool", ["conv"], ["y"], {})]
    weights = [weight("w", np.linspace(-1, 1, 54).reshape(2, 3, 3, 3))]
    return graph(nodes, [value("x", shape=("N", 3, "H", "W"))], [value("y", shape=("N", 2, 1, 1))], weights)


@odd
def quantised_with_qdq():
    nodes = [
        ("QuantizeLinear", ["x", "scale", "zero"], ["q"], {}),
        ("DequantizeLinear", ["q", "scale", "zero"], ["d"], {}),
        ("MatMul", ["d", "w"], ["y"], {}),
    ]
    weights = [weight("scale", 0.02), weight("zero", 0, np.int8), weight("w", MATRIX)]
    return graph(nodes, [value("x")], [value("y", shape=("N", 2))], weights)


@odd
def quantised_dynamically():
    nodes = [
        ("DynamicQuantizeLinear", ["x"], ["q", "scale", "zero"], {}),
        ("MatMulInteger", ["q", "w", "zero"], ["i"], {}),
        ("Cast", ["i"], ["f"], {"to": T.FLOAT}),
        ("Mul", ["f", "scale"], ["y"], {}),
    ]
    weights = [weight("w", [[1, -2], [3, 4], [-5, 6], [7, 8]], np.int8)]
    return graph(nodes, [value("x")], [value("y", shape=("N", 2))], weights)


@odd
def contributed_operator():
    nodes = [("FusedMatMul", ["x", "w"], ["y"], {"domain": "com.microsoft", "alpha": 2.0})]
    return graph(nodes, [value("x")], [value("y", shape=("N", 2))], [weight("w", MATRIX)], domains={"com.microsoft": 1})


@odd
def unknown_domain():
    return graph([("Mystery", ["x"], ["y"], {"domain": "my.ops"})], [value("x")], [value("y")], domains={"my.ops": 1})


@odd
def undeclared_domain():
    return graph([("Mystery", ["x"], ["y"], {"domain": "my.ops"})], [value("x")], [value("y")])


@odd
def aten_fallback():
    nodes = [("ATen", ["x"], ["y"], {"domain": "org.pytorch.aten", "operator": "celu"})]
    return graph(nodes, [value("x")], [value("y")], domains={"org.pytorch.aten": 1})


@odd
def unknown_operator():
    return graph([("Mystery", ["x"], ["y"], {})], [value("x")], [value("y")])


@odd
def first_opset():
    return identity(opset=1, ir=3)


@odd
def opset_of_2018():
    nodes = [("Gemm", ["x", "w", "b"], ["z"], {}), ("Softmax", ["z"], ["y"], {"axis": 1})]
    return graph(nodes, [value("x")], [value("y", shape=("N", 2))], [weight("w", MATRIX), weight("b", [0, 1])], opset=7, ir=3)


@odd
def opset_of_the_future():
    return identity(opset=99)


@odd
def ir_of_the_future():
    return identity(ir=99)


@odd
def name_defined_twice():
    return graph([("Neg", ["x"], ["y"], {}), ("Abs", ["x"], ["y"], {})], [value("x")], [value("y")])


@odd
def types_that_do_not_fit():
    return graph([("Add", ["x", "n"], ["y"], {})], [value("x"), value("n", T.INT64)], [value("y")])


def linear():
    return graph([("MatMul", ["x", "w"], ["y"], {})], [value("x")], [value("y", shape=("N", 2))], [weight("w", MATRIX)])


@odd
def weights_beside():
    return linear(), {"weights_in": "model.onnx.data"}


@odd
def weights_in_a_folder():
    return linear(), {"weights_in": "weights/all.bin"}


@odd
def weights_lost():
    return linear(), {"weights_in": "model.onnx.data", "lose_weights": True}


@odd
def sparse_weights():
    values = helper.make_tensor("w", T.FLOAT, [2], [2.0, -3.0])
    sparse = helper.make_sparse_tensor(values, helper.make_tensor("w_places", T.INT64, [2], [1, 6]), [4, 2])
    model = graph([("MatMul", ["x", "w"], ["y"], {})], [value("x")], [value("y", shape=("N", 2))])
    model.graph.sparse_initializer.append(sparse)
    return model


@odd
def half_a_file():
    whole = linear().SerializeToString()
    return whole[: len(whole) // 2]


@odd
def empty_file():
    return b""


@odd
def pickle_named_onnx():
    return b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x07weights\x94"
