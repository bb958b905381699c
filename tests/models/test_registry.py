import keras
import numpy as np
import pytest

import genreclf
from genreclf.errors import UserError
from genreclf.models import BASELINES, SPECS, create_model, find_spec, get_spec


def test_models_and_baselines_by_name():
    assert genreclf.list_models() == [name for name in SPECS if name not in BASELINES]
    assert set(genreclf.list_models()) == {"cnn", "lstm", "cnn-small", "lstm-small", "poster", "overview", "fusion"}
    assert genreclf.list_models(baselines=True) == [*genreclf.list_models(), "prior", "tfidf"]
    for name, spec in SPECS.items():
        assert spec.name == name
        assert spec.description.endswith(".")
        assert spec.is_baseline == (name in BASELINES)


def test_the_inputs_of_each_model():
    takes = {
        name: (spec.uses_poster, spec.uses_overview, spec.poster_size, spec.tokens) for name, spec in SPECS.items()
    }
    small, large = (64, 64), (320, 216)
    assert takes == {
        "cnn": (True, False, small, None), "cnn-small": (True, False, small, None),
        "poster": (True, False, large, None),
        "lstm": (False, True, None, "words"), "lstm-small": (False, True, None, "words"),
        "overview": (False, True, None, "pieces"), "fusion": (True, True, large, None),
        "tfidf": (False, True, None, None), "prior": (False, False, None, None),
    }  # fmt: skip


def test_the_inputs_that_are_enough_and_the_part_that_is_used():
    inputs = [(True, True), (True, False), (False, True), (False, False)]
    enough = {"poster": [True, True, False, False], "overview": [True, False, True, False],
              "both": [True, True, True, False], "none": [True] * 4}  # fmt: skip
    for spec in SPECS.values():
        assert [spec.can_predict(*film) for film in inputs] == enough[spec.input], spec.name
        parts = ["", "poster", "overview", "overview"] if spec.name == "fusion" else [""] * 4
        assert [spec.fallback_part(*film) for film in inputs] == parts, spec.name
    assert SPECS["fusion"].parts == ("poster", "overview")


def test_unknown_models_are_reported():
    with pytest.raises(UserError, match=r"no model 'vgg'; choose one of cnn, lstm"):
        create_model("vgg")
    with pytest.raises(UserError, match="no model ''"):
        get_spec("")
    with pytest.raises(UserError, match="prior is a baseline"):
        create_model("prior")


def test_a_model_is_found_by_its_name_on_screen_too():
    for name, spec in SPECS.items():
        for written in (name, spec.label, spec.label.upper(), f" {name} ", name.replace("-", "_")):
            assert find_spec(written) is spec
    with pytest.raises(UserError, match=r"no model 'mini-ml' \(did you mean overview, MiniLM"):
        find_spec("mini-ml")


def test_only_the_small_models_have_a_softmax():
    assert [name for name, spec in SPECS.items() if spec.softmax] == ["cnn-small", "lstm-small"]


@pytest.mark.parametrize("name", ["cnn", "lstm"])
def test_the_output_can_start_at_the_base_rates(name):
    base_rates = np.linspace(0.01, 0.6, 25)
    model = create_model(name, output_bias=np.log(base_rates / (1 - base_rates)))
    assert np.allclose(model.get_layer("genres").bias.numpy(), np.log(base_rates / (1 - base_rates)), atol=1e-5)
    plain = create_model(name)
    assert not plain.get_layer("genres").bias.numpy().any()
    assert plain.count_params() == model.count_params()


@pytest.mark.parametrize("name", ["cnn-small", "lstm-small"])
def test_the_same_seed_gives_the_same_weights(name):
    def start() -> list[np.ndarray]:
        keras.utils.set_random_seed(3)
        return create_model(name).get_weights()

    for first, second in zip(start(), start(), strict=True):
        assert np.array_equal(first, second)
