"""What an evaluation says in sentences, the same in the app, in reports and in the terminal; plain text."""

from collections.abc import Sequence

import pandas as pd

from genreclf.evaluation.bootstrap import ENOUGH_FILMS, Difference
from genreclf.evaluation.metrics import NAMES
from genreclf.evaluation.poster_vs_overview import FUSION, better_part, fusion_gains
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.genres import GENRES
from genreclf.models import model_label
from genreclf.units import listed, percent

DOUBTS = (
    "Films with a label that a model that looks and a model that reads both take for wrong, the most doubted first: "
    "likely errors of the data set, or films unlike others of their genre (in the manner of confident learning, "
    "Northcutt et al. 2021)."
)
NO_DOUBTS = "No label of these films is doubted by a model that looks and one that reads."
SPLITS = {"test": "Test", "val": "Validation", "train": "Training", "all": "All"}
_HINTS = {
    "test": "no model has seen them, and nothing was tuned on them: the fair measure.",
    "val": "no model has learnt from them, but thresholds, calibration and the best epoch were chosen on them, so that "
    "all figures are a little too good.",
    "train": "the models have learnt from them and know many by heart; the figures say little about other films.",
    "all": "most of them are training films, which the models know; for a fair measure take the test films.",
}
_SAMPLE = "The sample's posters are drawn by code, so that its figures say nothing about real ones."
_ELSEWHERE = "{models} learnt from another data set, so that films that are not in it are new to {them}"
DIFFERENCES = (
    "Both models of a pair are measured on the same films, drawn anew a thousand times (bootstrap, Efron & Tibshirani "
    "1993), which gives the 95 % interval of their difference. A difference is called sure where the interval leaves 0 "
    f"out, and never with fewer than {ENOUGH_FILMS} films. Between models of equal worth about one in twenty is called "
    "sure all the same: who looks at many pairs and figures will find some. The interval says what other films of "
    "this kind would do, not what another training would."
)


def films_of(predictions: SplitPredictions) -> str:
    """How many films they are, and what a measure on them is worth to those who learnt from their set, or did not."""
    films = _films(len(predictions), "" if predictions.split == "all" else SPLITS[predictions.split].lower())
    digest = predictions.catalogue.digest
    ours = [told.label for told in predictions.models.values() if told.weights.card.get("data_digest") == digest]
    others = [told.label for told in predictions.models.values() if told.label not in ours]
    elsewhere = _ELSEWHERE.format(models=listed(others), them="it" if len(others) == 1 else "them")
    if not predictions.models:
        said = f"{films}."
    elif not ours:
        said = f"{films}: {_ELSEWHERE.format(models='the models', them='them')}."
    elif others:
        said = f"{films}: {elsewhere}; for {listed(ours)}: {_HINTS[predictions.split]}"
    else:
        said = f"{films}: {_HINTS[predictions.split]}"
    return f"{said} {_SAMPLE}" if predictions.catalogue.is_sample else said


def difference_words(difference: Difference) -> str:
    """Such as "LSTM is better than CNN by 0.037 BCE (0.031 to 0.043): sure."."""
    first, second = model_label(difference.first), model_label(difference.second)
    name = _in_a_sentence(NAMES[difference.figure])
    if difference.better is None:
        return f"{first} and {second} have the same {name}."
    other = second if difference.better == difference.first else first
    sign = 1 if difference.value > 0 else -1
    low, high = sorted((sign * difference.low, sign * difference.high))
    unsure = "as it may be chance" if difference.enough else f"with only {_films(difference.films)}"
    verdict = "sure." if difference.sure else f"not sure, {unsure}."
    ahead = "better than" if difference.sure else "ahead of"
    return (
        f"{model_label(difference.better)} is {ahead} {other} by {abs(difference.value):.3f} {name} "
        f"({_signed(low)} to {_signed(high)}): {verdict}"
    )


def groups_of(first: str, second: str) -> dict[str, str]:
    """What to call the groups of ``genreclf.evaluation.poster_vs_overview.contrast``."""
    one, other = model_label(first), model_label(second)
    return {"both": "Both get it", "first": f"Only {one}", "second": f"Only {other}", "neither": "Neither"}


def fusion_words(predictions: SplitPredictions) -> str:
    """What fusion gains against the better of its parts.

    Raises:
        UserError: no answers of fusion or of its parts.
    """
    gains, better = fusion_gains(predictions), model_label(better_part(predictions))
    gained, lost, new = (len(gains[name]) for name in ("gained", "lost", "new"))
    balance = gained - lost
    nor = f" ({new:,} of them neither part gets)" if gained else ""
    if gained == 1:
        nor = " (neither part gets it)" if new else " (the other part gets it)"
    return (
        f"{model_label(FUSION)} gets {_films(gained)} that {better}, the part that gets more, does not{nor}, and "
        f"misses {_films(lost)} that {better} gets. That makes {_films(balance, sign='+')}, or "
        f"{100 * balance / len(predictions):+.1f} points of top-1."
    )


def leads_words(leads: pd.DataFrame, first: str, second: str) -> str:
    """Which genres which of two models surely ranks better, from ``genreclf.evaluation.poster_vs_overview.genre_lead``."""
    sure = leads[leads["sure"]]
    said = []
    for model, ahead in ((first, sure["lead"] > 0), (second, sure["lead"] < 0)):
        genres = sure.loc[ahead, "genre"].tolist()
        genres = genres if model == first else genres[::-1]
        said.append(f"{model_label(model)} knows more about {listed(genres)}." if genres
                    else f"There is no genre of which {model_label(model)} surely knows more.")  # fmt: skip
    return " ".join(said)


def doubt_words(genre: str, label: int, probability: float, models: str) -> str:
    """Why a label is doubted: "Not labelled War: models say 84 % on average; doubted by CNN, MiniLM"."""
    said = f"models say {percent(probability)} on average; doubted by {models}"
    return f"{'Labelled' if label else 'Not labelled'} {genre}: {said}"


def doubt_notes(label_issues: pd.DataFrame) -> dict[int, list[str]]:
    """What is doubted of each film, by its position, from ``genreclf.evaluation.confident.label_issues`` and in its order."""
    notes: dict[int, list[str]] = {}
    for row in label_issues.itertuples():
        said = doubt_words(row.genre, row.label, row.probability, row.models)
        notes.setdefault(int(row.position), []).append(said)
    return notes


def best_guesses(
    predictions: SplitPredictions, position: int, models: Sequence[str], right: str = "✓", wrong: str = "✗"
) -> list[str]:
    """What each model thinks most probable of a film, behind the sign of whether that is true: "✓ CNN: Drama"."""
    guesses = ((model_label(model), *predictions.best_guess(model, position)) for model in models)
    return [f"{right if is_true else wrong} {label}: {genre}" for label, genre, is_true in guesses]


def true_genres(predictions: SplitPredictions, position: int) -> list[str]:
    """The genres that a film has."""
    return [GENRES[index] for index in predictions.labels[position].nonzero()[0]]


def _films(count: int, kind: str = "", sign: str = "") -> str:
    """Such as "1 film", "1,200 test films", with the sign "+" also "+2 films"."""
    return f"{count:{sign},} {kind}{' ' * bool(kind)}film{'s' * (abs(count) != 1)}"


def _in_a_sentence(name: str) -> str:
    return name if name[:2].isupper() or name == "mAP" else name[0].lower() + name[1:]


def _signed(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")
