"""What an evaluation says in sentences, the same in the app, in reports and in the terminal; plain text."""

import pandas as pd

from genreclf.evaluation.answers import SplitAnswers
from genreclf.evaluation.bootstrap import Difference
from genreclf.evaluation.contrast import FUSION, better_part, fusion_gains
from genreclf.evaluation.metrics import NAMES
from genreclf.genres import GENRES
from genreclf.models import model_label
from genreclf.units import listed, percent

SPLITS = {"test": "Test", "val": "Validation", "train": "Training", "all": "All"}
_HINTS = {
    "test": "no model has seen them, and nothing was tuned on them: the fair measure.",
    "val": "no model has learnt from them, but thresholds, calibration and the best epoch were chosen on them, so that "
    "all figures are a little too good.",
    "train": "the models have learnt from them and know many by heart; the figures say little about other films.",
    "all": "most of them are training films, which the models know; for a fair measure take the test films.",
}
_SAMPLE = "The sample's posters are drawn by code, so that its figures say nothing about real ones."
_ELSEWHERE = "the models learnt from another data set, so that the films that are not in it are new to them."


def films_of(answers: SplitAnswers) -> str:
    """How many films they are, and what a measure on them is worth."""
    named = "" if answers.split == "all" else f"{SPLITS[answers.split].lower()} "
    digests = {told.weights.card.get("data_digest") for told in answers.models.values()}
    knows = answers.catalogue.digest in digests or answers.split in ("test", "val")
    films = f"{len(answers):,} {named}film{'s' * (len(answers) != 1)}"
    hint = _HINTS[answers.split] if knows else _ELSEWHERE
    return f"{films}: {hint}{f' {_SAMPLE}' if answers.catalogue.is_sample else ''}"


def difference_words(difference: Difference) -> str:
    """Such as "LSTM is better than CNN by 0.037 BCE (0.031 to 0.043): sure."."""
    first, second = model_label(difference.first), model_label(difference.second)
    name = _in_a_sentence(NAMES[difference.figure])
    if difference.better is None:
        return f"{first} and {second} have the same {name}."
    other = second if difference.better == difference.first else first
    sign = 1 if difference.value > 0 else -1
    low, high = sorted((sign * difference.low, sign * difference.high))
    verdict = "sure." if difference.sure else "not sure, as it may be chance."
    return (
        f"{model_label(difference.better)} is better than {other} by {abs(difference.value):.3f} {name} "
        f"({_signed(low)} to {_signed(high)}): {verdict}"
    )


def groups_of(first: str, second: str) -> dict[str, str]:
    """What to call the groups of ``genreclf.evaluation.contrast.contrast``."""
    one, other = model_label(first), model_label(second)
    return {"both": "Both get it", "first": f"Only {one}", "second": f"Only {other}", "neither": "Neither"}


def fusion_words(answers: SplitAnswers) -> str:
    """What fusion gains against the better of its parts.

    Raises:
        UserError: no answers of fusion or of its parts.
    """
    gains, better = fusion_gains(answers), model_label(better_part(answers))
    gained, lost, new = (len(gains[name]) for name in ("gained", "lost", "new"))
    balance = gained - lost
    return (
        f"{model_label(FUSION)} gets {gained:,} films that {better}, the better of its two parts, does not ({new:,} of "
        f"them neither part gets), and misses {lost:,} that {better} gets. That makes {balance:+,} films, or "
        f"{100 * balance / len(answers):+.1f} points of top-1."
    )


def leads_words(leads: pd.DataFrame, first: str, second: str) -> str:
    """Which genres which of two models surely ranks better, from ``genreclf.evaluation.contrast.genre_lead``."""
    sure = leads[leads["sure"]]
    said = []
    for model, ahead in ((first, sure["lead"] > 0), (second, sure["lead"] < 0)):
        genres = sure.loc[ahead, "genre"].tolist()
        genres = genres if model == first else genres[::-1]
        said.append(f"{model_label(model)} knows more about {listed(genres)}." if genres
                    else f"There is no genre of which {model_label(model)} surely knows more.")  # fmt: skip
    return " ".join(said)


def doubt_words(genre: str, label: int, probability: float, models: str) -> str:
    """Why a label is doubted: "Not labelled War: models say 84 %; doubted by CNN, MiniLM"."""
    said = f"models say {percent(probability)}; doubted by {models}"
    return f"{'Labelled' if label else 'Not labelled'} {genre}: {said}"


def true_genres(answers: SplitAnswers, position: int) -> list[str]:
    """The genres that a film has."""
    return [GENRES[index] for index in answers.labels[position].nonzero()[0]]


def _in_a_sentence(name: str) -> str:
    return name if name[:2].isupper() or name == "mAP" else name[0].lower() + name[1:]


def _signed(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")
