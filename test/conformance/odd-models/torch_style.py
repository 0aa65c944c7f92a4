"""What PyTorch's exporters write, node by node. PyTorch's package of PyPI is too large to install for it."""
import numpy as np
from onnx import TensorProto as T
from onnx import helper

from collection import graph, odd, value, weight

RNG = np.random.default_rng(2)


def perceptron(name):
    weights = [("fc1.weight", (8, 4)), ("fc1.bias", (8,)), ("fc2.weight", (3, 8)), ("fc2.bias", (3,))]
    gemm = {"alpha": 1.0, "beta": 1.0, "transB": 1}
    nodes = [
        ("Gemm", ["input", "fc1.weight", "fc1.bias"], [name("fc1", "Gemm")], gemm),
        ("Relu", [name("fc1", "Gemm")], [name("act", "Relu")], {}),
        ("Gemm", [name("act", "Relu"), "fc2.weight", "fc2.bias"], ["output"], gemm),
    ]
    return nodes, [weight(key, RNG.normal(size=shape)) for key, shape in weights]


@odd
def torchscript_fixed_batch():
    nodes, weights = perceptron(lambda module, op: f"/{module}/{op}_output_0")
    return graph(nodes, [value("input", shape=(1, 4))], [value("output", shape=(1, 3))], weights, opset=14, ir=7)


@odd
def torchscript_dynamic_axes():
    nodes, weights = perceptron(lambda module, op: f"/{module}/{op}_output_0")
    return graph(nodes, [value("input", shape=("batch_size", 4))], [value("output", shape=("batch_size", 3))], weights, opset=17)


@odd
def torchscript_output_not_named():
    # dynamic_axes that leave the output out: its dimension gets a name of the exporter's.
    nodes, weights = perceptron(lambda module, op: f"/{module}/{op}_output_0")
    return graph(nodes, [value("input", shape=("batch", 4))], [value("output", shape=("Gemmoutput_dim_0", 3))], weights)


@odd
def torchscript_attention():
    shape = [("Shape", ["ids"], ["/Shape_output_0"], {}), ("Gather", ["/Shape_output_0", "one"], ["/Gather_output_0"], {"axis": 0})]
    nodes = [
        ("Gather", ["emb.weight", "ids"], ["/emb/Gather_output_0"], {}),
        *shape,
        ("Cast", ["mask"], ["/Cast_output_0"], {"to": T.FLOAT}),
        ("Unsqueeze", ["/Cast_output_0", "last"], ["/Unsqueeze_output_0"], {}),
        ("Mul", ["/emb/Gather_output_0", "/Unsqueeze_output_0"], ["/Mul_output_0"], {}),
        ("ReduceSum", ["/Mul_output_0", "one"], ["/ReduceSum_output_0"], {"keepdims": 0}),
        ("Cast", ["/Gather_output_0"], ["/Cast_1_output_0"], {"to": T.FLOAT}),
        ("Div", ["/ReduceSum_output_0", "/Cast_1_output_0"], ["pooled"], {}),
    ]
    weights = [weight("emb.weight", RNG.normal(size=(16, 5))), weight("one", [1], np.int64), weight("last", [-1], np.int64)]
    ids = [value(name, T.INT64, ("batch", "tokens")) for name in ("ids", "mask")]
    return graph(nodes, ids, [value("pooled", shape=("batch", 5))], weights, opset=14, ir=7)


@odd
def dynamo():
    # opset 18, weights in a file beside the model, symbols s0 …, the names of the graph's nodes.
    nodes, weights = perceptron(lambda module, op: {"fc1": "linear", "act": "relu"}[module])
    model = graph(nodes, [value("input", shape=("s77", 4))], [value("output", shape=("s77", 3))], weights, opset=18, ir=10)
    model.metadata_props.add(key="pkg.torch.export.ExportedProgram.graph_signature", value="{}")
    return model, {"weights_in": "model.onnx.data"}


@odd
def dynamo_with_functions():
    # As onnxscript writes what it does not inline: functions in a domain of its own.
    node = helper.make_node
    celu = helper.make_function(
        "pkg.onnxscript.torch_lib", "aten_celu", ["self"], ["result"],
        [node("Celu", ["self"], ["result"], alpha=1.0)], [helper.make_opsetid("", 18)],
    )
    nodes = [("aten_celu", ["input"], ["celu"], {"domain": "pkg.onnxscript.torch_lib"})]
    shape = ("s0", 4)
    return graph(nodes, [value("input", shape=shape)], [value("celu", shape=shape)], opset=18, ir=8,
                 domains={"pkg.onnxscript.torch_lib": 1}, functions=[celu])
