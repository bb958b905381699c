"""Record what the lesson shows of real films: writes ``assets/lesson``.

    python -m tools.record_lesson --data DIR
    python -m tools.record_lesson --data DIR --runs DIR --output DIR

It trains three LSTMs, a quarter of an hour on two cores, unless their runs are finished in the folder of the runs; then
it measures a threshold and a correction of labels, two minutes. To be run again when a recipe or the shipped weights
change. What is written are figures of all films together: no film's id, text or picture.
"""

import argparse
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from genreclf import paths
from genreclf.data.catalogue import Catalogue, load_table
from genreclf.errors import UserError
from genreclf.evaluation.predictions import is_trained_on
from genreclf.evaluation.stored import catalogue_predictions
from genreclf.files import atomic_path, write_json
from genreclf.lesson import sample
from genreclf.lesson.figures import RECORDS, shipped
from genreclf.lesson.labels import changed, compare, doubts
from genreclf.lesson.threshold import GENRE, MODEL, THRESHOLDS, curve, wish
from genreclf.processes import environment
from genreclf.recipes.settings import parse_settings
from genreclf.runs.folder import Run, Status

RUNS: dict[str, tuple[str, tuple[str, ...]]] = {  # by record: the run's folder, and what differs from the tuned LSTM
    "start-half": ("lstm-half", ("base_rate_bias=false",)),
    "start-rates": ("lstm-base-rates", ()),
    "overfitting": ("lstm-overfit", (
        "epochs=16", "learning_rate=0.0003", "teacher=", "word_dropout=0", "schedule=constant", "warmup_epochs=0",
        "patience=0", "word_vectors=false",
        'model_options={"lstm_dropout": 0.0, "recurrent_dropout": 0.0, "dense_dropout": 0.0}',
    )),
}  # fmt: skip
WRONG = 0.25  # share of the training films that get the genres of another film
_OF_CARD = ("model", "recipe", "seed", "command", "settings", "data_digest", "films", "best_epoch", "metrics",
            "versions", "trained", "device")  # fmt: skip
_OF_EPOCH = ("event", "epoch", "loss", "precision", "recall", "val_loss", "val_precision", "val_recall",
             "learning_rate", "seconds")  # fmt: skip
_METRICS = ("bce", "precision", "recall", "micro_f1", "macro_f1", "samples_f1", "weighted_f1", "map", "micro_ap",
            "top1", "top3_recall", "bce_uncalibrated", "calibration_error")  # fmt: skip


def finished_run(record: str, data: Path, runs: Path) -> Run:
    """The run of a record, trained now if its folder does not exist.

    Raises:
        UserError: the run in its folder was trained otherwise, or did not end; or its training failed.
    """
    name, changes = RUNS[record]
    run = Run((runs / name).resolve())
    if not run.folder.exists():
        sets = [argument for change in changes for argument in ("--set", change)]
        command = ["train", "lstm", "--data", str(data), "--seed", "0", *sets, "--run-dir", str(run.folder)]
        done = subprocess.run([sys.executable, "-m", "genreclf", *command], env=environment())
        if done.returncode:
            raise UserError(f"The training of {name} failed; the reason is above.")
    config, expected = run.config, parse_settings(list(changes))
    if (config.model, config.recipe_name, config.seed, config.changes) != ("lstm", "tuned", 0, expected):
        raise UserError(f"{run.folder} was trained with other settings than {name} needs; remove it.")
    if run.status() is not Status.COMPLETED:
        raise UserError(f"The run in {run.folder} has not been completed; wait for it, or remove it.")
    return run


def history(run: Run) -> list[dict[str, Any]]:
    """What is recorded of a run: a description, and one event per epoch."""
    card, command = dict(run.card), run.config.command
    card["metrics"] = {
        split: {name: round(values[name], 4) for name in _METRICS if name in values}
        for split, values in card["metrics"].items()
    }
    described = {"event": "run", **{name: card[name] for name in _OF_CARD if name in card}, "command": command}
    return [described, *({name: epoch[name] for name in _OF_EPOCH if name in epoch} for epoch in run.epochs())]


