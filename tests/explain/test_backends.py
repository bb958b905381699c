"""Explanations need no Keras, TensorFlow or JAX."""

import subprocess
import sys

PROGRAM = """
import sys
from pathlib import Path

sys.modules |= dict.fromkeys(("tensorflow", "keras", "jax", "sklearn", "streamlit"))  # importing them fails

import numpy as np

from genreclf.explain.heatmap import heatmap
from genreclf.explain.nearest import film_vector
from genreclf.explain.sides import sides
from genreclf.explain.words import leave_one_out
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import read_weights

weights, overview, genre = Path(sys.argv[1]), "A haunted house, a wedding and love.", "Horror"
for model in ("cnn", "cnn-small", "lstm", "poster", "overview", "fusion"):
    predictor = Predictor(read_weights(weights / model))
    size, poster = predictor.spec.poster_size, None
    if size:
        poster = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
        assert heatmap(predictor, poster, genre).any()
    if predictor.spec.uses_overview:
        assert len(leave_one_out(predictor, overview, genre, poster)) == 7
    assert film_vector(predictor, poster, overview).any()
    if predictor.parts:
        assert sides(predictor, poster, overview, genre).poster.total
"""


def test_explanations_need_no_keras(random_weights):
    subprocess.run([sys.executable, "-c", PROGRAM, random_weights], check=True, timeout=120)
