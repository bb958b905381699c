"""Trained weights: where they lie, which ones answer, and how a run's become shippable.

A weights folder holds ``card.json`` and, for a Keras model, ``model.weights.h5`` (float16) and, if it reads overviews,
``vocabulary.txt``; for a baseline ``model.npz``. Where its training was kept, ``metrics.jsonl`` has a line an epoch.
Nothing is unpickled.
"""

import hashlib
import json
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genreclf import paths, pretrained
from genreclf.calibration import Calibration
from genreclf.data.catalogue import Catalogue
from genreclf.errors import UserError
from genreclf.files import as_object, atomic_path, read_json, write_json
from genreclf.genres import GENRES, NUM_GENRES
from genreclf.models import SPECS, get_spec
from genreclf.weights.storage import copy_numbers

CARD = "card.json"
KERAS_WEIGHTS = "model.weights.h5"
BASELINE_WEIGHTS = "model.npz"
VOCABULARY = "vocabulary.txt"
PARTS = "parts"  # folder of the weights that a model is made of
HISTORY = "metrics.jsonl"  # how it was trained, epoch by epoch, as in a run's folder


@dataclass(frozen=True)
class Weights:
    """A trained model on disk.

    Attributes:
        folder: where it lies.
        model: the family's name.
        card: everything known of it (see ``card.json``).
        origin: ``"shipped"``, ``"promoted"`` or ``"chosen"``.
    """

    folder: Path
    model: str
    card: dict[str, Any]
    origin: str

    @property
    def file(self) -> Path:
        """The file of numbers."""
        return self.folder / self.card["weights_file"]

    @property
    def sha256(self) -> str:
        """Changes whenever the weights do; for caches."""
        return self.card["weights_sha256"]

    @property
    def cache_key(self) -> str:
        """Changes whenever the answers may: with the weights, with a calibration fitted anew, or with its parts'."""
        own = f"{self.sha256[:16]}-{self.calibration.scale:.4f}{self.calibration.shift:+.4f}"
        try:
            parts = " ".join(part.cache_key for part in self.parts().values())
        except UserError:  # it is told where they are asked
            return f"{own}-apart"
        return f"{own}-{hashlib.sha256(parts.encode()).hexdigest()[:8]}" if parts else own

    @property
    def thresholds(self) -> np.ndarray:
        """Per genre, float64 ``(25,)``."""
        return np.asarray(self.card["thresholds"], np.float64)

    @property
    def calibration(self) -> Calibration:
        """What is applied to the model's raw probabilities."""
        return Calibration(float(self.card["calibration"]["scale"]), float(self.card["calibration"]["shift"]))

    def thresholds_for(self, fallback_part: str) -> np.ndarray:
        """The thresholds of a film for which one part alone answers (see ``ModelSpec.fallback_part``), or of any other."""
        parts = self.parts() if fallback_part else {}
        return parts[fallback_part].thresholds if fallback_part in parts else self.thresholds

    def vocabulary(self) -> list[str]:
        """Words by token id, of a model that reads overviews."""
        path = self.folder / VOCABULARY
        try:
            return path.read_text("utf-8").split("\n")
        except OSError:
            raise UserError(f"{path} is missing; restore it or train {self.model} again.") from None

    def parts(self) -> "dict[str, Weights]":
        """The weights of the models that this one is made of: in its folder, or beside it.

        Raises:
            UserError: they are gone, or are no longer those that it was trained with.
        """
        found = {}
        for model, digest in (self.card.get("parts") or {}).items():
            for folder in (self.folder / PARTS / model, self.folder.parent / model):
                held = read_weights(folder, self.origin) if (folder / CARD).is_file() else None
                if held is not None and (held.model, held.sha256) == (model, digest):
                    found[model] = held
                    break
            else:
                raise UserError(
                    f"{self.folder} was trained on top of weights of {model} that are neither in it nor beside it; "
                    f"restore them, or train {self.model} again."
                )
        return found

    def check(self) -> None:
        """Compare the file of numbers, and the vocabulary where the card knows it, with the card.

        Raises:
            UserError: one is missing or not what the card describes (half written, replaced).
        """
        remedy = "restore it, or train the model again and promote the run"
        digests = {self.file: self.sha256}
        for name, digest in (self.card.get("pretrained") or {}).items():
            if pretrained.digest_of(name) != digest:
                raise UserError(
                    f"The weights in {self.folder} stand on another version of {name} than the project's; restore "
                    f"weights/pretrained, or train {self.model} again."
                )
        if "vocabulary_sha256" in self.card:
            digests[self.folder / VOCABULARY] = self.card["vocabulary_sha256"]
        for file, digest in digests.items():
            if not file.is_file():
                raise UserError(f"The weights file {file} is missing; {remedy}.")
            if sha256_of(file) != digest:
                raise UserError(f"The weights file {file} is damaged (it differs from its card); {remedy}.")


