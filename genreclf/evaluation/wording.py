"""Sentences about an evaluation, shared by the app and reports; plain text."""

from collections.abc import Sequence

import pandas as pd

from genreclf.data.twins import leak_sentences
from genreclf.evaluation.bootstrap import ENOUGH_FILMS, Difference
from genreclf.evaluation.metrics import FEW_FILMS, NAMES, bce
from genreclf.evaluation.poster_vs_overview import FUSION, better_part, fusion_gains
from genreclf.evaluation.predictions import ModelPredictions, SplitPredictions
from genreclf.models import SPECS, model_label
from genreclf.units import first_of, listed, percent

LABEL_ISSUES = (
    "Films whose label both a poster model and a text model doubt, the most doubtful first: likely errors in the data "
    "set, or films unlike others of their genre (after confident learning, Northcutt et al. 2021)."
)
NO_LABEL_ISSUES = "No label of these films is doubted by both a poster model and a text model."
_BARELY = 0.05  # of the base rates' BCE: by less a model is hardly better
_NAMED = 25  # genres in a sentence; of more, the rest is counted
SPLITS = {"test": "Test", "val": "Validation", "train": "Training", "all": "All"}
_HINTS = {
    "test": "no model has seen them, and nothing was tuned on them, so this is the fair measure.",
    "val": "no model was trained on them, but thresholds, calibration and the best epoch were chosen on them, so all "
    "scores are slightly too good.",
    "train": "the models were trained on them and may have memorised many, so these scores say little about other "
    "films.",
    "all": "most of them are training films; for a fair measure choose the test films.",
}
_SAMPLE = "The sample's posters are drawn by code, so its scores say nothing about real ones."
_OTHER_DATA = "{models} learned from another data set, so films that are not in it are new to {them}"
DIFFERENCES = (
    "Both models are measured on the same films, resampled a thousand times (bootstrap, Efron & Tibshirani 1993), "
    "which gives the 95 % confidence interval of their difference. A difference is called significant if this interval "
    f"excludes 0, and never with fewer than {ENOUGH_FILMS} films. About one in twenty comparisons of equally good "
    "models looks significant by chance, so expect some false alarms if you check many pairs. The interval says how "
    "much the result may change with other films of this kind, not with another training run."
)


def films_sentence(predictions: SplitPredictions) -> str:
    """The number of films, and how far scores on them can be trusted, given the models' training data."""
    films = _films(len(predictions), "" if predictions.split == "all" else SPLITS[predictions.split].lower())
    models = [model for model in predictions.models.values() if model.weights]
    ours = [predictions.of(name).label for name in predictions.trained_here]
    others = [model.label for model in models if model.label not in ours]
    hint = _HINTS[predictions.split]
    if not ours:
        hint = f"{_OTHER_DATA.format(models='the models', them='them')}."
    elif others:
        elsewhere = _OTHER_DATA.format(models=listed(others), them="it" if len(others) == 1 else "them")
        hint = f"{elsewhere}; for {listed(ours)}: {hint}"
    sentences = [f"{films}: {hint}" if models else f"{films}."]
    if tables := [_called(model) for model in predictions.models.values() if not model.weights]:
        sentences.append(f"What {listed(tables)} learned from is not known.")
    if seen := [predictions.of(name).label for name in predictions.trained_on_all]:
        sentences.append(f"{listed(seen)} had all of these films in training, so the scores say little about others.")
    return " ".join([*sentences, *([_SAMPLE] if predictions.catalogue.is_sample else [])])


