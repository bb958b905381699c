"""Trained weights: where they are stored, and which ones are used.

A weights folder contains ``card.json`` and the arrays: for a Keras model ``model.weights.h5`` (float16 or int8) and,
if it uses words, ``vocabulary.txt``; for a baseline ``model.npz``. ``metrics.jsonl``, if present, has a line per
epoch of its training. Nothing is unpickled.
"""

import dataclasses
import hashlib
import os
import re
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from genreclf import paths, pretrained
from genreclf.calibration import Calibration
from genreclf.data.catalogue import Catalogue
from genreclf.data.overviews import MAX_TOKENS
from genreclf.errors import UserError
from genreclf.familiarity import Familiarity
from genreclf.files import Unreadable, atomic_path, is_regular, read_bytes, sha256_of
from genreclf.genres import GENRES, MAX_GENRES, same_genres
from genreclf.models import SPECS, get_spec, model_label
from genreclf.public import is_public
from genreclf.units import first_of, listed
from genreclf.weights.card import CARD, Card, card_damage, load_card, stored_card

WEIGHTS_SETS = ("imdb", "sample")
KERAS_WEIGHTS = "model.weights.h5"
BASELINE_WEIGHTS = "model.npz"
VOCABULARY = "vocabulary.txt"
MAX_VOCABULARY = 5_000_000  # bytes; 10,000 words take 80 kB
SPECIAL_WORDS = ["", "[UNK]"]  # its first ones: padding and unknown words
SHOWN_GENRES = 6  # of those that a model does not know
FITTED_BASELINES = "baselines"  # subfolder of a run with those fitted on the same films
PARTS = "parts"  # subfolder of the weights that a model is made of
_REQUIRED = ("genres", "thresholds", "model", "weights_file", "weights_sha256", "calibration", "metrics", "recipe")
HISTORY = "metrics.jsonl"  # of the training, as in a run's folder but without events of batches


