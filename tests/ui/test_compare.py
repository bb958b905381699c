"""The Compare page: all ways to choose a film, and the predictions for it."""

import csv
import dataclasses
import json
import os
import shutil
import time
from pathlib import Path

import film_sets
import numpy as np
import predicted_sets
import pytest
import streamlit as st
import weight_sets
from app_pages import APP, open_address, page_text
from streamlit.testing.v1 import AppTest

from genreclf import paths
from genreclf.data.catalogue import TABLE_NAME, load_catalogue
from genreclf.data.splits import split_of
from genreclf.data.twins import with_twin
from genreclf.evaluation.stored import predictions_path
from genreclf.genres import GENRES
from genreclf.models.baselines import Prior
from genreclf.predict.film import UNFAMILIAR, FilmPrediction
from genreclf.ui import data, look, results
from genreclf.ui.film_picker import telling_films
from genreclf.ui.results import comment, provenance, table
from genreclf.ui.text import plain
from genreclf.units import percent
from genreclf.weights.folder import BASELINE_WEIGHTS, Weights, read_weights

PAGE = "pages/compare.py"


@pytest.fixture
def open_page(film_folder, monkeypatch):
    """Opens the page on the 60 films, with this film in the address if one is given."""
    monkeypatch.setenv("GENRECLF_DATA", str(film_folder))

    def open_it(film: str | None = None) -> AppTest:
        return open_address(PAGE, **({} if film is None else {"film": film}))

    return open_it


def shown(page: AppTest) -> int:
    """The number of the film on the page, which its heading shows, too."""
    number = page.number_input(key="compare_number").value
    assert page.header[0].value == plain(f"Film {number} · tt{number:07d}")
    return number


def test_a_test_film_without_a_twin_in_train_is_a_fair_comparison(open_page, shipped, catalogue):
    test = catalogue.in_split("test")
    alone = test[~with_twin(catalogue.twins, test, catalogue.in_split("train"))][0]
    assert "the comparison is fair" in page_text(open_page(catalogue.films["id"].iloc[alone]))


def test_a_test_film_with_a_twin_in_train_is_no_fair_comparison(tmp_path, monkeypatch):
    films = film_sets.films(30)
    again = [dataclasses.replace(film, id=f"{film.id}b") for film in films]
    folder = film_sets.write_set(tmp_path / "films", [*films, *again])
    monkeypatch.setenv("GENRECLF_DATA", str(folder))
    root = predicted_sets.write_predicted(
        tmp_path / "weights" / "imdb", load_catalogue(folder), {"prior": 0.0}, ["all"]
    )
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", root.parent)
    by_split = {split_of(film.id): film.id for film in films if split_of(f"{film.id}b") == "train"}
    assert "may have memorised" in page_text(open_address(PAGE, film=by_split["test"]))


def matches(page: AppTest) -> list:
    return [button for button in page.button if button.key.startswith("compare_match_")]


def test_it_opens_on_a_film_that_no_model_has_seen(open_page, shipped, catalogue):
    page = open_page()
    film = catalogue.films.iloc[shown(page) - 1]
    assert film["split"] == "test"
    assert page.title[0].value == "Compare"
    assert "Choose a film" in page.caption[0].value
    assert page.text[0].value == film["overview"]
    for genre in film["genres"]:
        assert f":green-badge[:material/check: {genre}]" in page_text(page)
    assert "Test film" in page_text(page)
    assert len(page.image) == 1
    assert not page.error
    assert page.query_params == {"film": film["id"]}, "so that the browser's Back finds it again"


def test_the_top_three_of_each_model_are_a_table_and_bars(open_page, shipped, catalogue):
    page = open_page("tt0000005")
    found = page.table[0].value
    assert list(found.columns) == ["Model", "Genre", "Probability", "Verdict"]
    assert found["Model"].tolist() == ["Small CNN"] * 3 + ["Base rates"] * 3
    assert found["Probability"].between(0, 1).all()
    true = catalogue.films["genres"].iloc[4]
    for genre, verdict in zip(found["Genre"], found["Verdict"], strict=True):
        assert verdict.endswith(("Right", "below its threshold]") if genre in true else ("Wrong", "Not picked]"))
    charts = page.get("plotly_chart")
    assert len(charts) == 2
    assert "Small CNN " in page_text(page)
    assert "Shipped weights “imdb”" in page_text(page)
    assert "test BCE" in page_text(page)


