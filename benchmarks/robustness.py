"""How do the models do on films unlike those that they learned from?

    python benchmarks/robustness.py --data FOLDER
    python benchmarks/robustness.py --data FOLDER --films 100

Each row corrupts the poster or the overview of the same test films (see ``genreclf.training.corruptions``), always in
the same way for the same seed; *drawn posters* are the films of the embedded sample, with their own overviews, read by
the weights for real films. Each model has its BCE, then its top-1. *Lost* is how much lower Fusion's top-1 is than that
of the better of its two parts; the goal is at most .01. *Unlike* is the share of posters that Fusion finds unlike those
that it learned from. It takes five minutes on two idle cores.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import command
import numpy as np
from PIL import Image

from genreclf.data.catalogue import Catalogue, load_catalogue
from genreclf.data.posters import Size, decoders, open_poster, poster_array
from genreclf.errors import UserError
from genreclf.evaluation.metrics import resampled_metrics
from genreclf.models import get_spec, model_label
from genreclf.paths import SAMPLE
from genreclf.predict.predictor import Predictor, predict_all
from genreclf.training.corruptions import OVERVIEWS, POSTERS, OverviewCorruption, PosterCorruption
from genreclf.units import percent
from genreclf.weights.folder import find_weights

MODELS = ("prior", "cnn", "poster", "lstm", "overview", "fusion")
ALLOWED = 0.01  # of top-1, lost to the better part
SCORES = ("bce", "top1")


class Case(NamedTuple):
    """Films as the models see them: the true genres, posters in a model's size, and overviews."""

    name: str
    labels: np.ndarray
    posters: Callable[[Size], np.ndarray]
    overviews: list[str]


def cases(catalogue: Catalogue, rows: np.ndarray, seed: int) -> Iterator[Case]:
    """The films at ``rows`` as they are and corrupted in each way."""
    texts, labels = catalogue.films["overview"].iloc[rows].tolist(), catalogue.labels[rows]
    original = _posters(catalogue, rows, None, seed)
    yield Case("as they are", labels, original, texts)
    for name, corrupt in POSTERS.items():
        yield Case(f"poster: {name}", labels, _posters(catalogue, rows, corrupt, seed), texts)
    for name, change in OVERVIEWS.items():
        yield Case(f"overview: {name}", labels, original, corrupted(texts, change, seed))


def drawn(sample: Catalogue, films: int | None) -> Iterator[Case]:
    """The films of the embedded sample: of its test split, then all."""
    for name, split in (("test films of the sample", "test"), ("all films of the sample", "all")):
        rows = sample.in_split(split)[:films]
        texts = sample.films["overview"].iloc[rows].tolist()
        yield Case(f"drawn posters: {name}", sample.labels[rows], _posters(sample, rows, None, 0), texts)


def corrupted(texts: list[str], change: OverviewCorruption, seed: int) -> list[str]:
    """Corrupt each overview, with a generator of its own, so that it does not depend on the others."""
    return [change(text, np.random.default_rng([seed, index])) for index, text in enumerate(texts)]


def scores(case: Case, predictors: list[Predictor]) -> dict[str, dict[str, float]]:
    """BCE, top-1 and the share of unfamiliar posters by model."""
    original, found = np.ones((1, len(case.labels)), np.float32), dict[str, dict[str, float]]()  # each film once
    for model, predicted in predict_all(predictors, case.posters, case.overviews, len(case.labels)).items():
        values = resampled_metrics(case.labels, predicted.probabilities, np.ones(25), original, SCORES)
        found[model] = {name: float(value[0]) for name, value in values.items()}
        found[model]["unfamiliar"] = float(predicted.unfamiliar.mean())
    return found


def lost(found: dict[str, dict[str, float]]) -> float:
    """How much lower Fusion's top-1 is than that of the better of its parts; negative where it is higher."""
    return max(found[part]["top1"] for part in get_spec("fusion").parts) - found["fusion"]["top1"]


def _posters(
    catalogue: Catalogue, rows: np.ndarray, corrupt: PosterCorruption | None, seed: int
) -> Callable[[Size], np.ndarray]:
    """A function that gives posters in a size; they are opened and corrupted once, with a generator each."""
    opened: list[Image.Image] = []

    def load(index: int) -> Image.Image:
        poster = open_poster(catalogue.posters[rows[index]])
        return corrupt(poster, np.random.default_rng([seed, index])) if corrupt else poster

    def posters(size: Size) -> np.ndarray:
        with decoders() as pool:
            if not opened:
                opened.extend(pool.map(load, range(len(rows))))
            return np.stack(list(pool.map(lambda poster: poster_array(poster, size), opened)))

    return posters


def main(argv: list[str] | None = None) -> int:
    """Print the table; returns 1 if Fusion loses more than ``ALLOWED`` anywhere."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--films", type=int, help="only the first test films, for a quick look")
    parser.add_argument("--seed", type=int, default=0, help="of the corruptions (%(default)s)")
    options = parser.parse_args(argv)
    catalogue, predictors = load_catalogue(options.data), []
    for model in MODELS:
        if (weights := find_weights(model, "imdb")) is None:
            raise UserError(f"{model} has no weights for real films; restore weights/imdb from the project.")
        predictors.append(Predictor(weights, load=False))
    rows, lines, worst = catalogue.in_split("test")[: options.films], [], 0.0
    for source in (cases(catalogue, rows, options.seed), drawn(load_catalogue(SAMPLE), options.films)):
        for case in source:
            found = scores(case, predictors)
            worst = max(worst, lost(found))
            cells = [f"{found[model]['bce']:.4f} / {found[model]['top1']:.3f}" for model in MODELS]
            unlike = percent(found["fusion"]["unfamiliar"])
            lines.append([case.name, len(case.labels), *cells, f"{lost(found):+.3f}", unlike])
    headings = ["Films", "Number", *map(model_label, MODELS), "Lost", "Unlike"]
    command.print_markdown("BCE / top-1 of the weights for real films", headings, lines)
    return int(worst > ALLOWED)


if __name__ == "__main__":
    command.run(main)