def read_weights(folder: Path, origin: str = "chosen") -> Weights:
    """Read a weights folder's card (not yet its numbers).

    Raises:
        UserError: the folder holds no usable card.
    """
    card = read_json(folder / CARD)
    if card is None:
        raise UserError(f"{folder} holds no readable {CARD}; name a weights folder or a finished run.")
    try:
        if card["genres"] != list(GENRES) or len(card["thresholds"]) != NUM_GENRES:
            raise UserError(
                f"The card {folder / CARD} lists other genres than genreclf's 25; these weights cannot be used."
            )
        if card["model"] not in SPECS:
            raise UserError(f"The card {folder / CARD} names the unknown model {card['model']!r}.")
        if Path(card["weights_file"]).name != card["weights_file"]:
            raise UserError(f"The card {folder / CARD} names a weights file outside its folder; it is not trusted.")
        for key in ("weights_sha256", "calibration", "metrics", "recipe"):
            card[key]
        for key in ("settings", "parts", "pretrained"):
            if not isinstance(card.get(key) or {}, dict):
                raise ValueError(f"its {key} are no JSON object")
        if set(card.get("parts") or {}) != set(get_spec(card["model"]).parts):
            raise ValueError("its parts are not those of the model")
        weights = Weights(folder, card["model"], card, origin)
        if not np.isfinite([*weights.thresholds, weights.calibration.scale, weights.calibration.shift]).all():
            raise ValueError("a threshold or the calibration is no number")
        return weights
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UserError(f"The card {folder / CARD} is damaged ({error}); restore it or train again.") from None


def weights_set_for(catalogue: Catalogue | None) -> str:
    """Which shipped set answers for a data set: ``"sample"`` for the embedded sample where it has one, else ``"imdb"``.

    None stands for a poster or an overview from anywhere.
    """
    if catalogue is not None and catalogue.is_sample and (paths.SHIPPED_WEIGHTS / "sample").is_dir():
        return "sample"
    return "imdb"


def find_weights(model: str, weights_set: str = "imdb", choice: str | Path | None = None) -> Weights | None:
    """The weights of a model that answer, or None where there are none.

    Args:
        model: the family's name.
        weights_set: ``"imdb"`` or ``"sample"``; a promoted run of that set goes before the shipped weights.
        choice: a set's name, or a folder: of sets' layout (``<folder>/<model>/card.json``), of one model, or a run.

    Raises:
        UserError: no such model, the choice names nothing, or its card is not usable.
    """
    get_spec(model)
    if choice is not None:
        named = paths.SHIPPED_WEIGHTS / str(choice)
        folder = named if str(choice).isidentifier() and named.is_dir() else Path(choice).expanduser()
        if not (folder / CARD).is_file() and not any(folder.glob(f"*/{CARD}")):
            raise UserError(f"There are no weights called {str(choice)!r}; name imdb, sample, or a weights folder.")
        if (folder / CARD).is_file():
            weights = read_weights(folder)
            return weights if weights.model == model else None
        return read_weights(folder / model) if (folder / model / CARD).is_file() else None
    promoted = paths.promoted_dir() / weights_set / model
    if (promoted / CARD).is_file():
        return read_weights(promoted, "promoted")
    shipped = paths.SHIPPED_WEIGHTS / weights_set / model
    if (shipped / CARD).is_file():
        return read_weights(shipped, "shipped")
    return None