def test_other_models_can_be_chosen(open_page, shipped):
    page = open_page("tt0000005")
    page.get_by_key("compare_models").set_value(["prior", "tfidf"]).run()
    assert set(page.table[0].value["Model"]) == {"Base rates", "TF-IDF"}
    page.button(key="compare_next").click().run()
    assert set(page.table[0].value["Model"]) == {"Base rates", "TF-IDF"}
    page.get_by_key("compare_models").set_value([]).run()
    assert not page.exception
    assert not page.table
    assert "Choose a model below" in page_text(page)


def test_a_training_film_has_a_hint(open_page, shipped, catalogue):
    number = int(catalogue.in_split("train")[3]) + 1
    assert "The models were trained on this film" in page_text(open_page(f"tt{number:07d}"))


def test_a_training_film_of_another_data_set_has_another_hint(open_page, shipped, film_folder):
    (film_folder / "Images" / "tt0000001.jpg").unlink()
    page = open_page("tt0000002")
    assert "Training film" in page_text(page)
    assert "learned from another data set" in page_text(page)


def test_a_film_that_was_trained_on_as_a_further_one_has_the_hint_whatever_its_split(open_page, shipped, catalogue):
    card = shipped / "prior" / "card.json"
    facts = {"data_digest": "other", "further_films": 60, "further_digest": catalogue.digest}
    card.write_text(json.dumps(json.loads(card.read_text()) | facts))
    number = int(catalogue.in_split("test")[0]) + 1
    assert "The models were trained on this film" in page_text(open_page(f"tt{number:07d}"))


def test_the_address_names_the_film(open_page, shipped):
    page = open_page("tt0000041")
    assert shown(page) == 41
    page.button(key="compare_next").click().run()
    assert shown(page) == 42
    assert page.query_params["film"] == "tt0000042"
    page.button(key="compare_previous").click().run()
    assert shown(page) == 41
    page.number_input(key="compare_number").set_value(7).run()
    assert shown(page) == 7
    assert page.query_params["film"] == "tt0000007"


def test_previous_and_next_are_disabled_at_the_ends(open_page, shipped):
    page = open_page("tt0000001")
    assert page.button(key="compare_previous").disabled
    page.number_input(key="compare_number").set_value(60).run()
    assert page.button(key="compare_next").disabled
    assert not page.button(key="compare_previous").disabled


def test_an_unknown_id_is_an_error_and_the_picker_still_works(open_page, shipped):
    page = open_page("[tt9](http://evil.example)")
    assert len(page.error) == 1
    assert plain("“[tt9](http://evil.example)”") in page.error[0].value
    assert page.get("page_link")
    page.button(key="compare_next").click().run()
    assert not page.error


def test_random_films(open_page, shipped, catalogue):
    page = open_page()
    numbers = set()
    for _ in range(4):
        page.button(key="compare_random_test").click().run()
        assert catalogue.films["split"].iloc[shown(page) - 1] == "test"
    for _ in range(4):
        page.button(key="compare_random").click().run()
        numbers.add(shown(page))
    assert len(numbers) > 1


@pytest.fixture
def telling(catalogue, film_folder, tmp_path, monkeypatch) -> tuple[list[str], dict[str, Weights]]:
    """The ids of two test films on which CNN is wrong and fusion is right, on others the reverse; and the weights."""
    monkeypatch.setenv("GENRECLF_DATA", str(film_folder))
    root = tmp_path / "weights" / "imdb"
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", root.parent)
    test = catalogue.in_split("test")
    right = np.where(catalogue.labels[test] > 0, 0.9, 0.1).astype(np.float32)
    wrong = 1 - right
    found, chosen = {}, [2, 5]
    for model in ("cnn", "fusion"):
        found[model] = predicted_sets.write_weights(root, catalogue, model)
        is_right = np.isin(np.arange(len(test)), chosen) == (model == "fusion")
        predicted_sets.store(catalogue, found[model], np.where(is_right[:, None], right, wrong))
    return catalogue.films["id"].iloc[test[chosen]].tolist(), found


