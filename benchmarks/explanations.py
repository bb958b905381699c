"""Do the explanations point at what matters, and how long do they take?

    python benchmarks/explanations.py
    python benchmarks/explanations.py --data DIR --films 100 --models cnn,lstm
    python benchmarks/explanations.py --data DIR --words 200

On films of the test split, for the genre that a model finds most probable: how far its probability moves without the
three words, or the quarter of the poster, that the explanation points at, and how far without as much at random
(benchmarks.faithfulness). The first is expected to be larger by more than two standard errors everywhere, and an
explanation to take less than a second on two cores, the first aside. With --words only the time is taken, for overviews
of so many words, each made of several.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from faithfulness import Moved, Reading, delete_words, hide_places

from genreclf import paths
from genreclf.data.catalogue import load_catalogue
from genreclf.data.prepared import posters_of
from genreclf.explain.changes import words_of
from genreclf.explain.heatmap import heatmap
from genreclf.explain.sides import sides
from genreclf.explain.words import leave_groups_out, leave_one_out
from genreclf.genres import GENRES
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import available_weights

WORDS, TIMED = 3, 20
LINE = "{:9} {:22} {:>8} {:>8} {:>7} {:>16} {:>8} {:>8}"


def main(argv: list[str] | None = None) -> int:
    """Print a line for each model and explanation; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("GENRECLF_DATA") or paths.SAMPLE, help="data set")
    parser.add_argument("--films", type=int, default=100, help="how many of the test split (%(default)s)")
    parser.add_argument("--models", help="names, with commas between; by default all that can be explained")
    parser.add_argument("--weights", help="a set's name or a folder; by default those that answer for imdb")
    parser.add_argument("--words", type=int, help="how long overviews are; by default as they are")
    options = parser.parse_args(argv)
    catalogue = load_catalogue(options.data)
    films = [row for row in catalogue.in_split("test") if len(words_of(catalogue.films["overview"][row])) > WORDS]
    rows = np.sort(np.random.default_rng(0).permutation(films)[: options.films])
    overviews = catalogue.films["overview"].iloc[rows].tolist()
    if options.words:
        written = " ".join(catalogue.films["overview"].iloc[films]).split()
        overviews = [" ".join(np.roll(written, -place)[: options.words]) for place in range(len(rows))]
    print(f"{len(rows)} films of the test split of {options.data.name}")
    print(LINE.format("model", "explanation", "pointed", "random", "ratio", "lead ± 2 errors", "median s", "worst s"))
    wanted = options.models.split(",") if options.models else None
    for weights in available_weights("imdb", options.weights):
        if weights.model == "prior" or (wanted and weights.model not in wanted):
            continue
        predictor = Predictor(weights)
        posters = posters_of(catalogue, predictor.spec, rows) if predictor.spec.uses_poster else None
        for name, measure, explain in _explanations(predictor, overviews, posters):
            _print(
                weights.model,
                name,
                measure() if measure and not options.words else None,
                _seconds(explain, min(TIMED, len(rows))),
            )
    return 0


def _explanations(predictor: Predictor, overviews: list[str], posters: np.ndarray | None) -> list[tuple]:
    """Of each explanation of a model its name, what measures it, and what explains one film by its place."""
    spec, found = predictor.spec, []
    top = [GENRES[at] for at in predictor.predict(posters, overviews).argmax(axis=1)]

    def read(reading: Reading, place: int) -> None:
        reading(predictor, overviews[place], top[place], None if posters is None else posters[place])

    if spec.uses_poster:
        measure = partial(hide_places, predictor, posters, overviews if spec.uses_overview else None)
        found.append(("heatmap", measure, lambda place: heatmap(predictor, posters[place], top[place])))
    if spec.uses_overview:
        for reading in (leave_one_out,) if spec.is_baseline else (leave_one_out, leave_groups_out):
            measure = partial(delete_words, predictor, overviews, posters, reading)
            found.append((reading.__name__, measure, partial(read, reading)))
    if spec.parts:
        found.append(("sides", None, lambda place: sides(predictor, posters[place], overviews[place], top[place])))
    return found


def _seconds(explain: Callable[[int], object], films: int) -> list[float]:
    explain(0)
    seconds = []
    for place in range(films):
        began = time.perf_counter()
        explain(place)
        seconds.append(time.perf_counter() - began)
    return seconds


def _print(model: str, name: str, moved: Moved | None, seconds: list[float]) -> None:
    figures = ["", "", "", ""]
    if moved:
        pointed, random = moved.pointed.mean(), moved.random.mean()
        lead = f"{moved.lead:.3f} ± {2 * moved.error:.3f}"
        figures = [f"{pointed:.3f}", f"{random:.3f}", f"{pointed / random:.1f}", lead]
    print(LINE.format(model, name, *figures, f"{np.median(seconds):.2f}", f"{max(seconds):.2f}"), flush=True)


if __name__ == "__main__":
    sys.exit(main())
