"""ONNX graphs of encoders in the layout of Hugging Face (config.json, model.safetensors), without torch.

Standard operators of opset 17, as an export by optimum has them. Two families: BERT (`model_type: bert`; token types, positions from 0) and
XLM-RoBERTa (no token types; positions of tokens begin behind the id that pads, and padding has that id as its position).
"""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8
LOWEST = float(np.finfo(np.float32).min)


class Graph:
    """Nodes and constants of a graph; each operator gives the name of its output."""

    def __init__(self):
        self.nodes = []
        self.constants = {}

    def weight(self, name, values):
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.asarray(values, order="C"), name)
        return name

    def float(self, value):
        return self.weight(f"float_{value}", np.array(value, np.float32))

    def ints(self, *values):
        return self.weight(f"ints_{'_'.join(map(str, values))}", np.array(values, np.int64))

    def add(self, operator, *inputs, output=None, **attributes):
        name = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output or name], name=name, **attributes))
        return output or name

    def to_float(self, values):
        return self.add("Cast", values, to=TensorProto.FLOAT)

    def model(self, inputs, output, shape):
        """`output`: the name of the only output, whose rows begin with the batch."""
        graph = helper.make_graph(
            self.nodes,
            "encoder",
            [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"]) for name in inputs],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
            list(self.constants.values()),
        )
        opset = helper.make_opsetid("", OPSET)
        return helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="millrace")


def named(name):
    """The name of a weight without that of its model, and as PyTorch has it today."""
    bare = name.removeprefix("bert.").removeprefix("roberta.")
    return bare.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")