def test_it_opens_on_a_test_film_that_only_fusion_gets_right(telling, catalogue):
    ids, available = telling
    assert catalogue.films["id"].iloc[telling_films(catalogue, available)].tolist() == ids
    page = open_address(PAGE)
    assert page.query_params["film"] == ids[0]
    other = next(film for film in catalogue.films["id"] if film not in ids)
    page = open_address(PAGE, film=other)
    assert page.query_params["film"] == other, "the address comes first"


def test_the_first_random_test_film_is_one_that_only_fusion_gets_right(telling, monkeypatch):
    ids, _ = telling
    offered = []
    monkeypatch.setattr("random.choice", lambda films: offered.append(list(films)) or films[0])
    page = open_address(PAGE)
    page.button(key="compare_random_test").click().run()
    page.button(key="compare_random_test").click().run()
    assert offered[0] == ids[1:]
    assert len(offered[1]) > 2


@pytest.mark.parametrize("unknown", ["cnn", "fusion"])
def test_without_stored_predictions_all_test_films_are_telling_and_no_model_is_loaded(telling, catalogue, unknown):
    _, available = telling
    predictions_path(catalogue, available[unknown], "test").unlink()
    assert telling_films(catalogue, available).tolist() == catalogue.in_split("test").tolist()


def test_a_random_film_is_always_another_one(tmp_path, shipped, monkeypatch):
    films = film_sets.films(60)
    tests = [film for film in films if split_of(film.id) == "test"]
    few = [film for film in films if film not in tests][:9]
    monkeypatch.setenv("GENRECLF_DATA", str(film_sets.write_set(tmp_path / "few", [*few, tests[0]])))
    page = open_address(PAGE)
    assert page.button(key="compare_random_test").disabled, "the only test film is shown"
    monkeypatch.setattr("random.choice", lambda ids: ids[0])
    for _ in range(3):
        before = page.query_params["film"]
        page.button(key="compare_random").click().run()
        assert page.query_params["film"] != before
    page.button(key="compare_random_test").click().run()
    assert page.button(key="compare_random_test").disabled


def test_search_by_words_number_and_id(open_page, shipped, catalogue):
    page = open_page("tt0000001")
    search = page.text_input(key="compare_search")
    search.set_value("sheriff saloon").run()
    expected = [
        number for number, text in enumerate(catalogue.films["overview"], start=1)
        if "sheriff" in text and "saloon" in text
    ]  # fmt: skip
    assert [button.key for button in matches(page)] == [f"compare_match_tt{n:07d}" for n in expected[:8]]
    assert f"{len(expected)} film" in page_text(page)
    matches(page)[-1].click().run()
    assert shown(page) == expected[:8][-1]
    assert not matches(page)
    assert page.text_input(key="compare_search").value == ""

    page.text_input(key="compare_search").set_value("tt0000033").run()
    assert [button.key for button in matches(page)] == ["compare_match_tt0000033"]
    page.text_input(key="compare_search").set_value("Film 12").run()
    assert matches(page)[0].key == "compare_match_tt0000012"
    page.text_input(key="compare_search").set_value("zeppelin").run()
    assert not matches(page)
    assert "No film matches" in page_text(page)


def test_many_matches_are_counted_and_the_first_shown(open_page, shipped):
    page = open_page()
    page.text_input(key="compare_search").set_value("a").run()
    assert len(matches(page)) == 8
    assert "60 films match" in page_text(page)
    assert "the first 8" in page_text(page)


