"""Recipes: everything about a training but the model's layers and the data.

``reference`` is the report's optimiser, schedule and epochs; ``tuned`` is ours and the default.
"""

import dataclasses
import json
import re
from dataclasses import dataclass, field
from typing import Any

from genreclf.errors import UserError
from genreclf.models import get_spec
from genreclf.pretrained import EFFICIENTNET
from genreclf.recipes.schedule import SCHEDULES

RECIPES = ("tuned", "reference")

# From where to where a setting may go, ends included.
LIMITS: dict[str, tuple[float, float]] = {
    "epochs": (1, 1000),
    "batch_size": (1, 4096),
    "learning_rate": (1e-7, 1.0),
    "warmup_epochs": (0, 1000),
    "weight_decay": (0, 1),
    "clip_norm": (1e-6, 1e6),
    "patience": (1, 1000),
    "mixup": (0, 10),
    "word_dropout": (0, 0.9),
    "label_smoothing": (0, 0.5),
    "teacher_weight": (0, 1),
}
CAN_BE_OFF = ("clip_norm", "patience")  # 0 turns them off, which a recipe holds as None

# What a recipe's model_options may hold, for the builder (``genreclf.models``): dropout rates, with what it takes where
# they hold nothing; whole numbers, from where to where; and words, one of a list.
DROPOUTS: dict[str, dict[str, float]] = {
    "cnn": {"conv_dropout": 0.2, "dense_dropout": 0.5},
    "lstm": {"lstm_dropout": 0.5, "recurrent_dropout": 0.2, "dense_dropout": 0.8},
    "cnn-small": {"dropout": 0.5},
    "lstm-small": {},
    "poster": {"head_dropout": 0.3},
    "overview": {"dropout": 0.1, "head_dropout": 0.3},
    "fusion": {"feature_dropout": 0.8},
}
DROPOUT_LIMITS = (0.0, 0.95)
COUNTS: dict[str, dict[str, tuple[int, int]]] = {
    "poster": {"frozen_blocks": (0, 16)},
    "overview": {"rank": (0, 64)},
}
CHOICES: dict[str, dict[str, tuple[str, ...]]] = {
    "cnn": {
        "kernel_initializer": (
            "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal"
        )
    },
    # the first comes with the project; of the others Keras fetches the weights, so they need the internet
    "poster": {
        "backbone": (
            EFFICIENTNET, "EfficientNetV2B0", "EfficientNetV2B1", "EfficientNetV2S", "MobileNetV3Small",
            "MobileNetV3Large", "ConvNeXtTiny",
        )
    },
}  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """How to train a model.

    Attributes:
        epochs: at most so many passes over the train split.
        batch_size: films a step.
        learning_rate: the highest one, of Adam.
        schedule: ``"report"``, ``"cosine"`` or ``"constant"`` (see ``genreclf.recipes.schedule``).
        warmup_epochs: epochs over which the learning rate climbs.
        weight_decay: AdamW's; 0 is plain Adam.
        clip_norm: longest gradient let through; None lets all through.
        patience: epochs without a better validation loss before training ends; None goes to the last epoch.
        base_rate_bias: start the output's bias at the logits of the genres' base rates.
        model_options: passed to the model's builder (see ``DROPOUTS``, ``COUNTS`` and ``CHOICES``).
        augment: show the model each poster flipped, shifted, zoomed and recoloured at random.
        mixup: blend pairs of films, the share drawn from Beta(mixup, mixup); 0 is off (Zhang et al. 2018).
        word_dropout: share of an overview's words hidden, anew each epoch.
        buckets: batch overviews of like length, so that less padding is computed.
        word_vectors: start the embedding from pretrained static vectors.
        label_smoothing: pulls targets from 0 and 1 toward 1/2.
        teacher: a trained model whose probabilities the targets are mixed with, so that a small model learns what a
            large one makes of each training film (distillation, Hinton et al. 2015); ``""`` is none.
        teacher_weight: its share of the targets.
        mixed_precision: compute in bfloat16, keep weights in float32.
    """

    epochs: int
    batch_size: int = 64
    learning_rate: float = 1e-4
    schedule: str = "report"
    warmup_epochs: float = 0.0
    weight_decay: float = 0.0
    clip_norm: float | None = None
    patience: int | None = None
    base_rate_bias: bool = False
    model_options: dict[str, int | float | str] = field(default_factory=dict)
    augment: bool = False
    mixup: float = 0.0
    word_dropout: float = 0.0
    buckets: bool = False
    word_vectors: bool = False
    label_smoothing: float = 0.0
    teacher: str = ""
    teacher_weight: float = 0.5
    mixed_precision: bool = False

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for ``config.json``."""
        return dataclasses.asdict(self)


_REFERENCE = {
    # Report A: Adam 1e-4, constant for 10 epochs, then × exp(-0.1) each; the last epoch is the last.
    "cnn": Recipe(epochs=40),
    "lstm": Recipe(epochs=20),
    # Report E names no figures but early stopping; Keras's defaults are Adam 1e-3 at a constant rate.
    "cnn-small": Recipe(epochs=20, learning_rate=1e-3, schedule="constant", patience=3),
    "lstm-small": Recipe(epochs=20, learning_rate=1e-3, schedule="constant", patience=3),
}
_TUNED = {
    # 6-9 s an epoch on two cores; the best epoch is around the 30th
    "cnn": Recipe(
        epochs=40,
        learning_rate=1e-3,
        schedule="cosine",
        warmup_epochs=2,
        clip_norm=1.0,
        patience=12,
        base_rate_bias=True,
        model_options={"kernel_initializer": "he_normal"},
        augment=True,
        teacher="poster",
    ),
    # 15-20 s an epoch on two cores; the last epochs still gain a little
    "lstm": Recipe(
        epochs=10,
        learning_rate=1e-3,
        schedule="cosine",
        warmup_epochs=1,
        clip_norm=1.0,
        patience=3,
        base_rate_bias=True,
        model_options={"lstm_dropout": 0.5, "recurrent_dropout": 0.0, "dense_dropout": 0.5},
        word_dropout=0.1,
        buckets=True,
        word_vectors=True,
        teacher="overview",
    ),
    "cnn-small": Recipe(epochs=15, learning_rate=5e-4, schedule="cosine", patience=4, augment=True),
    "lstm-small": Recipe(epochs=10, learning_rate=1e-3, schedule="cosine", patience=2, word_dropout=0.1, buckets=True),
    # about four minutes an epoch on two cores
    "poster": Recipe(
        epochs=8,
        batch_size=32,
        learning_rate=2e-4,
        schedule="cosine",
        warmup_epochs=0.5,
        weight_decay=0.02,
        clip_norm=1.0,
        patience=4,
        base_rate_bias=True,
        model_options={"frozen_blocks": 8, "head_dropout": 0.4},
        augment=True,
        mixup=0.2,
        teacher="overview",
    ),
    # one to two minutes an epoch on two cores; a fourth would learn by heart
    "overview": Recipe(
        epochs=3,
        batch_size=32,
        learning_rate=5e-4,
        schedule="cosine",
        warmup_epochs=0.5,
        weight_decay=0.01,
        clip_norm=1.0,
        patience=2,
        base_rate_bias=True,
        word_dropout=0.1,
        buckets=True,
    ),
    # a second an epoch, after its parts have looked at every film
    "fusion": Recipe(
        epochs=10,
        learning_rate=1e-4,
        schedule="cosine",
        weight_decay=0.1,
        patience=4,
        base_rate_bias=True,
        model_options={"feature_dropout": 0.8},
    ),
}


def get_recipe(model: str, name: str = "tuned", **changes: Any) -> Recipe:
    """A model's recipe by name, with some of its settings changed.

    Args:
        model: one of ``list_models()``.
        name: ``"tuned"`` or ``"reference"``.
        changes: fields of ``Recipe``; None leaves a field as it is, 0 turns off ``patience`` and ``clip_norm``.
            ``model_options`` are merged into the recipe's; one that is None is taken out, so that the model's own
            default holds (as in a JSON merge patch).

    Raises:
        UserError: there is no such model, recipe, setting or model option, or a value is out of range.
    """
    spec = get_spec(model)
    if name not in RECIPES:
        raise UserError(f"There is no recipe {name!r}; choose one of {', '.join(RECIPES)}.")
    if spec.is_baseline:
        return Recipe(epochs=1)
    recipes = _REFERENCE if name == "reference" else _TUNED
    if model not in recipes:
        raise UserError(f"{model} is in none of the reports, so it has no recipe {name!r}; use tuned.")
    recipe = recipes[model]
    changed = change(recipe, **changes)
    _check_options(model, changed.model_options)
    return changed


def recipes_of(model: str) -> tuple[str, ...]:
    """The recipes there are for a model; for one that no report had, only ours."""
    return tuple(name for name, recipes in zip(RECIPES, (_TUNED, _REFERENCE), strict=True) if model in recipes)


def change(recipe: Recipe, **changes: Any) -> Recipe:
    """A recipe with some settings changed and checked (see ``get_recipe``)."""
    wanted = {key: value for key, value in changes.items() if value is not None}
    unknown = set(wanted) - {field.name for field in dataclasses.fields(Recipe)}
    if unknown:
        raise UserError(
            f"A recipe has no setting {', '.join(sorted(unknown))}; there are {', '.join(Recipe.__dataclass_fields__)}."
        )
    for key, value in wanted.items():
        _check_type(key, value)
    for key in CAN_BE_OFF:
        if wanted.get(key) == 0:
            wanted[key] = None
    if "model_options" in wanted:
        merged = {**recipe.model_options, **wanted["model_options"]}
        wanted["model_options"] = {key: value for key, value in merged.items() if value is not None}
    changed = dataclasses.replace(recipe, **wanted)
    if changed.teacher:
        get_spec(changed.teacher)
    if changed.schedule not in SCHEDULES:
        raise UserError(f"There is no schedule {changed.schedule!r}; choose one of {', '.join(SCHEDULES)}.")
    for key, (low, high) in LIMITS.items():
        value = getattr(changed, key)
        if value is not None and not low <= value <= high:
            off = ", or 0 to turn it off" if key in CAN_BE_OFF else ""
            raise UserError(f"{key} is {value}; choose a value from {low} to {high}{off}.")
    return changed


def changes_between(recipe: Recipe, wanted: Recipe) -> dict[str, Any]:
    """What to give ``get_recipe`` so that this recipe becomes the wanted one; empty where they are equal."""
    changes: dict[str, Any] = {}
    for name, value in wanted.as_dict().items():
        before = getattr(recipe, name)
        if name == "model_options":
            gone = {key: None for key in before if key not in value}
            value = {key: option for key, option in value.items() if before.get(key) != option} | gone
            if value:
                changes[name] = value
        elif value != before:
            changes[name] = 0 if value is None else value
    return changes


def recipe_of(config: dict[str, Any]) -> Recipe:
    """The recipe in a run's config: a field it lacks, because it is older, is as if off; one unknown here is left out.

    Raises:
        UserError: a value is of the wrong kind, or there is no such model.
    """
    held = config.get("recipe") or {}
    known = {field.name: held[field.name] for field in dataclasses.fields(Recipe) if field.name in held}
    for name, value in known.items():
        if not (value is None and name in CAN_BE_OFF):
            _check_type(name, value)
    if "epochs" not in known:
        known["epochs"] = get_recipe(config["model"]).epochs
    return Recipe(**known)


def parse_settings(texts: list[str]) -> dict[str, Any]:
    """Read settings as the command line gives them, ``name=value``, the value as in JSON (``true``, ``0.2``) or a word.

    Raises:
        UserError: a text is not of this form.
    """
    settings = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UserError(f"--set takes NAME=VALUE, such as augment=false; it was given {text!r}.")
        try:
            settings[name.strip().replace("-", "_")] = json.loads(value)
        except ValueError:
            settings[name.strip().replace("-", "_")] = value
    return settings


_KINDS = {"int": int, "float": float, "str": str, "bool": bool, "dict": dict}


def _check_type(name: str, value: Any) -> None:
    declared = Recipe.__dataclass_fields__[name].type  # such as "float | None" or "dict[str, float | str]"
    kind = _KINDS[re.match(r"\w+", getattr(declared, "__name__", str(declared))).group()]
    allowed = (int, float) if kind is float else kind
    if not isinstance(value, allowed) or (isinstance(value, bool) and kind is not bool):
        words = {int: "a whole number", float: "a number", str: "a word", bool: "true or false", dict: "a JSON object"}
        raise UserError(f"{name} is {value!r}; it must be {words[kind]}.")


def _check_options(model: str, options: dict[str, Any]) -> None:
    counts, choices = COUNTS.get(model, {}), CHOICES.get(model, {})
    there_are = [*DROPOUTS[model], *counts, *choices]
    for name, value in options.items():
        if name not in there_are:
            what = f"it has {', '.join(there_are)}" if there_are else "it has none"
            raise UserError(f"{model} has no model option {name}; {what}.")
        if name in choices:
            if value not in choices[name]:
                raise UserError(f"There is no {name} {value!r}; choose one of {', '.join(choices[name])}.")
            continue
        low, high = counts.get(name, DROPOUT_LIMITS)
        if isinstance(value, bool) or not isinstance(value, int if name in counts else int | float):
            raise UserError(f"{name} is {value!r}; it must be a {'whole number' if name in counts else 'number'}.")
        if not low <= value <= high:
            raise UserError(f"{name} is {value}; choose a value from {low:g} to {high:g}.")
