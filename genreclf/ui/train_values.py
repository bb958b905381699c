"""Between a recipe and the form: what its fields show, and the recipe that they ask for."""

import dataclasses
from typing import Any

from genreclf.models import get_spec
from genreclf.training.recipe import CAN_BE_OFF, DROPOUT_LIMITS, DROPOUTS, LIMITS, Recipe
from genreclf.training.schedule import SCHEDULES
from genreclf.training.start import SEED_LIMITS

WHOLE = ("epochs", "batch_size", "patience", "seed")  # numbers without a fraction


def fields_of(model: str, recipe: Recipe, seed: int = 0) -> dict[str, Any]:
    """What the fields show for a recipe, by setting; a value out of a field's range becomes the nearest in it."""
    names = ["epochs", "batch_size", "learning_rate", "patience", "warmup_epochs", "label_smoothing", "weight_decay"]
    names += ["mixup"] if get_spec(model).input == "poster" else ["word_dropout"]
    found: dict[str, Any] = {name: getattr(recipe, name) or 0 for name in names}
    found |= {name: recipe.model_options.get(name, default) for name, default in DROPOUTS[model].items()}
    found["seed"] = seed
    found = {name: _in_range(name, value) for name, value in found.items()}
    if get_spec(model).input == "poster":
        found["augment"] = recipe.augment
    found["mixed_precision"] = recipe.mixed_precision
    found["schedule"] = recipe.schedule if recipe.schedule in SCHEDULES else "constant"
    return found


def recipe_asked(model: str, start: Recipe, asked: dict[str, Any]) -> Recipe:
    """A model's recipe with what the fields ask for, by setting, in place of what it holds."""
    settings = {field.name for field in dataclasses.fields(Recipe)} & asked.keys()
    changes = {name: None if name in CAN_BE_OFF and asked[name] == 0 else asked[name] for name in settings}
    options = dict(start.model_options)
    for name, default in DROPOUTS[model].items():
        if name in options or asked[name] != default:
            options[name] = asked[name]
    return dataclasses.replace(start, **changes, model_options=options)


def limits(name: str) -> tuple[float, float]:
    """From where to where a field's number may go, ends included; where 0 turns a setting off, it is in."""
    if name == "seed":
        return SEED_LIMITS
    low, high = LIMITS.get(name, DROPOUT_LIMITS)
    return (0 if name in CAN_BE_OFF else low), high


def _in_range(name: str, value: float) -> float:
    low, high = limits(name)
    return (int if name in WHOLE else float)(min(max(value, low), high))
