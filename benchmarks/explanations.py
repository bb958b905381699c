"""Do the explanations find what matters to a model, and how long do they take?

    python benchmarks/explanations.py
    python benchmarks/explanations.py --data DIR --films 100 --models cnn,lstm
    python benchmarks/explanations.py --data DIR --words 200

On films of the test split, for each film's most probable genre according to a model: how much its probability changes
without the three words, or the quarter of the poster, that an explanation finds most important, and how much without
as many words, or an equally large part, chosen at random (see faithfulness.py). Parts of posters are painted in the
mean colour or, in the line "shuffled", filled with shuffled pixels. The first change should be larger by more than two
standard errors for every model, and an explanation should take under a second on two cores, except the first. With
--words only the time is measured, for overviews of that many words, each joined from several.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from faithfulness import Effect, WordMethod, delete_words, hide_parts

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
    parser.add_argument("--films", type=int, default=100, help="number of films of the test split (%(default)s)")
    parser.add_argument("--models", help="names, separated by commas; by default all that can be explained")
    parser.add_argument("--weights", help="name of a set or a folder; by default the weights used for imdb")
    parser.add_argument("--words", type=int, help="words per overview; by default the overviews are used as they are")
    options = parser.parse_args(argv)
    catalogue = load_catalogue(options.data)
    films = [row for row in catalogue.in_split("test") if len(words_of(catalogue.films["overview"][row])) > WORDS]
    rows = np.sort(np.random.default_rng(0).permutation(films)[: options.films])
    overviews = catalogue.films["overview"].iloc[rows].tolist()
    if options.words:
        all_words = " ".join(catalogue.films["overview"].iloc[films]).split()
        overviews = [" ".join(np.roll(all_words, -index)[: options.words]) for index in range(len(rows))]
    print(f"{len(rows)} films of the test split of {options.data.name}")
    print(LINE.format("model", "explanation", "explained", "random", "ratio", "lead ± 2 errors", "median s", "worst s"))
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
    """A model's explanations: name, function that measures it, and function that explains the film at an index."""
    spec, found = predictor.spec, []
    top = [GENRES[genre] for genre in predictor.predict(posters, overviews).argmax(axis=1)]

    def explain_words(method: WordMethod, index: int) -> None:
        method(predictor, overviews[index], top[index], None if posters is None else posters[index])

    def explain_poster(index: int) -> None:
        heatmap(predictor, posters[index], top[index])

    if spec.uses_poster:
        measure = partial(hide_parts, predictor, posters, overviews if spec.uses_overview else None)
        found.append(("heatmap", measure, explain_poster))
        found.append(("heatmap, shuffled", partial(measure, shuffled=True), explain_poster))
    if spec.uses_overview:
        for method in (leave_one_out,) if spec.is_baseline else (leave_one_out, leave_groups_out):
            measure = partial(delete_words, predictor, overviews, posters, method)
            found.append((method.__name__, measure, partial(explain_words, method)))
    if spec.parts:
        found.append(("sides", None, lambda index: sides(predictor, posters[index], overviews[index], top[index])))
    return found


def _seconds(explain: Callable[[int], object], films: int) -> list[float]:
    explain(0)
    seconds = []
    for index in range(films):
        began = time.perf_counter()
        explain(index)
        seconds.append(time.perf_counter() - began)
    return seconds


def _print(model: str, name: str, effect: Effect | None, seconds: list[float]) -> None:
    cells = ["", "", "", ""]
    if effect:
        explained, random = effect.explained.mean(), effect.random.mean()
        lead = f"{effect.lead:.3f} ± {2 * effect.error:.3f}"
        cells = [f"{explained:.3f}", f"{random:.3f}", f"{explained / random:.1f}", lead]
    print(LINE.format(model, name, *cells, f"{np.median(seconds):.2f}", f"{max(seconds):.2f}"), flush=True)


if __name__ == "__main__":
    sys.exit(main())