def test_another_data_set_starts_with_one_of_its_films(open_page, shipped, home):
    film_sets.write_set(home / "data" / "other", [film_sets.film(number) for number in range(101, 131)])
    page = open_page("tt0000041")
    page.selectbox(key="data").select("other").run()
    assert not page.exception
    assert not page.error
    assert page.number_input(key="compare_number").proto.max == 30
    page.run()
    assert not page.error
    assert page.query_params["film"] != "tt0000041"


def test_titles_and_overviews_are_shown_as_plain_text(tmp_path, shipped, monkeypatch):
    title, overview = "*Star* :smile: $5 [x](http://evil.example)", "A <bold> $plan$ for *one* :red[x]."
    rows = [film_sets.Film("odd-film", ["Drama"], overview, film_sets.jpeg(), {"Title": title, "Year": "1999"})]
    folder = film_sets.write_set(tmp_path / "odd", rows, ("Title", "Year"))
    monkeypatch.setenv("GENRECLF_DATA", str(folder))
    page = AppTest.from_file(APP, default_timeout=60).run()
    page.switch_page(PAGE).run()
    assert page.header[0].value == plain(f"{title} (1999)")
    assert page.text[0].value == overview
    page.text_input(key="compare_search").set_value("bold").run()
    assert plain(title) in matches(page)[0].label
    assert plain(overview) in matches(page)[0].label


def test_without_weights_it_offers_training(open_page, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "nothing")
    page = open_page()
    assert "There is no trained model yet" in page_text(page)
    assert "Train a model" in [link.value for link in page.page_link]
    assert page.text[0].value


def test_genres_that_no_model_knows_are_named_with_the_next_step(tmp_path, monkeypatch):
    monkeypatch.setenv("GENRECLF_DATA", str(film_sets.write_own(tmp_path / "own")))
    every = data.available_weights
    monkeypatch.setattr(data, "available_weights", lambda films, **_: {} if films else every(None))
    page = open_address(PAGE)
    assert "any of these 6 genres" in page_text(page)
    assert all(genre in page_text(page) for genre in film_sets.OWN_GENRES[:5])
    assert "Train a model on these films" in [link.value for link in page.page_link]


def test_a_genre_that_a_model_does_not_know_is_not_missed(tmp_path):
    folder = tmp_path / "imdb" / "prior"
    folder.mkdir(parents=True)
    (folder / "numbers").write_bytes(b"")
    weight_sets.write_card(folder, "prior", "numbers", thresholds=[0.5] * 25)
    prediction = FilmPrediction(read_weights(folder, "chosen"), np.full(25, 0.9, np.float32))
    assert "missed" not in comment(prediction, ["Cosy", GENRES[0]])
    assert comment(prediction, ["Cosy", GENRES[0]]).endswith("It does not know Cosy.")


def test_damaged_weights_are_warnings_and_the_other_models_predict(open_page, trained_weights, tmp_path, monkeypatch):
    copy = Path(shutil.copytree(trained_weights, tmp_path / "weights" / "imdb"))
    (copy / "cnn-small" / "model.weights.h5").write_bytes(b"torn")
    (copy / "tfidf" / "card.json").write_text("{", "utf-8")
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", copy.parent)
    st.cache_data.clear()  # predictions are cached by the cards of the weights, which stay the same here
    page = open_page("tt0000005")
    assert len(page.warning) == 2
    assert set(page.table[0].value["Model"]) == {"Base rates"}


@pytest.mark.parametrize("damage", [b"<html>404 Not Found</html>", film_sets.jpeg(quality=95)[:900]])
def test_a_poster_damaged_at_this_moment_is_one_warning(open_page, shipped, film_folder, damage, monkeypatch):
    st.cache_data.clear()  # no predictions of other tests
    monkeypatch.setattr("genreclf.ui.data._state", lambda folder: "as before")  # looked at just before
    page = open_page("tt0000005")
    (film_folder / "Images" / "tt0000006.jpg").write_bytes(damage)
    page.get_by_key("compare_models").set_value(["cnn-small", "tfidf", "prior"]).run()
    page.button(key="compare_next").click().run()
    assert not page.exception
    assert not page.image
    (warning,) = page.warning  # one for all models
    assert plain("The poster tt0000006.jpg changed") in warning.value
    assert shown(page) == 6
    assert set(page.table[0].value["Model"]) == {"TF-IDF", "Base rates"}
    page.button(key="compare_next").click().run()
    assert not page.warning
    assert len(page.image) == 1


