import ast
import dataclasses
import inspect
import json
import math
import shlex
from importlib import import_module

import pytest

from genreclf import paths
from genreclf.errors import UserError
from genreclf.models import BASELINES, get_spec, list_models
from genreclf.models import options as options_module
from genreclf.models.options import AUTO, GROUPS, MAIN, OPTIONS, Setting
from genreclf.pretrained import EFFICIENTNET
from genreclf.recipes import _FEW_FILMS as FEW_FILMS
from genreclf.recipes import RECIPES, get_recipe, recipe_of, recipes_of
from genreclf.recipes.settings import (
    SETTINGS,
    Recipe,
    change,
    changes_between,
    form_values,
    parse_settings,
    recipe_from,
    setting_label,
    settings_of,
    settings_page,
)
from genreclf.runs.devices import training_device
from genreclf.runs.queue import SEED, command_of, new_run

ALL = [(model, name) for model in list_models() for name in recipes_of(model)]
SET_BY_THE_TRAINER = {"output_bias", "embeddings", "encoder", "pretrained", "genres"}


def test_the_reference_recipe_is_the_reports():
    for model, epochs in (("cnn", 40), ("lstm", 20)):
        recipe = get_recipe(model, "reference")
        assert (recipe.epochs, recipe.batch_size, recipe.learning_rate) == (epochs, 64, 1e-4)
        assert recipe == Recipe(epochs=epochs, schedule="report")  # and none of our settings
    for model in ("cnn-small", "lstm-small"):
        assert get_recipe(model, "reference").patience is not None  # report E stops early


def test_tuned_is_the_default_recipe():
    for model, name in ALL:
        assert get_recipe(model) == get_recipe(model, "tuned")
        assert (get_recipe(model, name) == get_recipe(model)) == (name == "tuned")


def test_few_films_make_small_batches_and_only_in_the_tuned_recipe():
    for model, name in ALL:
        sizes = [get_recipe(model, name, films).batch_size for films in (5, 300, 900, 5000)]
        assert sizes == sorted(sizes)
        assert sizes[-1] == get_recipe(model, name).batch_size
        assert (sizes[0] < sizes[-1]) == (name == "tuned")
        assert get_recipe(model, name, 5000) == get_recipe(model, name)
        if name == "tuned":
            assert 300 / sizes[1] > 15, "an epoch has some steps"
        if model in ("cnn", "lstm") and name == "tuned":
            of_all = [get_recipe(model, name, films) for films in (311, 920)]
            assert all(abs(recipe.epochs * films / recipe.batch_size - FEW_FILMS[model]["steps"]) < 50
                       for recipe, films in zip(of_all, (311, 920), strict=True))  # fmt: skip
    assert get_recipe("cnn", films=300, batch_size=64).batch_size == 64, "what is given stays"


def test_many_films_are_seen_fewer_times():
    assert get_recipe("lstm", films=10_000).epochs == get_recipe("lstm").epochs == 10
    assert get_recipe("lstm", films=20_767).epochs == 5
    assert get_recipe("overview", films=10**6).epochs == 2
    assert get_recipe("lstm", films=20_767, epochs=12).epochs == 12
    assert get_recipe("lstm", "reference", films=20_767).epochs == 20, "the report's recipe is what it is"


def test_models_that_are_in_no_report_have_only_the_tuned_recipe():
    assert {model for model in list_models() if recipes_of(model) == ("tuned",)} == {"poster", "overview", "fusion"}
    assert recipes_of("cnn") == RECIPES
    with pytest.raises(UserError, match="fusion is in none of the reports, so it has no recipe 'reference'; use tuned"):
        get_recipe("fusion", "reference")


@pytest.mark.parametrize(("model", "name"), ALL)
def test_a_recipe_passes_its_own_checks_and_json(model, name):
    recipe = get_recipe(model, name)
    assert change(model, recipe) == recipe
    assert Recipe(**json.loads(json.dumps(recipe.as_dict()))) == recipe


