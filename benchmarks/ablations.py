"""What does each setting of a recipe contribute? Trains variants of a model and tabulates their scores on val.

    python benchmarks/ablations.py lstm --data FOLDER --seeds 3
    python benchmarks/ablations.py lstm --data FOLDER --only "no teacher" --seeds 1
    python benchmarks/ablations.py frozen --data FOLDER

The first row is the recipe itself; each of the others changes one setting. ``frozen`` trains no network: it fits one
logistic regression per genre on the features of the frozen pretrained networks, for posters of several sizes and for
overviews. Runs are stored in the home folder (GENRECLF_HOME) and reused, so that an interrupted table continues where
it stopped. Scores are on val: the BCE before calibration (by which the best epoch is chosen), the others with
thresholds fitted on val.
"""

import argparse
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import command
import numpy as np

from genreclf import paths
from genreclf.data.catalogue import Catalogue, load_catalogue
from genreclf.errors import UserError
from genreclf.evaluation.metrics import evaluate_probabilities
from genreclf.evaluation.thresholds import fit_thresholds
from genreclf.files import read_json
from genreclf.models.baselines import base_rates
from genreclf.recipes import get_recipe
from genreclf.recipes.settings import parse_settings
from genreclf.runs.folder import Run, Status
from genreclf.runs.queue import new_run

# By model: the name of each variant, and its settings as in ``train --set``.
VARIANTS: dict[str, dict[str, list[str]]] = {
    "lstm": {
        "no teacher": ["teacher="],
        "half of the targets from the teacher": ["teacher_weight=0.5"],
        "the teacher from the first epoch": ["teacher_epoch=1"],
        "no pretrained word vectors": ["word_vectors=false"],
        "no word dropout": ["word_dropout=0"],
        "no length buckets": ["buckets=false"],
        "no base-rate bias": ["base_rate_bias=false"],
        "no gradient clipping": ["clip_norm=0"],
        "recurrent dropout .2, as in the report": ['model_options={"recurrent_dropout": 0.2}'],
        "label smoothing .05": ["label_smoothing=0.05"],
    },
    "cnn": {
        "no teacher": ["teacher="],
        "no augmentation": ["augment=false"],
        "Glorot's initial weights": ['model_options={"kernel_initializer": "glorot_uniform"}'],
        "mixup .2": ["mixup=0.2"],
        "no base-rate bias": ["base_rate_bias=false"],
        "no gradient clipping": ["clip_norm=0"],
    },
    "poster": {
        "the overview model as its teacher": ["teacher=overview"],
        "no mixup": ["mixup=0"],
        "no augmentation": ["augment=false"],
        "all blocks frozen": ['model_options={"frozen_blocks": 16}'],
        "12 of 16 blocks frozen": ['model_options={"frozen_blocks": 12}'],
    },
    "overview": {
        "only norms and head trained": ['model_options={"rank": 0}'],
        "rank 4": ['model_options={"rank": 4}'],
        "rank 64": ['model_options={"rank": 64}'],
        "no word dropout": ["word_dropout=0"],
        "learning rate 1e-3": ["learning_rate=0.001"],
        "weight decay 0": ["weight_decay=0"],
    },
    "fusion": {
        "feature dropout .9": ['model_options={"feature_dropout": 0.9}'],
        "feature dropout 0": ['model_options={"feature_dropout": 0.0}'],
        "no base-rate bias": ["base_rate_bias=false"],
    },
}
SCORES = ("bce", "micro_f1", "macro_f1", "map", "top1")
POSTER_SIZES = ((64, 43), (192, 128), (256, 176), (320, 216))
STRENGTHS = (3e-4, 1e-3, 3e-3)  # C of the logistic regression; the best on val is shown


def train_variant(model: str, settings: list[str], seed: int, data: Path) -> dict | None:
    """Train a run with these settings unless it exists, and return its card; None if it failed.

    Raises:
        UserError: another training is running, or this one was stopped early, so that its scores mean nothing.
    """
    recipe = get_recipe(model, **parse_settings(settings)).as_dict()
    digest = hashlib.sha256(json.dumps([recipe, load_catalogue(data).digest], sort_keys=True).encode()).hexdigest()
    folder = paths.runs_dir() / "ablations" / f"{model}-{digest[:8]}-{seed}"
    run = Run(folder)
    if not (folder / "config.json").is_file():
        run = new_run(model, data, "tuned", seed, folder, **parse_settings(settings))
    if not run.exit:
        with run.log_file.open("ab") as log:
            trainer = [sys.executable, "-m", "genreclf.training.worker", str(folder)]
            status = subprocess.run(trainer, stdout=log, stderr=log).returncode
        if not run.exit and status:
            raise UserError(f"The trainer died (status {status}); see {run.log_file}.")
    if not run.exit:
        raise UserError(
            f"Another training is running in {paths.home()}; wait for it, or set GENRECLF_HOME to another folder."
        )
    if run.exit.outcome == Status.STOPPED:
        raise UserError(f"{folder} was stopped early; delete it, or continue it with train --resume.")
    card = read_json(run.card_file)
    return card if card and card["metrics"] else None


