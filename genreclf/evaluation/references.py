"""The figures of others on the same scoreboard: the reports', public copies', and the reports' recipes run anew."""

from collections.abc import Iterable
from dataclasses import replace

from genreclf import paths
from genreclf.data.catalogue import Catalogue
from genreclf.evaluation.histories import run_event
from genreclf.evaluation.metrics import METRICS
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.scoreboard import Score, scoreboard
from genreclf.files import as_object, read_json
from genreclf.models import SPECS, model_label
from genreclf.runs.folder import read_events
from genreclf.weights.folder import CARD

ELSEWHERE = "†"  # after the name of who was measured on other films
ELSEWHERE_WORDS = f"{ELSEWHERE} Of validation films that others chose: near, but another measure."


def standings(predictions: SplitPredictions, figures: dict[str, dict[str, float]] | None = None) -> list[Score]:
    """All that belongs on the scoreboard of a split: models, baselines, references.

    What others state of their networks is left out unless these are the films of the public set, on which they
    measured.

    Args:
        answers: of the models and baselines.
        figures: ``answers.figures()``, where they are known already.
    """
    figures = figures or predictions.figures()
    ours = [
        Score(told.label, name, "baseline" if SPECS[name].is_baseline else "ours", figures[name], told.weights)
        for name, told in predictions.models.items()
    ]
    return [*ours, *references(predictions)]


def references(predictions: SplitPredictions) -> list[Score]:
    """What is known of networks that give no answers here; nothing where the films are not those of the public set.

    The reports' recipes were measured on val and test when this project ran them: all figures. The reports calibrate
    nothing, so the BCE is that of the bare probabilities. Of all others only a lowest validation loss is known, on
    films of the same set; their names end in ``ELSEWHERE``.
    """
    if not _is_public_set(predictions.catalogue):
        return []
    stated = {score.label: replace(score, label=f"{score.label} {ELSEWHERE}") for score in scoreboard(())}
    for model in SPECS:
        run = run_event(read_events(paths.REFERENCE_RUNS / f"{model}.jsonl"))
        measured = (run.get("metrics") or {}).get(predictions.split)
        if measured and run.get("data_digest") == predictions.catalogue.digest:
            label = f"{model_label(model)}, report's recipe"
            measured = {**measured, "bce": measured.get("bce_uncalibrated", measured.get("bce"))}
            figures = {name: float(measured[name]) for name in METRICS if measured.get(name) is not None}
            source = (
                "the report's recipe, run anew for this project and measured on these films, without calibration but "
                "with thresholds fitted on validation films, which the reports do not have either"
            )
            stated[label] = Score(label, model, "reference", figures, source=source)
    return list(stated.values())


def sources(scores: Iterable[Score]) -> dict[str, list[str]]:
    """Where the references' figures come from: source → the names of those that it tells of."""
    found: dict[str, list[str]] = {}
    for score in scores:
        if score.source:
            found.setdefault(score.source, []).append(score.label)
    return found


def _is_public_set(catalogue: Catalogue) -> bool:
    """Whether these are the films that the shipped weights for real films learnt from."""
    cards = (paths.SHIPPED_WEIGHTS / "imdb").glob(f"*/{CARD}")
    return any(as_object(read_json(card)).get("data_digest") == catalogue.digest for card in cards)