def measure_threshold(catalogue: Catalogue) -> dict[str, Any]:
    """The threshold that misses no horror film of validation, and the counts at all others."""
    weights = shipped(MODEL)
    column, sides = weights.genres.index(GENRE), {}
    for split in ("val", "test"):
        probabilities = catalogue_predictions(catalogue, weights, split=split)[:, column].astype(np.float64)
        sides[split] = catalogue.labels_of([GENRE])[catalogue.in_split(split), 0].astype(bool), probabilities
    found = wish(*sides["val"], *sides["test"])
    return {
        "horror_threshold": found.threshold,
        "horror_recall": float(found.test.recall),
        "horror_precision": float(found.test.precision),
        "horror_val_precision": float(found.val.precision),
        "horror_val_films": int(found.val.positives),
        "horror_test_films": int(found.test.positives),
        "horror_curve": {"model": MODEL, "thresholds": [float(each) for each in THRESHOLDS],
                         **{split: curve(*side) for split, side in sides.items()}},
    }  # fmt: skip


def shuffled(catalogue: Catalogue, share: float, seed: int = 0) -> np.ndarray:
    """The labels of all films, where a share of those of train have changed theirs among each other."""
    rng, labels = np.random.default_rng(seed), catalogue.labels.copy()
    train = catalogue.in_split("train")
    wrong = rng.permutation(train)[: round(share * len(train))]
    labels[wrong] = catalogue.labels[np.roll(wrong, 1)]  # each gets those of another
    return labels


def measure_labels(catalogue: Catalogue) -> dict[str, Any]:
    """What it changes to put many labels of real films right, and five of the sample's as the models suggest."""
    right = catalogue.labels
    found = compare(catalogue, shuffled(catalogue, WRONG), right)
    films = sample.films()
    few = compare(films, films.labels, changed(films, [(doubt.film, doubt.genre) for doubt in doubts()]))
    return {
        "labels_before": found.before,
        "labels_after": found.after,
        "labels_difference": found.difference.value,
        "labels_low": found.difference.low,
        "labels_high": found.difference.high,
        "labels_share": WRONG,
        "labels_significant": "yes" if few.difference.significant else "no",
        "labels_few": [few.difference.value, few.difference.low, few.difference.high],
        "sample_films": len(films.in_split("train")),
    }


def main(argv: list[str] | None = None) -> None:
    """Write all records."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of the real films")
    parser.add_argument("--runs", type=Path, default=paths.PROJECT / "build" / "lesson", metavar="DIR",
                        help="folder of the three runs (build/lesson)")  # fmt: skip
    parser.add_argument("--output", type=Path, default=RECORDS, metavar="DIR", help="default: assets/lesson")
    options = parser.parse_args(argv)
    catalogue = load_table(options.data)
    if not is_trained_on(shipped(MODEL), catalogue):
        raise UserError(f"The shipped weights were not trained on {options.data}; name the folder of the real films.")
    options.output.mkdir(parents=True, exist_ok=True)
    described: dict[str, Any] = {}
    for record in RUNS:
        events = history(finished_run(record, options.data, options.runs))
        described = events[0]
        if described["data_digest"] != catalogue.table_digest:
            raise UserError(f"The run of {record} was trained on other films; remove it from {options.runs}.")
        with atomic_path(options.output / f"{record}.jsonl") as temporary:
            temporary.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
        lowest = min(each["val_loss"] for each in events[1:])
        print(f"{record}: {len(events) - 1} epochs, best validation loss {lowest}")
    measured = measure_threshold(catalogue) | measure_labels(catalogue)
    about = {
        "data_digest": catalogue.table_digest,
        "films": {split: len(catalogue.in_split(split)) for split in ("train", "val", "test")},
        "weights_sha256": {MODEL: shipped(MODEL).sha256},
        "versions": described["versions"],
        "recorded": datetime.now(UTC).date().isoformat(),
    }
    write_json(options.output / "measured.json", measured | {
        "commands": ["python -m tools.record_lesson --data DIR"], "about": about
    })  # fmt: skip
    print(json.dumps({name: value for name, value in measured.items() if name != "horror_curve"}, indent=1))


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(str(error))