@dataclass(frozen=True)
class Weights:
    """A trained model on disk.

    Attributes:
        folder: the folder that contains it.
        model: the model's name, such as ``"lstm"``.
        card: ``card.json`` with fields of their kinds: settings, thresholds, calibration, metrics, versions.
        origin: ``"shipped"``, ``"promoted"`` or ``"chosen"``.
        answers: the genres to answer for, by column of the model's output and with the names to use; None for all of
            those on the card (see ``answering``).
    """

    folder: Path
    model: str
    card: Card
    origin: str
    answers: tuple[tuple[int, str], ...] | None = None

    @property
    def genres(self) -> tuple[str, ...]:
        """The genres that the model answers for, in the order of the columns of its probabilities and thresholds."""
        return tuple(self.card["genres"]) if self.answers is None else tuple(name for _, name in self.answers)

    @property
    def columns(self) -> np.ndarray:
        """The columns of the network's output that ``genres`` are, int ``(len(genres),)``."""
        return np.array(
            range(len(self.card["genres"])) if self.answers is None else [at for at, _ in self.answers], int
        )

    def answering(self, genres: Sequence[str]) -> "Weights":
        """These weights, answering only for those of the given genres that they know, in that order and by those names.

        Names are matched by ``genreclf.genres.same_genres``; ``genres`` of the result may be empty.
        """
        known = list(self.card["genres"])
        answers = tuple((known.index(theirs), name) for name, theirs in same_genres(genres, known).items())
        return dataclasses.replace(self, answers=None if [*enumerate(known)] == [*answers] else answers)

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
        """A key for caches of predictions; it changes with the weights, the calibration, those of the parts, and
        the genres to answer for."""
        own = f"{self.sha256[:16]}-{self.calibration.scale:.4f}{self.calibration.shift:+.4f}"
        if self.answers is not None:
            own += f"-{hashlib.sha256(repr(self.answers).encode()).hexdigest()[:8]}"
        try:
            parts = " ".join(part.cache_key for part in self.parts().values())
        except UserError:  # reported when the model predicts
            return f"{own}-apart"
        return f"{own}-{hashlib.sha256(parts.encode()).hexdigest()[:8]}" if parts else own

    @property
    def thresholds(self) -> np.ndarray:
        """The lowest probability at which each genre is chosen, float64 ``(len(genres),)``."""
        return np.asarray(self.card["thresholds"], np.float64)[self.columns]

    @property
    def calibration(self) -> Calibration:
        """The calibration of the model's probabilities."""
        return Calibration(float(self.card["calibration"]["scale"]), float(self.card["calibration"]["shift"]))

    @property
    def familiarity(self) -> Familiarity | None:
        """Tells posters apart that are unlike those of the training; None if the model was trained without it."""
        has_features = pretrained.EFFICIENTNET_2 in get_spec(self.model).pretrained
        fitted = self.card.get("familiarity") if has_features else None
        return Familiarity(fitted["weights"], fitted["bias"]) if fitted else None

    def thresholds_for(self, fallback_part: str) -> np.ndarray:
        """Thresholds ``(25,)`` of the part that predicts alone (see ``ModelSpec.fallback_part``), else the model's."""
        parts = self.parts() if fallback_part else {}
        return parts[fallback_part].thresholds if fallback_part in parts else self.thresholds

    def vocabulary(self) -> list[str]:
        """The words by token id, for a model that uses words; raises UserError if the file is missing."""
        path = self.folder / VOCABULARY
        try:
            words = read_bytes(path, MAX_VOCABULARY).decode("utf-8").split("\n")
            if len(words) > MAX_TOKENS:
                problem = f"is damaged (it has {len(words):,} words instead of at most {MAX_TOKENS:,})"
            elif words[:2] != SPECIAL_WORDS or len(set(words)) < len(words):
                problem = "is damaged (it does not list each word once, after those for padding and unknown words)"
            else:
                return words
        except FileNotFoundError:
            problem = "is missing"
        except UnicodeDecodeError:
            problem = "is damaged (its text is not valid Unicode)"
        except OSError as error:
            problem = f"cannot be read ({error.strerror or error})"
        raise UserError(f"{path} {problem}; {self.remedy()}.")

    def remedy(self) -> str:
        """What to do about damaged weights, as the end of a sentence."""
        return remedy(self.folder, self.model)

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
            found_parts[model] = dataclasses.replace(part, answers=self.answers)
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
        for file, sha256 in checksums.items():
            if not is_regular(file):
                problem = "is not a regular file" if os.path.lexists(file) else "is missing"
                raise UserError(f"The weights file {file} {problem}; {self.remedy()}.")
            if sha256_of(file) != sha256:
                raise UserError(f"The weights file {file} is damaged (it differs from its card); {self.remedy()}.")


def read_weights(folder: Path, origin: str = "chosen") -> Weights:
    """Read the card of a weights folder; the arrays are read by ``genreclf.predict.predictor.Predictor``.

    Raises:
        UserError: the folder has no usable card.
    """
    path = folder / CARD
    try:
        card = load_card(path)
    except FileNotFoundError:
        what = remedy(folder) if origin == "promoted" else "name a weights folder or a finished run"
        raise UserError(f"{folder} contains no {CARD}; {what}.") from None
    except Unreadable as error:
        raise UserError(f"The card {path} is damaged ({error}); {remedy(folder)}.") from None
    if lacking := [key for key in _REQUIRED if card.get(key) in (None, "") or (key == "calibration" and not card[key])]:
        raise UserError(f"The card {path} is damaged (it has no {lacking[0]}); {remedy(folder)}.")
    genres, thresholds = card["genres"], len(card["thresholds"])
    if len(genres) > MAX_GENRES or len(set(genres)) < len(genres) or "" in genres:
        raise UserError(f"The card {path} is damaged (it does not list up to {MAX_GENRES} genres); {remedy(folder)}.")
    if thresholds != len(genres):
        reason = f"it has {thresholds} thresholds for {len(genres)} genres"
        raise UserError(f"The card {path} is damaged ({reason}); {remedy(folder)}.")
    if card["model"] not in SPECS:
        raise UserError(f"The card {path} names the unknown model {card['model']!r}.")
    if Path(card["weights_file"]).name != card["weights_file"]:
        raise UserError(f"The card {path} names a weights file outside its folder; it is not trusted.")
    if set(card.get("parts") or {}) != set(get_spec(card["model"]).parts):
        raise UserError(f"The card {path} is damaged (its parts are not those of the model); {remedy(folder)}.")
    return Weights(folder, card["model"], card, origin)


