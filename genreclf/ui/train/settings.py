"""The settings of a training as widgets, drawn from their declarations (see ``genreclf.recipes.settings``).

They start from the recipe, or from the settings of an earlier run that is to be trained again.
"""

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from genreclf.models import get_spec, model_label
from genreclf.models.options import COMPUTING, GROUPS, MAIN, SCHEDULE, Setting
from genreclf.recipes import RECIPES, recipes_of
from genreclf.recipes.settings import TEACHERS, Recipe, changes_between, form_values, recipe_from, settings_of
from genreclf.runs.devices import Device, training_device
from genreclf.runs.folder import Run
from genreclf.runs.queue import SEED
from genreclf.ui import text

MODEL_KEY, RECIPE_KEY = "train-model", "train-recipe"
COLUMN = 105  # pixels; two number fields fit side by side in the form, on a phone too
_REFILLED = "train-refilled"


@dataclass(frozen=True)
class _Start:
    """The values that the form starts with, and the id of the run they come from, if any."""

    recipe: Recipe  # a setting without a field keeps its value from here
    seed: int = 0
    run: str | None = None


def show(model: str, recipe: Recipe, recipe_name: str, device: Device) -> tuple[Recipe, int]:
    """Draw the settings; returns the recipe with the visitor's values, not checked yet, and the seed.

    ``recipe`` is the one for these films on this device, whose values the fields start with.
    """
    _follow(model, recipe_name, recipe)
    start = st.session_state.get(_key("start-of", model, recipe_name)) or _Start(recipe)
    _show_origin(model, recipe_name, start, recipe)
    fields = _Fields(model, recipe_name, _values(model, start))
    groups = {group: [each for each in (*settings_of(model), SEED) if each.group == group] for group in GROUPS}
    with st.grid(2, min_column_width=COLUMN):
        for setting in groups[MAIN]:
            if not setting.inputs:
                fields.draw(setting)
    for setting in groups[MAIN]:
        if setting.inputs:
            fields.draw(setting)
    with st.expander("More settings"):
        for group in GROUPS[1:]:
            if groups[group]:
                st.markdown(f"**{group}**")
            for setting in groups[group]:
                if not setting.needs or fields.values.get(setting.needs):
                    fields.draw(setting, disabled=setting.name == "mixed_precision" and not device.bfloat16)
            if group == SCHEDULE:
                _show_rates(recipe_from(model, start.recipe, fields.values).learning_rates())
            if group == COMPUTING:
                helps = "computes bfloat16 natively, so it can be faster"
                slows = "does not compute bfloat16 natively, so it would only be slower"
                st.caption(f"Mixed precision: this device {helps if device.bfloat16 else slows}.")
    seed = int(fields.values.pop(SEED.name))
    return recipe_from(model, start.recipe, fields.values), seed


def fill_from(run: Run) -> None:
    """Fill the form with a run's model, recipe, seed and settings; for use in callbacks.

    Raises:
        UserError: this version does not know the run's model or settings.
    """
    config = run.config
    model, spec = config.model, get_spec(config.model)
    name = config.recipe_name if config.recipe_name in recipes_of(model) else RECIPES[0]
    start = _Start(config.recipe.for_device(training_device().bfloat16), config.seed or 0, run.id)
    st.session_state[MODEL_KEY] = model
    if not spec.is_baseline:  # baselines have no settings
        if len(recipes_of(model)) > 1:  # otherwise there is no widget to choose it
            st.session_state[RECIPE_KEY] = name
        _fill(model, name, start)


def _values(model: str, start: _Start) -> dict[str, Any]:
    """The value of every field."""
    return form_values(model, start.recipe) | {SEED.name: SEED.nearest(start.seed)}


def _fill(model: str, recipe_name: str, start: _Start) -> None:
    """Set every widget to its starting value; for use in callbacks."""
    st.session_state[_key("start-of", model, recipe_name)] = start
    st.session_state[_REFILLED] = True
    for name, value in _values(model, start).items():
        st.session_state[_key(name, model, recipe_name)] = value


def _follow(model: str, recipe_name: str, recipe: Recipe) -> None:
    """Take over what differs in the recipe for another number of films, except where the visitor changed it."""
    state, key = st.session_state, _key("recipe-of", model, recipe_name)
    old = form_values(model, state.get(key, recipe))
    state[key] = recipe
    for name, value in form_values(model, recipe).items():
        field = _key(name, model, recipe_name)
        if value != old[name] and state.get(field) == old[name]:
            state[field] = value
            state[_REFILLED] = True


def _show_origin(model: str, recipe_name: str, start: _Start, recipe: Recipe) -> None:
    """If the form starts from a run's settings, name the run and offer to go back to the recipe's."""
    if start.run is None:
        return
    changes = changes_between(recipe, start.recipe)
    changes |= changes.pop("model_options", {})
    shown = form_values(model, start.recipe)
    kept = ", ".join(f"{name}={json.dumps(value)}" for name, value in changes.items() if name not in shown)
    message = f":material/replay: Starts from the settings of run {text.plain(start.run)}."
    st.caption(f"{message} Also kept, without a field here: {text.plain(kept)}." if kept else message)
    st.button(
        "Back to the recipe", icon=":material/undo:", key="train-back-to-recipe", on_click=_fill,
        args=(model, recipe_name, _Start(recipe)),
    )  # fmt: skip


class _Fields:
    """Draws widgets with given starting values and collects the values that the visitor enters."""

    def __init__(self, model: str, recipe_name: str, start: dict[str, Any]):
        self.model, self.recipe_name, self.start = model, recipe_name, start
        self.refilled = st.session_state.pop(_REFILLED, False)
        self.values: dict[str, Any] = {}

    def draw(self, setting: Setting, disabled: bool = False) -> None:
        key, first, hint = _key(setting.name, self.model, self.recipe_name), self.start[setting.name], setting.hint
        if not setting.is_number:
            st.session_state.setdefault(key, first)
        if setting.is_number:
            kind = setting.kind
            step = 10.0 ** (math.floor(math.log10(first)) - 1) if setting.name == "learning_rate" else setting.step
            value: Any = st.number_input(
                setting.label, kind(setting.form_low), kind(setting.high),
                "min" if self.refilled else first,  # it may have no value in the run after it was set
                kind(step), "%d" if kind is int else "%g", key, hint, persist_state="session",
            )  # fmt: skip
        elif setting.kind is bool:
            value = st.checkbox(
                setting.label, key=key, help=hint, disabled=disabled and not first, persist_state="session"
            )
        else:
            teachers = {name: model_label(name) if name else "None" for name in ("", *TEACHERS, first)}
            choices = dict(setting.choices or teachers)
            value = st.selectbox(
                setting.label, list(choices), format_func=choices.__getitem__, key=key, help=hint,
                persist_state="session",
            )  # fmt: skip
        if setting.name == "backbone" and value != setting.default:
            st.caption(":material/cloud_download: Its weights are downloaded when training starts: be online.")
        self.values[setting.name] = value


def _show_rates(rates: list[float]) -> None:
    """The learning rates that a schedule results in."""
    first, highest, last = (
        np.format_float_positional(rate, precision=2, fractional=False, trim="-")
        for rate in (rates[0], max(rates), rates[-1])
    )
    if first == highest == last:
        st.caption(f"The learning rate is {first} in every epoch.")
    else:
        st.caption(f"The learning rate is {first} in the first epoch, {highest} at its highest and {last} in the last.")


def _key(name: str, model: str, recipe_name: str) -> str:
    """The forms of different models and recipes have different widgets."""
    return f"train-{name.replace('_', '-')}-{model}-{recipe_name}"
