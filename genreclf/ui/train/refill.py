"""Train again with the settings of an earlier run: the form starts from them, not from the recipe."""

import json
from dataclasses import dataclass

import streamlit as st

from genreclf.models import get_spec
from genreclf.recipes.settings import RECIPES, Recipe, changes_between, get_recipe, recipe_of, recipes_of
from genreclf.runs.folder import Run
from genreclf.ui import text
from genreclf.ui.train import settings, values

MODEL_KEY = "train-model"
RECIPE_KEY = "train-recipe"


@dataclass(frozen=True)
class Start:
    """What a form starts from.

    Attributes:
        recipe: what its widgets show; what has no widget is taken over from here.
        seed: likewise.
        run: id of the run that it is from; None for the recipe as it is.
    """

    recipe: Recipe
    seed: int = 0
    run: str | None = None


def refill(run: Run) -> None:
    """Make the form show a run's model, recipe, seed and settings from now on; for use in callbacks.

    Raises:
        UserError: the run's model or settings are none of this version's.
    """
    config, model, spec = run.config, run.model, get_spec(run.model)
    name, seed = config.get("recipe_name"), config.get("seed")
    name = name if name in recipes_of(model) else RECIPES[0]
    start = Start(recipe_of(config), seed if isinstance(seed, int) else 0, run.id)
    st.session_state[MODEL_KEY] = model
    if not spec.is_baseline:  # which has no settings
        if len(recipes_of(model)) > 1:  # else there is no choice of it
            st.session_state[RECIPE_KEY] = name
        _begin(model, name, start)


def start_of(model: str, recipe_name: str) -> Start:
    """What the form of a model and recipe starts from."""
    return st.session_state.get(_key(model, recipe_name)) or Start(get_recipe(model, recipe_name))


def note(model: str, recipe_name: str) -> None:
    """Say so where the form starts from a run's settings, and offer the recipe's again."""
    start = start_of(model, recipe_name)
    if start.run is None:
        return
    said = f":material/replay: Starts from the settings of run {text.plain(start.run)}."
    if kept := _without_field(model, recipe_name, start):
        said += f" Kept from there, without a field here: {text.plain(', '.join(kept))}."
    st.caption(said)
    st.button(
        "Back to the recipe", icon=":material/undo:", key="train-back-to-recipe", on_click=_begin,
        args=(model, recipe_name, None),
    )  # fmt: skip


def _without_field(model: str, recipe_name: str, start: Start) -> list[str]:
    """The settings of a run that differ from its recipe's and that the form does not show, as the command line's."""
    changes = changes_between(get_recipe(model, recipe_name), start.recipe)
    changes |= changes.pop("model_options", {})
    shown = values.fields_of(model, start.recipe)
    return [f"{name}={json.dumps(value)}" for name, value in changes.items() if name not in shown]


def _begin(model: str, recipe_name: str, start: Start | None) -> None:
    st.session_state[_key(model, recipe_name)] = start
    start = start_of(model, recipe_name)
    settings.refill(model, recipe_name, start.recipe, start.seed)


def _key(model: str, recipe_name: str) -> str:
    return f"train-start-of-{model}-{recipe_name}"
