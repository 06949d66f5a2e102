"""BERT and XLM-RoBERTa class encoders as ONNX graphs, built from their weights without torch or an exporter.

One text is one run: `ids` of shape (1, tokens) in, a vector of length 1 and shape (1, dim) out, and on request the
vectors of the tokens after each layer. Without a batch there
is no padding and no mask, and a text's vector does not depend on its neighbours, which matters in int8, where the
scale of the activations is taken from what is being run. It is also the quickest way on a CPU: each thread takes a
text of its own.

Method: post-layer-norm transformer of Devlin et al. 2019 (arXiv 1810.04805); int8 weights per output channel,
activations per tensor at run time. Uses ONNX Runtime's own operators for attention, GELU and int8 products.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mmrag.embedders.sentence_folder import EncoderSpec
from mmrag.embedders.weights import Tensors

__all__ = ["GRAPH_FORMAT", "build_graph"]

GRAPH_FORMAT = 2
"""Raised with every change to the graphs, so that older ones in a cache are built anew."""
_RUNTIME = "com.microsoft"
_ACTIVATION = {"gelu": ("Gelu", _RUNTIME), "relu": ("Relu", "")}


def build_graph(tensors: Tensors, spec: EncoderSpec, *, int8: bool) -> bytes:
    """A serialised ONNX model: the text's vector, then every layer's token vectors, shape (1, tokens, dim).

    Raises KeyError for a tensor that is not there.
    """
    from onnx import TensorProto, helper

    builder = _Builder(tensors, int8=int8)
    hidden = builder.embed(spec)
    layers = []
    for layer in range(spec.layers):
        hidden = builder.layer(hidden, spec, layer)
        layers.append(hidden)
    if spec.pooling == "cls":
        pooled = builder.add("Gather", hidden, builder.constant("first", np.array(0)), axis=1)
    else:
        pooled = builder.add("ReduceMean", hidden, axes=[1], keepdims=0)
    vector = builder.add("LpNormalization", pooled, axis=-1, p=2)
    graph = helper.make_graph(
        builder.nodes,
        "sentence-encoder",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, [1, "tokens"])],
        [
            helper.make_tensor_value_info(vector, TensorProto.FLOAT, [1, spec.dim]),
            *(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "tokens", spec.dim]) for name in layers),
        ],
        builder.initializers,
    )
    # The oldest opset that has LayerNormalization, so that every ONNX Runtime in range can run the graph.
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(_RUNTIME, 1)], ir_version=8
    )
    data: bytes = model.SerializeToString()
    return data


class _Builder:
    """Collects nodes and constants; every method returns the name of what it adds."""

    def __init__(self, tensors: Tensors, *, int8: bool) -> None:
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self._tensors = tensors
        self._int8 = int8
        self._prefix = next(
            (prefix for prefix in ("", "bert.", "roberta.") if f"{prefix}{_WORDS}" in tensors),
            "",
        )

    def constant(self, name: str, array: npt.NDArray[Any]) -> str:
        """An initialiser."""
        from onnx import numpy_helper

        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, operator: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes: Any) -> str:
        """A node; further outputs have its name with _1, _2 and so on."""
        from onnx import helper

        name = f"{operator}_{len(self.nodes)}"
        names = [name, *(f"{name}_{place}" for place in range(1, outputs))]
        self.nodes.append(helper.make_node(operator, list(inputs), names, domain=domain, **attributes))
        return name

    def weight(self, name: str) -> npt.NDArray[Any]:
        """A tensor of the model, whatever its names begin with."""
        return self._tensors[self._prefix + name]

    def embed(self, spec: EncoderSpec) -> str:
        """Word, position and type embeddings, summed and normalised; every token is of type 0."""
        # Half precision keeps the largest table of the model at half its size and costs no measurable accuracy.
        words = self.constant("words", self.weight(_WORDS).astype(np.float16))
        table = self.weight("embeddings.position_embeddings.weight")[spec.position_offset :]
        places = self.constant("places", table + self.weight("embeddings.token_type_embeddings.weight")[0])
        length = self.add("Shape", "ids", start=1, end=2)
        zero = self.constant("zero", np.array([0], np.int64))
        found = self.add("Cast", self.add("Gather", words, "ids"), to=1)
        summed = self.add("Add", found, self.add("Slice", places, zero, length, zero))
        return self.normalise(summed, "embeddings.LayerNorm", spec)

    def layer(self, hidden: str, spec: EncoderSpec, number: int) -> str:
        """Attention and feed-forward, each with its residual and normalisation."""
        prefix = f"encoder.layer.{number}"
        source = self.quantise(hidden)
        parts = [self.linear(source, f"{prefix}.attention.self.{part}") for part in ("query", "key", "value")]
        attended = self.add("MultiHeadAttention", *parts, domain=_RUNTIME, num_heads=spec.heads)
        projected = self.linear(self.quantise(attended), f"{prefix}.attention.output.dense")
        hidden = self.normalise(self.add("Add", projected, hidden), f"{prefix}.attention.output.LayerNorm", spec)
        inner = self.linear(self.quantise(hidden), f"{prefix}.intermediate.dense")
        operator, domain = _ACTIVATION.get(spec.activation, ("FastGelu", _RUNTIME))
        inner = self.add(operator, inner, domain=domain)
        outer = self.linear(self.quantise(inner), f"{prefix}.output.dense")
        return self.normalise(self.add("Add", outer, hidden), f"{prefix}.output.LayerNorm", spec)

    def normalise(self, source: str, name: str, spec: EncoderSpec) -> str:
        """Layer normalisation by the weights of that name."""
        # Add and LayerNormalization, not the fused SkipLayerNormalization: that one is five times slower on a CPU.
        scale = self.constant(f"{name}.weight", self.weight(f"{name}.weight"))
        shift = self.constant(f"{name}.bias", self.weight(f"{name}.bias"))
        return self.add("LayerNormalization", source, scale, shift, epsilon=spec.epsilon)

    def quantise(self, source: str) -> str:
        """Activations as uint8 with scale and zero point, once for all products that share them."""
        return self.add("DynamicQuantizeLinear", source, outputs=3) if self._int8 else source

    def linear(self, source: str, name: str) -> str:
        """A product with weights of shape (outputs, inputs) and a bias; `source` comes from `quantise`."""
        weight = self.weight(f"{name}.weight").T
        bias = self.constant(f"{name}.bias", self.weight(f"{name}.bias"))
        if not self._int8:
            return self.add("Add", self.add("MatMul", source, self.constant(f"{name}.weight", weight)), bias)
        scale = np.maximum(np.abs(weight).max(axis=0), 1e-12) / 127
        matrix = self.constant(f"{name}.weight", np.clip(np.rint(weight / scale), -127, 127).astype(np.int8))
        scales = self.constant(f"{name}.scale", scale.astype(np.float32))
        zeros = self.constant(f"{name}.zero", np.zeros(len(scale), np.int8))
        return self.add(
            "MatMulIntegerToFloat", source, matrix, f"{source}_1", scales, f"{source}_2", zeros, bias, domain=_RUNTIME
        )


_WORDS = "embeddings.word_embeddings.weight"