def test_a_replaced_poster_is_shown_with_its_own_predictions(open_page, shipped, film_folder):
    page = open_page("tt0000006")
    page.get_by_key("compare_models").set_value(["cnn-small"]).run()
    image, rows = page.image[0].proto.imgs[0].url, page.table[0].value
    path = film_folder / "Images" / "tt0000006.jpg"
    before = path.stat()
    path.write_bytes(film_sets.jpeg((250, 250, 10)))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    time.sleep(0.2)  # the files are looked at for a twentieth of the time
    page.run()
    assert not page.warning
    assert not page.error
    assert shown(page) == 6
    assert page.image[0].proto.imgs[0].url != image
    assert not page.table[0].value.equals(rows)
    path.write_bytes(b"damaged")
    time.sleep(0.2)
    page.run()
    assert not page.exception
    assert page.number_input(key="compare_number").max == 59  # the film is left out


def test_networks_predict_the_same_as_for_the_whole_catalogue(open_page, film_folder, tmp_path, monkeypatch):
    root = tmp_path / "weights" / "imdb"
    vocabulary = ["a", "in", "and", "meet", "ghost", "sheriff"]
    for model, given in (("cnn", ()), ("lstm", vocabulary)):
        weight_sets.write_untrained(root / model, model, given, metrics={"test": {"bce": 0.7}})
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", root.parent)
    page = open_page("tt0000005")
    found = page.table[0].value
    assert found["Model"].tolist() == ["CNN"] * 3 + ["LSTM"] * 3

    from genreclf.evaluation.stored import catalogue_predictions

    catalogue = load_catalogue(film_folder)
    for model, rows in found.groupby("Model"):
        expected = np.sort(catalogue_predictions(catalogue, read_weights(root / model.lower()))[4])[::-1][:3]
        np.testing.assert_allclose(rows["Probability"], expected, atol=2e-5)
    page.button(key="compare_next").click().run()
    assert not page.exception
    assert len(page.table[0].value) == 6


@pytest.fixture
def predict(tmp_path):
    """Makes a prediction of the base rates with these probabilities and thresholds of 0.5."""

    def make(**probabilities: float) -> FilmPrediction:
        (tmp_path / "numbers").write_bytes(b"")
        weights = read_weights(weight_sets.write_card(tmp_path, "prior", "numbers"))
        values = np.zeros(25, np.float32)
        for genre, probability in probabilities.items():
            values[GENRES.index(genre)] = probability
        return FilmPrediction(weights, values)

    return make


@pytest.mark.parametrize(
    ("probabilities", "true", "expected"),
    [
        ({"Drama": 0.9, "Romance": 0.6}, ["Drama", "War"], "got Drama right, missed War and wrongly added Romance."),
        (
            {"Drama": 0.9, "War": 0.6},
            ["Drama", "War"],
            "got Drama and War right, missed nothing and added nothing wrong.",
        ),
        ({"Drama": 0.4}, ["Drama"], "threshold. Drama was close, but below its threshold."),
        ({"Drama": 0.4, "War": 0.3}, ["War", "Drama"], "Drama and War were close, but below their thresholds."),
        ({"Action": 0.4, "Crime": 0.3, "War": 0.2, "Drama": 0.1}, ["Drama"], "threshold; it missed Drama."),
        ({"Crime": 0.7, "Drama": 0.4}, ["Drama"], "wrongly added Crime. Drama was close, but below its threshold."),
        ({"Crime": 0.7, "Drama": 0.4}, ["Drama", "War", "Crime"], "got Crime right, missed War and added nothing"),
        ({"Crime": 0.7}, ["Drama"], "missed Drama and wrongly added Crime."),
        ({"Crime": 0.7, "Drama": 0.9}, None, "picks Drama and Crime."),
        (
            {"Crime": 0.9, "Drama": 0.8, "War": 0.7, "Horror": 0.6},
            None,
            f"picks Crime, Drama, War and Horror ({percent(0.6)}).",
        ),
        ({"Crime": 0.9, "Drama": 0.8, "War": 0.7, "Horror": 0.6}, ["Horror"], f"got Horror ({percent(0.6)}) right"),
        ({"Crime": 0.3}, None, "No genre reaches"),
    ],
)
def test_the_comment_names_right_missed_and_added(predict, probabilities, true, expected):
    sentence = comment(predict(**probabilities), true)
    assert "Base rates" in sentence
    assert expected in sentence


