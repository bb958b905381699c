"""The section "Why?" on Compare and Try your own, on the embedded sample and its shipped models."""

import hashlib
import re
from pathlib import Path
from unittest.mock import Mock

import film_sets
import numpy as np
import pytest
import weight_sets
from app_pages import open_address, page_text
from PIL import Image
from streamlit.testing.v1 import AppTest

from genreclf import paths
from genreclf.data.overviews import split_words
from genreclf.errors import UserError
from genreclf.explain import words as explanations
from genreclf.genres import GENRES
from genreclf.models import create_model
from genreclf.ui.explain import film as explain_film
from genreclf.ui.explain import nearest, poster, section, what_if
from genreclf.ui.explain import words as explain_words
from genreclf.ui.text import plain
from genreclf.units import percent
from genreclf.weights.folder import KERAS_WEIGHTS, read_weights

COMPARE, TRY = "pages/compare.py", "pages/try-your-own.py"
OVERVIEW = "A ghost haunts the cellar of an old house at night, and blood is on the stairs."


@pytest.fixture(autouse=True)
def small_models(tmp_path, monkeypatch) -> Path:
    """Ship only the sample's weights of the small models, for any data."""
    root = tmp_path / "weights"
    for name in ("sample", "imdb"):
        (root / name).mkdir(parents=True)
        for model in ("cnn", "lstm", "prior", "tfidf"):
            (root / name / model).symlink_to(paths.SHIPPED_WEIGHTS / "sample" / model)
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", root)
    return root


def open_section(page: str, **address: str) -> AppTest:
    return open_address(page, 120, **address)


def choose(page: AppTest, **choices: str) -> AppTest:
    """Click pills of the section: ``model``, ``genre`` or ``view``, one after the other."""
    prefix = "compare_why" if "compare_number" in page.session_state else "try_why"
    for name, value in choices.items():
        page.get_by_key(f"{prefix}_{name}").set_value(value).run()
        assert not page.exception
    return page


def alts(page: AppTest) -> list[str]:
    """The alternative texts of the images, in order."""
    return [picture.proto.imgs[0].alt for picture in page.get("image")]


def charts(page: AppTest) -> list[str]:
    return [chart.proto.alt for chart in page.get("plotly_chart")]


def page_with(page: AppTest, overview: str) -> AppTest:
    page.text_area(key="try_overview").set_value(overview).run()
    assert not page.exception
    return page


def overview_field(page: AppTest):
    return next(area for area in page.text_area if area.key != "try_overview")


def word_pills(page: AppTest):
    return next(group for group in page.get("button_group") if "_words_" in (group.key or ""))


def has_key(page: AppTest, key: str) -> bool:
    try:
        page.get_by_key(key)
    except KeyError:
        return False
    return True


def test_nothing_is_computed_before_a_model_is_chosen(monkeypatch):
    monkeypatch.setattr(poster, "heat_of", None)
    page = open_section(COMPARE)
    assert page.header[-1].value == "Why?"
    assert "Choose a model" in page_text(page)
    assert len(alts(page)) == 1
    assert len(charts(page)) == 2


def test_poster_view_has_a_heatmap():
    page = choose(open_section(COMPARE), model="cnn")
    _, original, heatmap, scale = alts(page)
    assert original == "The poster"
    genre = page.get_by_key("compare_why_genre").value
    assert re.fullmatch(
        rf"The poster with a heatmap: the strongest evidence for {genre} is (at|in) the [a-z ]+", heatmap
    )
    assert "colour scale" in scale
    assert "not why" in page_text(page)
    assert "up to a quarter of the poster" in page_text(page)
    page.slider(key="compare_why_strength").set_value(0).run()
    assert not page.exception
    assert len(alts(page)) == 4


def test_poster_view_states_that_there_is_no_evidence(monkeypatch):
    monkeypatch.setattr(poster, "heat_of", lambda *_: np.zeros((64, 64), np.float32))
    page = choose(open_section(COMPARE), model="cnn")
    assert "finds no evidence for" in page_text(page)
    assert "The poster with a heatmap: the heatmap is empty" in alts(page)