def test_recipes_are_immutable():
    recipe = get_recipe("cnn")
    with pytest.raises(dataclasses.FrozenInstanceError):
        recipe.epochs = 3
    before = recipe.epochs
    assert get_recipe("cnn", epochs=3, batch_size=None).epochs == 3
    assert get_recipe("cnn").epochs == before


def test_none_leaves_a_setting_unchanged():
    assert get_recipe("lstm", epochs=None, learning_rate=None) == get_recipe("lstm")
    assert get_recipe("lstm", learning_rate=0.01, augment=True) == dataclasses.replace(
        get_recipe("lstm"), learning_rate=0.01, augment=True
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": 0}, {"epochs": -1}, {"epochs": 1001}, {"batch_size": 0}, {"batch_size": 5000},
        {"learning_rate": 0.0}, {"learning_rate": 1.5}, {"learning_rate": float("nan")}, {"learning_rate": -1e-3},
        {"mixup": -0.1}, {"word_dropout": 0.95}, {"label_smoothing": 0.6}, {"weight_decay": -1},
        {"teacher_weight": 1.1},
    ],
    ids=str,
)  # fmt: skip
def test_a_value_out_of_range_is_reported_with_the_range(changes):
    (name,) = changes
    with pytest.raises(UserError, match=f"{name} is .*; choose a value from .* to"):
        get_recipe("cnn", **changes)


def test_unknown_names_are_reported():
    with pytest.raises(UserError, match="no recipe 'best'; choose one of tuned, reference"):
        get_recipe("cnn", "best")
    with pytest.raises(UserError, match="no model 'gpt'"):
        get_recipe("gpt")
    with pytest.raises(UserError, match="no setting beta, gamma"):
        get_recipe("cnn", gamma=1, beta=2)
    with pytest.raises(UserError, match="no schedule 'steps'"):
        get_recipe("cnn", schedule="steps")
    with pytest.raises(UserError, match="no model 'gpt'"):
        get_recipe("cnn", teacher="gpt")


@pytest.mark.parametrize("model", BASELINES)
def test_a_baseline_ignores_settings(model):
    assert get_recipe(model, "reference", epochs=30) == Recipe(epochs=1)


def test_settings_of_the_command_line():
    assert parse_settings(["augment=false", "mixup=0.2", "schedule=cosine", "batch-size=8", "teacher="]) == {
        "augment": False, "mixup": 0.2, "schedule": "cosine", "batch_size": 8, "teacher": "",
    }  # fmt: skip
    with pytest.raises(UserError, match="NAME=VALUE"):
        parse_settings(["augment"])


@pytest.mark.parametrize(
    ("name", "value"), [("epochs", 2.5), ("epochs", True), ("augment", 1), ("teacher", 3), ("patience", "many")]
)
def test_a_setting_of_the_wrong_kind_is_refused(name, value):
    with pytest.raises(UserError, match=f"{name} is .* must be"):
        get_recipe("cnn", **{name: value})


def test_mixed_precision_can_be_left_to_the_device():
    for value in (True, False, AUTO):
        recipe = get_recipe("lstm", **parse_settings([f"mixed_precision={json.dumps(value)}"]))
        assert recipe == get_recipe("lstm", mixed_precision=value)
        for bfloat16 in (True, False):
            assert recipe.for_device(bfloat16).mixed_precision is (bfloat16 if value == AUTO else value)
    for name, value in (("augment", AUTO), ("mixed_precision", "yes"), ("mixed_precision", 1)):
        with pytest.raises(UserError, match=f"{name} is .* must be true or false"):
            get_recipe("cnn", **{name: value})
    assert get_recipe("cnn", "reference").mixed_precision is False


@pytest.mark.parametrize(("epochs", "chosen", "first"), [(10, 2, 2), (10, 1, 1), (1, 2, 1), (3, 1000, 3)])
def test_a_teacher_always_joins(epochs, chosen, first):
    assert Recipe(epochs, teacher="poster", teacher_epoch=chosen).first_teacher_epoch() == first


