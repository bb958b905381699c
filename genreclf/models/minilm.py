"""MiniLM: a pretrained transformer with six layers of width 384, from word pieces to a vector for each.

MiniLM (Wang et al. 2020) is BERT (Devlin et al. 2019) distilled into a smaller network. Its 22.6 million weights stay
frozen; training adds a low-rank matrix to every matrix (LoRA, Hu et al. 2021) and adapts the layer normalisations. A
trained model therefore has less than a million weights of its own, and all models share one copy of the frozen ones.
"""

import keras
import numpy as np
from keras import initializers, layers, ops

from genreclf import pretrained
from genreclf.models.common import constant, frozen_tensors

WIDTH = 384
NUM_LAYERS = 6
_HEADS = 12
_EPSILON = 1e-12  # of the layer normalisations, as in pretraining


class MiniLM(layers.Layer):
    """The transformer as a layer: int32 ids ``(batch, pieces)``, 0 where padded, to float32 ``(batch, pieces, 384)``.

    The pretrained arrays are constants, which are not saved with a model; ``weights`` are the trained ones.

    Args:
        rank: rank of the matrices added to those of each layer; 0 adds none.
        dropout: dropout rate inside the transformer.

    Raises:
        UserError: the pretrained arrays are missing or damaged.
    """

    def __init__(self, rank: int = 16, dropout: float = 0.1, **options):
        super().__init__(**options)
        self.rank = rank
        frozen_tensors(pretrained.MINILM)
        self._drops = [layers.Dropout(dropout, dtype=self.dtype_policy) for _ in range(3 * NUM_LAYERS)]

    def build(self, shape):
        self._trained: dict[str, keras.Variable] = {}

        def add(name: str, shape: tuple[int, ...], start) -> None:
            self._trained[name] = self.add_weight(shape=shape, initializer=start, name=name.replace(".", "_"))

        for name, array in pretrained.load(pretrained.MINILM).items():
            if ".norm_" in name:
                add(name, array.shape, initializers.Constant(array))
            elif self.rank and name.endswith(".kernel"):
                inputs, outputs = array.shape
                add(f"{name}.down", (inputs, self.rank), initializers.RandomNormal(stddev=inputs**-0.5))
                add(f"{name}.up", (self.rank, outputs), "zeros")

    def call(self, ids, training=False):
        batch, length = ops.shape(ids)[0], ops.shape(ids)[1]
        is_token = ops.cast(ops.not_equal(ids, 0), self.compute_dtype)
        padding_mask = (1.0 - is_token[:, None, None, :]) * -1e4
        places = ops.cumsum(ops.ones_like(ids), axis=1) - 1
        # in 8 bits until looked up, so that the table takes a quarter of the memory
        x = ops.cast(ops.take(self._fixed("tokens"), ids, axis=0), "float32")
        x = x * ops.take(self._fixed("tokens.scale"), ids, axis=0)[..., None]
        x = x + ops.take(self._fixed("positions"), places, axis=0)
        x = ops.cast(_normalise(x, self._fixed("norm.gamma"), self._fixed("norm.beta")), self.compute_dtype)
        drops = iter(self._drops)
        for index in range(NUM_LAYERS):
            at = f"layer_{index}."
            heads = ops.reshape(self._dense(at + "attend", x, training), (batch, length, 3, _HEADS, WIDTH // _HEADS))
            query, key, value = ops.unstack(ops.transpose(heads, (2, 0, 3, 1, 4)), axis=0)
            scores = ops.matmul(query, ops.swapaxes(key, -1, -2)) / np.sqrt(WIDTH // _HEADS)
            attention = next(drops)(ops.softmax(scores + padding_mask), training=training)
            attended = ops.reshape(ops.transpose(ops.matmul(attention, value), (0, 2, 1, 3)), (batch, length, WIDTH))
            x = self._norm(
                at + "norm_1", x + next(drops)(self._dense(at + "join", attended, training), training=training)
            )
            wide = ops.gelu(self._dense(at + "widen", x, training), approximate=False)
            x = self._norm(
                at + "norm_2", x + next(drops)(self._dense(at + "narrow", wide, training), training=training)
            )
        return x

    def compute_output_shape(self, shape):  # so that JAX need not trace ``call`` with an unknown length
        return (*shape, WIDTH)

    def _dense(self, name: str, x, training: bool):
        kernel, bias = self._fixed(f"{name}.kernel"), ops.cast(self._fixed(f"{name}.bias"), x.dtype)
        if self.rank:
            down, up = self._trained[f"{name}.kernel.down"], self._trained[f"{name}.kernel.up"]
            if training:
                bias = bias + 2.0 * ops.matmul(ops.matmul(x, down), up)
            else:  # as one matrix, which is the same for all films
                kernel = kernel + ops.cast(2.0 * ops.matmul(down, up), kernel.dtype)
        return ops.matmul(x, ops.cast(kernel, x.dtype)) + bias

    def _fixed(self, name: str):
        return constant(pretrained.MINILM, name)

    def _norm(self, name: str, x):
        return _normalise(x, self._trained[f"{name}.gamma"], self._trained[f"{name}.beta"])


def _normalise(x, gamma, beta):
    wide = ops.cast(x, "float32")  # a variance needs more than 16 bits
    return ops.cast(ops.layer_normalization(wide, gamma, beta, epsilon=_EPSILON), x.dtype)
