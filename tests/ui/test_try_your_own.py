"""The Try your own page: valid and invalid posters and overviews."""

import film_sets
import pytest
import weight_sets
from app_pages import as_read, open_address, page_text
from PIL import Image
from streamlit.testing.v1 import AppTest

from genreclf import paths, public
from genreclf.predict.film import load_examples
from genreclf.ui.explain import words

PAGE = "pages/try-your-own.py"
OVERVIEW = "A ghost haunts the cellar of an old house at night, and blood is on the stairs."


@pytest.fixture
def open_page(film_folder, monkeypatch):
    """Opens the page, which does not use the 60 films chosen in the sidebar."""
    monkeypatch.setenv("GENRECLF_DATA", str(film_folder))

    def open_it() -> AppTest:
        return open_address(PAGE)

    return open_it


@pytest.fixture
def page(open_page, shipped) -> AppTest:
    """The page with a Small CNN, TF-IDF and base rates; the first two are chosen."""
    page = open_page()
    if "try_models" not in page.session_state:  # the choice of models appears with the first input
        page.session_state["try_models"] = ["cnn-small", "tfidf"]
    return page


def upload(page: AppTest, content: bytes, name: str = "poster.jpg") -> AppTest:
    page.file_uploader[0].upload(name, content)
    page.run()
    assert not page.exception
    return page


def write(page: AppTest, text: str) -> AppTest:
    page.text_area(key="try_overview").set_value(text).run()
    assert not page.exception
    return page


def models(page: AppTest) -> set[str]:
    return set(page.table[0].value["Model"]) if page.table else set()


def test_at_first_it_explains_what_to_do(page):
    assert page.title[0].value == "Try your own"
    assert "never written to disk" in page_text(page)
    assert "Nothing to predict from yet" in page.info[0].value
    page.button(key="try_predict").click().run()
    assert "Nothing to predict from yet" in page.warning[0].value
    assert not page.table


def test_for_a_poster_only_the_poster_models_predict(page):
    upload(page, film_sets.jpeg())
    assert models(page) == {"Small CNN"}
    assert len(page.image) == 1
    assert "Add an overview to see the predictions of TF-IDF too" in page_text(page)
    assert list(page.table[0].value.columns) == ["Model", "Genre", "Probability"]


def test_for_an_overview_only_the_overview_models_predict(page):
    write(page, OVERVIEW)
    assert models(page) == {"TF-IDF"}
    assert not page.image
    assert "Add a poster to see the predictions of Small CNN too" in page_text(page)


def test_for_both_all_models_predict(page):
    write(upload(page, film_sets.jpeg()), OVERVIEW)
    assert models(page) == {"Small CNN", "TF-IDF"}
    assert len(page.get("plotly_chart")) == 2
    page.get_by_key("try_models").set_value(["prior"]).run()
    assert models(page) == {"Base rates"}


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_formats_and_unusual_names(page, kind):
    content = film_sets.encoded(Image.new("RGB", (300, 440), (20, 20, 40)), kind)
    upload(page, content, f"../../etc/*passwd*.{kind.lower()}")
    assert models(page) == {"Small CNN"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"GIF89a and nothing else", "is not a JPEG, PNG or WebP image"),
        (film_sets.jpeg()[:400], "cannot be decoded"),
        (film_sets.with_size(film_sets.jpeg(), 60_000, 60_000), "million pixels"),
        (film_sets.jpeg(size=(10, 10)), "only 10×10 pixels"),
    ],
)
def test_an_invalid_poster_is_an_error(page, content, reason):
    upload(page, content)
    assert reason in as_read(page.error[0].value)
    assert not page.table
    write(page, OVERVIEW)  # predictions for the overview are still shown
    assert models(page) == {"TF-IDF"}


def test_a_wide_picture_gets_a_hint(page):
    upload(page, film_sets.jpeg(size=(90, 60)))
    assert models(page) == {"Small CNN"}
    assert "wider than it is tall" in page_text(page)


def test_short_and_long_overviews_get_a_hint(page):
    write(page, "Ghosts.")
    assert "too short to say much" in page.warning[0].value
    assert models(page) == {"TF-IDF"}
    write(page, "ghost " * 300)
    assert "300 words; the models read only the first 200" in page.warning[0].value


@pytest.mark.parametrize("text", ["?!", "*N/A*", "No overview found.", "愛"])
def test_a_text_that_says_nothing_is_named(page, text):
    write(page, text)
    [warning] = page.warning
    assert warning.value.startswith("The overview")
    assert not page.table


@pytest.mark.parametrize("key", load_examples())
def test_the_examples_fill_in_both(page, key):
    page.button(key=f"try_example_{key}").click().run()
    assert not page.exception
    assert page.text_area(key="try_overview").value == load_examples()[key].overview
    assert models(page) == {"Small CNN", "TF-IDF"}


