"""How long does it take to load all trained weights, once TensorFlow is imported?

    python benchmarks/load_weights.py
    python benchmarks/load_weights.py --set sample

Each model is built, its weights are checked against its card and loaded, and it predicts one film. Loading all should
take less than 3 s on two idle cores.
"""

import argparse
import sys
import time
from functools import partial

import numpy as np

from genreclf import paths
from genreclf.predict.film import predict_film
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import available_weights


def main(argv: list[str] | None = None) -> int:
    """Print the seconds for each model; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", default="imdb", choices=("imdb", "sample"), help="which weights (%(default)s)")
    options = parser.parse_args(argv)
    began = time.perf_counter()
    import keras  # noqa: F401  imports TensorFlow

    print(f"importing TensorFlow: {time.perf_counter() - began:.2f} s")
    rng, loaded, all_seconds = np.random.default_rng(0), [], 0.0
    for weights in available_weights(options.set, paths.SHIPPED_WEIGHTS / options.set):
        began = time.perf_counter()
        predictor = Predictor(weights)
        seconds = time.perf_counter() - began
        loaded.append(predictor)
        all_seconds += seconds
        grey = partial(lambda size, level: np.full((*size, 3), level, np.uint8), level=int(rng.integers(256)))
        began = time.perf_counter()
        predict_film([predictor], grey, "A detective hunts a killer who leaves riddles in old books.")
        first = time.perf_counter() - began
        began = time.perf_counter()
        predict_film([predictor], grey, "A detective hunts a killer who leaves riddles in old books.")
        again = time.perf_counter() - began
        print(f"{weights.model}: loaded in {seconds:.2f} s, first prediction {first:.2f} s, then {1000 * again:.0f} ms")
    size = sum(file.stat().st_size for file in paths.SHIPPED_WEIGHTS.rglob("*") if file.is_file())
    print(f"all {len(loaded)} loaded in {all_seconds:.2f} s; all of weights/ takes {size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