def test_any_genre_can_be_asked_about():
    page = choose(open_section(COMPARE, film="the-cabinet-of-dr-caligari-1920"), model="lstm")
    top = page.table[0].value.query("Model == 'LSTM'")["Genre"].tolist()
    genres = page.get_by_key("compare_why_genre")
    assert [label.split(" · ")[0] for label in genres.options[:3]] == top
    assert len(genres.options) == len(GENRES)
    assert genres.value == top[0]
    for genre, words in (("Thriller", "is a true genre of this film"), ("Western", "is not a true genre")):
        choose(page, genre=genre)
        assert f"LSTM gives {genre}" in page_text(page)
        assert words in page_text(page)


def test_a_genre_is_kept_for_its_film_the_other_choices_for_all_films():
    page = choose(open_section(COMPARE, film="the-cabinet-of-dr-caligari-1920"), model="lstm", view="What if")

    def genre() -> str:
        return page.get_by_key("compare_why_genre").value

    def first() -> str:
        return page.get_by_key("compare_why_genre").options[0].split(" · ")[0]

    for _ in range(3):  # without a choice, each film starts with its own first genre
        page.button(key="compare_next").click().run()
        assert genre() == first()
    assert page.get_by_key("compare_why_model").value == "lstm"
    assert page.get_by_key("compare_why_view").value == "What if"
    choose(page, genre="Western")
    page.button(key="compare_next").click().run()
    assert genre() == first()
    page.button(key="compare_previous").click().run()
    assert genre() == "Western"
    choose(page, model="cnn")
    assert genre() == "Western"


def test_words_view_shades_and_lists_words():
    page = choose(open_section(COMPARE), model="lstm")
    shaded = next(block.value for block in page.markdown if 'background="rgba(' in block.value)
    assert "⁺" in shaded or "⁻" in shaded
    found = page.table[-1].value
    assert list(found.columns) == ["Word", "Effect", "With", "Without"]
    assert 1 < len(found) <= 10
    assert found["With"].nunique() == 1
    assert found["Effect"].str.match(r"[+−]").all()
    assert "do not show how words work together" in page_text(page)


def test_quick_mode_is_for_long_overviews_only(monkeypatch):
    monkeypatch.setattr(explain_words, "affordable_variants", lambda *_: 20)
    monkeypatch.setattr(explanations, "affordable_variants", lambda *_: 20)
    page = open_section(TRY)
    short = choose(page_with(page, OVERVIEW), model="lstm")
    assert not short.main.toggle
    page = choose(page_with(page, f"{OVERVIEW} " * 2), model="lstm")
    quick = page.table[-1].value
    assert "removed as a group" in page_text(page)
    page.toggle(key="try_why_quick").set_value(False).run()
    assert not page.exception
    assert not page.table[-1].value.equals(quick)
    assert "removed as a group" not in page_text(page)


@pytest.mark.parametrize(("model", "words", "is_long"), [
    ("lstm", 173, False), ("lstm", 174, True), ("overview", 70, False), ("overview", 71, True), ("fusion", 71, True),
    ("tfidf", 500, False),
])  # fmt: skip
def test_which_overviews_are_long_depends_on_the_model(model, words, is_long):
    film, weights = Mock(overview="word " * words), Mock(model=model)
    assert explain_words.is_long(film, weights) is is_long


def test_tfidf_has_words_and_base_rates_have_no_explanation():
    page = page_with(open_section(TRY), OVERVIEW)
    page.get_by_key("try_models").set_value(["tfidf", "prior"]).run()
    choose(page, model="tfidf")
    assert "Word" in page.table[-1].value
    assert page.get_by_key("try_why_view").options == ["Words", "What if"]
    choose(page, model="prior")
    assert "nothing in this film can change it" in page_text(page)
    assert not has_key(page, "try_why_view")


def test_similar_films_are_linked_to_compare():
    page = choose(open_section(COMPARE), model="lstm", view="Similar films")
    assert len(alts(page)) == 6
    assert "Of the 5 most similar films, " in page_text(page)
    assert page_text(page).count("Similarity 0.") == 5
    films = [button for button in page.button if button.key.startswith("compare_why_near_")]
    assert len({button.label for button in films}) == 5
    films[2].click().run()
    assert not page.exception
    assert page.query_params["film"] == films[2].key.removeprefix("compare_why_near_")
    assert page.header[0].value in films[2].label
    page = choose(page_with(open_section(TRY), OVERVIEW), model="lstm", view="Similar films")
    assert len(alts(page)) == 5


