"""Explanations do not depend on Keras's backend; none is needed to import them."""

import importlib.util
import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PROGRAM = Path(__file__).parents[1] / "helpers" / "explained.py"


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed (extra 'jax')")
def test_jax_and_tensorflow_agree(random_weights, some_poster, tmp_path):
    posters = {"cnn": some_poster((64, 64)), "cnn-small": some_poster((64, 64), seed=1)}
    np.savez(tmp_path / "posters.npz", **posters)
    command = [sys.executable, PROGRAM, random_weights, tmp_path / "posters.npz", tmp_path / "found.npz"]
    subprocess.run(command, check=True, timeout=300, env={**os.environ, "KERAS_BACKEND": "jax"})
    with_jax = np.load(tmp_path / "found.npz")
    with_tensorflow = runpy.run_path(str(PROGRAM))["explained"](random_weights, posters)
    assert len(with_tensorflow) == 5
    assert set(with_tensorflow) == set(with_jax.files)
    for name, values in with_tensorflow.items():
        assert np.abs(values).max() > 1e-3, name
        assert np.allclose(values, with_jax[name], rtol=5e-3, atol=5e-3 * np.abs(values).max()), name


def test_importing_is_quick():
    """Neither TensorFlow nor Streamlit is imported."""
    code = """
import sys
from genreclf.explain import changes, heatmap, nearest, sides, words
heavy = {"tensorflow", "keras", "jax", "streamlit"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
