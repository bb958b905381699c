"""Fit the thresholds of shipped weights again, after the rule has changed, and measure the weights with them.

    python -m tools.refit_thresholds --data assets/sample sample cnn tfidf

The thresholds are fitted on val, as after a training (``genreclf.evaluation.thresholds``); the metrics of val and test
on the card are then those of the shipped weights, as in ``genreclf runs ship``. Calibration stays as it is.
"""

import argparse
import sys
from pathlib import Path

from genreclf import paths
from genreclf.data.catalogue import load_catalogue
from genreclf.evaluation.stored import catalogue_predictions
from genreclf.evaluation.thresholds import fit_thresholds
from genreclf.files import write_json
from genreclf.training.promote import evaluate_again
from genreclf.weights import read_weights
from genreclf.weights.folder import CARD


def main(argv: list[str] | None = None) -> int:
    """Refit and print the scores before and after; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("set", help="the folder under weights/")
    parser.add_argument("models", nargs="+")
    options = parser.parse_args(argv)
    catalogue = load_catalogue(options.data)
    labels = catalogue.labels[catalogue.in_split("val")]
    for model in options.models:
        weights = read_weights(paths.SHIPPED_WEIGHTS / options.set / model)
        before = weights.card["metrics"]
        thresholds = fit_thresholds(labels, catalogue_predictions(catalogue, weights, split="val"))
        write_json(weights.folder / CARD, weights.card | {"thresholds": thresholds.tolist()})
        evaluate_again(read_weights(weights.folder), catalogue)
        after = read_weights(weights.folder).card["metrics"]
        for split in after:
            scores = (f"{name} {before[split][name]:.4f} -> {after[split][name]:.4f}"
                      for name in ("bce", "micro_f1", "macro_f1"))  # fmt: skip
            print(model, split, *scores, sep="  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