def scope_sentences(predictions: SplitPredictions) -> list[str]:
    """Which films and genres of the set are judged and which are not, and what to know of runs and tables."""
    sentences, models = [], predictions.models
    if predictions.left_out:
        reasons = listed([f"{count:,} {reason}" for reason, count in predictions.left_out.items()])
        sentences.append(f"Left out so that all models are measured on the same films: {reasons}.")
    total, judged, without = len(predictions.catalogue.genres), predictions.genres, dict[tuple[str, ...], list[str]]()
    absent: dict[int, list[str]] = {}  # the models that are left out, by how many genres they know
    for name, genres in predictions.missing.items():
        if name in models:
            without.setdefault(genres, []).append(_called(models[name]))
        else:
            absent.setdefault(total - len(genres), []).append(model_label(name))
    for known, labels in absent.items():
        verb, are = ("knows", "is") if len(labels) == 1 else ("know", "are")
        some = f"only {known:,} of the {total:,} genres" if known else "no genre of these films"
        sentences.append(f"{listed(labels)} {verb} {some} and {are} left out.")
    if without:
        names = f": {listed(first_of(judged, _NAMED))}" if 2 * len(judged) < total else ""
        sentences.append(f"Scores are for the {len(judged):,} of {total:,} genres that all models know{names}.")
    for genres, labels in without.items():
        verb = "does" if len(labels) == 1 else "do"
        sentences.append(f"{listed(labels)} {verb} not know {listed(first_of(genres, _NAMED), 'or')}.")
    return sentences + [f"{_called(model)}: {model.note}" for model in models.values() if model.note]


def _called(model: ModelPredictions) -> str:
    """A model's name in a sentence; someone else's, which is the name of a file, is quoted."""
    return model.label if model.weights else f"“{model.label}”"


def macro_sentence(predictions: SplitPredictions) -> str:
    """How many genres the averages over genres rest on, and how many of them have too few films."""
    genres, few = predictions.genre_support
    have = "has" if few == 1 else "have"
    chance = f"; {few:,} of them {have} fewer than {FEW_FILMS} films, so their scores are mostly chance" if few else ""
    return f"Macro-F1 and mAP average over the {genres:,} genre{'s' * (genres != 1)} that a film here has{chance}."


def twins_sentence(predictions: SplitPredictions) -> str:
    """How many films the models may have seen in training under another id, and the BCE without them, or ""."""
    twins, ours = predictions.twins(), predictions.trained_here
    if not twins["in_train"] or not ours:
        return ""
    scores = ", ".join(f"{model_label(name)} {value:.3f}" for name, value in twins["bce_without"].items())
    counts = {f"{predictions.split}_in_train": twins["in_train"]}
    (sentence,) = leak_sentences(counts, {predictions.split: len(predictions)})
    return f"{sentence} " + (f"BCE without them: {scores}." if scores else "There are no other films.")


def all_films_sentence(predictions: SplitPredictions) -> str:
    """That all films of the set can be evaluated on, if no model learned from it; else ""."""
    total = len(predictions.catalogue)
    if predictions.trained_here or len(predictions) == total or not predictions.models:
        return ""
    return (
        "The models learned from another data set, so the splits of this one mean nothing to them: "
        f"--split all evaluates on all {total:,} films. Those that are in the other set, too, are not new to them."
    )


def difference_sentence(difference: Difference) -> str:
    """A comparison such as "LSTM is significantly better than CNN by 0.037 BCE (0.031 to 0.043)."."""
    first, second = model_label(difference.first), model_label(difference.second)
    name = NAMES[difference.metric]
    name = name if name[:2].isupper() or name == "mAP" else name[0].lower() + name[1:]
    if difference.better is None:
        return f"{first} and {second} have the same {name}."
    other = second if difference.better == difference.first else first
    sign = 1 if difference.value > 0 else -1
    low, high = (f"{end:z.3f}".replace("-", "−") for end in sorted((sign * difference.low, sign * difference.high)))
    reason = "this may be chance" if difference.enough_films else f"there are only {_films(difference.films)}"
    how, limit = ("significantly ", "") if difference.significant else ("", f", but not significantly: {reason}")
    return (
        f"{model_label(difference.better)} is {how}better than {other} by {abs(difference.value):.3f} {name} "
        f"({low} to {high}){limit}."
    )


