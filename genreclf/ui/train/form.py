"""The form that starts a training: model, settings, data, device and time estimate."""

import streamlit as st

from genreclf import paths
from genreclf.data.catalogue import Catalogue
from genreclf.data.twins import leak_sentences
from genreclf.errors import UserError
from genreclf.locks import is_locked
from genreclf.models import ModelSpec, check_trainable, get_spec, list_models, model_label
from genreclf.recipes import RECIPES, WITHOUT_TEACHER, get_recipe, has_teacher, recipes_of
from genreclf.recipes.settings import Recipe, changes_between
from genreclf.runs.devices import Device, DeviceUse, device_use, training_device
from genreclf.runs.estimate import Estimate, estimate, timing_of
from genreclf.runs.folder import Run
from genreclf.runs.queue import device_lock, new_run
from genreclf.ui import data, text
from genreclf.ui.train import current_run, settings
from genreclf.units import duration, listed, percent
from genreclf.weights.folder import same_genres_weights

_RECIPES = {  # a name and what it is
    "tuned": ("Tuned", "This project's: the same layers, trained with settings that proved better."),
    "reference": (
        "Reference", "The report's own optimiser, schedule and number of epochs, to reproduce its results.",
    ),
}  # fmt: skip


@st.fragment
def show() -> None:
    """The model, its settings, and the *Train* button.

    Plain widgets, not ``st.form``, so that the estimate follows them; a fragment, so that the live view stays as it is.
    """
    try:
        _show()
    except UserError as error:
        st.error(text.plain(str(error)), icon=":material/error:")


def _show() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", wrap=False):
        model = st.selectbox(
            "Model", list_models(baselines=True), format_func=model_label, key=settings.MODEL_KEY,
            persist_state="session",
        )  # fmt: skip
        button = st.container(width="content")
    spec, here = get_spec(model), device()
    catalogue = data.current_catalogue()
    splits, notes = catalogue.info()["splits"], st.container(gap="xsmall")
    details = st.expander("Settings and details", icon=":material/tune:", key="train-details")
    with details:
        recipe_name = RECIPES[0] if spec.is_baseline else _recipe_name(model)
        films = splits["train"]
        with_teacher = has_teacher(catalogue, model, recipe_name)
        usual = get_recipe(model, recipe_name, films, with_teacher).for_device(here.bfloat16)
        if spec.is_baseline:
            recipe, seed = usual, 0
            st.markdown("A baseline is fitted in one step; it has no settings.")
        else:
            recipe, seed = settings.show(model, usual, recipe_name, here)
    films = films if splits["val"] else 0
    known = _estimated(model, recipe, films, here) if films else None
    with notes:
        st.caption(f"{spec.description} {_summary(splits['train'], here, known)}")
        is_ready = all([_has_films(films), _has_inputs(spec, recipe, catalogue), _has_parts(spec, catalogue),
                        _has_teacher(recipe, catalogue)])  # fmt: skip
        if not (with_teacher or recipe.teacher):
            st.markdown(f":material/school: {WITHOUT_TEACHER}")
        if is_locked(device_lock()):
            st.markdown(":material/schedule: A training is running; a further one will start when it ends.")
    pressed = button.button(
        "Train", type="primary", icon=":material/play_arrow:", key="train-start", disabled=not is_ready,
        help="Training continues in the background, even when you close this page.",
    )  # fmt: skip
    with details:
        _show_films(catalogue)
        if films:
            st.caption(f":material/timer: {_no_estimate(model, catalogue) if known is None else _estimate(known)}")
        _show_device(here)
    if pressed:
        changes = {} if spec.is_baseline else changes_between(usual, recipe)
        run = new_run(
            model, data.current_source().folder, recipe_name, seed, films=films, with_teacher=with_teacher, **changes
        )
        current_run.show_run(run.id)  # the live view starts it when its turn comes
        st.toast("The run is queued; its curves will appear on this page.", icon=":material/check:")
        st.rerun()


def _summary(films: int, here: Device, known: Estimate | None) -> str:
    """The films, the device and the time in a sentence of Markdown."""
    time = "" if known is None else f", {'at most ' if known.at_most else ''}about {duration(known.seconds)}"
    return f"Trains on {films:,} films ({text.plain(here.name)}{time})."


def _estimated(model: str, recipe: Recipe, films: int, here: Device) -> Estimate | None:
    timings = filter(None, (timing_of(Run(file.parent)) for file in paths.runs_dir().glob("*/metrics.jsonl")))
    return estimate(model, recipe, films, timings, here.name)


def _recipe_name(model: str) -> str:
    """The chosen recipe of the model."""
    recipes = recipes_of(model)
    if len(recipes) == 1:
        st.caption("It has one recipe, this project's own; none of the reports had such a model.")
        return recipes[0]
    st.session_state.setdefault(settings.RECIPE_KEY, recipes[0])
    chosen = st.segmented_control(
        "Recipe", recipes, required=True, format_func=lambda name: _RECIPES[name][0], key=settings.RECIPE_KEY,
        help="All settings of a training: everything but the model's layers and the films.", persist_state="session",
    )  # fmt: skip
    name = chosen or recipes[0]
    st.caption(_RECIPES[name][1])
    return name