def remedy(folder: Path, model: str = "") -> str:
    """What to do about damaged weights in a folder, as the end of a sentence; in public for a visitor."""
    if is_public():
        return "choose another model until the owner of this server has restored them"
    promoted = paths.promoted_dir()
    if folder.is_relative_to(promoted):  # also a part of promoted weights
        weights_set, name = folder.relative_to(promoted).parts[:2]
        command = f"genreclf runs reset {name} --set {weights_set}"
        return f"go back to the shipped weights on the Train page, or with '{command}'"
    return f"restore the folder, or retrain {model or 'the model'} and promote the run"


def weights_set_for(data: Path | None, genres: Sequence[str] = GENRES) -> str:
    """The set of weights for a data-set folder: ``"sample"`` for the embedded sample if shipped, else ``"imdb"``.

    A data set with genres of its own has a set of its own, named after its folder; it contains promoted weights alone.
    None means films of any origin.
    """
    if data is not None and tuple(genres) != GENRES:
        return paths.folder_name(data)
    # unlike Path.resolve, this raises nothing for a loop of links
    is_sample = data is not None and os.path.realpath(data) == os.path.realpath(paths.SAMPLE)
    return "sample" if is_sample and (paths.SHIPPED_WEIGHTS / "sample").is_dir() else "imdb"


def find_weights(model: str, weights_set: str = "imdb", choice: str | Path | None = None) -> Weights | None:
    """Find the weights that a model uses: promoted ones if there are any, else the shipped ones; or None.

    >>> weights = find_weights("lstm", choice="imdb")
    >>> weights.model, weights.thresholds.shape
    ('lstm', (25,))

    Args:
        model: the model's name (see ``genreclf.list_models``).
        weights_set: ``"imdb"``, ``"sample"``, or that of a data set with its own genres (see ``weights_set_for``); what
            the latter lacks comes from ``"imdb"``.
        choice: use exactly these: the name of a set, or the folder of a set (``<folder>/<model>/card.json``),
            of one model, or of a run.

    Raises:
        UserError: there is no such model, no such choice, or its card is not usable.
    """
    get_spec(model)
    if choice is not None:
        named = (paths.SHIPPED_WEIGHTS / str(choice), paths.promoted_dir() / str(choice))
        is_name = re.fullmatch(r"[\w-]+", str(choice)) is not None
        folder = next((each for each in named if is_name and os.path.isdir(each)), Path(os.path.expanduser(choice)))
        if os.path.lexists(folder / CARD):
            weights = read_weights(folder)
            return weights if weights.model == model else None
        if not os.path.isdir(folder) or not any(folder.glob(f"*/{CARD}")):
            raise UserError(f"There are no weights called {str(choice)!r}; name imdb, sample, or a weights folder.")
        return _read_as(model, folder / model) if os.path.lexists(folder / model / CARD) else None
    promoted, shipped = promoted_folder(weights_set, model), paths.SHIPPED_WEIGHTS / weights_set / model
    if os.path.lexists(promoted):  # whatever is there, it must not be passed over without a word
        return _read_as(model, promoted, "promoted")
    if os.path.lexists(shipped / CARD):
        return _read_as(model, shipped, "shipped")
    return None if weights_set in WEIGHTS_SETS else find_weights(model)


def weights_for(model: str, catalogue: Catalogue, choice: str | Path | None = None) -> Weights | None:
    """Find the weights that a model uses for a data set (see ``find_weights``), answering for the genres of that set.

    None if there are no weights, or they know none of these genres.
    """
    weights = find_weights(model, weights_set_for(catalogue.folder, catalogue.genres), choice)
    weights = weights and weights.answering(catalogue.genres)
    return weights if weights and weights.genres else None


