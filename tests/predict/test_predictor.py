import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import film_sets
import h5py
import numpy as np
import pytest
import weight_sets

from genreclf.data.overviews import MAX_LENGTH
from genreclf.data.prepared import prepare
from genreclf.errors import UserError
from genreclf.familiarity import FEATURES, Familiarity
from genreclf.files import read_json, sha256_of, write_json
from genreclf.genres import GENRES
from genreclf.models import get_spec
from genreclf.models.fusion import PART_FEATURES
from genreclf.predict import predictor as module
from genreclf.predict.export import keras_model
from genreclf.predict.film import read_overview
from genreclf.predict.predictor import GenrePrediction, Predictor, load_networks
from genreclf.weights.folder import Weights, find_weights, read_weights

WORDS = sorted({word for words in film_sets.WORDS.values() for word in words.split()})


@pytest.fixture(scope="module")
def poster_model(trained_weights) -> Predictor:
    return Predictor(read_weights(trained_weights / "cnn-small"))


@pytest.fixture(scope="module")
def overview_model(tmp_path_factory) -> Predictor:
    folder = tmp_path_factory.mktemp("untrained") / "lstm-small"
    return Predictor(read_weights(weight_sets.write_untrained(folder, "lstm-small", WORDS)))


@pytest.fixture(scope="module")
def tfidf(trained_weights) -> Predictor:
    return Predictor(read_weights(trained_weights / "tfidf"))


def test_posters_become_probabilities(poster_model, catalogue):
    posters = prepare(catalogue, get_spec("cnn-small")).posters
    probabilities = poster_model.predict(posters)
    assert (probabilities.dtype, probabilities.shape) == (np.float32, (60, 25))
    assert probabilities.min() >= 0
    assert probabilities.max() <= 1
    assert np.ptp(probabilities, axis=0).max() > 0.005  # films differ
    assert np.allclose(poster_model.predict(posters[7:8])[0], probabilities[7], atol=1e-5)


def test_overviews_keep_their_order(overview_model):
    """They are batched by length; 300 of them are more than one batch."""
    rng = np.random.default_rng(1)
    overviews = [" ".join(rng.choice(WORDS, rng.integers(1, 30))) for _ in range(300)]
    together = overview_model.predict(overviews=overviews)
    assert together.shape == (300, 25)
    singly = np.concatenate([overview_model.predict(overviews=[text]) for text in overviews[::37]])
    assert np.allclose(together[::37], singly, atol=1e-5)
    assert len(np.unique(together.round(6), axis=0)) > 250  # so a wrong order would be seen


@pytest.mark.parametrize(("size", "reports"), [(1, [32, 32, 6]), (8, [32, 32, 6]), (64, [64, 6])])
def test_progress_is_reported_every_few_films_whatever_the_batch(overview_model, monkeypatch, size, reports):
    films: list[int] = []
    monkeypatch.setattr(type(overview_model.spec), "batch_size", size)
    monkeypatch.setattr(overview_model, "on_batch", films.append)
    overview_model.predict(overviews=WORDS[:1] * 70)
    assert films == reports


@pytest.mark.parametrize("text", ["", "?!", "zzz qqq", "ghost " * 10_000, "Gespenst 👻 \0 ghost"])
def test_any_text_gets_probabilities(overview_model, tfidf, text):
    for predictor in (overview_model, tfidf):
        probabilities = predictor.predict(overviews=[text, "ghost love"])
        assert probabilities.shape == (2, 25)
        assert np.isfinite(probabilities).all()


def test_words_beyond_those_of_a_typed_overview_do_not_count(overview_model, tfidf):
    text = "- love " * MAX_LENGTH
    for predictor in (overview_model, tfidf):
        probabilities = predictor.predict(overviews=[read_overview(text).text, text, text + "ghost blood"])
        assert np.array_equal(probabilities[0], probabilities[1])
        assert np.array_equal(probabilities[0], probabilities[2])


def test_a_baseline_predicts_from_overviews(tfidf):
    horror, western = tfidf.predict(overviews=["ghost blood haunted scream", "sheriff outlaw ranch saloon"])
    assert GENRES[int(np.argmax(horror))] == "Horror"
    assert GENRES[int(np.argmax(western))] == "Western"


def test_base_rates_take_either_input(trained_weights, catalogue):
    prior = Predictor(read_weights(trained_weights / "prior"))
    train = catalogue.labels[catalogue.in_split("train")]
    expected = (train.sum(axis=0) + 0.5) / (len(train) + 1)
    for probabilities in (prior.predict(overviews=["a", "b"]), prior.predict(np.zeros((2, 64, 64, 3), np.uint8))):
        assert np.allclose(probabilities, [expected, expected], atol=1e-6)
    assert prior.predict().shape == (0, 25)


