"""The figures of the lesson, from the cards of the shipped weights and from recorded runs; none is typed in."""

from functools import lru_cache
from typing import Any

from genreclf import paths
from genreclf.evaluation.histories import History, reference_histories, run_event
from genreclf.evaluation.scoreboard import PUBLIC_BCE
from genreclf.files import as_object, read_json
from genreclf.models import SPECS
from genreclf.models.baselines import Prior
from genreclf.runs import curves
from genreclf.runs.events import read_events
from genreclf.units import typeset
from genreclf.weights.folder import Weights, read_weights

RECORDS = paths.PROJECT / "assets" / "lesson"  # of real films, written by ``python -m tools.record_lesson``
SHOWN_EPOCHS = 4  # of the report's CNN, before the question


def shipped(model: str) -> Weights:
    """The shipped weights of a model for real films, whatever was promoted."""
    return read_weights(paths.SHIPPED_WEIGHTS / "imdb" / model, "shipped")


def shipped_weights() -> list[Weights]:
    """All shipped weights for real films."""
    folders = paths.SHIPPED_WEIGHTS / "imdb"
    return [shipped(model) for model in SPECS if (folders / model).is_dir()]


@lru_cache(maxsize=16)  # the page asks again whenever something is moved
def recorded(name: str, label: str) -> History:
    """The history of a recorded run on real films: "start-half", "start-rates" or "overfitting".

    Args:
        name: the record's name.
        label: the run's name on screen.
    """
    events = read_events(RECORDS / f"{name}.jsonl")
    run, start = run_event(events), {"event": "start", "base_rate_loss": figures_of_prior()["prior_val"]}
    loss = curves.loss_of(run["model"], as_object(run.get("settings")))
    return History((name,), [start, *events], label, run["model"], loss)


@lru_cache(maxsize=2)
def report_history(model: str) -> History:
    """The history of the report's recipe on real films."""
    return next(each for each in reference_histories([shipped("prior")]) if each.model == model)


@lru_cache(maxsize=1)
def figures_of_prior() -> dict[str, float]:
    """What the base rates say of real films."""
    prior = shipped("prior")
    rates = Prior.load(prior.file).rates
    metrics = prior.card["metrics"]
    return {
        "genres": len(rates),
        "per_film": float(rates.sum()),
        "nothing": 1 - float(rates.mean()),
        "prior_val": metrics["val"]["bce"],
        "prior_test": metrics["test"]["bce"],
        "prior_top1": metrics["test"]["top1"],
        "train_films": prior.card["films"]["train"],
        "val_films": prior.card["films"]["val"],
        "test_films": prior.card["films"]["test"],
    }


@lru_cache(maxsize=1)
def figures() -> dict[str, Any]:
    """All figures by name: the fields of the texts, and the answers to the questions."""
    found: dict[str, Any] = dict(figures_of_prior())
    for weights in shipped_weights():
        test = weights.card["metrics"]["test"]
        found |= {f"{weights.model}_test": test["bce"], f"{weights.model}_top1": test["top1"]}
    found["poster_drawn"] = shipped("poster").card["further_films"]
    for model in ("cnn", "lstm"):
        history = report_history(model)
        found |= {
            f"{model}_epochs": history.facts.epochs,
            f"{model}_reference_val": history.facts.best_loss,
            f"{model}_reference_test": run_event(history.events)["metrics"]["test"]["bce_uncalibrated"],
            f"public_{model}": PUBLIC_BCE[model],
        }
    half, rates, overfit = (recorded(name, name) for name in ("start-half", "start-rates", "overfitting"))
    last = overfit.epochs.iloc[-1]
    found |= {
        "shown_epochs": SHOWN_EPOCHS,
        "half_val": half.facts.best_loss,
        "rates_val": rates.facts.best_loss,
        "start_gain": 1 - rates.facts.best_loss / half.facts.best_loss,
        "overfit_epoch": overfit.facts.best_epoch,
        "overfit_epochs": overfit.facts.epochs,
        "overfit_best": overfit.facts.best_loss,
        "overfit_last": float(last["val_loss"]),
        "overfit_train": float(last["loss"]),
    }
    rivals = {"cnn": found["cnn_reference_test"], "lstm": found["lstm_reference_test"],
              "prior": found["prior_test"], "tfidf": found["tfidf_test"]}  # fmt: skip
    found["words_best"] = min(rivals, key=rivals.__getitem__)
    found["hardest_to_fool"] = max(("cnn", "lstm", "fusion"), key=lambda model: found[f"{model}_top1"])
    return found | as_object(read_json(RECORDS / "measured.json"))


def filled(text: str) -> str:
    """A text of the lesson with its figures."""
    return typeset(text.format_map(figures()))
