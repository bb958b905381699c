"""The settings of a training as widgets, drawn from their declarations (see ``genreclf.recipes.settings``)."""

import math
from typing import Any

import numpy as np
import streamlit as st

from genreclf.models import model_label
from genreclf.models.options import COMPUTING, GROUPS, MAIN, SCHEDULE, Setting
from genreclf.recipes.schedule import learning_rates
from genreclf.recipes.settings import TEACHERS, Recipe, form_values, recipe_from, settings_of
from genreclf.runs.create import SEED
from genreclf.runs.devices import Device

COLUMN = 105  # pixels; two number fields fit beside each other in the form, on a phone too
_REFILLED = "train-refilled"


def show(model: str, recipe_name: str, start: Recipe, seed: int, device: Device) -> tuple[Recipe, int]:
    """Draw the settings: the main ones in sight, the others in an expander.

    Args:
        model: one of the models.
        recipe_name: with the model it makes the widgets' keys.
        start: the widgets' values until the visitor changes them; what has no widget stays as it is here.
        seed: likewise.
        device: where the training will run.

    Returns:
        the recipe with the visitor's values, not checked yet, and the seed.
    """
    fields = _Fields(model, recipe_name, form_values(model, start) | {SEED.name: SEED.nearest(seed)})
    groups = {
        group: [each for each in (*settings_of(model), SEED) if each.group == group and each.group] for group in GROUPS
    }
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
                _rates(fields.values)
            if group == COMPUTING:
                helps = "computes bfloat16 natively, so it can be faster"
                slows = "does not compute bfloat16 natively, so it would only be slower"
                st.caption(f"Mixed precision: this device {helps if device.bfloat16 else slows}.")
    chosen_seed = int(fields.values.pop(SEED.name))
    return recipe_from(model, start, fields.values), chosen_seed


def refill(model: str, recipe_name: str, start: Recipe, seed: int) -> None:
    """Set every widget to its starting value, so that none is left over from before; for use in callbacks."""
    st.session_state[_REFILLED] = True
    for name, value in (form_values(model, start) | {SEED.name: SEED.nearest(seed)}).items():
        st.session_state[_key(name, model, recipe_name)] = value


class _Fields:
    """Draws widgets with given starting values and collects the visitor's."""

    def __init__(self, model: str, recipe_name: str, start: dict[str, Any]):
        self.model, self.recipe_name, self.start = model, recipe_name, start
        self.refilled = st.session_state.pop(_REFILLED, False)
        self.values: dict[str, Any] = {}

    def draw(self, setting: Setting, disabled: bool = False) -> None:
        key, first = _key(setting.name, self.model, self.recipe_name), self.start[setting.name]
        if setting.is_number:
            kind = setting.kind
            step = _tenth(first) if setting.name == "learning_rate" else setting.step
            self.values[setting.name] = st.number_input(
                setting.label, kind(setting.form_low), kind(setting.high),
                "min" if self.refilled else first,  # it may have no value in the run after it was set
                kind(step), "%d" if kind is int else "%g", key, setting.hint, persist_state="session",
            )  # fmt: skip
            return
        st.session_state.setdefault(key, first)
        if setting.kind is bool:
            self.values[setting.name] = st.checkbox(
                setting.label, key=key, help=setting.hint, disabled=disabled and not first, persist_state="session"
            )
            return
        teachers = {name: model_label(name) if name else "None" for name in ("", *TEACHERS, first)}
        choices = dict(setting.choices or teachers)
        self.values[setting.name] = st.selectbox(
            setting.label, list(choices), format_func=choices.__getitem__, key=key, help=setting.hint,
            persist_state="session",
        )  # fmt: skip
        if setting.name == "backbone" and self.values[setting.name] != setting.default:
            st.caption(":material/cloud_download: Its weights are downloaded when training starts: be online.")


def _rates(values: dict[str, Any]) -> None:
    """The learning rates that a schedule comes to."""
    rates = learning_rates(values["schedule"], values["epochs"], values["learning_rate"], values["warmup_epochs"])
    first, highest, last = (_decimal(rate) for rate in (rates[0], max(rates), rates[-1]))
    if first == highest == last:
        st.caption(f"The learning rate is {first} in every epoch.")
    else:
        st.caption(f"The learning rate is {first} in the first epoch, {highest} at its highest and {last} in the last.")


def _key(setting: str, model: str, recipe_name: str) -> str:
    """Another model's or recipe's form has widgets of its own."""
    return f"train-{setting.replace('_', '-')}-{model}-{recipe_name}"


def _decimal(value: float) -> str:
    return np.format_float_positional(value, precision=2, fractional=False, trim="-")


def _tenth(value: float) -> float:
    """A round number near a tenth of a value: 0.0001 of 0.001."""
    return float(f"1e{math.floor(math.log10(value)) - 1}")