def test_no_films_give_an_empty_array(poster_model, overview_model, tfidf):
    assert poster_model.predict(np.zeros((0, 64, 64, 3), np.uint8)).shape == (0, 25)
    assert overview_model.predict(overviews=[]).shape == (0, 25)
    assert tfidf.predict(overviews=[]).shape == (0, 25)


def test_a_missing_input_is_reported(poster_model, overview_model, tfidf):
    with pytest.raises(UserError, match="cnn-small needs a poster"):
        poster_model.predict(overviews=["a"])
    for predictor in (overview_model, tfidf):
        with pytest.raises(UserError, match=f"{predictor.spec.name} needs an overview"):
            predictor.predict(np.zeros((1, 64, 64, 3), np.uint8))


def test_parameters_are_counted(poster_model):
    assert poster_model.parameters == poster_model.weights.card["parameters"] == 1_628_377


def test_calibration_changes_the_probabilities_but_not_their_order(tmp_path):
    folder = weight_sets.write_untrained(
        tmp_path / "lstm-small", "lstm-small", WORDS, calibration={"scale": 0.5, "shift": -1.0}
    )
    predictor = Predictor(read_weights(folder))
    raw, calibrated = predictor.raw(overviews=["ghost love"])[0], predictor.predict(overviews=["ghost love"])[0]
    odds = raw.astype(np.float64) / (1 - raw)
    expected = 1 / (1 + np.exp(-(0.5 * np.log(odds) - 1.0)))
    assert np.allclose(calibrated, expected, atol=1e-6)
    assert np.argsort(raw).tolist() == np.argsort(calibrated).tolist()


def test_top_lists_the_most_probable_genres_and_marks_the_chosen(poster_model, trained_weights):
    card = json.loads((trained_weights / "cnn-small" / "card.json").read_text())
    thresholds = np.array(card["thresholds"])
    probabilities = np.full(25, 0.001)
    probabilities[7], probabilities[11], probabilities[4] = 0.95, thresholds[11], thresholds[4] - 0.001
    top = poster_model.top(probabilities, 4)
    assert top[0] == GenrePrediction("Drama", 0.95, True)
    assert {item.genre: item.chosen for item in top[1:3]} == {"Horror": True, "Comedy": False}
    assert top[3] == GenrePrediction("Action", 0.001, False)  # among equals the first in the list
    assert len(poster_model.top(probabilities)) == 3
    assert len(poster_model.top(probabilities, 99)) == 25


# A model of parts


@pytest.fixture(scope="module")
def fusion(fusion_weights) -> Predictor:
    return Predictor(read_weights(fusion_weights / "fusion"))


@pytest.fixture(scope="module")
def parts(fusion_weights) -> dict[str, Predictor]:
    """Its two parts, loaded as separate models."""
    return {model: Predictor(read_weights(fusion_weights / model)) for model in ("poster", "overview")}


@pytest.fixture(scope="module")
def posters() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (3, 320, 216, 3), np.uint8)


TEXTS = ["A ghost haunts the cellar.", "Love and war.", "A sheriff hunts an outlaw across the frontier."]


def test_fusion_combines_its_parts(fusion, parts, posters):
    probabilities = fusion.predict(posters, TEXTS)
    assert (probabilities.dtype, probabilities.shape) == (np.float32, (3, 25))
    assert np.allclose(fusion.predict(posters[1:2], TEXTS[1:2])[0], probabilities[1], atol=1e-5)
    rows = np.concatenate([parts["poster"].features(posters), parts["overview"].features(None, TEXTS)], axis=1)
    assert np.allclose(keras_model(fusion.weights)(rows).numpy(), probabilities, atol=1e-5)
    for part in parts.values():
        assert np.abs(part.predict(posters, TEXTS) - probabilities).max() > 1e-4
    assert fusion.predict(posters[:0], []).shape == (0, 25)


def test_a_parts_features_begin_with_its_calibrated_log_odds(parts, posters):
    for model, part in parts.items():
        features = part.features(posters, TEXTS)
        width = PART_FEATURES[model]
        assert (features.dtype, features.shape) == (np.float32, (3, 25 + width)), model
        probabilities = part.predict(posters, TEXTS).astype(np.float64)
        assert np.allclose(features[:, :25], np.log(probabilities / (1 - probabilities)), atol=1e-3)
        assert part.weights.calibration.scale == 0.8  # so that calibrated ones differ from the model's own


@pytest.mark.parametrize("texts", [None, ["", " \n ", "?!"]], ids=["none", "no word"])
def test_without_overviews_fusion_predicts_as_the_poster_model(fusion, parts, posters, texts):
    assert np.allclose(fusion.predict(posters, texts), parts["poster"].predict(posters), atol=1e-6)