def test_zero_turns_a_setting_off():
    assert get_recipe("cnn", patience=0, clip_norm=0) == dataclasses.replace(
        get_recipe("cnn"), patience=None, clip_norm=None
    )
    with pytest.raises(UserError, match=r"patience is -1; .* or 0 to turn it off"):
        get_recipe("cnn", patience=-1)


def test_the_options_are_the_builders_parameters():
    for model in list_models():
        module, function = get_spec(model).builder.split(":")
        builder = getattr(import_module(f"genreclf.models.{module}"), function)
        parameters = inspect.signature(builder).parameters
        declared = {option.name for option in OPTIONS[model]}
        assert declared == set(parameters) - SET_BY_THE_TRAINER
        assert all(parameters[name].default is inspect.Parameter.empty for name in declared), (
            "defaults belong into the table"
        )
        assert set(get_spec(model).structure) <= declared


@pytest.mark.parametrize("model", ["cnn-small", "lstm-small"])
@pytest.mark.parametrize("name", ["base_rate_bias", "word_vectors"])
def test_settings_that_a_softmax_model_lacks_are_refused(model, name):
    assert name not in {setting.name for setting in settings_of(model)}
    with pytest.raises(UserError, match=f"{model} has no setting {name}"):
        get_recipe(model, **{name: True})
    assert get_recipe(model, **{name: False}) == get_recipe(model)


def test_every_default_passes_its_own_check():
    for setting in [*SETTINGS.values(), *(option for options in OPTIONS.values() for option in options)]:
        if setting.default is not None:
            setting.check(setting.default)
        assert setting.label
        assert setting.hint
        assert not setting.group or setting.group in GROUPS


def test_a_setting_is_declared_in_one_place(monkeypatch, tmp_path):
    """An option added to the table is in the form, --set, the comparison's labels, the docs and a run's config."""
    depth = Setting("depth", int, "Depth of the net", "How deep it is.", 3, 1, 9, group=MAIN, affects_speed=True)
    assert "Depth of the net" not in settings_page()
    monkeypatch.setitem(options_module.OPTIONS, "cnn", (*OPTIONS["cnn"], depth))
    recipe = get_recipe("cnn")
    assert form_values("cnn", recipe)["depth"] == 3
    assert "depth" not in form_values("lstm", get_recipe("lstm"))
    assert recipe_from("cnn", recipe, {"depth": 5}).model_options["depth"] == 5
    assert get_recipe("cnn", **parse_settings(["depth=4"])).model_options["depth"] == 4
    with pytest.raises(UserError, match="depth is 10; choose a value from 1 to 9"):
        get_recipe("cnn", **parse_settings(["depth=10"]))
    assert depth in settings_of("cnn")
    assert setting_label("model_options.depth") == "Depth of the net"
    assert "| `depth` | Depth of the net | `cnn` | 1 to 9 | How deep it is. |" in settings_page()
    run = new_run("cnn", tmp_path, "tuned", 0, tmp_path / "run", depth=7)
    assert run.config.recipe.value(depth) == 7


def test_no_other_module_declares_a_label_or_a_limit_of_a_setting():
    """Labels longer than a word, and names bound to two numbers, appear only where settings are declared."""
    declared = [*SETTINGS.values(), SEED, *(option for options in OPTIONS.values() for option in options)]
    names, labels = {each.name for each in declared}, {each.label for each in declared if " " in each.label}
    labels.remove("Learning rate")  # also the title of a curve
    homes = {"genreclf/models/options.py", "genreclf/recipes/settings.py", "genreclf/runs/create.py"}
    for path in (paths.PROJECT / "genreclf").rglob("*.py"):
        if path.relative_to(paths.PROJECT).as_posix() in homes:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and node.value in labels:
                pytest.fail(f"{path} declares the label {node.value!r}")
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    is_setting = isinstance(key, ast.Constant) and key.value in names
                    assert not (is_setting and isinstance(value, ast.Tuple)), f"{path} declares limits of {key.value}"


def test_the_settings_page_is_up_to_date():
    assert (paths.PROJECT / "docs" / "settings.md").read_text("utf-8") == settings_page()


