"""The form of the Train page: its settings, the estimate, the device, and the settings of an earlier run."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import weight_sets
from app_pages import page_text
from streamlit.testing.v1 import AppTest

from genreclf import paths
from genreclf.errors import UserError
from genreclf.locks import hold_lock
from genreclf.models import list_models
from genreclf.recipes import get_recipe, recipes_of
from genreclf.recipes.settings import settings_of
from genreclf.runs import estimate as timings
from genreclf.runs import queue
from genreclf.runs.devices import Device, DeviceUse
from genreclf.runs.folder import Run, list_runs
from genreclf.runs.queue import new_run
from genreclf.ui import data
from genreclf.ui.train import form as train_form
from genreclf.ui.train import settings
from genreclf.weights.folder import Weights

CPU = Device("cpu", "CPU, 2 cores", "It takes seconds.", 16.0, bfloat16=False)
GPU = Device("gpu", "NVIDIA H200, 140 GiB", "It takes a moment.", 140.0, bfloat16=True)


def form() -> None:
    """The form alone, and a button for each run that fills it again."""
    import streamlit as st

    from genreclf.runs.folder import list_runs
    from genreclf.ui.train import form, settings

    form.show()
    for run in list_runs():
        st.button("Again", key=f"again-{run.id}", on_click=settings.fill_from, args=(run,))


@pytest.fixture(autouse=True)
def device(monkeypatch):
    """Sets the training device and its use; a CPU without bfloat16 at first."""

    def install(here: Device, use: DeviceUse | None = None) -> None:
        for module in (train_form, settings, queue):
            monkeypatch.setattr(module, "training_device", lambda: here)
        monkeypatch.setattr(train_form, "device_use", lambda device: use)
        train_form.device.clear()
        train_form._use.clear()

    install(CPU)
    yield install
    train_form.device.clear()
    train_form._use.clear()


@pytest.fixture
def open_form(films, monkeypatch):
    """Opens the form on the 60 films, 47 of them for training."""
    monkeypatch.setenv("GENRECLF_DATA", str(films))

    def open_it(model: str = "cnn", recipe: str = "tuned") -> AppTest:
        page = AppTest.from_function(form, default_timeout=30)
        page.session_state["train-model"], page.session_state["train-recipe"] = model, recipe
        page.run()
        assert not page.exception
        return page

    return open_it


@pytest.fixture
def films(shared_film_folder) -> Path:
    """The data set of the form; not to be changed."""
    return shared_film_folder


@pytest.fixture
def has_weights(home, monkeypatch):
    """Gives these models weights for the 60 films, which are never used."""
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", home / "nothing")

    def make(*models: str) -> None:
        for model in models:
            folder = home / "weights" / "imdb" / model
            folder.mkdir(parents=True)
            (folder / "numbers").write_bytes(b"")
            weight_sets.write_card(folder, model, "numbers")

    return make


def choose(page: AppTest, model: str, recipe: str = "tuned") -> AppTest:
    page.selectbox(key="train-model").select(model)
    page.get_by_key("train-recipe").set_value(recipe).run()
    assert not page.exception
    return page


def press(page: AppTest) -> Run:
    """Press Train; returns the run that it queued."""
    before = {run.id for run in list_runs()}
    page.button(key="train-start").click().run()
    assert not page.exception
    [new] = [run for run in list_runs() if run.id not in before]
    return new


def keys(page) -> set[str]:
    return {widget.key for part in (page.number_input, page.checkbox, page.selectbox) for widget in part}


@pytest.mark.parametrize(("model", "recipe"), [(model, name) for model in list_models() for name in recipes_of(model)])
def test_without_a_change_it_trains_the_recipe(open_form, has_weights, model, recipe):
    has_weights("poster", "overview")  # the parts of fusion
    run = press(open_form(model, recipe))
    assert run.config.changes == {}
    assert run.config.settings == get_recipe(model, recipe, 47).for_device(CPU.bfloat16).as_dict()


@pytest.mark.parametrize("model", list_models())
def test_each_model_has_its_own_dropouts_and_starts_from_the_values_in_use(open_form, model):
    for recipe in recipes_of(model):
        page = open_form(model, recipe)
        shown = {
            widget.key.removeprefix("train-").removesuffix(f"-{model}-{recipe}").replace("-", "_"): widget.value
            for widget in page.number_input
            if widget.label.startswith("Dropout")
        }
        start = get_recipe(model, recipe)
        dropouts = [setting for setting in settings_of(model) if setting.label.startswith("Dropout")]
        assert shown == {setting.name: start.value(setting) for setting in dropouts}


def test_the_model_comes_first_then_five_settings_and_every_number_has_a_hint(open_form):
    page = open_form()
    details, more = page.expander
    assert keys(page) - keys(details) == {"train-model"}
    assert {key.split("-cnn")[0] for key in keys(details) - keys(more)} == {
        "train-epochs", "train-batch-size", "train-learning-rate", "train-patience", "train-augment",
    }  # fmt: skip
    assert all(widget.help for part in (page.number_input, page.checkbox) for widget in part)


OF_POSTERS, OF_OVERVIEWS = {"mixup", "augment"}, {"word-dropout"}


@pytest.mark.parametrize(
    ("model", "has"),
    [
        ("cnn", OF_POSTERS),
        ("poster", OF_POSTERS),
        ("lstm", OF_OVERVIEWS),
        ("overview", OF_OVERVIEWS),
        ("fusion", set()),
    ],
)
def test_posters_and_overviews_have_their_own_settings(open_form, model, has):
    shown = {key.removeprefix("train-").removesuffix(f"-{model}-tuned") for key in keys(open_form(model))}
    assert shown & (OF_POSTERS | OF_OVERVIEWS) == has


def test_the_models_come_in_their_order_and_the_baselines_last(open_form):
    options = open_form().selectbox(key="train-model").options
    assert options[:5] == ["CNN", "LSTM", "Fusion", "EfficientNet", "MiniLM"]
    assert options[-2:] == ["Base rates", "TF-IDF"]


@pytest.mark.parametrize("model", ["fusion", "poster", "overview"])
def test_a_model_of_our_own_has_one_recipe(open_form, model):
    page = open_form(model, "reference")
    with pytest.raises(KeyError):
        page.get_by_key("train-recipe")
    assert "one recipe" in page_text(page)
    assert keys(page) - {"train-model"} <= {key for key in keys(page) if key.endswith(f"-{model}-tuned")}
    assert page.number_input(key=f"train-epochs-{model}-tuned").value == get_recipe(model).epochs


def test_the_pretrained_networks_settings_reach_the_run(open_form):
    page = open_form("poster")
    assert "are downloaded" not in page_text(page)
    page.selectbox(key="train-backbone-poster-tuned").select("EfficientNetV2B0")
    page.number_input(key="train-frozen-blocks-poster-tuned").set_value(4)
    page.number_input(key="train-head-dropout-poster-tuned").set_value(0.2).run()
    assert "are downloaded when training starts" in page_text(page)
    run = press(page)
    wanted = {"backbone": "EfficientNetV2B0", "frozen_blocks": 4, "head_dropout": 0.2}
    assert run.config.changes == {"model_options": wanted}
    page = open_form("overview")
    page.number_input(key="train-rank-overview-tuned").set_value(0)
    assert press(page).config.changes == {"model_options": {"rank": 0}}


def test_fusion_names_its_parts_and_needs_them(open_form, has_weights):
    page = open_form("fusion")
    assert "Made of **EfficientNet and MiniLM**" in page_text(page)
    assert page.warning[0].value.startswith("EfficientNet and MiniLM")
    assert page.button(key="train-start").disabled
    has_weights("poster")
    page.run()
    assert page.warning[0].value.startswith("MiniLM has no weights")
    assert page.button(key="train-start").disabled
    has_weights("overview")
    page.run()
    assert not page.warning
    assert press(page).model == "fusion"


def test_damaged_weights_of_a_part_do_not_count(open_form, has_weights, home):
    has_weights("poster", "overview")
    (home / "weights" / "imdb" / "overview" / "card.json").write_text("{", "utf-8")
    page = open_form("fusion")
    assert page.warning[0].value.startswith("MiniLM has no weights")


def test_a_teacher_must_be_trained(open_form, has_weights):
    page = open_form("cnn-small")
    assert "train-teacher-weight-cnn-small-tuned" not in keys(page), "without a teacher it has no share"
    page.selectbox(key="train-teacher-cnn-small-tuned").select("poster").run()
    assert "this teacher, EfficientNet" in page.warning[0].value
    assert page.button(key="train-start").disabled
    has_weights("poster")
    page.number_input(key="train-teacher-weight-cnn-small-tuned").set_value(0.8).run()
    assert not page.warning
    assert press(page).config.changes == {"teacher": "poster", "teacher_weight": 0.8}
    page.selectbox(key="train-teacher-cnn-small-tuned").select("").run()
    assert press(page).config.changes == {}


def test_every_setting_reaches_the_run_and_only_what_differs_is_a_change(open_form, device):
    device(GPU)
    page = open_form()
    numbers = {"epochs": 7, "batch-size": 32, "learning-rate": 2e-3, "patience": 0, "warmup-epochs": 0.5,
               "dense-dropout": 0.3, "mixup": 0.2, "label-smoothing": 0.1, "weight-decay": 4e-3, "seed": 9}  # fmt: skip
    for name, value in numbers.items():
        page.number_input(key=f"train-{name}-cnn-tuned").set_value(value)
    page.selectbox(key="train-schedule-cnn-tuned").select("constant")
    page.checkbox(key="train-augment-cnn-tuned").uncheck()
    page.checkbox(key="train-mixed-precision-cnn-tuned").uncheck()
    run = press(page)
    assert run.config.seed == 9
    assert run.config.changes == {
        "epochs": 7, "batch_size": 32, "learning_rate": 2e-3, "patience": 0, "warmup_epochs": 0.5, "mixup": 0.2,
        "label_smoothing": 0.1, "weight_decay": 4e-3, "schedule": "constant", "augment": False,
        "mixed_precision": False, "model_options": {"dense_dropout": 0.3},
    }  # fmt: skip
    assert run.config.settings["model_options"] == {"kernel_initializer": "he_normal", "dense_dropout": 0.3}
    assert run.config.settings["patience"] is None
    assert run.config.settings["clip_norm"] == 1.0, "the rest is the recipe's"


def test_the_batches_follow_the_number_of_films_but_not_what_the_visitor_chose(open_form, monkeypatch, tmp_path):
    page = open_form()
    assert page.number_input(key="train-batch-size-cnn-tuned").value == get_recipe("cnn", films=47).batch_size == 8
    page.number_input(key="train-epochs-cnn-tuned").set_value(7).run()
    monkeypatch.setattr(
        train_form, "get_recipe", lambda model, name, films, taught: get_recipe(model, name, 10_000, taught)
    )
    page.run()
    assert page.number_input(key="train-batch-size-cnn-tuned").value == get_recipe("cnn").batch_size == 64
    assert page.number_input(key="train-epochs-cnn-tuned").value == 7


def test_values_return_after_choosing_another_model(open_form):
    page = open_form()
    page.number_input(key="train-epochs-cnn-tuned").set_value(7).run()
    choose(choose(page, "lstm"), "cnn")
    assert page.number_input(key="train-epochs-cnn-tuned").value == 7


def test_the_learning_rates_are_described(open_form):
    page = open_form()
    assert "0.00033 in the first epoch, 0.001 at its highest and 0.000011 in the last" in page_text(page)
    page.selectbox(key="train-schedule-cnn-tuned").select("constant")
    page.number_input(key="train-warmup-epochs-cnn-tuned").set_value(0.0).run()
    assert "0.001 in every epoch" in page_text(page)


def test_mixed_precision_is_offered_only_where_it_helps(open_form, device):
    page = open_form()
    box = page.checkbox(key="train-mixed-precision-cnn-tuned")
    assert (box.value, box.disabled) == (False, True)
    assert "would only be slower" in page_text(page)
    device(GPU)
    page = open_form()
    box = page.checkbox(key="train-mixed-precision-cnn-tuned")
    assert (box.value, box.disabled) == (True, False), "the recipe leaves it to the device"
    assert "can be faster" in page_text(page)
    run = press(page)
    assert (run.config.settings["mixed_precision"], run.config.changes) == (True, {})


def test_the_estimate_follows_the_fields(open_form, films):
    assert "No time estimate" in page_text(open_form())
    run = new_run("cnn", films, films=47)
    run.append("start", films=47, val_films=5, device=CPU.name, backend="tensorflow")
    for epoch, seconds in ((1, 60.0), (2, 30.0)):
        run.append("epoch", epoch=epoch, seconds=seconds)
    page = open_form()
    text = page_text(page)
    assert f"At most about **{get_recipe('cnn', films=47).epochs // 2} min**, 30 s per epoch" in text
    assert "an earlier run" in text
    page.number_input(key="train-epochs-cnn-tuned").set_value(2).run()
    assert "About **60 s**, 30 s per epoch" in page_text(page)
    page.number_input(key="train-batch-size-cnn-tuned").set_value(512).run()
    assert "No time estimate" in page_text(page)
    assert "No time estimate" in page_text(choose(page, "cnn", "reference")), "without augmentation the pace differs"


def test_a_run_is_read_again_only_when_it_has_grown(open_form, films):
    run = new_run("cnn", films, films=47)
    run.append("start", films=47, val_films=5, device=CPU.name)
    page = open_form()
    assert "No time estimate" in page_text(page)
    run.append("epoch", epoch=1, seconds=30.0)
    assert "30 s per epoch" in page_text(page.run())
    read = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timings, "Run", read.append)
        page.run()
    assert not read, "what has not changed is not read again"


@pytest.mark.parametrize("origin", ["shipped", "promoted"])
def test_shipped_weights_report_their_time_and_device(open_form, monkeypatch, tmp_path, origin):
    card = {"seconds": 200.4, "device": "CPU, 2 cores", "films": {"train": 4596}}
    monkeypatch.setattr(data, "weights_for", lambda model, catalogue: Weights(tmp_path, model, card, origin))
    text = "The weights that come with the app took 3 min on 4,596 films (CPU, 2 cores)."
    assert (text in page_text(open_form())) == (origin == "shipped")
    card["further_films"] = 2000  # so many would not be trained on here
    assert text not in page_text(open_form())


def test_a_card_without_a_time_is_accepted(open_form, monkeypatch, tmp_path):
    monkeypatch.setattr(
        data, "weights_for", lambda model, catalogue: Weights(tmp_path, model, {"films": {}}, "shipped")
    )
    text = page_text(open_form())
    assert "No time estimate" in text
    assert "weights that come with the app" not in text


def test_damaged_weights_do_not_prevent_training(open_form, monkeypatch):
    def damaged(model, catalogue):
        raise UserError("damaged")

    monkeypatch.setattr(data, "weights_for", damaged)
    page = open_form()
    assert "No time estimate" in page_text(page)
    assert not page.error


def test_a_baseline_has_no_settings_and_trains(open_form):
    page = open_form()
    page.selectbox(key="train-model").select("tfidf").run()
    assert keys(page) == {"train-model"}
    assert "no settings" in page_text(page)
    run = press(page)
    assert (run.model, run.config.changes) == ("tfidf", {})


@pytest.mark.parametrize(
    ("here", "use", "text"),
    [
        (CPU, DeviceUse(12.0, 16.0), ["**CPU, 2 cores**", "16 GiB, of which 4 GiB are free"]),
        (CPU, None, ["**CPU, 2 cores**"]),
        (GPU, DeviceUse(2.2, 140.4, 0.37), ["**NVIDIA H200, 140 GiB**", "2 of 140 GiB", "busy 37\u00a0%"]),
        (GPU, DeviceUse(2.2, 140.4), ["2 of 140 GiB are in use"]),
        (GPU, DeviceUse(None, None, 0.5), ["busy 50\u00a0%"]),
        (GPU, None, ["leaves the GPU to the training"]),
    ],
)  # fmt: skip
def test_the_device_is_shown_with_its_use(open_form, device, here, use, text):
    device(here, use)
    shown = page_text(open_form())
    assert all(part in shown for part in text), shown
    assert "None" not in shown


def test_another_training_is_mentioned(open_form):
    with hold_lock(queue.device_lock()):
        assert "will start when it ends" in page_text(open_form())


def test_a_value_out_of_range_does_not_reach_a_run(open_form):
    page = open_form()
    default = page.number_input(key="train-epochs-cnn-tuned").value
    page.number_input(key="train-epochs-cnn-tuned").set_value(10**9).run()  # only a crafted message contains it
    assert not page.exception
    assert press(page).config.settings["epochs"] == default


def test_training_needs_validation_films(open_form, film_folder, monkeypatch):
    monkeypatch.setenv("GENRECLF_DATA", str(film_folder))
    table = film_folder / "IMDB_overview_genres.csv"
    table.write_text("\n".join(table.read_text("utf-8").splitlines()[:3]) + "\n", "utf-8")
    page = open_form()
    assert "larger data set" in page.warning[0].value
    assert page.button(key="train-start").disabled


def test_an_unusable_data_set_is_one_sentence(open_form, film_folder, monkeypatch):
    monkeypatch.setenv("GENRECLF_DATA", str(film_folder))
    (film_folder / "IMDB_overview_genres.csv").write_text("no table", "utf-8")
    page = open_form()
    [error] = page.error
    assert error.value


RUNS = {
    "as the recipe": ("cnn", "tuned", 0, {}),
    "the reference": ("lstm", "reference", 3, {"epochs": 4}),
    "numbers": ("cnn", "tuned", 7, {"epochs": 3, "learning_rate": 0.000123456, "warmup_epochs": 2.5, "mixup": 0.3}),
    "off": ("lstm", "tuned", 2**31 - 1, {"patience": 0, "clip_norm": 0, "word_vectors": False, "buckets": False}),
    "a setting of the other kind": ("cnn", "tuned", 0, {"word_dropout": 0.3}),
    "mixed precision where it does not help": ("cnn", "reference", 0, {"mixed_precision": True}),
    "model options": ("cnn", "tuned", 0, {"model_options": {"dense_dropout": 0.3, "kernel_initializer": None}}),
    "an option that is the default": ("cnn", "tuned", 0, {"model_options": {"dense_dropout": 0.5}}),
    "small": ("cnn-small", "reference", 0, {"model_options": {"dropout": 0.0}, "schedule": "report"}),
    "smaller": ("lstm-small", "tuned", 0, {"patience": 0}),
    "a network underneath": ("poster", "tuned", 1, {"model_options": {"backbone": "ConvNeXtTiny", "frozen_blocks": 0}}),
    "the builder's rank": ("overview", "tuned", 0, {"model_options": {"rank": None}, "word_dropout": 0.3}),
    "parts": ("fusion", "tuned", 2, {"model_options": {"feature_dropout": 0.1}}),
    "a teacher": ("cnn", "tuned", 0, {"teacher": "poster", "teacher_weight": 0.9}),
    "another teacher": ("lstm", "reference", 0, {"teacher": "tfidf"}),
    "a share without a teacher": ("lstm", "tuned", 0, {"teacher_weight": 0.9}),
}


@pytest.mark.parametrize(("model", "recipe", "seed", "changes"), RUNS.values(), ids=RUNS)
def test_train_again_trains_exactly_the_same(open_form, has_weights, films, model, recipe, seed, changes):
    has_weights("poster", "overview", "tfidf")
    old = new_run(model, films, recipe, seed, **changes)
    page = open_form("lstm" if model == "cnn" else "cnn", "reference" if recipe == "tuned" else "tuned")
    page.button(key=f"again-{old.id}").click().run()
    assert not page.exception
    assert page.selectbox(key="train-model").value == model
    if len(recipes_of(model)) > 1:
        assert page.get_by_key("train-recipe").value == recipe
    new = press(page)
    written = {"created": None, "changes": {}, "command": ""}
    assert replace(new.config, **written) == replace(old.config, **written)


def test_train_again_replaces_unsaved_values(open_form, films):
    first = new_run("cnn", films, epochs=3, augment=False)
    second = new_run("cnn", films, epochs=5, seed=4)
    page = open_form()
    page.number_input(key="train-epochs-cnn-tuned").set_value(99)
    page.number_input(key="train-label-smoothing-cnn-tuned").set_value(0.2).run()
    for run in (first, second):
        page.button(key=f"again-{run.id}").click().run()
        assert page.number_input(key="train-epochs-cnn-tuned").value == run.config.settings["epochs"]
        assert press(page).config.settings == run.config.settings
    page.number_input(key="train-epochs-cnn-tuned").set_value(6).run()
    assert press(page).config.settings == second.config.settings | {"epochs": 6}


def test_the_form_names_the_run_it_starts_from_and_returns_to_the_recipe(open_form, films):
    options = {"kernel_initializer": "he_uniform"}
    old = new_run("cnn", films, seed=4, epochs=3, clip_norm=0.5, model_options=options)
    page = open_form()
    assert "Starts from" not in page_text(page)
    page.button(key=f"again-{old.id}").click().run()
    text = page_text(page)
    assert f"settings of run {old.id}" in text
    assert 'clip_norm=0.5, kernel_initializer="he_uniform"' in text
    page.button(key="train-back-to-recipe").click().run()
    assert "Starts from" not in page_text(page)
    run = press(page)
    assert (run.config.changes, run.config.seed) == ({}, 0)


def test_an_older_run_with_values_out_of_range_fills_the_form(open_form, films):
    old = new_run("cnn", films)
    config = json.loads(old.config_file.read_text())
    config |= {"recipe": {"epochs": 5000, "learning_rate": 2, "patience": None}, "seed": -3, "recipe_name": "best"}
    old.config_file.write_text(json.dumps(config))
    page = open_form("lstm")
    page.button(key=f"again-{old.id}").click().run()
    assert not page.exception
    run = press(page)
    recipe = run.config.settings
    assert (recipe["epochs"], recipe["learning_rate"], recipe["patience"], run.config.seed) == (1000, 1.0, None, 0)
    assert recipe["augment"] is False, "as before this setting existed"


def test_train_again_with_a_baseline(open_form, films):
    old = new_run("prior", films)
    page = open_form()
    page.button(key=f"again-{old.id}").click().run()
    assert page.selectbox(key="train-model").value == "prior"
    assert press(page).config.settings == old.config.settings


def test_mixed_precision_of_an_earlier_run_can_be_turned_off(open_form, films):
    old = new_run("cnn", films, mixed_precision=True)
    page = open_form()
    page.button(key=f"again-{old.id}").click().run()
    box = page.checkbox(key="train-mixed-precision-cnn-tuned")
    assert (box.value, box.disabled) == (True, False)
    box.uncheck()
    assert press(page).config.settings["mixed_precision"] is False


def test_the_train_page_shows_this_form(open_form):
    app = Path(__file__).resolve().parents[3] / "streamlit_app.py"
    page = AppTest.from_file(str(app), default_timeout=60).run()
    page.switch_page("pages/train.py").run()
    assert not page.exception
    assert page.button(key="train-start").label == "Train"
    assert page.number_input(key="train-epochs-cnn-tuned").label == "Epochs"
