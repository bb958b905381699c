"""Fusion: what the poster model and the overview model say of a film, and what they saw, weighed into one answer.

Late fusion with a correction: each part's log-odds, weighed genre by genre, as if their evidence were independent
(a product of experts, Hinton 2002), plus a linear look at both parts' features for what only shows together. The parts
stay as they were trained; where one has nothing to look at, the other's answer is the answer.
"""

import keras
import numpy as np
from keras import initializers, layers, ops

from genreclf.genres import NUM_GENRES
from genreclf.models.cnn import bias_initializer

# Each part's row: its calibrated log-odds, then its features (see ``genreclf.predict.predictor.Predictor.features``).
PART_FEATURES = {"poster": 1400, "overview": 1920}
START = 0.8  # weight of each part's log-odds; they tell partly the same, so both in full would be too sure
WIDTH = sum(NUM_GENRES + features for features in PART_FEATURES.values())


def build_fusion(*, feature_dropout: float, output_bias: np.ndarray | None = None) -> keras.Model:
    """Build what is learnt on top of the two parts.

    Args:
        feature_dropout: rate on the features.
        output_bias: float ``(25,)``, the logits of the base rates.

    Returns:
        A model from float32 ``(batch, 3370)``, the parts' rows side by side, poster first, to float32 ``(batch, 25)``
        in 0..1.
    """
    rows = keras.Input((WIDTH,), name="parts")
    weighed, seen, start = [], [], 0
    for part, features in PART_FEATURES.items():
        weighed.append(PerGenreScale(name=f"{part}_weight")(rows[:, start : start + NUM_GENRES]))
        start += NUM_GENRES
        seen.append(layers.LayerNormalization(name=f"{part}_norm")(rows[:, start : start + features]))
        start += features
    x = layers.Dropout(feature_dropout, name="drop")(layers.Concatenate(name="features")(seen))
    # what the weighed parts hold of the base rates, and the sum should hold once
    base = None if output_bias is None else (1 - len(PART_FEATURES) * START) * np.asarray(output_bias, np.float32)
    together = layers.Dense(
        NUM_GENRES, kernel_initializer="zeros", bias_initializer=bias_initializer(base), name="together"
    )(x)
    logits = layers.Add(name="logits")([*weighed, together])
    genres = layers.Activation("sigmoid", dtype="float32", name="genres")(logits)
    return keras.Model(rows, genres, name="fusion")


class PerGenreScale(layers.Layer):
    """Multiplies each genre's log-odds by a learnt weight that starts at ``START``."""

    def build(self, shape):
        self.weight = self.add_weight(shape=(shape[-1],), initializer=initializers.Constant(START), name="weight")

    def call(self, logits):
        return ops.multiply(logits, self.weight)
