"""The overview model: MiniLM, fine-tuned, with mean and attention pooling."""

import keras
import numpy as np
from keras import layers, ops

from genreclf.genres import NUM_GENRES
from genreclf.models.common import genres_head
from genreclf.models.minilm import MiniLM

QUERIES = 4
_LR_MULTIPLIER = 3.0  # of the new layer (see ``genres_head``)


def build_overview(
    *,
    rank: int,
    dropout: float,
    head_dropout: float,
    output_bias: np.ndarray | None = None,
    genres: int = NUM_GENRES,
) -> keras.Model:
    """Build the overview model: 648,601 parameters at rank 16, and 22.6 million more in the frozen transformer.

    Args:
        rank: rank of the low-rank matrices added to the transformer's (see ``genreclf.models.minilm``).
        dropout: dropout rate inside the transformer.
        head_dropout: dropout rate before the output.
        output_bias: initial bias of the output as logits, float ``(genres,)``.
        genres: how many the model tells apart.

    Returns:
        A model from int32 ids of word pieces ``(batch, pieces)``, right-padded with 0 (see
        ``genreclf.data.overviews.PieceEncoder``), to float32 ``(batch, genres)`` in 0..1. Its layer ``features``
        returns float32 ``(batch, 1920)``.

    Raises:
        UserError: the pretrained arrays are missing or damaged.
    """
    ids = keras.Input((None,), dtype="int32", name="overview")
    vectors = MiniLM(rank, dropout, name="minilm")(ids)
    x = MeanAndAttention(QUERIES, name="features")(vectors, ids)
    return keras.Model(ids, genres_head(x, genres, head_dropout, _LR_MULTIPLIER, output_bias), name="overview")


class MeanAndAttention(layers.Layer):
    """Pools a text's vectors: their mean, and means weighted by the attention of a few learned ``queries``.

    Attention pooling (Yang et al. 2016), from float ``(batch, pieces, width)`` and the ids to
    ``(batch, (1 + queries) × width)``. Queries start at zero, which makes all of them plain means.
    """

    def __init__(self, queries: int, **options):
        super().__init__(**options)
        self.queries = queries

    def build(self, vectors_shape, ids_shape=None):
        self.kernel = self.add_weight(shape=(vectors_shape[-1], self.queries), initializer="zeros", name="queries")

    def call(self, vectors, ids):
        is_token = ops.cast(ops.not_equal(ids, 0), vectors.dtype)[..., None]
        mean = ops.sum(vectors * is_token, axis=1) / ops.maximum(ops.sum(is_token, axis=1), 1.0)
        if not self.queries:
            return mean
        attention = ops.softmax(ops.matmul(vectors, self.kernel) + (1.0 - is_token) * -1e4, axis=1)
        attended = ops.matmul(ops.swapaxes(attention, 1, 2), vectors)
        return ops.concatenate([mean, ops.reshape(attended, (-1, self.queries * vectors.shape[-1]))], axis=-1)

    def compute_output_shape(self, vectors_shape, ids_shape=None):
        return (vectors_shape[0], (1 + self.queries) * vectors_shape[-1])
