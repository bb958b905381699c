import dataclasses
import json
import shlex

import pytest

from genreclf.errors import UserError
from genreclf.models import BASELINES, list_models
from genreclf.training.recipe import RECIPES, Recipe, change, get_recipe, parse_settings
from genreclf.training.start import command_of

ALL = [(model, name) for model in list_models() for name in RECIPES]


def test_the_reference_recipe_is_the_reports():
    for model, epochs in (("cnn", 40), ("lstm", 20)):
        recipe = get_recipe(model, "reference")
        assert (recipe.epochs, recipe.batch_size, recipe.learning_rate) == (epochs, 64, 1e-4)
        assert recipe == Recipe(epochs=epochs, schedule="report")  # and nothing of ours
    for model in ("cnn-small", "lstm-small"):
        assert get_recipe(model, "reference").patience is not None  # report E stops early


def test_tuned_is_the_default_and_another():
    for model in list_models():
        assert get_recipe(model) == get_recipe(model, "tuned") != get_recipe(model, "reference")


@pytest.mark.parametrize(("model", "name"), ALL)
def test_a_recipe_passes_its_own_checks_and_json(model, name):
    recipe = get_recipe(model, name)
    assert change(recipe) == recipe
    assert Recipe(**json.loads(json.dumps(recipe.as_dict()))) == recipe


def test_a_recipe_does_not_change():
    recipe = get_recipe("cnn")
    with pytest.raises(dataclasses.FrozenInstanceError):
        recipe.epochs = 3
    before = recipe.epochs
    assert get_recipe("cnn", epochs=3, batch_size=None).epochs == 3
    assert get_recipe("cnn").epochs == before


def test_none_leaves_a_setting_as_it_is():
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
    ],
    ids=str,
)  # fmt: skip
def test_a_value_out_of_range_is_told_with_the_range(changes):
    (name,) = changes
    with pytest.raises(UserError, match=f"{name} is .*; choose a value from .* to"):
        get_recipe("cnn", **changes)


def test_what_there_is_not_is_told():
    with pytest.raises(UserError, match="no recipe 'best'; choose one of tuned, reference"):
        get_recipe("cnn", "best")
    with pytest.raises(UserError, match="no model 'gpt'"):
        get_recipe("gpt")
    with pytest.raises(UserError, match="no setting beta, gamma"):
        get_recipe("cnn", gamma=1, beta=2)
    with pytest.raises(UserError, match="no schedule 'steps'"):
        get_recipe("cnn", schedule="steps")


@pytest.mark.parametrize("model", BASELINES)
def test_a_baseline_is_fitted_once_whatever_is_asked(model):
    assert get_recipe(model, "reference", epochs=30) == Recipe(epochs=1)


def test_settings_of_the_command_line():
    assert parse_settings(["augment=false", "mixup=0.2", "schedule=cosine", "batch-size=8"]) == {
        "augment": False, "mixup": 0.2, "schedule": "cosine", "batch_size": 8,
    }  # fmt: skip
    with pytest.raises(UserError, match="NAME=VALUE"):
        parse_settings(["augment"])


@pytest.mark.parametrize(
    ("name", "value"), [("epochs", 2.5), ("epochs", True), ("augment", 1), ("schedule", 3), ("patience", "many")]
)
def test_a_setting_of_the_wrong_kind_is_refused(name, value):
    with pytest.raises(UserError, match=f"{name} is .* must be"):
        get_recipe("cnn", **{name: value})


def test_patience_of_zero_is_refused():
    with pytest.raises(UserError, match="patience is 0"):
        get_recipe("cnn", patience=0)


def test_the_command_trains_the_same_again():
    changes = {"epochs": 3, "augment": False}
    words = shlex.split(command_of("cnn", "tuned", 7, changes))
    settings = [words[index + 1] for index, word in enumerate(words) if word == "--set"]
    assert parse_settings(settings) == changes
    assert words[:6] == ["genreclf", "train", "cnn", "--data", "DIR", "--recipe"]
