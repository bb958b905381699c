"""What do the shipped models say of the worked examples on *Try your own*, and of other posters and overviews?

    python tools/show_examples.py
    python tools/show_examples.py --posters Comedy
    python tools/show_examples.py --poster airplane-1980 --overview "A pilot who is afraid of flying must land a plane."

The first prints each example with the claims of ``assets/examples/examples.json`` (``top``: a model's most probable
genre), which a test checks; the second the sample's posters on which CNN and EfficientNet agree on a genre; the third
tries a pair. Choose again with them whenever weights or drawings have changed.
"""

import argparse

import numpy as np

from genreclf import paths
from genreclf.data.catalogue import IMAGES_NAME, load_catalogue
from genreclf.data.posters import open_poster, poster_array
from genreclf.genres import GENRES
from genreclf.models import model_label
from genreclf.predict.film import load_examples
from genreclf.predict.predictor import Predictor
from genreclf.units import percent
from genreclf.weights.folder import find_weights

MODELS = ("cnn", "poster", "lstm", "overview", "fusion")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posters", metavar="GENRE", choices=GENRES, help="list posters that poster models agree on")
    parser.add_argument("--poster", metavar="ID", help="id of a film of the sample")
    parser.add_argument("--overview", metavar="TEXT", help="an overview to try with it")
    options = parser.parse_args()
    predictors = {model: Predictor(find_weights(model, choice="imdb"), load=False) for model in MODELS}
    if options.posters:
        list_posters(predictors, options.posters)
    elif options.poster:
        show(predictors, options.poster, options.overview)
    else:
        for example in load_examples().values():
            print(f"\n{example.name}: {example.what}")
            show(predictors, example.poster.stem, example.overview, example.top)


def show(predictors: dict[str, Predictor], poster: str, overview: str | None, claims: dict[str, str] | None = None):
    """Print each model's three most probable genres for a poster and an overview, and whether a claim holds."""
    image = open_poster(paths.SAMPLE / IMAGES_NAME / f"{poster}.jpg")
    print(f"{poster} | {overview or 'no overview'}")
    for model, predictor in predictors.items():
        size, texts = predictor.spec.poster_size, [overview] if overview else None
        if not predictor.spec.can_predict(True, bool(texts)):
            continue
        row = predictor.predict(poster_array(image, size)[None] if size else None, texts)[0]
        top = [GENRES[at] for at in np.argsort(-row)[:3]]
        claim = (claims or {}).get(model)
        verdict = f"claimed: {claim}, {'true' if claim == top[0] else 'FALSE'}" if claim else ""
        shares = ", ".join(f"{genre} {percent(row[GENRES.index(genre)])}" for genre in top)
        print(f"  {model_label(model):<13} {shares:<50} {verdict}".rstrip())


def list_posters(predictors: dict[str, Predictor], genre: str) -> None:
    """Print the posters for which CNN and EfficientNet both find a genre most probable, the surest first."""
    catalogue, at = load_catalogue(paths.SAMPLE), GENRES.index(genre)
    found = []
    for film in catalogue.films["id"]:
        image = open_poster(catalogue.poster(film))
        rows = [predictors[model].predict(poster_array(image, predictors[model].spec.poster_size)[None])[0]
                for model in ("cnn", "poster")]  # fmt: skip
        leads = [row[at] - np.delete(row, at).max() for row in rows]
        if min(leads) > 0:
            found.append((min(leads), film, [percent(row[at]) for row in rows]))
    for _, film, shares in sorted(found, reverse=True):
        print(f"{film:<50} CNN {shares[0]}, EfficientNet {shares[1]}")


if __name__ == "__main__":
    main()