def test_backbones_exist_in_keras():
    import keras

    backbone = next(option for option in OPTIONS["poster"] if option.name == "backbone")
    ours, *theirs = backbone.choices
    assert ours == EFFICIENTNET
    assert all(callable(getattr(keras.applications, name)) for name in theirs)


def test_model_options_are_merged_into_the_recipes():
    assert get_recipe("lstm", model_options={"dense_dropout": 0.3}).model_options == {
        "lstm_dropout": 0.5, "recurrent_dropout": 0.0, "dense_dropout": 0.3,
    }  # fmt: skip
    assert get_recipe("cnn", model_options={"kernel_initializer": None}).model_options == {}
    assert get_recipe("cnn").model_options == {"kernel_initializer": "he_normal"}, "the recipe itself is unchanged"


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("cnn", {"lstm_dropout": 0.1}, "cnn has no model option lstm_dropout; it has conv_dropout, dense_dropout, ker"),
        ("lstm", {"kernel_initializer": "he_normal"}, "lstm has no model option kernel_initializer"),
        ("lstm-small", {"dropout": 0.1}, "lstm-small has no model option dropout; it has none"),
        ("cnn", {"dense_dropout": 1.0}, "dense_dropout is 1.0; choose a value from 0 to 0.95"),
        ("cnn-small", {"dropout": -0.1}, "dropout is -0.1; choose a value from 0 to 0.95"),
        ("lstm", {"dense_dropout": float("nan")}, "dense_dropout is nan; choose"),
        ("lstm", {"dense_dropout": "much"}, "dense_dropout is 'much'; it must be a number"),
        ("lstm", {"dense_dropout": True}, "dense_dropout is True; it must be a number"),
        ("cnn", {"kernel_initializer": "he"}, "no kernel_initializer 'he'; choose one of glorot_uniform"),
        ("cnn", {"kernel_initializer": 0.5}, "no kernel_initializer 0.5"),
        ("poster", {"backbone": "ResNet50"}, "no backbone 'ResNet50'; choose one of efficientnet-lite0, Eff"),
        ("poster", {"backbone": ["x"]}, r"no backbone \['x'\]"),
        ("poster", {"frozen_blocks": 17}, "frozen_blocks is 17; choose a value from 0 to 16"),
        ("poster", {"frozen_blocks": 2.0}, "frozen_blocks is 2.0; it must be a whole number"),
        ("poster", {"frozen_blocks": True}, "frozen_blocks is True; it must be a whole number"),
        ("overview", {"rank": -1}, "rank is -1; choose a value from 0 to 64"),
        ("fusion", {"rank": 1}, "fusion has no model option rank; it has feature_dropout"),
        ("cnn", "dense_dropout", "model_options is 'dense_dropout'; it must be a JSON object"),
    ],
)
def test_invalid_model_options_are_refused(model, options, message):
    with pytest.raises(UserError, match=message):
        get_recipe(model, model_options=options)


WANTED = {
    "nothing": {},
    "numbers": {"epochs": 3, "learning_rate": 0.1 + 0.2, "warmup_epochs": 2.5, "mixup": 0.2, "word_dropout": 0.0},
    "off": {"patience": None, "clip_norm": None, "augment": False, "word_vectors": False, "base_rate_bias": False},
    "on": {"patience": 2, "clip_norm": 0.5, "augment": True, "buckets": True, "mixed_precision": True},
    "no options": {"model_options": {}},
    "an option": {"model_options": {"dense_dropout": 0.3}},
    "a teacher": {"teacher": "fusion", "teacher_weight": 0.7, "teacher_epoch": 5},
    "left to the device": {"mixed_precision": "auto"},
}


@pytest.mark.parametrize("wanted", WANTED.values(), ids=WANTED)
@pytest.mark.parametrize(("model", "name"), [pair for pair in ALL if pair[0] in ("cnn", "lstm")])
def test_changes_and_the_command_reproduce_any_recipe(model, name, wanted, tmp_path):
    recipe = get_recipe(model, name)
    wanted = dataclasses.replace(recipe, **wanted)
    changes = changes_between(recipe, wanted)
    assert all(getattr(recipe, key) != getattr(wanted, key) for key in changes)
    run = new_run(model, tmp_path, name, 7, tmp_path / "run", **changes)
    assert run.config.recipe == wanted.for_device(training_device().bfloat16)
    words = shlex.split(run.config.command)
    settings = parse_settings([words[index + 1] for index, word in enumerate(words) if word == "--set"])
    assert get_recipe(model, name, **settings) == wanted


