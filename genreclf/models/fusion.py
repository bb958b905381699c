"""Fusion: the predictions and features of the poster and the overview model, combined into one prediction.

Late fusion: both parts' log-odds, weighted per genre and added as if they were independent evidence (a product of
experts, Hinton 2002), plus a linear layer on both parts' features. The parts are not trained further. For a film with
only one input, the prediction is that of its part.
"""

import keras
import numpy as np
from keras import initializers, layers, ops

from genreclf.genres import NUM_GENRES
from genreclf.models.common import bias_initializer

# The number of features of each part; it also contributes the genres' log-odds (``Predictor.predict_with_features``).
PART_FEATURES = {"poster": 1400, "overview": 1920}
INITIAL_SCALE = 0.8  # of both parts' log-odds; below 1, as their evidence overlaps


def build_fusion(
    *, feature_dropout: float, output_bias: np.ndarray | None = None, genres: int = NUM_GENRES
) -> keras.Model:
    """Build the network on top of the two parts: 89,715 parameters.

    Args:
        feature_dropout: dropout rate of the features.
        output_bias: the logits of the base rates, float ``(genres,)``.
        genres: how many both parts and the model tell apart.

    Returns:
        A model from float32 ``(batch, 3320 + 2 * genres)``, log-odds and features of the poster's part, then of the
        overview's, to float32 ``(batch, genres)`` in 0..1.
    """
    rows = keras.Input((sum(genres + features for features in PART_FEATURES.values()),), name="parts")
    logits, normalised, start = [], [], 0
    for part, features in PART_FEATURES.items():
        logits.append(PerGenreScale(name=f"{part}_weight")(rows[:, start : start + genres]))
        start += genres
        normalised.append(layers.LayerNormalization(name=f"{part}_norm")(rows[:, start : start + features]))
        start += features
    x = layers.Dropout(feature_dropout, name="drop")(layers.Concatenate(name="features")(normalised))
    # both parts' log-odds contain those of the base rates, which the sum should contain once
    surplus = 1 - len(PART_FEATURES) * INITIAL_SCALE
    bias = None if output_bias is None else surplus * np.asarray(output_bias, np.float32)
    together = layers.Dense(
        genres, kernel_initializer="zeros", bias_initializer=bias_initializer(bias), name="together"
    )(x)
    total = layers.Add(name="logits")([*logits, together])
    probabilities = layers.Activation("sigmoid", dtype="float32", name="genres")(total)
    return keras.Model(rows, probabilities, name="fusion")


class PerGenreScale(layers.Layer):
    """Multiplies each genre's log-odds by a learned factor, initially ``INITIAL_SCALE``."""

    def build(self, shape):
        initial = initializers.Constant(INITIAL_SCALE)
        self.weight = self.add_weight(shape=(shape[-1],), initializer=initial, name="weight")

    def call(self, logits):
        return ops.multiply(logits, self.weight)
