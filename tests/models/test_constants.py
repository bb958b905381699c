"""Models that stand on pretrained arrays can be written out as graphs of their own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from genreclf.models.constants import inline_constants
from genreclf.models.efficientnet import FrozenEfficientNet
from genreclf.models.minilm import MiniLM

GIVEN = {
    FrozenEfficientNet: np.random.default_rng(0).random((2, 32, 32, 3), np.float32),
    MiniLM: np.array([[101, 2054, 102, 0], [101, 3000, 2003, 102]], np.int32),
}


@pytest.mark.parametrize("kind", GIVEN)
def test_a_graph_with_inline_constants_needs_nothing_from_outside(kind):
    given, layer = GIVEN[kind], kind()
    inputs = keras.Input(given.shape[1:], dtype=given.dtype)
    model = keras.Model(inputs, layer(inputs))

    def traced():
        return tf.function(lambda x: model(x)).get_concrete_function(tf.TensorSpec(given.shape, given.dtype))

    def held_outside(graph):
        return [tensor for tensor in graph.captured_inputs if tensor.dtype != tf.resource]

    sharing = traced()
    assert held_outside(sharing), "else every model would hold a copy"
    with inline_constants():
        alone = traced()
    assert not held_outside(alone)
    assert "Erfc" not in {operation.type for operation in alone.graph.get_operations()}  # ONNX has none
    assert np.allclose(alone(tf.constant(given)).numpy(), sharing(tf.constant(given)).numpy(), rtol=1e-4, atol=1e-4)
