"""Trained weights: where they are stored, and which ones are used.

A weights folder contains ``card.json`` and the arrays: for a Keras model ``model.weights.h5`` (float16 or int8) and,
if it uses words, ``vocabulary.txt``; for a baseline ``model.npz``. ``metrics.jsonl``, if present, has a line per
epoch of its training. Nothing is unpickled.
"""

import hashlib
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genreclf import paths, pretrained
from genreclf.calibration import Calibration
from genreclf.errors import UserError
from genreclf.files import atomic_path, read_json, sha256_of
from genreclf.genres import GENRES, NUM_GENRES
from genreclf.models import SPECS, get_spec

CARD = "card.json"
KERAS_WEIGHTS = "model.weights.h5"
BASELINE_WEIGHTS = "model.npz"
VOCABULARY = "vocabulary.txt"
PARTS = "parts"  # subfolder of the weights that a model is made of
HISTORY = "metrics.jsonl"  # of the training, as in a run's folder but without events of batches


@dataclass(frozen=True)
class Weights:
    """A trained model on disk.

    Attributes:
        folder: the folder that contains it.
        model: the model's name, such as ``"lstm"``.
        card: the content of ``card.json``: settings, thresholds, calibration, metrics, versions.
        origin: ``"shipped"``, ``"promoted"`` or ``"chosen"``.
    """

    folder: Path
    model: str
    card: dict[str, Any]
    origin: str

    @property
    def file(self) -> Path:
        """The file of the model's arrays."""
        return self.folder / self.card["weights_file"]

    @property
    def sha256(self) -> str:
        """The SHA-256 of ``file``, hex."""
        return self.card["weights_sha256"]

    @property
    def cache_key(self) -> str:
        """A key for caches of predictions; it changes with the weights, the calibration, and those of the parts."""
        own = f"{self.sha256[:16]}-{self.calibration.scale:.4f}{self.calibration.shift:+.4f}"
        try:
            parts = " ".join(part.cache_key for part in self.parts().values())
        except UserError:  # reported when the model predicts
            return f"{own}-apart"
        return f"{own}-{hashlib.sha256(parts.encode()).hexdigest()[:8]}" if parts else own

    @property
    def thresholds(self) -> np.ndarray:
        """The lowest probability at which each genre is chosen, float64 ``(25,)``."""
        return np.asarray(self.card["thresholds"], np.float64)

    @property
    def calibration(self) -> Calibration:
        """The calibration of the model's probabilities."""
        return Calibration(float(self.card["calibration"]["scale"]), float(self.card["calibration"]["shift"]))

    def thresholds_for(self, fallback_part: str) -> np.ndarray:
        """Thresholds ``(25,)`` of the part that predicts alone (see ``ModelSpec.fallback_part``), else the model's."""
        parts = self.parts() if fallback_part else {}
        return parts[fallback_part].thresholds if fallback_part in parts else self.thresholds

    def vocabulary(self) -> list[str]:
        """The words by token id, for a model that uses words; raises UserError if the file is missing."""
        path = self.folder / VOCABULARY
        try:
            return path.read_text("utf-8").split("\n")
        except OSError:
            raise UserError(f"{path} is missing; restore it or retrain {self.model}.") from None

    def parts(self) -> "dict[str, Weights]":
        """The weights of the models that this one is made of, from its folder or the one beside it, by name.

        Raises:
            UserError: they are missing, or differ from those that the model was trained with.
        """
        found_parts = {}
        for model, sha256 in (self.card.get("parts") or {}).items():
            folders = (self.folder / PARTS / model, self.folder.parent / model)
            parts = (read_weights(folder, self.origin) for folder in folders if (folder / CARD).is_file())
            part = next((part for part in parts if (part.model, part.sha256) == (model, sha256)), None)
            if part is None:
                raise UserError(
                    f"{self.folder} was trained on top of weights of {model} that are neither in it nor beside it; "
                    f"restore them, or retrain {self.model}."
                )
            found_parts[model] = part
        return found_parts

    def check(self) -> None:
        """Compare the files with the checksums on the card.

        Raises:
            UserError: a file is missing or differs (half written, replaced).
        """
        for name, sha256 in (self.card.get("pretrained") or {}).items():
            if pretrained.digest_of(name) != sha256:
                raise UserError(
                    f"The weights in {self.folder} were trained on another version of {name} than the project's; "
                    f"restore weights/pretrained, or retrain {self.model}."
                )
        checksums = {self.file: self.sha256}
        if "vocabulary_sha256" in self.card:
            checksums[self.folder / VOCABULARY] = self.card["vocabulary_sha256"]
        remedy = "restore it, or retrain the model and promote the run"
        for file, sha256 in checksums.items():
            if not file.is_file():
                raise UserError(f"The weights file {file} is missing; {remedy}.")
            if sha256_of(file) != sha256:
                raise UserError(f"The weights file {file} is damaged (it differs from its card); {remedy}.")


