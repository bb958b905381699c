"""What the explanations say does not depend on Keras's backend; fusion and MiniLM are explained without one."""

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
def test_jax_explains_as_tensorflow_does(random_weights, some_poster, tmp_path):
    posters = {"cnn": some_poster((64, 64)), "cnn-small": some_poster((64, 64), seed=1)}
    np.savez(tmp_path / "posters.npz", **posters)
    command = [sys.executable, PROGRAM, random_weights, tmp_path / "posters.npz", tmp_path / "found.npz"]
    subprocess.run(command, check=True, timeout=300, env={**os.environ, "KERAS_BACKEND": "jax"})
    theirs, ours = np.load(tmp_path / "found.npz"), runpy.run_path(str(PROGRAM))["explained"](random_weights, posters)
    assert len(ours) == 5
    assert set(ours) == set(theirs.files)
    for name, values in ours.items():
        assert np.abs(values).max() > 1e-3, name
        assert np.allclose(values, theirs[name], rtol=5e-3, atol=5e-3 * np.abs(values).max()), name


def test_importing_is_quick():
    """Neither TensorFlow nor Streamlit is needed to know what can be explained."""
    code = """
import sys
from genreclf.explain import changes, fused, gradients, heatmap, nearest, poster_shares, sides, words
heavy = {"tensorflow", "keras", "jax", "streamlit"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
