"""Recipes: how each model is trained. One file per family states the command, the expected score and the time.

``reference`` is the report's optimiser, schedule and epochs; ``tuned`` is this project's and the default. Given the
number of training films, ``tuned`` adapts to few of them: smaller batches, and for the report's networks as many steps
as take less than two minutes on two processor cores. More than ``MANY_FILMS`` are seen fewer times.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genreclf.data.catalogue import Catalogue, load_catalogue
from genreclf.errors import UserError
from genreclf.genres import GENRES
from genreclf.models import check_trainable, get_spec
from genreclf.recipes import cnn, fusion, lstm, overview, poster, small
from genreclf.recipes.settings import FOLDERS, SETTINGS, Recipe, change
from genreclf.weights.folder import Weights, find_weights, same_genres_weights

RECIPES = ("tuned", "reference")
WITHOUT_TEACHER = (
    "The recipe can also learn from a larger model (distillation). That one knows other genres than these films have, "
    "so the training does without it."
)
_BY_MODEL: dict[str, dict[str, Recipe]] = {
    "cnn": {"tuned": cnn.TUNED, "reference": cnn.REFERENCE},
    "lstm": {"tuned": lstm.TUNED, "reference": lstm.REFERENCE},
    "cnn-small": {"tuned": small.CNN_TUNED, "reference": small.REFERENCE},
    "lstm-small": {"tuned": small.LSTM_TUNED, "reference": small.REFERENCE},
    "poster": {"tuned": poster.TUNED},
    "overview": {"tuned": overview.TUNED},
    "fusion": {"tuned": fusion.TUNED},
}
_FEW_FILMS: dict[str, dict[str, Any]] = {"cnn": cnn.FEW_FILMS, "lstm": lstm.FEW_FILMS}  # for ``Recipe.for_films``


def recipes_of(model: str) -> tuple[str, ...]:
    """The names of a model's recipes; only ``tuned`` for a model that is in no report, none for a baseline."""
    return tuple(_BY_MODEL.get(model, ()))


def get_recipe(
    model: str, name: str = "tuned", films: int | None = None, with_teacher: bool = True, **changes: Any
) -> Recipe:
    """A model's recipe by name, with some of its settings changed.

    Args:
        model: one of ``list_models()``.
        name: ``"tuned"`` or ``"reference"``.
        films: the number of training films, to which ``"tuned"`` adapts; None for the recipe of a large set.
        with_teacher: False leaves out the recipe's teacher (see ``has_teacher``).
        changes: settings by name; None leaves one as it is, 0 turns off ``patience`` and ``clip_norm``.
            ``model_options`` are merged into the recipe's; one that is None is removed, so that the builder's own
            default applies (as in a JSON merge patch).

    Raises:
        UserError: there is no such model, recipe or setting, or a value is of another kind or out of range.

    Example:
        >>> get_recipe("cnn", "reference").epochs
        40
        >>> get_recipe("cnn", epochs=3).epochs
        3
    """
    spec = get_spec(model)
    if name not in RECIPES:
        raise UserError(f"There is no recipe {name!r}; choose one of {', '.join(RECIPES)}.")
    if spec.is_baseline:
        if unused := [each for each in changes if each not in SETTINGS or (each in FOLDERS and changes[each])]:
            raise UserError(f"{model} is a baseline and has no setting {', '.join(unused)}; leave it out.")
        return Recipe(epochs=1)
    if name not in _BY_MODEL[model]:
        raise UserError(f"{model} is in none of the reports, so it has no recipe {name!r}; use tuned.")
    recipe = _BY_MODEL[model][name]
    if films is not None and name == "tuned":
        recipe = recipe.for_films(films, **_FEW_FILMS.get(model, {}))
    if not with_teacher and recipe.teacher:
        recipe = dataclasses.replace(recipe, teacher="")
    return change(model, recipe, **changes)


def further_films(catalogue: Catalogue, model: str, recipe: Recipe) -> Catalogue | None:
    """Check that a recipe can be trained on a catalogue, and load the further films that it trains on, if any.

    A teacher of overviews may lack those of the further films: their targets are their true genres alone.

    Raises:
        UserError: the films, or the further ones, lack what the model or its teacher learns from, or cannot be loaded;
            or no further film is new.
    """
    for name in filter(None, (model, recipe.teacher)):
        check_trainable(name, catalogue)
    if not recipe.further_films:
        return None
    further = load_catalogue(Path(recipe.further_films).expanduser())
    check_trainable(model, further)
    if recipe.teacher and get_spec(recipe.teacher).uses_poster:
        check_trainable(recipe.teacher, further)
    if {*further.genres} == {*catalogue.genres}:  # maybe in another order
        further = dataclasses.replace(further, labels=further.labels_of(catalogue.genres), genres=catalogue.genres)
    if further.genres != catalogue.genres:
        raise UserError(f"{further.folder} has other genres than {catalogue.folder}; name films with the same ones.")
    if further.films["id"].isin(catalogue.films["id"]).all():
        raise UserError(
            f"{further.folder} has no further films: each has the id of a film in {catalogue.folder}. Name another "
            "folder, or give its films other ids."
        )
    return further


def has_teacher(catalogue: Catalogue, model: str, name: str = "tuned") -> bool:
    """Whether the teacher of a model's recipe can teach a data set's genres; those of the reports it always can.

    For a data set with genres of its own it must have been trained and promoted there.
    """
    recipe = _BY_MODEL.get(model, {}).get(name)
    if not (recipe and recipe.teacher) or catalogue.genres == GENRES:
        return True
    return same_genres_weights(recipe.teacher, catalogue) is not None


def initial_weights(model: str, recipe: Recipe, catalogue: Catalogue) -> Weights | None:
    """The weights that a recipe starts from, if it names any.

    Raises:
        UserError: there are none of this model, they are damaged, or know other genres than the data set has.
    """
    if not recipe.initial_weights:
        return None
    weights = find_weights(model, choice=recipe.initial_weights)
    if weights is None:
        raise UserError(f"{recipe.initial_weights} has no weights of {model} to start from; name others.")
    if weights.genres != catalogue.genres:
        raise UserError(
            f"{recipe.initial_weights} knows other genres than {catalogue.folder.name} has, so no training can start "
            "from it; leave initial_weights out."
        )
    return weights


def recipe_of(config: Mapping[str, Any]) -> Recipe:
    """The recipe in a run's config; settings missing in an older run count as off, unknown ones are ignored.

    Raises:
        UserError: a value is of the wrong kind, or there is no such model.
    """
    stored = config.get("recipe") or {}
    known = {name: stored[name] for name in SETTINGS if name in stored}
    for name, value in known.items():
        SETTINGS[name].check_kind(value)
    if "epochs" not in known:
        known["epochs"] = get_recipe(config["model"]).epochs
    return Recipe(**known)