@pytest.mark.parametrize(("with_genre", "words"), [(5, "5 have"), (1, "1 has"), (0, "none have")])
def test_how_many_similar_films_have_the_genre(with_genre, words):
    assert nearest.how_many(with_genre, 5, "test film", "War").endswith(f"similar test films, {words} the genre War.")


def test_many_films_are_processed_after_a_click(monkeypatch):
    monkeypatch.setattr(nearest, "FEW", 10)
    page = choose(open_section(COMPARE), model="cnn", view="Similar films")
    assert "has to process the films" in page_text(page)
    assert len(alts(page)) == 1
    page.button(key="compare_why_test").click().run()
    assert len(alts(page)) == 6
    assert "has to process the films" not in page_text(page)
    page.run()
    assert len(alts(page)) == 6, "the test films' vectors are stored"
    page.button(key="compare_why_all").click().run()
    page.run()
    assert not page.exception
    assert not has_key(page, "compare_why_all")


def test_what_if_the_overview_is_edited():
    page = choose(page_with(open_section(TRY), OVERVIEW), model="lstm", view="What if")
    assert "Change something" in page_text(page)
    assert charts(page)[-1].startswith("Probabilities before and after the change: ")
    assert overview_field(page).value == OVERVIEW
    other = "A young couple falls in love at a wedding in summer."
    overview_field(page).set_value(other).run()
    assert re.search(r"before, \*\*.*\*\* after \([+−]", page_text(page))
    assert set(word_pills(page).options) <= set(split_words(other))
    page.button(key="try_why_back").click().run()
    assert "Change something" in page_text(page)
    assert overview_field(page).value == OVERVIEW


def test_what_if_words_are_removed():
    page = choose(page_with(open_section(TRY), OVERVIEW), model="lstm", view="What if")
    first, second, *_ = word_pills(page).options
    word_pills(page).set_value([first]).run()
    without_one = page_text(page)
    assert "before, **" in without_one
    word_pills(page).set_value([first, second]).run()
    assert "before, **" in page_text(page)
    assert page_text(page) != without_one
    assert overview_field(page).value == OVERVIEW
    overview_field(page).set_value("?!").run()
    assert "Nothing is left for this model to use" in page_text(page)
    assert not page.exception


def test_what_if_the_poster_is_cropped_or_hidden():
    page = choose(open_section(COMPARE), model="cnn", view="What if")
    assert "Change something" in page_text(page)
    page.slider[0].set_value((20, 80)).run()
    assert "before, **" in page_text(page)
    page.button(key="compare_why_back").click().run()
    page.checkbox[0].check().run()
    assert "before, **" in page_text(page)
    page.slider[1].set_value((50, 50)).run()
    assert "keep 32×32 or more" in page_text(page)
    assert not page.exception


def test_large_upload_is_reduced_and_hashed_once(monkeypatch):
    hashed, sizes = Mock(wraps=hashlib.sha256), []
    monkeypatch.setattr(explain_film, "hashlib", Mock(sha256=hashed))
    monkeypatch.setattr(what_if, "hottest", lambda heat: sizes.append(heat.shape) or heat > 0.5)
    page = open_section(TRY)
    page.file_uploader[0].upload("poster.png", film_sets.encoded(Image.new("RGB", (1200, 1800), "red"), "PNG"))
    page.run()
    choose(page, model="cnn", view="Poster")
    page_with(page, OVERVIEW)
    assert hashed.call_count == 1
    choose(page, view="What if")
    page.checkbox[0].check().run()
    assert not page.exception
    assert set(sizes) == {(1000, 667)}