@pytest.mark.parametrize("true", [["Action"], ["Drama", "War"], ["Crime"]])
def test_table_bars_and_sentence_mean_the_same_by_right(predict, true, monkeypatch):
    """Only a genre that reaches its threshold is right or wrong; a true one below it is close."""
    prediction, drawn = predict(Drama=0.9, Action=0.4, Crime=0.6), {}
    monkeypatch.setattr(results.look, "show", lambda figure, alt, **_: drawn.update(figure=figure, alt=alt))
    results._bars(prediction, true, "key")
    labels = drawn["figure"].layout.yaxis2.ticktext
    found = table([prediction], true).set_index("Genre")["Verdict"]
    sentence = comment(prediction, true)
    for each, label in zip(prediction.top(), labels, strict=True):
        words = {
            (True, True): ("✓ Right", "Right", "right"),
            (True, False): ("✗ Wrong", "Wrong", "wrong"),
            (False, True): ("○ Close", "Close, but below its threshold", "close, but below its threshold"),
            (False, False): ("– Not picked", "Not picked", "not picked"),
        }[each.chosen, each.genre in true]
        assert words[0] in label
        assert words[1] in found[each.genre]
        assert f"{each.genre} {percent(each.probability)} ({words[2]})" in drawn["alt"]
        right = sentence.split("got ")[1].split(" right")[0] if "got " in sentence else ""
        assert (each.genre in right) is (words[2] == "right")
        assert (f"{each.genre} was close" in sentence) is words[2].startswith("close")


def test_a_prediction_from_one_of_two_inputs_is_marked(predict):
    def card() -> None:
        import streamlit as st

        from genreclf.ui import results

        results.show([st.session_state["prediction"]], None, key="compare", beside=st.container())

    def card_text(prediction: FilmPrediction) -> str:
        page = AppTest.from_function(card, default_timeout=30)
        page.session_state["prediction"] = prediction
        return page_text(page.run())

    both = predict(Drama=0.9)
    fallback_part = dataclasses.replace(both, fallback_part="overview")
    assert "from the overview only" in card_text(fallback_part)
    assert "That score needs both inputs" in card_text(fallback_part)
    assert "needs both inputs" not in card_text(both)
    assert UNFAMILIAR in card_text(dataclasses.replace(both, unfamiliar=True))
    assert UNFAMILIAR not in card_text(both)


@pytest.fixture
def fusion_weights(catalogue, tmp_path) -> dict[str, Weights]:
    """Weights of a CNN, fusion and its parts, without networks."""
    root = tmp_path / "weights" / "imdb"
    found = {model: predicted_sets.write_weights(root, catalogue, model) for model in ("cnn", "poster", "overview")}
    parts = {part: found[part].sha256 for part in ("poster", "overview")}
    return found | {"fusion": predicted_sets.write_weights(root, catalogue, "fusion", parts=parts)}


