"""The settings of a training as widgets, each with its range and a hint."""

import math
from typing import Any

import numpy as np
import streamlit as st

from genreclf.models import get_spec, model_label
from genreclf.recipes.schedule import learning_rates
from genreclf.recipes.settings import COUNTS, DROPOUTS, Recipe
from genreclf.runs.devices import Device
from genreclf.ui.train import values

COLUMN = 105  # pixels; two number fields fit beside each other in the form, on a phone too
_REFILLED = "train-refilled"
_SCHEDULE_LABELS = {
    "report": "Steady, then falling",
    "cosine": "Falling in a curve",
    "constant": "Constant",
}
_DROPOUT_LABELS = {
    "conv_dropout": "Dropout, convolutions",
    "dense_dropout": "Dropout, dense layers",
    "lstm_dropout": "Dropout, LSTM inputs",
    "recurrent_dropout": "Dropout, LSTM states",
    "dropout": "Dropout, dense layer",
    "head_dropout": "Dropout, before the output",
    "feature_dropout": "Dropout, features",
}
_INSIDE = {"overview": {"dropout": "Dropout, in the transformer"}}  # where a name means another thing
_OPTIONS = {  # label and hint
    "frozen_blocks": (
        "Frozen blocks",
        "Of the network's 16 blocks, so many from the poster on stay as photographs shaped them. More train faster; "
        "fewer let it fit posters better, with enough films.",
    ),
    "rank": (
        "Rank (LoRA)",
        "The transformer's own weights stay; it learns a small addition to each of its matrices. A higher rank lets "
        "it learn more, and more by heart; 0 leaves the additions out.",
    ),
    "backbone": (
        "Network underneath",
        "The pretrained network that looks at the poster. The first comes with the app; Keras fetches the others' "
        "weights when training starts, which needs the internet.",
    ),
}
_TEACHERS = ("poster", "overview", "fusion")


def show(model: str, recipe_name: str, start: Recipe, seed: int, device: Device) -> tuple[Recipe, int]:
    """Draw the settings, five in sight and the rest in an expander.

    Args:
        model: one of the models.
        recipe_name: with the model it makes the widgets' keys.
        start: what the widgets show until the visitor changes them; what has no widget stays as it is here.
        seed: likewise.
        device: where it will train.

    Returns:
        the recipe that the visitor asks for, not checked yet, and the seed.
    """
    fields = _Fields(model, recipe_name, values.fields_of(model, start, seed))
    with st.grid(2, min_column_width=COLUMN):
        fields.number(
            "epochs", "Epochs",
            "How often the model sees every training film, at most. More helps until the validation loss turns up.",
        )  # fmt: skip
        fields.number(
            "batch_size", "Batch size",
            "Films a step. Larger steps are smoother and quicker on a GPU, but there are fewer of them in an epoch.",
            step=16,
        )  # fmt: skip
        fields.number(
            "learning_rate", "Learning rate",
            "How far each step changes the weights. Too high and the loss jumps about; too low and nothing happens.",
            step=_tenth(fields.start["learning_rate"]),
        )  # fmt: skip
        fields.number(
            "patience", "Patience",
            "Early stopping: epochs without a lower validation loss after which training ends. 0 goes on to the last "
            "epoch.",
        )  # fmt: skip
    spec = get_spec(model)
    if values.augments(spec):
        fields.checkbox(
            "augment", "Augmentation",
            "Mirrors, crops and recolours each poster at random, so that none looks the same twice.",
        )  # fmt: skip
    if values.hides_words(spec):
        fields.number(
            "word_dropout", "Word dropout",
            "The share of an overview's words hidden at random, so that no single word is relied on.", step=0.05,
        )  # fmt: skip
    with st.expander("More settings"):
        if COUNTS.get(model):
            _pretrained(fields)
        _learning_rate(fields)
        _against_learning_by_heart(fields)
        _teacher(fields)
        st.markdown("**Computing**")
        _mixed_precision(fields, device)
        fields.number(
            "seed", "Seed",
            "Start of everything random. The same seed gives the same run; another shows how much is luck.",
        )  # fmt: skip
    return values.recipe_asked(model, start, fields.asked), int(fields.asked["seed"])


def refill(model: str, recipe_name: str, start: Recipe, seed: int) -> None:
    """Set every widget to what it starts with, so that no value is left over from before; for use in callbacks."""
    st.session_state[_REFILLED] = True
    for name, value in values.fields_of(model, start, seed).items():
        st.session_state[_key(name, model, recipe_name)] = value


class _Fields:
    """Draws widgets that start with given values, and notes what they ask for."""

    def __init__(self, model: str, recipe_name: str, start: dict[str, Any]):
        self.model, self.recipe_name, self.start = model, recipe_name, start
        self.refilled = st.session_state.pop(_REFILLED, False)
        self.asked: dict[str, Any] = {}

    def number(self, name: str, label: str, help: str, step: float = 1) -> None:
        low, high = values.limits(name)
        kind, form = (int, "%d") if name in values.WHOLE else (float, "%g")
        default = "min" if self.refilled else self.start[name]  # it may have none in the run after it was set
        self.asked[name] = st.number_input(
            label, kind(low), kind(high), default, kind(step), form, self._key(name), help, persist_state="session"
        )

    def checkbox(self, name: str, label: str, help: str, disabled: bool = False) -> None:
        key = self._key(name)
        st.session_state.setdefault(key, self.start[name])
        self.asked[name] = st.checkbox(label, key=key, help=help, disabled=disabled, persist_state="session")

    def choice(self, name: str, label: str, help: str, labels: dict[str, str]) -> None:
        key = self._key(name)
        st.session_state.setdefault(key, self.start[name])
        self.asked[name] = st.selectbox(
            label, list(labels), format_func=labels.__getitem__, key=key, help=help, persist_state="session"
        )

    def _key(self, name: str) -> str:
        return _key(name, self.model, self.recipe_name)