def available_weights(weights_set: str = "imdb", choice: str | Path | None = None) -> list[Weights]:
    """All weights that answer, models first, baselines last."""
    found = (find_weights(model, weights_set, choice) for model in SPECS)
    return [weights for weights in found if weights is not None]


def publish(source: Path, destination: Path, form: str = "float16") -> Weights:
    """Copy trained weights in a smaller form, without the optimiser's state, with their card.

    Args:
        source: a weights folder or a finished run.
        destination: ``<somewhere>/<set>/<model>``; what is there is replaced once the copy is whole.
        form: of a Keras model's numbers (see ``genreclf.weights.storage``).

    Raises:
        UserError: the source has no usable card or its weights are damaged.
    """
    weights = read_weights(source)
    weights.check()
    parts = weights.parts()
    for part in parts.values():
        part.check()
    staging = destination.parent / f".{destination.name}.new"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    if weights.file.suffix == ".h5":
        name = KERAS_WEIGHTS
        copy_numbers(weights.file, staging / name, form)
    else:
        name = BASELINE_WEIGHTS
        shutil.copyfile(weights.file, staging / name)
    for model, part in parts.items():
        beside = destination.parent / model
        shipped = destination.is_relative_to(paths.SHIPPED_WEIGHTS)  # what is promoted may be replaced any time
        if not shipped or not (beside / CARD).is_file() or read_weights(beside).sha256 != part.sha256:
            shutil.copytree(part.folder, staging / PARTS / model)
    if (source / VOCABULARY).is_file():
        shutil.copyfile(source / VOCABULARY, staging / VOCABULARY)
    if not get_spec(weights.model).is_baseline:
        _copy_history(source / HISTORY, staging / HISTORY)
    card = {**weights.card, "weights_file": name, "weights_sha256": sha256_of(staging / name)}
    if weights.file.suffix == ".h5":
        card["form"] = form
    if (staging / VOCABULARY).is_file():
        card["vocabulary_sha256"] = sha256_of(staging / VOCABULARY)
    write_json(staging / CARD, card)
    if destination.exists():
        if as_object(read_json(destination / CARD)).get("weights_sha256") != card["weights_sha256"]:
            _leave_to_others(destination)
        shutil.rmtree(destination)
    staging.rename(destination)
    return read_weights(destination, "promoted")


def _copy_history(source: Path, destination: Path) -> None:
    """What a run tells of its epochs, without its batches."""
    kept = []
    with suppress(OSError, UnicodeDecodeError):  # weights without a history are as good
        for line in source.read_text("utf-8").splitlines():
            with suppress(ValueError):
                if as_object(json.loads(line)).get("event") in ("start", "epoch"):
                    kept.append(line + "\n")
    if kept:
        destination.write_text("".join(kept), "utf-8")


def _leave_to_others(folder: Path) -> None:
    """Give weights that are about to be replaced to the models beside them that are made of them."""
    old = (read_json(folder / CARD) or {}).get("weights_sha256")
    for card_file in folder.parent.glob(f"*/{CARD}"):
        parts = as_object(as_object(read_json(card_file)).get("parts"))
        kept = card_file.parent / PARTS / folder.name
        if old and parts.get(folder.name) == old and not kept.exists():
            shutil.copytree(folder, kept)


def reset(model: str, weights_set: str) -> bool:
    """Forget a promoted run, so that the shipped weights answer again; False where there was none."""
    promoted = paths.promoted_dir() / weights_set / model
    if not promoted.exists():
        return False
    shutil.rmtree(promoted)
    return True


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_vocabulary(folder: Path, vocabulary: list[str]) -> None:
    """Write words by token id, one a line."""
    with atomic_path(folder / VOCABULARY) as temporary:
        temporary.write_text("\n".join(vocabulary), "utf-8")