def test_fusion_comes_first_and_shares_its_card_with_the_part_that_predicts_alone(fusion_weights):
    def order(fallback_part: str, *models: str) -> list[list[str]]:
        predictions = [
            FilmPrediction(fusion_weights[model], np.zeros(25, np.float32), fallback_part * (model == "fusion"))
            for model in models
        ]
        cards = results._cards(results.fusion_first(predictions))
        return [[prediction.weights.model for prediction in card] for card in cards]

    assert order("", "cnn", "fusion", "poster", "overview") == [["fusion"], ["cnn"], ["poster"], ["overview"]]
    assert order("overview", "cnn", "fusion", "overview") == [["fusion", "overview"], ["cnn"]]
    assert order("poster", "poster", "fusion") == [["fusion", "poster"]]
    assert order("poster", "cnn", "fusion") == [["fusion"], ["cnn"]]


def test_another_poster_model_than_fusions_part_has_its_own_card(fusion_weights, catalogue, tmp_path):
    other = predicted_sets.write_weights(tmp_path / "other", catalogue, "poster",
                                         calibration={"method": "platt", "scale": 0.5, "shift": 0.0})  # fmt: skip
    rows = np.zeros(25, np.float32)
    predictions = [FilmPrediction(fusion_weights["fusion"], rows, "poster"), FilmPrediction(other, rows)]
    assert len(results._cards(predictions)) == 2


def test_without_true_genres_the_table_has_no_verdict(predict):
    found = table([predict(Drama=0.9)], None)
    assert list(found.columns) == ["Model", "Genre", "Probability"]
    assert found["Genre"].iloc[0] == "Drama"


def test_a_promoted_run_is_named(tmp_path):
    folder = tmp_path / "imdb" / "prior"
    folder.mkdir(parents=True)
    (folder / "numbers").write_bytes(b"")
    weight_sets.write_card(folder, "prior", "numbers", run="20260101T000000-prior-abcd", films={"train": 1234},
                           metrics={"test": {"bce": 0.2314}})  # fmt: skip
    promoted = provenance(FilmPrediction(read_weights(folder, "promoted"), np.zeros(25, np.float32)))
    assert "your run 20260101T000000-prior-abcd" in promoted
    assert "1,234 films" in promoted
    assert "test BCE 0.231" in promoted
    shipped = provenance(FilmPrediction(read_weights(folder, "shipped"), np.zeros(25, np.float32)))
    assert shipped.startswith("Shipped weights “imdb”, ")


def test_genres_of_any_name_are_shown_literally(tmp_path, monkeypatch):
    """They are those of a data set, so they may contain Markdown and HTML."""
    odd = ["**Drama** [x](y)", "<b>b</b> %{x}", "Other_one_"]
    folder = film_sets.write_set(tmp_path / "odd", film_sets.films(30))
    rows = [[f"tt{number:07d}", json.dumps([odd[number % 3]]), "A quiet film."] for number in range(1, 31)]
    with (folder / TABLE_NAME).open("w", newline="") as stream:
        csv.writer(stream).writerows([["Id", "Genre", "Overview"], *rows])
    catalogue = load_catalogue(folder)
    assert set(catalogue.genres) == set(odd)
    target = tmp_path / "weights" / "prior"
    target.mkdir(parents=True)
    Prior(np.array([0.6, 0.3, 0.1])).save(target / BASELINE_WEIGHTS)
    weights = read_weights(weight_sets.write_card(tmp_path / "weights" / "prior", "prior", BASELINE_WEIGHTS,
                                                  genres=list(catalogue.genres), thresholds=[0.2] * 3))  # fmt: skip
    monkeypatch.setenv("GENRECLF_DATA", str(folder))
    monkeypatch.setattr("genreclf.ui.data.available_weights", lambda *_, **__: {"prior": weights})
    assert {*open_address("pages/browse.py").pills(key="genres").options} == {*map(plain, odd)}
    text = "".join(element.value for element in open_address(PAGE, film="tt0000003").markdown)
    for genre in odd[:2]:
        assert plain(genre) in text
        assert genre not in text
    assert look.short(odd[1]) == "&lt;b&gt;b&lt;/b&gt; &#37;{x}"
