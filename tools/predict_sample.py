"""Make ``weights/predictions``, which the app shows for the sample's films before any network is loaded.

    python -m tools.predict_sample

To be run after the sample or its weights have changed; files of others are removed.
"""

import shutil

from genreclf import paths
from genreclf.data.catalogue import load_catalogue
from genreclf.evaluation.stored import catalogue_predictions, predictions_path, shipped_path
from genreclf.weights.folder import find_weights


def main() -> None:
    """Predict all films by each model with shipped weights."""
    catalogue = load_catalogue(paths.SAMPLE)
    shutil.rmtree(paths.SHIPPED_PREDICTIONS, ignore_errors=True)
    for folder in sorted((paths.SHIPPED_WEIGHTS / "sample").iterdir()):
        weights = find_weights(folder.name, choice="sample")
        predictions = catalogue_predictions(catalogue, weights)
        path = shipped_path(catalogue, weights)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(predictions_path(catalogue, weights, "all"), path)
        print(f"{weights.model}: {len(predictions)} films")


if __name__ == "__main__":
    main()