def row(name: str, cards: list[dict | None]) -> str:
    """A row of the table: the mean over seeds, and half the range of the BCE."""
    scores = [card["metrics"]["val"] | {"bce": card["metrics"]["val"]["bce_uncalibrated"]} for card in cards if card]
    if not scores:
        return f"| {name} | failed | | | | | |"
    values = {name: [each[name] for each in scores] for name in SCORES}
    spread = f" ± {(max(values['bce']) - min(values['bce'])) / 2:.4f}" if len(scores) > 1 else ""
    cells = [f"{np.mean(values['bce']):.4f}{spread}", *(f"{np.mean(values[name]):.3f}" for name in SCORES[1:])]
    return f"| {name} | {' | '.join(cells)} | {len(scores)} |"


def frozen(catalogue: Catalogue) -> None:
    """Tabulate logistic regressions on features of the pretrained networks, for posters of several sizes."""
    import keras
    from sklearn.linear_model import LogisticRegression

    from genreclf.data.overviews import PieceEncoder
    from genreclf.data.posters import load_posters
    from genreclf.models.efficientnet import FrozenEfficientNet
    from genreclf.models.minilm import MiniLM
    from genreclf.models.overview import MeanAndAttention
    from genreclf.pretrained import EFFICIENTNET, EFFICIENTNET_2

    train, val = catalogue.in_split("train"), catalogue.in_split("val")
    rates = base_rates(catalogue.labels[train])

    def show(name: str, features: np.ndarray) -> None:
        features = (features - features[train].mean(axis=0)) / (features[train].std(axis=0) + 1e-6)
        scores = []
        for strength in STRENGTHS:
            probabilities = np.tile(rates, (len(val), 1))
            for genre in range(catalogue.labels.shape[1]):
                truth = catalogue.labels[train, genre]
                if truth.sum() >= 5:
                    fitted = LogisticRegression(C=strength, max_iter=200).fit(features[train], truth)
                    probabilities[:, genre] = fitted.predict_proba(features[val])[:, 1]
            thresholds = fit_thresholds(catalogue.labels[val], probabilities)
            scores.append(evaluate_probabilities(catalogue.labels[val], probabilities, thresholds))
        best = min(scores, key=lambda each: each["bce"])
        print(row(name, [{"metrics": {"val": best | {"bce_uncalibrated": best["bce"]}}}]), flush=True)

    for size in POSTER_SIZES:
        posters, features = load_posters(catalogue.posters, size), {}
        for name in (EFFICIENTNET, EFFICIENTNET_2):
            poster = keras.Input((*size, 3))
            network = keras.Model(poster, FrozenEfficientNet(name)(poster))
            scaled = (posters[first : first + 64] / np.float32(255) for first in range(0, len(posters), 64))
            batches = [network.predict_on_batch(batch) for batch in scaled]
            features[name] = np.concatenate(batches)
            show(f"frozen {name}, posters of {size[1]}×{size[0]}", features[name])
        show(f"both, posters of {size[1]}×{size[0]}", np.concatenate(list(features.values()), axis=1))
    ids = keras.Input((None,), dtype="int32")
    means = keras.Model(ids, MeanAndAttention(0)(MiniLM(rank=0)(ids), ids))
    pieces = PieceEncoder()(catalogue.films["overview"].tolist())
    batches = [means.predict_on_batch(pieces[first : first + 128]) for first in range(0, len(pieces), 128)]
    show("frozen MiniLM, mean of the vectors", np.concatenate(batches))


def main(argv: list[str] | None = None) -> int:
    """Print the table; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", choices=[*VARIANTS, "frozen"])
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--seeds", type=int, default=1, help="runs per variant (%(default)s)")
    parser.add_argument("--only", action="append", help="name of a variant to train; may be repeated")
    options = parser.parse_args(argv)
    print("| variant | val BCE | micro-F1 | macro-F1 | mAP | top-1 | seeds |\n|---|--:|--:|--:|--:|--:|--:|")
    if options.model == "frozen":
        frozen(load_catalogue(options.data))
        return 0
    variants = {"the recipe": []} | VARIANTS[options.model]
    for name, settings in variants.items():
        if not options.only or name in options.only:
            cards = [train_variant(options.model, settings, seed, options.data) for seed in range(options.seeds)]
            print(row(name, cards), flush=True)
    return 0


if __name__ == "__main__":
    command.run(main)