def test_without_posters_fusion_predicts_as_the_overview_model(fusion, parts):
    assert np.array_equal(fusion.predict(None, TEXTS), parts["overview"].predict(None, TEXTS))
    assert fusion.predict(None, ["", "?!"]).shape == (2, 25)  # without either, too


def test_films_with_and_without_words_keep_their_order(fusion, parts, posters):
    mixed = fusion.predict(posters, [TEXTS[0], "...", TEXTS[2]])
    assert np.allclose(mixed[[0, 2]], fusion.predict(posters[[0, 2]], [TEXTS[0], TEXTS[2]]), atol=1e-5)
    assert np.allclose(mixed[1], parts["poster"].predict(posters[1:2])[0], atol=1e-6)


def test_a_missing_input_of_fusion_is_named(fusion, parts, posters):
    with pytest.raises(UserError, match="fusion needs a poster or an overview"):
        fusion.predict()
    with pytest.raises(UserError, match="poster needs posters of 216×320 pixels; scale them"):
        fusion.predict(np.zeros((1, 64, 64, 3), np.uint8), TEXTS[:1])
    with pytest.raises(UserError, match="overview needs an overview"):
        fusion.raw(posters)
    with pytest.raises(UserError, match="poster needs a poster"):
        parts["poster"].predict(None, TEXTS)


def test_a_fallback_parts_thresholds_apply(fusion, parts):
    probabilities = np.full(25, 0.5, np.float32)
    for fallback_part, deciding in (("", fusion), ("poster", parts["poster"]), ("overview", parts["overview"])):
        chosen = {item.genre for item in fusion.top(probabilities, 25, fallback_part) if item.chosen}
        assert chosen == {item.genre for item in deciding.top(probabilities, 25) if item.chosen}


def test_unfamiliar_posters_are_known_to_the_poster_model_and_to_fusion(fusion_weights, posters, tmp_path):
    root = shutil.copytree(fusion_weights, tmp_path / "imdb")
    features = Predictor(read_weights(fusion_weights / "poster")).features(posters)[:, -FEATURES:]
    weights = np.eye(FEATURES)[features.std(axis=0).argmax()]
    limit = float(np.median(features @ weights))
    for card in root.glob("**/poster/card.json"):  # fusion has a copy of its own
        write_json(card, read_json(card) | {"familiarity": Familiarity(weights, -limit).as_dict()})
    expected = features @ weights > limit
    assert expected.any()
    assert not expected.all()
    texts = ["A ghost haunts the cellar."] * len(posters)
    for model in ("poster", "fusion"):
        predictor = Predictor(read_weights(root / model))
        plain = Predictor(read_weights(fusion_weights / model))
        for overviews in (texts, None):
            found = predictor.predict_with_parts(posters, overviews)
            assert np.array_equal(found.unfamiliar, expected)
            assert np.array_equal(found.probabilities, plain.predict(posters, overviews))
            assert not plain.predict_with_parts(posters, overviews).unfamiliar.any()
    assert not Predictor(read_weights(root / "fusion")).predict_with_parts(None, texts).unfamiliar.any()


def test_a_network_in_use_is_loaded_once(fusion, parts, fusion_weights, tmp_path):
    assert fusion.parts["poster"].network is parts["poster"].network
    card = json.loads((fusion_weights / "poster" / "card.json").read_text())
    wrong = Weights(fusion_weights / "poster", "cnn", {**card, "model": "cnn"}, "chosen")
    with pytest.raises(UserError, match="do not fit the model cnn"):  # not the network that is in use
        Predictor(wrong)


def test_missing_or_different_parts_are_reported(fusion_weights, tmp_path):
    folder = Path(shutil.copytree(fusion_weights / "fusion", tmp_path / "set" / "fusion"))
    shutil.rmtree(folder / "parts", ignore_errors=True)
    reason = (
        "was trained on top of weights of poster that are neither in it nor beside it; restore them, or retrain fusion"
    )
    with pytest.raises(UserError, match=reason):
        Predictor(read_weights(folder))
    for model in ("poster", "overview"):
        shutil.copytree(fusion_weights / model, tmp_path / "set" / model)
    Predictor(read_weights(folder))  # beside it
    card = json.loads((tmp_path / "set" / "poster" / "card.json").read_text())
    (tmp_path / "set" / "poster" / "card.json").write_text(json.dumps({**card, "weights_sha256": "0" * 64}))
    with pytest.raises(UserError, match=reason):
        Predictor(read_weights(folder))


@pytest.fixture
def own_networks(monkeypatch) -> dict:
    """No networks in memory at the beginning of a test, whatever other tests have loaded."""
    monkeypatch.setattr(module, "_networks", networks := {})
    return networks