def _pretrained(fields: _Fields) -> None:
    """What of a pretrained network is used, and how much of it goes on learning."""
    st.markdown("**Pretrained network**")
    for name, words in values.choices_of(fields.model).items():
        label, hint = _OPTIONS[name]
        fields.choice(name, label, hint, {word: word for word in words})
        if fields.asked[name] != words[0]:
            st.caption(":material/cloud_download: Its weights are fetched when training starts: have a connection.")
    for name in COUNTS[fields.model]:
        fields.number(name, *_OPTIONS[name])


def _learning_rate(fields: _Fields) -> None:
    st.markdown("**Learning rate over time**")
    fields.choice(
        "schedule", "Schedule",
        "Large steps early find the way, small ones late settle. *Steady, then falling* is the report's: 10 epochs at "
        "full height, then a tenth less each epoch. *Falling in a curve* follows a cosine down to a hundredth.",
        _SCHEDULE_LABELS,
    )  # fmt: skip
    fields.number(
        "warmup_epochs", "Warm-up epochs",
        "Epochs over which the learning rate climbs to its full height: the first gradients are the wildest.",
    )  # fmt: skip
    asked = fields.asked
    rates = learning_rates(asked["schedule"], asked["epochs"], asked["learning_rate"], asked["warmup_epochs"])
    first, highest, last = (_decimal(rate) for rate in (rates[0], max(rates), rates[-1]))
    if first == highest == last:
        st.caption(f"It is {first} in every epoch.")
    else:
        st.caption(f"It is {first} in the first epoch, {highest} at its highest and {last} in the last.")


def _against_learning_by_heart(fields: _Fields) -> None:
    st.markdown("**Against learning by heart**")
    for name in DROPOUTS[fields.model]:
        label = _INSIDE.get(fields.model, {}).get(name) or _DROPOUT_LABELS[name]
        hint = "The share of values set to 0 at random in each step, so that none is relied on."
        if name == "recurrent_dropout":
            hint += " Anything but 0 makes a GPU several times slower."
        fields.number(name, label, hint, step=0.05)
    if values.augments(get_spec(fields.model)):
        fields.number(
            "mixup", "Mixup",
            "Blends pairs of posters and their genres; 0 is off, 0.2 a little, 1 any share as likely as another.",
            step=0.1,
        )  # fmt: skip
    fields.number(
        "label_smoothing", "Label smoothing",
        "Pulls the targets from 0 and 1 towards the middle, so that the model does not grow too sure. The loss is "
        "then another one, not to be compared with other runs'.",
        step=0.01,
    )  # fmt: skip
    fields.number(
        "weight_decay", "Weight decay",
        "Shrinks all weights a little in each step (AdamW); 0 is plain Adam, 0.004 a common start.", step=1e-3,
    )  # fmt: skip


def _teacher(fields: _Fields) -> None:
    """Distillation: which trained model it learns from, and how much."""
    st.markdown("**Learn from another model**")
    known = dict.fromkeys(["", *_TEACHERS, fields.start["teacher"]])
    fields.choice(
        "teacher", "Teacher",
        "A trained model that says what it makes of each training film. Its shades, such as “rather Drama than War”, "
        "teach a small model more than the bare yes or no (distillation).",
        {name: model_label(name) if name else "None" for name in known},
    )  # fmt: skip
    if fields.asked["teacher"]:
        fields.number(
            "teacher_weight", "Teacher's share",
            "How much of what it learns toward is the teacher's word, the rest is the true genres: 0 is none, 1 all.",
            step=0.1,
        )  # fmt: skip


def _mixed_precision(fields: _Fields, device: Device) -> None:
    was_on = fields.start["mixed_precision"]
    fields.checkbox(
        "mixed_precision", "Mixed precision", "Computes in bfloat16, numbers of half the length, and keeps the weights "
        "in float32.", disabled=not (device.bfloat16 or was_on),
    )  # fmt: skip
    if device.bfloat16:
        st.caption("This device computes in bfloat16 itself, so it can be faster here.")
    else:
        st.caption("This device does not compute in bfloat16 itself, so it would only be slower here.")


def _key(setting: str, model: str, recipe_name: str) -> str:
    """Another model's or recipe's form has widgets of its own."""
    return f"train-{setting.replace('_', '-')}-{model}-{recipe_name}"


def _decimal(value: float) -> str:
    return np.format_float_positional(value, precision=2, fractional=False, trim="-")


def _tenth(value: float) -> float:
    """A round number near a tenth of a value: 0.0001 of 0.001."""
    return float(f"1e{math.floor(math.log10(value)) - 1}")