def test_the_recipe_of_an_older_or_newer_run_can_be_read():
    stored = {"epochs": 3, "learning_rate": 0.01, "patience": None, "sharpness": 11}
    assert recipe_of({"model": "cnn", "recipe": stored}) == Recipe(epochs=3, learning_rate=0.01)
    assert recipe_of({"model": "cnn"}).epochs == get_recipe("cnn").epochs
    with pytest.raises(UserError, match="epochs is 'many'"):
        recipe_of({"model": "cnn", "recipe": {"epochs": "many"}})
    with pytest.raises(UserError, match="no model"):
        recipe_of({"model": "oracle"})


def test_the_command_contains_the_changes():
    changes = {"epochs": 3, "augment": False}
    words = shlex.split(command_of("cnn", "tuned", 7, changes))
    settings = [words[index + 1] for index, word in enumerate(words) if word == "--set"]
    assert parse_settings(settings) == changes
    assert words[:6] == ["genreclf", "train", "cnn", "--data", "DIR", "--recipe"]


# Learning rate schedules


SCHEDULES = tuple(SETTINGS["schedule"].choices)


def rates(schedule: str, epochs: int, warmup: float = 0.0) -> list[float]:
    return Recipe(epochs, learning_rate=1e-3, schedule=schedule, warmup_epochs=warmup).learning_rates()


def test_the_reports_schedule_is_constant_for_ten_epochs_then_falls_by_a_tenth():
    values = rates("report", 40)
    assert values[:10] == [1e-3] * 10
    for epoch in range(10, 40):
        assert values[epoch] == pytest.approx(values[epoch - 1] * math.exp(-0.1))


def test_the_cosine_falls_from_the_base_to_a_hundredth():
    values = rates("cosine", 20)
    assert values[0] == pytest.approx(1e-3)
    assert values[10] == pytest.approx(1e-3 * (0.01 + 0.99 / 2))
    assert values == sorted(values, reverse=True)
    assert 1e-5 < values[-1] < 3e-5
    assert rates("cosine", 1000)[-1] == pytest.approx(1e-5, rel=1e-3)


def test_constant_is_constant():
    assert set(rates("constant", 7)) == {1e-3}


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_warmup_climbs_to_the_base(schedule):
    values = rates(schedule, 30, warmup=3)
    assert values[:4] == pytest.approx([0.25e-3, 0.5e-3, 0.75e-3, 1e-3])
    assert max(values) <= 1e-3


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(("epochs", "warmup"), [(1, 0), (1, 1), (1, 5), (2, 2)])
def test_short_trainings_have_a_rate(schedule, epochs, warmup):
    for value in rates(schedule, epochs, warmup):
        assert 0 < value <= 1e-3


@pytest.mark.parametrize(("epochs", "warmup"), [(1, 0), (3, 2)])
def test_an_unknown_schedule_is_an_error(epochs, warmup):
    with pytest.raises(ValueError, match="'steps'"):
        rates("steps", epochs, warmup)


@pytest.mark.parametrize(
    ("model", "changes", "reason"),
    [
        ("cnn", {"initial_share": 0.5}, "needs initial_weights"),
        ("tfidf", {"nonsense": 3}, "no setting nonsense"),
        ("tfidf", {"further_films": "films"}, "no setting further_films"),
    ],
)
def test_a_setting_without_effect_is_refused(model, changes, reason):
    with pytest.raises(UserError, match=reason):
        get_recipe(model, **changes)


def test_a_text_may_look_like_a_number():
    assert parse_settings(["further_films=2024", 'teacher=""', "epochs=3"]) == {
        "further_films": "2024", "teacher": "", "epochs": 3,
    }  # fmt: skip
