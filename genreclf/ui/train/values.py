"""Between a recipe and the form: what its fields show, and the recipe that they ask for."""

import dataclasses
from typing import Any

from genreclf.models import ModelSpec, get_spec
from genreclf.recipes.schedule import SCHEDULES
from genreclf.recipes.settings import CAN_BE_OFF, CHOICES, COUNTS, DROPOUT_LIMITS, DROPOUTS, LIMITS, Recipe
from genreclf.runs.create import SEED_LIMITS

COUNT_DEFAULTS = {"frozen_blocks": 8, "rank": 16}  # what the builders take where a recipe names none
_COUNT_LIMITS = {name: limits for counts in COUNTS.values() for name, limits in counts.items()}
WHOLE = ("epochs", "batch_size", "patience", "seed", *_COUNT_LIMITS)  # numbers without a fraction
WITHOUT_FIELD = ("kernel_initializer",)  # model options for the command line only


def augments(spec: ModelSpec) -> bool:
    """Whether a model is shown posters, which training can change at random; one of parts is shown features."""
    return spec.uses_poster and not spec.parts


def hides_words(spec: ModelSpec) -> bool:
    """Whether a model is given words, some of which training can hide."""
    return spec.uses_overview and not spec.parts


def choices_of(model: str) -> dict[str, tuple[str, ...]]:
    """The model options that are a word of a list and have a field, by name; the first word is the default."""
    return {name: words for name, words in CHOICES.get(model, {}).items() if name not in WITHOUT_FIELD}


def fields_of(model: str, recipe: Recipe, seed: int = 0) -> dict[str, Any]:
    """What the fields show for a recipe, by setting; a value out of a field's range becomes the nearest in it."""
    spec = get_spec(model)
    names = ["epochs", "batch_size", "learning_rate", "patience", "warmup_epochs", "label_smoothing", "weight_decay",
             "teacher_weight"]  # fmt: skip
    names += ["mixup"] * augments(spec) + ["word_dropout"] * hides_words(spec)
    found: dict[str, Any] = {name: getattr(recipe, name) or 0 for name in names}
    options = {name: recipe.model_options.get(name, default) for name, default in _defaults(model).items()}
    words = {name: options.pop(name) for name in choices_of(model)}
    found |= options
    found["seed"] = seed
    found = {name: _in_range(name, value) for name, value in found.items()}
    found |= {name: word if word in CHOICES[model][name] else CHOICES[model][name][0] for name, word in words.items()}
    if augments(spec):
        found["augment"] = recipe.augment
    found["teacher"] = recipe.teacher
    found["mixed_precision"] = recipe.mixed_precision
    found["schedule"] = recipe.schedule if recipe.schedule in SCHEDULES else "constant"
    return found


def recipe_asked(model: str, start: Recipe, asked: dict[str, Any]) -> Recipe:
    """A model's recipe with what the fields ask for, by setting, in place of what it holds."""
    settings = {field.name for field in dataclasses.fields(Recipe)} & asked.keys()
    changes = {name: None if name in CAN_BE_OFF and asked[name] == 0 else asked[name] for name in settings}
    options = dict(start.model_options)
    for name, default in _defaults(model).items():
        if name in options or asked[name] != default:
            options[name] = asked[name]
    return dataclasses.replace(start, **changes, model_options=options)


def limits(name: str) -> tuple[float, float]:
    """From where to where a field's number may go, ends included; where 0 turns a setting off, it is in."""
    if name == "seed":
        return SEED_LIMITS
    low, high = LIMITS.get(name) or _COUNT_LIMITS.get(name, DROPOUT_LIMITS)
    return (0 if name in CAN_BE_OFF else low), high


def _defaults(model: str) -> dict[str, Any]:
    """A model's options with a field, and what its builder takes where a recipe names none."""
    words = {name: words[0] for name, words in choices_of(model).items()}
    return DROPOUTS[model] | {name: COUNT_DEFAULTS[name] for name in COUNTS.get(model, {})} | words


def _in_range(name: str, value: float) -> float:
    low, high = limits(name)
    return (int if name in WHOLE else float)(min(max(value, low), high))
