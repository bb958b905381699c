"""Doubted labels of the sample, and what correcting some of them does to the word count.

    python -m genreclf.lesson.labels < changes.json

reads which labels to change, ``[["film-id", "Genre"], …]``, fits the word count on the labels before and after, and
prints how the two differ on the test films. The app runs it as a process of its own, as scikit-learn is not imported
where pages are drawn.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from threading import BoundedSemaphore
from typing import Any

import numpy as np

from genreclf.data.catalogue import Catalogue
from genreclf.errors import UserError
from genreclf.evaluation.bootstrap import Difference, difference
from genreclf.evaluation.confident import label_issues
from genreclf.evaluation.metrics import bce
from genreclf.evaluation.predictions import ModelPredictions, judge
from genreclf.lesson import sample
from genreclf.models.baselines import Tfidf
from genreclf.processes import environment
from genreclf.public import at_home

MISSING, GIVEN = 3, 2  # doubted labels that a film lacks, and that it has
PATIENCE = 60.0  # seconds for one comparison, which takes about 5, and for those of other visitors before it
_turns = BoundedSemaphore(2)  # comparisons at the same time, for all visitors

Change = tuple[str, str]  # a film's id and the genre whose label is reversed


@dataclass(frozen=True)
class Doubt:
    """A label of a training film that models doubt.

    Attributes:
        film: the film's id.
        genre: the genre in question.
        labelled: whether the film is labelled with it.
        probability: of the genre, the mean of all models.
        models: the labels of the models that consider the label wrong, separated by commas.
    """

    film: str
    genre: str
    labelled: bool
    probability: float
    models: str


@dataclass(frozen=True)
class Comparison:
    """Two fits of the word count on the same films: the BCE on test films of each, and their difference."""

    before: float
    after: float
    difference: Difference

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Comparison":
        """What ``dataclasses.asdict`` made of it."""
        return cls(fields["before"], fields["after"], Difference(**fields["difference"]))


@lru_cache(maxsize=1)
def doubts() -> tuple[Doubt, ...]:
    """The most doubted labels of the sample's training films, each of another film and genre.

    Only those of training films change what a model learns. The models have learned from these very labels, and doubt
    them nevertheless.
    """
    found: list[Doubt] = []
    predicted = sample.predictions("train", sample.MODELS)
    for row in label_issues(predicted, predicted.labels.size).itertuples():
        doubt = Doubt(row.id, row.genre, bool(row.label), float(row.probability), row.models)
        wanted = GIVEN if doubt.labelled else MISSING
        is_new = all(doubt.film != each.film and doubt.genre != each.genre for each in found)
        if is_new and sum(each.labelled == doubt.labelled for each in found) < wanted:
            found.append(doubt)
    return tuple(found)


def changed(catalogue: Catalogue, changes: Sequence[Change]) -> np.ndarray:
    """The labels of all films with some of them reversed, uint8 ``(n, genres)``."""
    labels = catalogue.labels.copy()
    for film, genre in changes:
        labels[catalogue.position(film), catalogue.genres.index(genre)] ^= 1
    return labels


@at_home("Training a model")
def compare(catalogue: Catalogue, before: np.ndarray, after: np.ndarray) -> Comparison:
    """Fit the word count on two sets of labels of the training films, and judge both on the same test films.

    The paired bootstrap says how much of the difference in BCE may be chance. The labels of test are the catalogue's.

    Args:
        catalogue: the films.
        before: 0/1 labels of all films, ``(n, genres)``.
        after: others; only those of train matter.
    """
    overviews, train, test = catalogue.films["overview"], catalogue.in_split("train"), catalogue.in_split("test")
    models = []
    for name, labels in (("before", before), ("after", after)):
        model = Tfidf.fit(overviews.iloc[train].tolist(), labels[train])
        probabilities = model.predict(overviews.iloc[test].tolist())
        models.append(ModelPredictions(name, catalogue.genres, probabilities, np.full(len(catalogue.genres), 0.5), ""))
    predictions = judge(catalogue, "test", models)
    old, new = (bce(predictions.labels, model.probabilities) for model in models)
    return Comparison(old, new, difference(predictions, "after", "before", "bce"))


@at_home("Training a model")
def retrain(changes: Sequence[Change]) -> Comparison:
    """Compare the word count before and after some labels of the sample are reversed, in a process of its own.

    Raises:
        UserError: it takes too long, or fails.
    """
    if not _turns.acquire(timeout=PATIENCE):
        raise UserError("Many people are training at once; try again in a minute.")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "genreclf.lesson.labels"], input=json.dumps(list(changes)).encode(),
            capture_output=True, env=environment(), timeout=PATIENCE, check=True,
        )  # fmt: skip
        return Comparison.from_json(json.loads(done.stdout))
    except subprocess.TimeoutExpired:
        raise UserError(f"The training took longer than {PATIENCE:.0f} s; try again when less is going on.") from None
    except (subprocess.CalledProcessError, ValueError) as error:
        raise UserError("The training failed; install the requirements of genreclf again, then try again.") from error
    finally:
        _turns.release()


def main() -> None:
    """Read the changes, print the comparison; both in JSON.

    Raises:
        UserError: the changes are not a list of pairs of a film and a genre of the sample.
    """
    films = sample.films()
    try:
        changes = [(str(film), str(genre)) for film, genre in json.load(sys.stdin)]
        labels = changed(films, changes)
    except (TypeError, ValueError):
        raise UserError(
            'The changes have to be JSON such as [["film-id", "Genre"]], with genres of the sample.'
        ) from None
    json.dump(asdict(compare(films, films.labels, labels)), sys.stdout)


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(str(error))
