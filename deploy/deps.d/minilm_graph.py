# SPDX-License-Identifier: Apache-2.0
"""minilm_graph.py WEIGHTS.safetensors MODEL.xml: all-MiniLM-L6-v2 as IR.

Builds the encoder from its published weights with OpenVINO's operations, so
that nothing but a matrix library is needed to run it.

Inputs:  input_ids, attention_mask: i64 [batch, length], both dynamic.
Output:  embedding: f32 [batch, 384]: the mean of the last layer over the
         attention mask, scaled to length 1.

GELU is the exact one (erf): by tanh a vector is off by 3e-4.
"""

import json
import struct
import sys

import numpy as np
import openvino as ov
from openvino import opset13 as op

LAYERS = 6
HEADS = 12
HIDDEN = 384
HEAD = HIDDEN // HEADS
NORM_EPSILON = 1e-12
# A mask of this much is zero after softmax, and no infinity is subtracted.
MASKED = -10000.0


def read_safetensors(path):
    """Every f32 tensor of the file by name: the format is a JSON head."""
    with open(path, "rb") as file:
        data = file.read()
    (size,) = struct.unpack_from("<Q", data)
    head = json.loads(data[8:8 + size])
    tensors = {}
    for name, entry in head.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(
            data[8 + size + begin:8 + size + end], dtype="<f4"
        ).reshape(entry["shape"])
    return tensors


def i64(*values):
    return op.constant(np.array(values, dtype=np.int64))


class Graph:
    """The layers of BERT as nodes; names are those of the weights."""

    def __init__(self, weights):
        self.weights = weights

    def linear(self, x, name):
        weight = op.constant(self.weights[name + ".weight"])
        bias = op.constant(self.weights[name + ".bias"])
        return op.add(op.matmul(x, weight, False, True), bias)

    def norm(self, x, name):
        normal = op.mvn(x, i64(-1), True, NORM_EPSILON, "inside_sqrt")
        scale = op.constant(self.weights[name + ".weight"])
        shift = op.constant(self.weights[name + ".bias"])
        return op.add(op.multiply(normal, scale), shift)

    def heads(self, x, name):
        """[batch, length, hidden] to [batch, heads, length, head]."""
        x = op.reshape(self.linear(x, name), i64(0, 0, HEADS, HEAD), True)
        return op.transpose(x, i64(0, 2, 1, 3))

    def attention(self, x, mask, name):
        query = self.heads(x, name + ".self.query")
        key = self.heads(x, name + ".self.key")
        value = self.heads(x, name + ".self.value")
        scores = op.multiply(
            op.matmul(query, key, False, True),
            op.constant(np.float32(1.0 / np.sqrt(HEAD))),
        )
        weights = op.softmax(op.add(scores, mask), -1)
        mixed = op.transpose(
            op.matmul(weights, value, False, False), i64(0, 2, 1, 3)
        )
        mixed = op.reshape(mixed, i64(0, 0, HIDDEN), True)
        mixed = self.linear(mixed, name + ".output.dense")
        return self.norm(op.add(mixed, x), name + ".output.LayerNorm")

    def feed_forward(self, x, name):
        inner = self.linear(x, name + ".intermediate.dense")
        inner = op.gelu(inner, "erf")
        inner = self.linear(inner, name + ".output.dense")
        return self.norm(op.add(inner, x), name + ".output.LayerNorm")

    def embeddings(self, ids):
        words = op.constant(self.weights["embeddings.word_embeddings.weight"])
        # Every token is of type 0, so its row is added to all positions.
        places = op.constant(
            self.weights["embeddings.position_embeddings.weight"]
            + self.weights["embeddings.token_type_embeddings.weight"][0]
        )
        length = op.gather(op.shape_of(ids), i64(1), i64(0))
        x = op.add(
            op.gather(words, ids, i64(0)),
            op.slice(places, i64(0), length, i64(1), i64(0)),
        )
        return self.norm(x, "embeddings.LayerNorm")


def pooled(x, attention):
    """The mean over the attended tokens, of length 1."""
    attention = op.unsqueeze(attention, i64(-1))
    total = op.reduce_sum(op.multiply(x, attention), i64(1))
    count = op.maximum(
        op.reduce_sum(attention, i64(1)), op.constant(np.float32(1e-9))
    )
    return op.normalize_l2(op.divide(total, count), i64(-1), 1e-12, "max")


def build(weights):
    ids = op.parameter([-1, -1], np.int64, "input_ids")
    mask = op.parameter([-1, -1], np.int64, "attention_mask")
    ids.output(0).set_names({"input_ids"})
    mask.output(0).set_names({"attention_mask"})

    attention = op.convert(mask, "f32")
    bias = op.multiply(
        op.subtract(op.constant(np.float32(1.0)), attention),
        op.constant(np.float32(MASKED)),
    )
    bias = op.unsqueeze(bias, i64(1, 2))

    graph = Graph(weights)
    x = graph.embeddings(ids)
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        x = graph.attention(x, bias, name + ".attention")
        x = graph.feed_forward(x, name)
    result = op.result(pooled(x, attention))
    result.output(0).set_names({"embedding"})
    return ov.Model([result], [ids, mask], "all-MiniLM-L6-v2")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    model = build(read_safetensors(sys.argv[1]))
    ov.save_model(model, sys.argv[2], compress_to_fp16=False)


main()
