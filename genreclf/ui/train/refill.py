"""Training again with the settings of an earlier run: the form then starts from them, not from the recipe."""

import json
from dataclasses import dataclass

import streamlit as st

from genreclf.models import get_spec
from genreclf.recipes import RECIPES, get_recipe, recipe_of, recipes_of
from genreclf.recipes.settings import Recipe, changes_between, form_values
from genreclf.runs.folder import Run
from genreclf.ui import text
from genreclf.ui.train import settings

MODEL_KEY = "train-model"
RECIPE_KEY = "train-recipe"


@dataclass(frozen=True)
class Start:
    """The values that a form starts with.

    Attributes:
        recipe: of its widgets; what has no widget keeps its value from here.
        seed: likewise.
        run: the id of the run that they come from; None for the recipe as it is.
    """

    recipe: Recipe
    seed: int = 0
    run: str | None = None


def refill(run: Run) -> None:
    """Fill the form with a run's model, recipe, seed and settings; for use in callbacks.

    Raises:
        UserError: this version does not know the run's model or settings.
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
    """The starting values of the form of a model and recipe."""
    return st.session_state.get(_key(model, recipe_name)) or Start(get_recipe(model, recipe_name))


def note(model: str, recipe_name: str) -> None:
    """Say that the form starts from a run's settings, where it does, and offer to go back to the recipe's."""
    start = start_of(model, recipe_name)
    if start.run is None:
        return
    message = f":material/replay: Starts from the settings of run {text.plain(start.run)}."
    if kept := _without_field(model, recipe_name, start):
        message += f" Also kept, without a field here: {text.plain(', '.join(kept))}."
    st.caption(message)
    st.button(
        "Back to the recipe", icon=":material/undo:", key="train-back-to-recipe", on_click=_begin,
        args=(model, recipe_name, None),
    )  # fmt: skip


def _without_field(model: str, recipe_name: str, start: Start) -> list[str]:
    """A run's settings that differ from its recipe's and have no field in the form, as for the command line."""
    changes = changes_between(get_recipe(model, recipe_name), start.recipe)
    changes |= changes.pop("model_options", {})
    shown = form_values(model, start.recipe)
    return [f"{name}={json.dumps(value)}" for name, value in changes.items() if name not in shown]


def _begin(model: str, recipe_name: str, start: Start | None) -> None:
    st.session_state[_key(model, recipe_name)] = start
    start = start_of(model, recipe_name)
    settings.refill(model, recipe_name, start.recipe, start.seed)


def _key(model: str, recipe_name: str) -> str:
    return f"train-start-of-{model}-{recipe_name}"