def reversed_bias(folder: Path, copy: Path) -> Path:
    """A copy of weights whose output has its genres' biases the other way round."""
    shutil.copytree(folder, copy)
    card = json.loads((copy / "card.json").read_text())
    with h5py.File(copy / card["weights_file"], "a") as stored:
        bias = stored["layers/dense_1/vars/1"]
        bias[...] = 9 - 3 * np.arange(25) / 4
    card["weights_sha256"] = sha256_of(copy / card["weights_file"])
    (copy / "card.json").write_text(json.dumps(card))
    return copy


def test_few_networks_are_in_memory_and_others_are_loaded_again(own_networks, trained_weights, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "NETWORKS", 1)
    folders = [trained_weights / "cnn-small", reversed_bias(trained_weights / "cnn-small", tmp_path / "other")]
    posters = np.random.default_rng(0).integers(0, 255, (2, 64, 64, 3), np.uint8)
    first, second = (Predictor(read_weights(folder)) for folder in folders)
    expected = first.predict(posters)
    assert len(own_networks) == 1
    assert not np.allclose(second.predict(posters), expected)
    assert len(own_networks) == 1
    assert np.array_equal(first.predict(posters), expected)


def test_weights_that_changed_meanwhile_are_not_loaded_again(own_networks, trained_weights, tmp_path):
    folder = shutil.copytree(trained_weights / "cnn-small", tmp_path / "cnn-small")
    predictor, posters = Predictor(read_weights(folder)), np.zeros((1, 64, 64, 3), np.uint8)
    predictor.predict(posters)
    file = next(folder.glob("*.h5"))
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    predictor.predict(posters)
    own_networks.clear()
    with pytest.raises(UserError, match="differs from its card"):
        predictor.predict(posters)


def test_predictions_that_are_no_finite_numbers_are_refused(own_networks, trained_weights, tmp_path):
    """Large weights are finite themselves."""
    folder = shutil.copytree(trained_weights / "cnn-small", tmp_path / "cnn-small")
    card = json.loads((folder / "card.json").read_text())
    with h5py.File(folder / card["weights_file"], "a") as stored:
        shape = stored["layers/dense_1/vars/0"].shape
        del stored["layers/dense_1/vars/0"]
        stored["layers/dense_1/vars/0"] = np.full(shape, 3e38, np.float32)
        stored["layers/dense/vars/1"][...] = 9  # so that the hidden values are not 0
    card["weights_sha256"] = sha256_of(folder / card["weights_file"])
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(UserError, match="not finite"):
        Predictor(read_weights(folder)).predict(np.full((1, 64, 64, 3), 255, np.uint8))


def test_networks_in_memory_answer_while_another_is_loaded(own_networks, trained_weights, tmp_path, monkeypatch):
    """For another structure loading takes half a minute, in which Keras makes its graph."""
    folders = [trained_weights / "cnn-small", reversed_bias(trained_weights / "cnn-small", tmp_path / "other")]
    posters = np.zeros((1, 64, 64, 3), np.uint8)
    first, second = (Predictor(read_weights(folder), load=False) for folder in folders)
    expected = first.predict(posters)
    is_loading, may_end, read, loaded = Event(), Event(), module.read_network, []

    def slowly(weights):
        is_loading.set()
        assert may_end.wait(60)
        loaded.append(weights)
        return read(weights)

    monkeypatch.setattr(module, "read_network", slowly)
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(second.predict, posters) for _ in range(2)]
        assert is_loading.wait(60)
        try:
            found = pool.submit(first.predict, posters).result(60)
        finally:
            may_end.set()
        assert np.array_equal(found, expected)
        assert np.array_equal(waiting[0].result(60), waiting[1].result(60))
    assert len(loaded) == 1
    assert len(own_networks) == 2


def test_parts_are_loaded_when_they_are_needed(own_networks, fusion_weights):
    fusion = Predictor(read_weights(fusion_weights / "fusion"))
    assert len(own_networks) == 1
    fusion.predict(None, TEXTS)
    assert {key.partition(" ")[0] for key in own_networks} == {"fusion", "overview"}


def test_learned_arrays_are_found_by_keras_names(parts):
    kernel = parts["overview"].weight("genres/kernel")
    network = keras_model(parts["overview"].weights)
    assert np.array_equal(kernel, network.get_layer("genres").get_weights()[0])
    with pytest.raises(KeyError):
        parts["overview"].weight("genres/nothing")


def test_networks_loaded_together_are_those_that_the_inputs_need(monkeypatch):
    monkeypatch.setattr(module, "_networks", {})
    models = [find_weights(name) for name in ("cnn", "lstm", "fusion", "tfidf")]
    load_networks(models, poster=False)
    assert {key.split()[0] for key in module._networks} == {"lstm", "overview"}
    load_networks(models)
    assert {key.split()[0] for key in module._networks} == {"cnn", "lstm", "fusion", "poster", "overview"}