class Encoder:
    """An encoder and its heads, of which one is written."""

    def __init__(self, config, weights):
        self.config = config
        self.weights = {named(name): value for name, value in weights.items()}
        self.graph = Graph()
        self.has_types = config["model_type"] == "bert"
        self.inputs = ["input_ids", "attention_mask", *(["token_type_ids"] if self.has_types else [])]

    def token_vectors(self):
        """`last_hidden_state`: a vector for each token."""
        self.graph.add("Identity", self._states(self._seen_by_all()), output="last_hidden_state")
        return self._model("last_hidden_state", ["batch", "sequence", self.config["hidden_size"]])

    def text_vectors(self):
        """`sentence_embedding`: the mean of the tokens' vectors, of length 1."""
        states = self._states(self._seen_by_all())
        self._mean(states, self.graph.to_float("attention_mask"), output="sentence_embedding")
        return self._model("sentence_embedding", ["batch", self.config["hidden_size"]])

    def classes(self, weight, bias):
        """`logits`: the mean of the tokens' vectors, of length 1, by `weight` [hidden, classes], plus `bias`."""
        mean = self._mean(self._states(self._seen_by_all()), self.graph.to_float("attention_mask"))
        self._linear(mean, ("classifier", weight, bias), output="logits")
        return self._model("logits", ["batch", weight.shape[1]])

    def token_classes(self, weight, bias):
        """`logits`: the vector of each token by `weight` [hidden, classes], plus `bias`."""
        self._linear(self._states(self._seen_by_all()), ("classifier", weight, bias), output="logits")
        return self._model("logits", ["batch", "sequence", weight.shape[1]])

    def masked_words(self):
        """`logits`: how well each word of the vocabulary fits in the place of each token, by BERT's own head."""
        head = "cls.predictions."
        changed = self._gelu(self._dense(self._states(self._seen_by_all()), f"{head}transform.dense"))
        normed = self._norm(changed, f"{head}transform.LayerNorm")
        words = self.weights["embeddings.word_embeddings.weight"]
        self._linear(normed, ("decoder", words.T, self.weights[f"{head}bias"]), output="logits")
        return self._model("logits", ["batch", "sequence", len(words)])

    def similarity(self, scale, middle):
        """`logits`: how much alike the two texts of a pair are, `scale` * (cosine - `middle`). Neither text sees the other."""
        graph = self.graph
        mask = graph.to_float("attention_mask")
        types = graph.to_float("token_type_ids")
        across = [graph.add("Unsqueeze", "token_type_ids", graph.ints(axis)) for axis in (2, 1)]
        same = graph.to_float(graph.add("Equal", *across))
        states = self._states(graph.add("Mul", same, graph.add("Unsqueeze", mask, graph.ints(1))))
        second = graph.add("Mul", mask, types)
        means = [self._mean(states, part) for part in (graph.add("Sub", mask, second), second)]
        cosine = graph.add("ReduceSum", graph.add("Mul", *means), graph.ints(1), keepdims=1)
        graph.add("Mul", graph.add("Sub", cosine, graph.float(middle)), graph.float(scale), output="logits")
        return self._model("logits", ["batch", 1])

    def _model(self, output, shape):
        return self.graph.model(self.inputs, output, shape)

    def _seen_by_all(self):
        """[batch, 1, sequence]: the tokens that each token attends to."""
        return self.graph.add("Unsqueeze", self.graph.to_float("attention_mask"), self.graph.ints(1))

    def _states(self, seen):
        graph = self.graph
        hidden = graph.add("Sub", graph.float(1.0), graph.add("Unsqueeze", seen, graph.ints(1)))
        bias = graph.add("Mul", hidden, graph.float(LOWEST))
        states = self._embeddings()
        for layer in range(self.config["num_hidden_layers"]):
            states = self._layer(states, f"encoder.layer.{layer}.", bias)
        return states

    def _embeddings(self):
        graph = self.graph
        words = graph.add("Gather", self._embedding("word"), "input_ids")
        types = "token_type_ids" if self.has_types else graph.ints(0)
        sum_ = graph.add("Add", words, graph.add("Gather", self._embedding("token_type"), types))
        return self._norm(graph.add("Add", sum_, self._positions()), "embeddings.LayerNorm")

    def _positions(self):
        graph = self.graph
        table = self._embedding("position")
        if self.has_types:
            length = graph.add("Shape", "input_ids", start=1, end=2)
            return graph.add("Slice", table, graph.ints(0), length, graph.ints(0))
        padding = graph.weight("padding", np.array(self.config["pad_token_id"], np.int64))
        tokens = graph.add("Cast", graph.add("Not", graph.add("Equal", "input_ids", padding)), to=TensorProto.INT64)
        counted = graph.add("CumSum", tokens, graph.weight("axis", np.array(1, np.int64)))
        return graph.add("Gather", table, graph.add("Add", graph.add("Mul", counted, tokens), padding))

    def _embedding(self, kind):
        name = f"embeddings.{kind}_embeddings.weight"
        return self.graph.weight(name, self.weights[name])

    def _layer(self, states, prefix, bias):
        graph = self.graph
        heads, size = self.config["num_attention_heads"], self.config["hidden_size"]
        split = graph.ints(0, 0, heads, size // heads)

        def part(kind, order):
            values = self._dense(states, f"{prefix}attention.self.{kind}")
            return graph.add("Transpose", graph.add("Reshape", values, split), perm=order)

        query, value = (part(kind, [0, 2, 1, 3]) for kind in ("query", "value"))
        products = graph.add("MatMul", query, part("key", [0, 2, 3, 1]))
        scaled = graph.add("Div", products, graph.float(float(np.sqrt(size // heads))))
        attention = graph.add("Softmax", graph.add("Add", scaled, bias), axis=-1)
        mixed = graph.add("Transpose", graph.add("MatMul", attention, value), perm=[0, 2, 1, 3])
        joined = self._dense(graph.add("Reshape", mixed, graph.ints(0, 0, size)), f"{prefix}attention.output.dense")
        states = self._norm(graph.add("Add", joined, states), f"{prefix}attention.output.LayerNorm")
        wide = self._gelu(self._dense(states, f"{prefix}intermediate.dense"))
        narrow = self._dense(wide, f"{prefix}output.dense")
        return self._norm(graph.add("Add", narrow, states), f"{prefix}output.LayerNorm")

    def _dense(self, values, name):
        return self._linear(values, (name, self.weights[f"{name}.weight"].T, self.weights[f"{name}.bias"]))

    def _linear(self, values, layer, output=None):
        name, weight, bias = layer
        product = self.graph.add("MatMul", values, self.graph.weight(f"{name}.weight", weight))
        return self.graph.add("Add", product, self.graph.weight(f"{name}.bias", bias), output=output)

    def _gelu(self, values):
        graph = self.graph
        error = graph.add("Erf", graph.add("Div", values, graph.float(float(np.sqrt(2)))))
        return graph.add("Mul", graph.add("Mul", values, graph.add("Add", error, graph.float(1.0))), graph.float(0.5))

    def _norm(self, values, name):
        scale, bias = (self.graph.weight(f"{name}.{part}", self.weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        epsilon = self.config["layer_norm_eps"]
        return self.graph.add("LayerNormalization", values, scale, bias, axis=-1, epsilon=epsilon)

    def _mean(self, states, mask, output=None):
        """The mean of the vectors that the mask has, of length 1."""
        graph = self.graph
        masked = graph.add("Mul", states, graph.add("Unsqueeze", mask, graph.ints(-1)))
        count = graph.add("Clip", graph.add("ReduceSum", mask, graph.ints(1), keepdims=1), graph.float(1e-9))
        mean = graph.add("Div", graph.add("ReduceSum", masked, graph.ints(1), keepdims=0), count)
        length = graph.add("Clip", graph.add("ReduceL2", mean, axes=[1], keepdims=1), graph.float(1e-12))
        return graph.add("Div", mean, length, output=output)


def save(model, file):
    file.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(file))
