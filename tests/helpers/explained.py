"""Explain a film in the ways that use Keras's backend: python explained.py WEIGHTS POSTERS.npz FOUND.npz"""

import sys
from pathlib import Path

import numpy as np

OVERVIEW, GENRE = "A haunted house, a wedding and love.", "Horror"


class NotInstalled:
    """An import hook that hides TensorFlow."""

    def find_spec(self, name: str, path=None, target=None) -> None:
        if name.partition(".")[0] == "tensorflow":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def explained(weights: Path, posters: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The explanations, by name."""
    from genreclf.explain.heatmap import heatmap
    from genreclf.explain.nearest import film_vector
    from genreclf.explain.words import leave_groups_out, leave_one_out
    from genreclf.predict.predictor import Predictor
    from genreclf.weights.folder import read_weights

    reader = Predictor(read_weights(weights / "lstm-small"))
    found = {"vector": film_vector(reader, None, OVERVIEW)}
    for way in (leave_one_out, leave_groups_out):
        found[way.__name__] = np.array([word.effect for word in way(reader, OVERVIEW, GENRE)])
    for model, poster in posters.items():
        found[f"heat of {model}"] = heatmap(Predictor(read_weights(weights / model)), poster, GENRE)
    return found


if __name__ == "__main__":
    sys.meta_path.insert(0, NotInstalled())
    weights, posters, destination = sys.argv[1:]
    np.savez(destination, **explained(Path(weights), dict(np.load(posters))))