def same_genres_weights(model: str, catalogue: Catalogue) -> Weights | None:
    """Find the weights that a model uses for a data set if they know just its genres, in its order, else None.

    A teacher must, and the parts of another model: it is made for their outputs.
    """
    weights = find_weights(model, weights_set_for(catalogue.folder, catalogue.genres))
    return weights if weights and weights.genres == catalogue.genres else None


def unknown_genres_note(models: Iterable[Weights], genres: Sequence[str]) -> str:
    """Which genres of a data set models do not know, as sentences for users; "" if they know all."""
    labels: dict[tuple[str, ...], list[str]] = {}  # by the genres that they do not know
    for weights in models:
        if unknown := tuple(genre for genre in genres if genre not in weights.genres):
            labels.setdefault(unknown, []).append(model_label(weights.model))
    sentences = []
    for unknown, of_models in labels.items():
        does, they = ("does", "it answers") if len(of_models) == 1 else ("do", "they answer")
        sentences.append(
            f"{listed(of_models)} {does} not know {listed(first_of(unknown, SHOWN_GENRES))}, so {they} for "
            f"{len(genres) - len(unknown)} of these {len(genres)} genres."
        )
    return " ".join(sentences)


def _read_as(model: str, folder: Path, origin: str = "chosen") -> Weights:
    """Read weights whose folder has the name of their model."""
    weights = read_weights(folder, origin)
    if weights.model != model:
        raise UserError(f"The card {folder / CARD} is of {weights.model} instead of {model}; {remedy(folder, model)}.")
    return weights


def available_weights(weights_set: str = "imdb", choice: str | Path | None = None) -> list[Weights]:
    """Find the weights that each model uses, baselines last (see ``find_weights``)."""
    candidates = (find_weights(model, weights_set, choice) for model in SPECS)
    return [weights for weights in candidates if weights is not None]


def known_words(weights: Iterable[Weights]) -> frozenset[str] | None:
    """The words known to the first of these models that has a vocabulary; None if none has one."""
    with_words = next((each for each in weights if (each.folder / VOCABULARY).is_file()), None)
    return frozenset(with_words.vocabulary()) if with_words else None


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


class Promoted(NamedTuple):
    """Promoted weights, which are used in place of the shipped ones."""

    model: str
    weights_set: str
    run: str  # the id of the run that they come from, which may be deleted by now; "" if unknown
    damage: str  # why they cannot be used; "" if they can


def weights_sets() -> list[str]:
    """The shipped sets of weights, and those of data sets with genres of their own for which weights are promoted."""
    promoted = paths.promoted_dir()
    own = [each.name for each in promoted.iterdir() if each.is_dir()] if promoted.is_dir() else []
    return [*WEIGHTS_SETS, *sorted({*own} - {*WEIGHTS_SETS})]


def promoted_weights() -> list[Promoted]:
    """All promoted weights, whatever their state; ``genreclf.training.promote.unpromote`` removes them."""
    found = []
    for weights_set in weights_sets():
        for model in SPECS:
            folder = promoted_folder(weights_set, model)
            if os.path.lexists(folder):
                card = folder / CARD
                stored = stored_card(card)
                found.append(Promoted(model, weights_set, stored.get("run", ""), _promoted_damage(card, model)))
    return found


def _promoted_damage(path: Path, model: str) -> str:
    if damage := card_damage(path):
        return damage
    card = stored_card(path)
    if card.get("model") != model:
        return "they are of another model"
    file = card.get("weights_file", "")
    return "" if is_regular(path.parent / file) else f"{file or 'their file'} is missing"


def write_vocabulary(folder: Path, vocabulary: list[str]) -> None:
    """Write the words by token id, one per line."""
    with atomic_path(folder / VOCABULARY) as temporary:
        temporary.write_text("\n".join(vocabulary), "utf-8")