def _show_films(catalogue: Catalogue) -> None:
    """The data set and its splits."""
    splits = catalogue.info()["splits"]
    st.markdown(f":material/movie: **{text.plain(data.current_source().label)}**")
    st.caption(
        f"{splits['train']:,} films for training, {splits['val']:,} for validation, {splits['test']:,} held out "
        "for the final test."
    )
    for sentence in leak_sentences(catalogue.leaks(), splits):
        st.caption(f":material/content_copy: {sentence}")


def _has_films(films: int) -> bool:
    """Whether there are films to train and to validate on; warns if not."""
    if not films:
        st.warning("No film for validation: training needs a larger data set.", icon=":material/warning:")
    return bool(films)


def _has_inputs(spec: ModelSpec, recipe: Recipe, catalogue: Catalogue) -> bool:
    """Whether the films have what the model and its teacher learn from; says what they lack."""
    try:
        for name in filter(None, (spec.name, recipe.teacher)):
            check_trainable(name, catalogue)
    except UserError as error:
        st.warning(text.plain(str(error)), icon=":material/image_not_supported:")
        return False
    return True


def _has_parts(spec: ModelSpec, catalogue: Catalogue) -> bool:
    """Show the parts of a model that combines others; returns whether all of them are trained."""
    if not spec.parts:
        return True
    made_of = listed([model_label(part) for part in spec.parts])
    st.markdown(f":material/account_tree: Made of **{made_of}**")
    st.caption(
        "Both first compute their predictions and features for every film, which takes minutes the first time; "
        "training then fits a small network that combines them."
    )
    missing = [model_label(part) for part in spec.parts if not _has_weights(part, catalogue)]
    if missing:
        has, it, runs = ("has", "it", "its run") if len(missing) == 1 else ("have", "them", "their runs")
        st.warning(
            f"{listed(missing)} {has} no weights for these films yet. Train {it} first and press *Use in the app* on "
            f"{runs}.",
            icon=":material/account_tree:",
        )
    return not missing


def _has_teacher(recipe: Recipe, catalogue: Catalogue) -> bool:
    """Whether the chosen teacher, if any, is trained; warns if it is not."""
    if not recipe.teacher or _has_weights(recipe.teacher, catalogue):
        return True
    teacher = text.plain(model_label(recipe.teacher))
    st.warning(
        f"The recipe learns from a larger model too (distillation), and this teacher, {teacher}, has no weights for "
        "these films yet. Train it first and press *Use in the app* on its run, or choose no teacher under *More "
        "settings*.",
        icon=":material/school:",
    )
    return False


def _has_weights(model: str, catalogue: Catalogue) -> bool:
    """Whether a model has weights for the genres of the chosen data set; damaged ones do not count."""
    try:
        return same_genres_weights(model, catalogue) is not None
    except UserError:
        return False


@st.cache_data(ttl="10m", max_entries=1, show_spinner=False)
def device() -> Device:
    """The training device, cached because querying the driver takes a moment."""
    return training_device()


@st.cache_data(ttl="5s", max_entries=2, show_spinner=False)
def _use(here: Device) -> DeviceUse | None:
    return device_use(here)


def _show_device(here: Device) -> None:
    """The device, what to expect from it, and how busy it is now."""
    icon = "memory" if here.kind == "gpu" else "developer_board"
    st.markdown(f":material/{icon}: **{text.plain(here.name)}**")
    use = _use(here) or DeviceUse(None, None)
    sentences = [text.plain(here.description)]
    if use.memory_used is not None and use.memory is not None:
        if here.kind == "cpu":
            free = use.memory - use.memory_used
            sentences.append(f"Memory: {use.memory:.0f} GiB, of which {free:.0f} GiB are free now.")
        else:
            sentences.append(f"Of its memory, {use.memory_used:.0f} of {use.memory:.0f} GiB are in use now.")
    if use.busy is not None:
        sentences.append(f"It is busy {percent(use.busy)} of the time now.")
    if here.kind == "gpu":
        sentences.append("The app itself leaves the GPU to the training, which takes memory only as it needs it.")
    st.caption(" ".join(sentences))


def _estimate(known: Estimate) -> str:
    at_most = "At most about" if known.at_most else "About"
    each = "" if known.seconds == known.seconds_per_epoch else f", {duration(known.seconds_per_epoch)} per epoch"
    runs = "an earlier run" if known.runs == 1 else f"{known.runs} earlier runs"
    sentences = [f"{at_most} **{duration(known.seconds)}**{each}, judging by {runs} on this device."]
    if known.at_most:
        sentences.append("Early stopping may end it sooner.")
    sentences.append("Start-up and the final evaluation take extra time.")
    if known.rough:
        sentences.append("This is a rough guess: those runs had many more or far fewer films.")
    return " ".join(sentences)


def _no_estimate(model: str, catalogue: Catalogue) -> str:
    unknown = "No time estimate yet: nothing similar has been trained on this machine."
    try:
        weights = data.weights_for(model, catalogue)
    except UserError:  # damaged weights; a training needs none
        return unknown
    card = weights.card if weights is not None and weights.origin == "shipped" else {}
    films = (card.get("films") or {}).get("train")
    if not card.get("seconds") or not card.get("device") or card.get("further_films"):
        return unknown
    taken, where = duration(card["seconds"]), text.plain(card["device"])
    return f"{unknown} The weights that come with the app took {taken} on {films:,} films ({where})."
