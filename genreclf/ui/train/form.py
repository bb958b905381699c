"""The form that starts a training."""

import streamlit as st

from genreclf.errors import UserError
from genreclf.locks import is_locked
from genreclf.models import ModelSpec, get_spec, list_models, model_label
from genreclf.recipes.settings import RECIPES, Recipe, changes_between, get_recipe, recipes_of
from genreclf.runs.create import new_run
from genreclf.runs.queue import device_lock
from genreclf.ui import data, text
from genreclf.ui.train import current_run, estimate, refill, settings
from genreclf.ui.train import device as train_device
from genreclf.units import listed

_RECIPE_LABELS = {"tuned": "Tuned", "reference": "Reference"}
_RECIPE_WORDS = {
    "tuned": "Ours: the same layers, trained with what this project found to work better.",
    "reference": "The report's: its optimiser, schedule and epochs, to see what it saw.",
}


@st.fragment
def show() -> None:
    """The pickers, the settings, and what pressing *Train* does.

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
    st.caption(spec.what)
    recipe_name = RECIPES[0] if spec.is_baseline else _recipe_name(model)
    with st.container(border=True):
        if spec.is_baseline:
            recipe, seed = get_recipe(model), 0
            st.markdown("A baseline is fitted in one go: it has no settings.")
        else:
            refill.note(model, recipe_name)
            start = refill.start_of(model, recipe_name)
            device = train_device.device()
            recipe, seed = settings.show(model, recipe_name, start.recipe, start.seed, device)
        films = _films()
        is_ready = all([_parts(spec), _teacher(recipe)])
        train_device.show()
        if is_locked(device_lock()):
            st.markdown(":material/schedule: Another training is at work; yours will wait its turn.")
        pressed = st.button(
            "Train", type="primary", icon=":material/play_arrow:", width="stretch", key="train-start",
            disabled=films is None or not is_ready,
        )  # fmt: skip
        if films is not None:
            estimate.show(model, recipe, data.current_catalogue(), films)
    if pressed:
        _start(model, recipe_name, seed, recipe)


def _recipe_name(model: str) -> str:
    """The recipe chosen, of those that the model has."""
    recipes = recipes_of(model)
    if len(recipes) == 1:
        st.caption("It has one recipe, this project's own: no report had such a model.")
        return recipes[0]
    st.session_state.setdefault(refill.RECIPE_KEY, recipes[0])
    name = st.segmented_control(
        "Recipe",
        recipes,
        required=True,
        format_func=_RECIPE_LABELS.__getitem__,
        key=refill.RECIPE_KEY,
        help="Everything about a training but the model's layers and the films.",
        persist_state="session",
    )
    st.caption(_RECIPE_WORDS[name])
    return name


def _films() -> int | None:
    """Say on what it trains; the number of films to learn from, None where the data set is too small."""
    source = data.current_source()
    splits = data.current_catalogue().info()["splits"]
    st.markdown(f":material/movie: **{text.plain(source.label)}**")
    st.caption(
        f"{splits['train']:,} films to learn from, {splits['val']:,} to validate on, {splits['test']:,} kept for the "
        "final test."
    )
    if not splits["val"]:
        st.warning("No film to validate on: a training needs a larger data set.", icon=":material/warning:")
        return None
    return splits["train"]


def _parts(spec: ModelSpec) -> bool:
    """Say what a model of parts is made of; whether all of them are trained."""
    if not spec.parts:
        return True
    made_of = listed([model_label(part) for part in spec.parts])
    st.markdown(f":material/account_tree: Made of **{made_of}**")
    st.caption(
        "Both are asked what they see in each film, which takes minutes the first time; what is trained is a small "
        "network that weighs their answers."
    )
    missing = [model_label(part) for part in spec.parts if not _has_weights(part)]
    if missing:
        it, runs = ("it", "its run") if len(missing) == 1 else ("them", "their runs")
        st.warning(
            f"{listed(missing)} cannot answer for these films yet. Train {it} first and press *Use in the app* "
            f"on {runs}.",
            icon=":material/account_tree:",
        )
    return not missing


def _teacher(recipe: Recipe) -> bool:
    """Whether the teacher asked for, if any, is trained; say so where it is not."""
    if not recipe.teacher or _has_weights(recipe.teacher):
        return True
    teacher = text.plain(model_label(recipe.teacher))
    st.warning(
        f"The teacher {teacher} cannot answer for these films yet. Train it first and press *Use in the app* on its "
        "run, or choose no teacher under *More settings*.",
        icon=":material/school:",
    )
    return False


def _has_weights(model: str) -> bool:
    """Whether a model's weights for the chosen films are there; damaged ones are none."""
    try:
        return data.weights_for(model, data.current_catalogue()) is not None
    except UserError:
        return False


def _start(model: str, recipe_name: str, seed: int, recipe: Recipe) -> None:
    """Queue the run and show it; the live view starts it when its turn has come."""
    changes = {} if get_spec(model).is_baseline else changes_between(get_recipe(model, recipe_name), recipe)
    run = new_run(model, data.current_source().folder, recipe_name, seed, **changes)
    current_run.show_run(run.id)
    st.toast("The run is queued; its curves are on this page.", icon=":material/check:")
    st.rerun()