def test_an_upload_replaces_the_examples_poster_and_start_over_clears_all(page):
    page.button(key="try_example_horror").click().run()
    example = page.table[0].value
    upload(page, film_sets.jpeg((250, 240, 60)))
    uploaded = page.table[0].value
    assert not uploaded[uploaded["Model"] == "Small CNN"].equals(example[example["Model"] == "Small CNN"])
    page.button(key="try_clear").click().run()
    assert not page.exception
    assert page.text_area(key="try_overview").value == ""
    assert not page.table
    assert not page.image


def test_start_over_leaves_nothing_of_a_text_in_memory(page, monkeypatch):
    computed, real = [], words.leave_one_out
    monkeypatch.setattr(words, "leave_one_out", lambda *arguments: computed.append(1) or real(*arguments))

    def explain() -> None:
        write(page, OVERVIEW)
        page.get_by_key("try_why_model").set_value("tfidf").run()
        page.get_by_key("try_why_view").set_value("What if").run()
        assert not page.exception

    explain()
    [edited] = [area for area in page.text_area if area.key != "try_overview"]
    edited.set_value(OVERVIEW.replace("ghost", "wolf")).run()
    before = len(computed)
    page.button(key="try_clear").click().run()
    state = page.session_state._state._state
    kept = f"{[*state._old_state.items()]} {[*state._new_session_state.items()]}"
    assert "try_why_view" in kept  # what was chosen stays
    assert "cellar" not in kept
    explain()
    assert len(computed) > before  # and was not kept in a cache


def test_in_public_a_text_has_a_bound(page, monkeypatch):
    monkeypatch.setenv(public.VARIABLE, "1")
    page.run()
    write(page, "ghosts " * 1000)
    assert len(page.text_area(key="try_overview").value) == public.LIMITS.characters
    assert models(page) == {"TF-IDF"}


@pytest.mark.parametrize("name", ["poster.jfif", "POSTER.JPG", "poster.jpe", "a.pjpeg"])
def test_every_name_of_a_jpeg_is_accepted(page, name):
    upload(page, film_sets.jpeg(), name)
    assert models(page) == {"Small CNN"}
    assert name in page_text(page)


def test_what_was_given_stays_while_other_pages_are_visited_and_the_file_itself_is_let_go(page):
    write(upload(page, film_sets.jpeg((250, 240, 60)), "mine.jpg"), OVERVIEW)
    page.get_by_key("try_models").set_value(["cnn-small", "tfidf", "prior"]).run()
    before = page.table[0].value
    assert page.file_uploader[0].value is None or not page.file_uploader[0].value.getvalue()
    page.switch_page("pages/train.py").run()
    page.switch_page(PAGE).run()
    assert not page.exception
    assert page.table[0].value.equals(before)
    assert page.text_area(key="try_overview").value == OVERVIEW
    assert "mine.jpg" in page_text(page)
    page.button(key="try_remove").click().run()
    assert not page.image
    assert page.text_area(key="try_overview").value == OVERVIEW


def test_an_example_stays_whole_and_an_upload_ends_it(page):
    page.button(key="try_example_horror").click().run()
    page.switch_page("pages/train.py").run()
    page.switch_page(PAGE).run()
    assert len(page.image) == 1
    assert page.text_area(key="try_overview").value == load_examples()["horror"].overview
    assert "was drawn for the sample" in page_text(page)
    upload(page, film_sets.jpeg())
    assert "was drawn for the sample" not in page_text(page)


def test_an_example_without_its_poster_still_has_its_overview(page, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "SAMPLE", tmp_path / "nothing")
    page.button(key="try_example_horror").click().run()
    assert not page.exception
    assert "poster is missing from the sample" in page_text(page)
    assert models(page) == {"TF-IDF"}


def test_without_weights_it_offers_training(open_page, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "nothing")
    page = open_page()
    assert "There is no trained model yet" in page_text(page)
    assert "Train a model" in [link.value for link in page.page_link]
    assert not page.text_area


def test_networks_predict_and_unknown_words_are_reported(open_page, tmp_path, monkeypatch):
    root = tmp_path / "weights" / "imdb"
    for model, vocabulary in (("cnn", ()), ("lstm", ("a", "ghost", "haunts", "the", "cellar"))):
        weight_sets.write_untrained(root / model, model, vocabulary)
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", root.parent)
    page = write(upload(open_page(), film_sets.jpeg()), "A ghost haunts the cellar")
    assert models(page) == {"CNN", "LSTM"}
    assert not page.warning
    write(page, "Ein Geist spukt im Keller des alten Hauses")
    assert "in English?" in page.warning[0].value
    write(page, "The war")
    assert "only 1 of these words" in page.warning[0].value
    assert models(page) == {"CNN", "LSTM"}