def read_weights(folder: Path, origin: str = "chosen") -> Weights:
    """Read the card of a weights folder; the arrays are read by ``genreclf.predict.predictor.Predictor``.

    Raises:
        UserError: the folder has no usable card.
    """
    path = folder / CARD
    card = read_json(path)
    if card is None:
        raise UserError(f"{folder} contains no readable {CARD}; name a weights folder or a finished run.")
    try:
        if card["genres"] != list(GENRES) or len(card["thresholds"]) != NUM_GENRES:
            raise UserError(f"The card {path} lists other genres than genreclf's 25; these weights cannot be used.")
        if card["model"] not in SPECS:
            raise UserError(f"The card {path} names the unknown model {card['model']!r}.")
        if Path(card["weights_file"]).name != card["weights_file"]:
            raise UserError(f"The card {path} names a weights file outside its folder; it is not trusted.")
        for key in ("weights_sha256", "calibration", "metrics", "recipe"):
            card[key]
        for key in ("settings", "parts", "pretrained"):
            if not isinstance(card.get(key) or {}, dict):
                raise ValueError(f"{key} is not a JSON object")
        if set(card.get("parts") or {}) != set(get_spec(card["model"]).parts):
            raise ValueError("its parts are not those of the model")
        weights = Weights(folder, card["model"], card, origin)
        if not np.isfinite([*weights.thresholds, weights.calibration.scale, weights.calibration.shift]).all():
            raise ValueError("a threshold or the calibration is not a number")
        return weights
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UserError(f"The card {path} is damaged ({error}); restore it or retrain the model.") from None


def weights_set_for(data: Path | None) -> str:
    """The set of weights for a data-set folder: ``"sample"`` for the embedded sample if shipped, else ``"imdb"``.

    None means films of any origin.
    """
    is_sample = data is not None and data.resolve() == paths.SAMPLE.resolve()
    return "sample" if is_sample and (paths.SHIPPED_WEIGHTS / "sample").is_dir() else "imdb"


def find_weights(model: str, weights_set: str = "imdb", choice: str | Path | None = None) -> Weights | None:
    """Find the weights that a model uses: promoted ones if there are any, else the shipped ones; or None.

    >>> weights = find_weights("lstm", choice="imdb")
    >>> weights.model, weights.thresholds.shape
    ('lstm', (25,))

    Args:
        model: the model's name (see ``genreclf.list_models``).
        weights_set: ``"imdb"`` or ``"sample"``.
        choice: use exactly these: the name of a shipped set, or the folder of a set (``<folder>/<model>/card.json``),
            of one model, or of a run.

    Raises:
        UserError: there is no such model, no such choice, or its card is not usable.
    """
    get_spec(model)
    if choice is not None:
        named = paths.SHIPPED_WEIGHTS / str(choice)
        folder = named if str(choice).isidentifier() and named.is_dir() else Path(choice).expanduser()
        if (folder / CARD).is_file():
            weights = read_weights(folder)
            return weights if weights.model == model else None
        if not any(folder.glob(f"*/{CARD}")):
            raise UserError(f"There are no weights called {str(choice)!r}; name imdb, sample, or a weights folder.")
        return read_weights(folder / model) if (folder / model / CARD).is_file() else None
    shipped = paths.SHIPPED_WEIGHTS / weights_set / model
    for folder, origin in ((promoted_folder(weights_set, model), "promoted"), (shipped, "shipped")):
        if (folder / CARD).is_file():
            return read_weights(folder, origin)
    return None


def available_weights(weights_set: str = "imdb", choice: str | Path | None = None) -> list[Weights]:
    """Find the weights that each model uses, baselines last (see ``find_weights``)."""
    candidates = (find_weights(model, weights_set, choice) for model in SPECS)
    return [weights for weights in candidates if weights is not None]


def covered_by_fusion(weights: Collection[Weights]) -> set[str]:
    """The models that are parts of another one of these, so that predicting with it yields their predictions too."""
    parts = set()
    for each in weights:
        with suppress(UserError):  # missing parts are reported when the model predicts
            parts |= {part.cache_key for part in each.parts().values()}
    return {each.model for each in weights if each.cache_key in parts}


def promoted_folder(weights_set: str, model: str) -> Path:
    """The folder of a promoted run's weights, which replace the shipped ones."""
    return paths.promoted_dir() / weights_set / model


def write_vocabulary(folder: Path, vocabulary: list[str]) -> None:
    """Write the words by token id, one per line."""
    with atomic_path(folder / VOCABULARY) as temporary:
        temporary.write_text("\n".join(vocabulary), "utf-8")