def contrast_names(first: str, second: str) -> dict[str, str]:
    """Names for the groups of ``genreclf.evaluation.poster_vs_overview.contrast``."""
    only = {"first": f"Only {model_label(first)}", "second": f"Only {model_label(second)}"}
    return {"both": "Both right", **only, "neither": "Neither"}


def fusion_sentences(predictions: SplitPredictions) -> str:
    """The gain of fusion over the better of its parts."""
    gains, better = fusion_gains(predictions), model_label(better_part(predictions))
    gained, lost, new = (len(gains[name]) for name in ("gained", "lost", "new"))
    balance = gained - lost
    detail = f" (neither part gets {new:,} of them right)" if gained else ""
    if gained == 1:
        detail = " (neither part gets it right)" if new else " (the other part gets it right)"
    points = f"{100 * balance / len(predictions):+z.1f}".replace("-", "−")
    return (
        f"{model_label(FUSION)} gets {_films(gained)} right that {better}, the better of its two parts, gets "
        f"wrong{detail}, and gets {_films(lost)} wrong that {better} gets right. The balance is "
        f"{_films(balance, sign='+')}, or {points} points of top-1."
    )


def leads_sentences(leads: pd.DataFrame, first: str, second: str) -> str:
    """On which genres each of two models is significantly better, from ``poster_vs_overview.genre_lead``."""
    significant = leads[leads["significant"].astype(bool)]
    ahead = {first: significant[significant["lead"] > 0], second: significant[significant["lead"] < 0][::-1]}
    return " ".join(
        f"{model_label(model)} is significantly better on {listed(rows['genre'].tolist()) or 'no genre'}."
        for model, rows in ahead.items()
    )


def weak_doubts_sentence(predictions: SplitPredictions) -> str:
    """That models which hardly beat the base rates have little reason to doubt a label; "" if all others do."""
    if (base := predictions.models.get("prior")) is None:
        return ""
    to_beat = bce(predictions.labels, base.probabilities)
    scores = {
        model.label: bce(predictions.labels, model.probabilities)
        for name, model in predictions.models.items()
        if name in SPECS and not SPECS[name].is_baseline and not SPECS[name].parts
    }
    weak = [f"{label} ({score:.3f} BCE)" for label, score in scores.items() if score > (1 - _BARELY) * to_beat]
    if not weak:
        return ""
    verb, their = ("are", "their") if len(weak) > 1 else ("is", "its")
    return (
        f"{listed(weak)} {verb} hardly better than the base rates ({to_beat:.3f} BCE), so {their} doubts mean little: "
        "train longer or a better model before you change labels."
    )


def label_issue_notes(label_issues: pd.DataFrame) -> dict[int, list[str]]:
    """Notes on the doubtful labels of each film, by position, in the order of ``confident.label_issues``.

    For example "Not labelled War: 84 % likely, averaged over the models; doubted by CNN, MiniLM".
    """
    notes: dict[int, list[str]] = {}
    for row in label_issues.itertuples():
        label = f"{'Labelled' if row.label else 'Not labelled'} {row.genre}"
        note = f"{label}: {percent(row.probability)} likely, averaged over the models; doubted by {row.models}"
        notes.setdefault(int(row.position), []).append(note)
    return notes


def best_guesses(
    predictions: SplitPredictions, position: int, models: Sequence[str], right: str = "✓", wrong: str = "✗"
) -> list[str]:
    """Each model's most probable genre for a film, with a mark for right or wrong: "✓ CNN: Drama"."""
    guesses = []
    for model in models:
        best = int(predictions.of(model).probabilities[position].argmax())
        mark = right if predictions.labels[position, best] else wrong
        guesses.append(f"{mark} {model_label(model)}: {predictions.genres[best]}")
    return guesses


def _films(count: int, kind: str = "", sign: str = "") -> str:
    """A number of films: "1 film", "1,200 test films", or with the sign "+", "+2 films"."""
    return f"{count:{sign},}".replace("-", "−") + f" {kind}{' ' * bool(kind)}film{'s' * (abs(count) != 1)}"
