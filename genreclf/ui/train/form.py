"""The form that starts a training."""

import streamlit as st

from genreclf.errors import UserError
from genreclf.locks import is_locked
from genreclf.models import ModelSpec, get_spec, list_models, model_label
from genreclf.recipes import RECIPES, get_recipe, recipes_of
from genreclf.recipes.settings import Recipe, changes_between
from genreclf.runs.create import new_run
from genreclf.runs.queue import device_lock
from genreclf.ui import data, text
from genreclf.ui.train import current_run, estimate, refill, settings
from genreclf.units import listed

_RECIPE_LABELS = {"tuned": "Tuned", "reference": "Reference"}
_RECIPE_WORDS = {
    "tuned": "This project's: the same layers, trained with settings that proved better.",
    "reference": "The report's own optimiser, schedule and number of epochs, to reproduce its results.",
}


@st.fragment
def show() -> None:
    """The model, its settings, and the *Train* button.

    Plain widgets, not ``st.form``, so that the estimate follows them; a fragment, so that the view beside stays still.
    """
    try:
        _show()
    except UserError as error:
        st.error(text.plain(str(error)), icon=":material/error:")


def _show() -> None:
    model = st.selectbox(
        "Model", list_models(baselines=True), format_func=model_label, key=refill.MODEL_KEY,
        persist_state="session",
    )  # fmt: skip
    spec = get_spec(model)
    st.caption(spec.description)
    recipe_name = RECIPES[0] if spec.is_baseline else _recipe_name(model)
    with st.container(border=True):
        if spec.is_baseline:
            recipe, seed = get_recipe(model), 0
            st.markdown("A baseline is fitted in one step; it has no settings.")
        else:
            refill.note(model, recipe_name)
            start = refill.start_of(model, recipe_name)
            device = estimate.device()
            recipe, seed = settings.show(model, recipe_name, start.recipe, start.seed, device)
        films = _films()
        is_ready = all([_parts(spec), _teacher(recipe)])
        estimate.show_device()
        if is_locked(device_lock()):
            st.markdown(":material/schedule: Another training is running; yours will start when it ends.")
        pressed = st.button(
            "Train", type="primary", icon=":material/play_arrow:", width="stretch", key="train-start",
            disabled=films is None or not is_ready,
        )  # fmt: skip
        if films is not None:
            estimate.show(model, recipe, data.current_catalogue(), films)
    if pressed:
        _start(model, recipe_name, seed, recipe)


def _recipe_name(model: str) -> str:
    """The chosen recipe of the model."""
    recipes = recipes_of(model)
    if len(recipes) == 1:
        st.caption("It has one recipe, this project's own; none of the reports had such a model.")
        return recipes[0]
    st.session_state.setdefault(refill.RECIPE_KEY, recipes[0])
    name = (
        st.segmented_control(
            "Recipe",
            recipes,
            required=True,
            format_func=_RECIPE_LABELS.__getitem__,
            key=refill.RECIPE_KEY,
            help="All settings of a training: everything but the model's layers and the films.",
            persist_state="session",
        )
        or recipes[0]
    )
    st.caption(_RECIPE_WORDS[name])
    return name


def _films() -> int | None:
    """Show the data set; returns its number of training films, None where it is too small."""
    source = data.current_source()
    splits = data.current_catalogue().info()["splits"]
    st.markdown(f":material/movie: **{text.plain(source.label)}**")
    st.caption(
        f"{splits['train']:,} films for training, {splits['val']:,} for validation, {splits['test']:,} held out "
        "for the final test."
    )
    if not splits["val"]:
        st.warning("No film for validation: training needs a larger data set.", icon=":material/warning:")
        return None
    return splits["train"]


def _parts(spec: ModelSpec) -> bool:
    """Show what a model of parts is made of; returns whether all of them are trained."""
    if not spec.parts:
        return True
    made_of = listed([model_label(part) for part in spec.parts])
    st.markdown(f":material/account_tree: Made of **{made_of}**")
    st.caption(
        "Both first compute their predictions and features for every film, which takes minutes the first time; "
        "training then fits a small network that combines them."
    )
    missing = [model_label(part) for part in spec.parts if not _has_weights(part)]
    if missing:
        it, runs = ("it", "its run") if len(missing) == 1 else ("them", "their runs")
        st.warning(
            f"{listed(missing)} has no weights for these films yet. Train {it} first and press *Use in the app* "
            f"on {runs}.",
            icon=":material/account_tree:",
        )
    return not missing


def _teacher(recipe: Recipe) -> bool:
    """Whether the chosen teacher, if any, is trained; warns where it is not."""
    if not recipe.teacher or _has_weights(recipe.teacher):
        return True
    teacher = text.plain(model_label(recipe.teacher))
    st.warning(
        f"The recipe learns from a larger model too (distillation), and this teacher, {teacher}, has no weights for "
        "these films yet. Train it first and press *Use in the app* on its run, or choose no teacher under *More "
        "settings*.",
        icon=":material/school:",
    )
    return False


def _has_weights(model: str) -> bool:
    """Whether a model has weights for the chosen data set; damaged ones do not count."""
    try:
        return data.weights_for(model, data.current_catalogue()) is not None
    except UserError:
        return False


def _start(model: str, recipe_name: str, seed: int, recipe: Recipe) -> None:
    """Queue the run and show it; the live view starts it when its turn comes."""
    changes = {} if get_spec(model).is_baseline else changes_between(get_recipe(model, recipe_name), recipe)
    run = new_run(model, data.current_source().folder, recipe_name, seed, **changes)
    current_run.show_run(run.id)
    st.toast("The run is queued; its curves will appear on this page.", icon=":material/check:")
    st.rerun()
