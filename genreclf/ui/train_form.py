"""The form that starts a training."""

from typing import Any

import streamlit as st

from genreclf.errors import UserError
from genreclf.models import ModelSpec, get_spec, list_models
from genreclf.training.devices import Device, training_device
from genreclf.training.launch import device_lock
from genreclf.training.recipe import RECIPES, Recipe, get_recipe
from genreclf.training.runs import is_locked
from genreclf.training.start import new_run
from genreclf.ui import data, look, text, train_runs

_RECIPE_LABELS = {"tuned": "Tuned", "reference": "Reference"}
_RECIPE_WORDS = {
    "tuned": "Ours: the same layers, trained with what this project found to work better.",
    "reference": "The report's: its optimiser, schedule and epochs, to see what it saw.",
}


def show() -> None:
    """The pickers, the form, and what pressing *Train* does."""
    model = st.selectbox("Model", list_models(baselines=True), format_func=look.model_label, key="train-model")
    spec = get_spec(model)
    st.caption(spec.what)
    recipe = RECIPES[0]
    if not spec.is_baseline:
        recipe = st.segmented_control(
            "Recipe",
            RECIPES,
            default=RECIPES[0],
            required=True,
            format_func=_RECIPE_LABELS.__getitem__,
            key="train-recipe",
            help="Everything about a training but the model's layers and the films.",
        )
        st.caption(_RECIPE_WORDS[recipe])
    with st.form("train-form"):
        seed, changes = (0, {}) if spec.is_baseline else _settings(spec, recipe)
        if spec.is_baseline:
            st.markdown("A baseline is fitted in one go: it has no settings.")
        _where_and_on_what()
        pressed = st.form_submit_button(
            "Train", type="primary", icon=":material/play_arrow:", width="stretch", key="train-start"
        )
    if pressed:
        _start(model, recipe, seed, changes)


def _settings(spec: ModelSpec, recipe_name: str) -> tuple[int, dict[str, Any]]:
    """The seed, and the settings that the visitor changed."""
    recipe = get_recipe(spec.name, recipe_name)

    def key(setting: str) -> str:
        return f"train-{setting}-{spec.name}-{recipe_name}"  # another model's form starts with its own defaults

    asked: dict[str, Any] = {}
    asked["epochs"] = st.number_input(
        "Epochs", 1, 1000, recipe.epochs, key=key("epochs"),
        help="How often the model sees every training film, at most. More helps until the validation loss turns up.",
    )  # fmt: skip
    asked["learning_rate"] = st.number_input(
        "Learning rate", 1e-6, 1.0, recipe.learning_rate, step=1e-4, format="%.5f", key=key("learning-rate"),
        help="How far each step changes the weights. Too high and the loss jumps about; too low and nothing happens.",
    )  # fmt: skip
    asked["batch_size"] = st.number_input(
        "Batch size", 1, 4096, recipe.batch_size, step=16, key=key("batch-size"),
        help="Films a step. Larger steps are smoother and quicker on a GPU, but there are fewer of them in an epoch.",
    )  # fmt: skip
    with st.expander("More settings"):
        patience = st.number_input(
            "Early stopping patience", 0, 1000, recipe.patience or 0, key=key("patience"),
            help="Epochs without a lower validation loss after which training ends; 0 goes on to the last epoch.",
        )  # fmt: skip
        asked["patience"] = patience or (asked["epochs"] if recipe.patience else None)  # so long that it never comes
        if spec.input == "poster":
            asked["augment"] = st.checkbox(
                "Augmentation", recipe.augment, key=key("augment"),
                help="Mirrors, crops and recolours each poster at random, so that none looks the same twice.",
            )  # fmt: skip
        else:
            asked["word_dropout"] = st.number_input(
                "Word dropout", 0.0, 0.9, recipe.word_dropout, step=0.05, key=key("word-dropout"),
                help="The share of an overview's words hidden at random, so that no single word is relied on.",
            )  # fmt: skip
        asked["mixed_precision"] = st.checkbox(
            "Mixed precision", recipe.mixed_precision, key=key("mixed-precision"),
            help="Computes in bfloat16 and keeps the weights in float32: faster where the hardware knows it.",
        )  # fmt: skip
        seed = st.number_input(
            "Seed", 0, 2**31 - 1, 0, key=key("seed"),
            help="Start of everything random. The same seed gives the same run; another shows how much is luck.",
        )  # fmt: skip
    return int(seed), _changed(asked, recipe)


def _changed(asked: dict[str, Any], recipe: Recipe) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value is not None and value != getattr(recipe, name)}


def _where_and_on_what() -> None:
    source = data.current_source()
    splits = data.current_catalogue().info()["splits"]
    st.markdown(
        f":material/movie: **{text.plain(source.label)}**: {splits['train']:,} films to learn from, "
        f"{splits['val']:,} to validate on, {splits['test']:,} kept for the final test."
    )
    if not splits["val"]:
        st.warning("No film to validate on: a training needs a larger data set.", icon=":material/warning:")
    device = _device()
    icon = "memory" if device.kind == "gpu" else "developer_board"
    st.markdown(f":material/{icon}: **{text.plain(device.name)}**. {text.plain(device.meaning)}")
    if is_locked(device_lock()):
        st.markdown(":material/schedule: Another training is at work; yours will wait its turn.")


@st.cache_data(ttl="10m", max_entries=1, show_spinner=False)
def _device() -> Device:
    return training_device()


def _start(model: str, recipe: str, seed: int, changes: dict[str, Any]) -> None:
    """Queue the run and show it; the live view starts it when its turn has come."""
    try:
        run = new_run(model, data.current_source().folder, recipe, seed, **changes)
    except UserError as error:
        st.error(text.plain(str(error)), icon=":material/error:")
        return
    train_runs.show_run(run.id)
    st.toast("The run is queued; its curves are on this page.", icon=":material/check:")