@pytest.mark.parametrize("view", ["Poster", "What if"])
def test_damaged_poster_is_a_warning_and_the_section_still_works(film_folder, monkeypatch, view):
    monkeypatch.setenv("GENRECLF_DATA", str(film_folder))
    monkeypatch.setattr("genreclf.ui.data._state", lambda folder: "as before")  # looked at just before the damage
    page = open_section(COMPARE, film="tt0000005")
    (film_folder / "Images" / "tt0000005.jpg").write_bytes(film_sets.jpeg(quality=95)[:900])
    choose(page, model="cnn", view=view)
    assert any(plain("The poster tt0000005.jpg changed") in warning.value for warning in page.warning)
    choose(page, view="Similar films", model="lstm")
    assert "Similar films" in page.get_by_key("compare_why_view").options


def test_failed_explanation_is_a_warning(monkeypatch):
    def failing(*_):
        raise UserError("The weights in *imdb* are damaged.")

    monkeypatch.setitem(section.VIEWS, "Poster", failing)
    page = choose(open_section(COMPARE), model="cnn")
    assert [warning.value for warning in page.warning] == [plain("The weights in *imdb* are damaged.")]


def test_overview_is_not_interpreted_as_markup():
    page = choose(
        page_with(open_section(TRY), "The [love](http://evil.example) of :red[war] and *family* $5"), model="lstm"
    )
    shaded = next(block.value for block in page.markdown if "evil" in block.value)
    assert "](http" not in shaded
    assert not re.search(r"(?<!\\):red", shaded)
    assert not page.exception


@pytest.fixture(scope="module")
def fusion(tmp_path_factory) -> Path:
    """Random weights of fusion and its parts; their predictions differ from film to film."""
    import keras

    root, rng, parts = tmp_path_factory.mktemp("fusion"), np.random.default_rng(0), {}
    for model in ("poster", "overview", "fusion"):
        network, folder = create_model(model), root / "imdb" / model
        for layer in network.layers:
            if isinstance(layer, keras.layers.Dense) and layer.units == len(GENRES):
                layer.kernel.assign(rng.normal(0, 0.01, layer.kernel.shape))
        folder.mkdir(parents=True)
        network.save_weights(folder / KERAS_WEIGHTS)
        weight_sets.write_card(folder, model, KERAS_WEIGHTS, parts=dict(parts) if model == "fusion" else {})
        parts[model] = read_weights(folder).sha256
    return root


def test_fusion_has_all_views(fusion, few_films, monkeypatch):
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", fusion)
    monkeypatch.setenv("GENRECLF_DATA", str(few_films))
    page = open_section(COMPARE)
    assert page.get_by_key("compare_why_model").value == "fusion", "it is open without a click"
    assert page.get_by_key("compare_why_genre").value == page.table[0].value["Genre"].iloc[0]
    assert page.get_by_key("compare_why_view").options == list(section.VIEWS)
    assert "heatmap" in alts(page)[2]
    choose(page, view="Words")
    assert "Word" in page.table[-1].value
    choose(page, view="Poster vs. overview")
    assert charts(page)[-1].startswith("Contributions to the log-odds: Base rates ")
    assert "EfficientNet for the poster, MiniLM for the overview" in page_text(page)
    probability = page.table[0].value["Probability"].iloc[0]
    assert f"Together this gives **{percent(probability)}**" in page_text(page)
    choose(page, view="What if")
    assert len(page.slider) == 2
    assert len(page.text_area) == 1


def test_fusion_without_an_overview_explains_its_poster_part(fusion, few_films, monkeypatch):
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", fusion)
    monkeypatch.setenv("GENRECLF_DATA", str(few_films))
    page = open_section(TRY)
    page.file_uploader[0].upload("poster.jpg", film_sets.jpeg((200, 60, 40)))
    page.run()
    page.get_by_key("try_models").set_value(["fusion"]).run()
    choose(page, model="fusion")
    assert len(alts(page)) == 4
    choose(page, view="Words")
    assert "There is no overview" in page_text(page)
    choose(page, view="Poster vs. overview")
    assert "this prediction comes from the poster alone" in page_text(page)
    choose(page, view="Similar films")
    assert "Fusion uses only its poster part, EfficientNet." in page_text(page)
    assert "EfficientNet has to process the films" in page_text(page)
    choose(page, view="What if")
    assert "Change something" in page_text(page)
