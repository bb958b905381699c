"""The Browse page: the wall, its filters, the charts, and the panel that downloads the full set."""

import json
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import film_sets
import numpy as np
import pytest
from app_pages import APP, as_read, open_address, page_text
from streamlit.testing.v1 import AppTest

from genreclf import paths
from genreclf.data.catalogue import load_catalogue
from genreclf.data.fetch import job
from genreclf.errors import UserError
from genreclf.evaluation.stored import catalogue_predictions
from genreclf.files import write_json
from genreclf.genres import GENRES
from genreclf.locks import hold_lock
from genreclf.ui.browse import figures, filters, quality
from genreclf.ui.browse.filters import Filters
from genreclf.weights.folder import find_weights

PAGE = "pages/browse.py"


@pytest.fixture
def open_page(film_folder, monkeypatch):
    """Opens the page on the 60 films, with these query parameters."""
    monkeypatch.setenv("GENRECLF_DATA", str(film_folder))

    def open_it(folder: Path | None = None, **address) -> AppTest:
        if folder is not None:
            monkeypatch.setenv("GENRECLF_DATA", str(folder))
        return open_address(PAGE, **address)

    return open_it


def count(page: AppTest) -> str:
    return next(block.value for block in page.markdown if block.value.endswith(" films**")).strip("*")


def posters(page: AppTest) -> list[str]:
    """The names of the films on the wall, in order."""
    return [picture.proto.imgs[0].alt for picture in page.get("image")]


def press(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception
    return page


def test_the_wall_shows_one_page_of_films_at_a_time(open_page):
    page = open_page()
    assert count(page) == "60 films"
    assert posters(page) == [f"Poster of Film {number}" for number in range(1, 25)]
    links = [link for link in page.get("page_link") if link.proto.page == "compare"]
    assert "film=tt0000001" in links[0].proto.query_string
    assert not page.get("image")[0].proto.link, "Streamlit would open it in a new tab"

    page.pagination(key="wall_page").set_value(3).run()
    assert posters(page) == [f"Poster of Film {number}" for number in range(49, 61)]
    page.pagination(key="wall_page_below_3").set_value(2).run()
    assert page.pagination(key="wall_page").value == 2
    assert posters(page)[0] == "Poster of Film 25"


def test_genres_match_any_or_all(open_page, catalogue):
    page = open_page()
    assert not page.main.toggle, "with one genre there is nothing to choose"
    page.pills(key="genres").set_value(["Action", "Comedy"]).run()
    has = [set(genres) & {"Action", "Comedy"} for genres in catalogue.films["genres"]]
    assert count(page) == f"{sum(map(bool, has))} of 60 films"
    page.toggle(key="all_genres").set_value(True).run()
    assert count(page) == f"{sum(len(both) == 2 for both in has)} of 60 films"
    assert not page.exception


def test_a_filter_returns_to_the_first_page_and_can_be_cleared(open_page):
    page = open_page()
    page.pagination(key="wall_page").set_value(2).run()
    page.selectbox(key="in_split").set_value("train").run()
    assert count(page) == "47 of 60 films"
    assert page.pagination(key="wall_page").value == 1
    press(page, "clear_filters")
    assert count(page) == "60 films"
    assert page.selectbox(key="in_split").value is None


def test_words_find_films_and_without_a_match_all_can_be_shown(open_page, catalogue):
    page = open_page()
    page.text_input(key="words").set_value("Sheriff").run()
    found = catalogue.films["overview"].str.contains("sheriff").sum()
    assert count(page) == f"{found} of 60 films"
    page.text_input(key="words").set_value("no such words").run()
    assert count(page) == "0 of 60 films"
    assert not posters(page)
    press(page, "show_all_films")
    assert count(page) == "60 films"
    assert page.text_input(key="words").value == ""


def test_an_address_sets_the_filters(open_page):
    page = open_page(genres="Western", in_split="Training")
    assert page.pills(key="genres").value == ["Western"]
    assert page.selectbox(key="in_split").value == "train"
    assert count(page).endswith(" of 60 films")


def test_invalid_values_in_the_address_show_all_films(open_page):
    page = open_page(genres="Telenovela", in_split="moon", wall_page="-3", order="sideways", wrong_by="oracle")
    assert count(page) == "60 films"


def test_films_wrongly_predicted_by_a_model(open_page, shipped, catalogue):
    page = open_page()
    page.selectbox(key="wrong_by").set_value("tfidf").run()
    assert not page.exception
    best = catalogue_predictions(catalogue, find_weights("tfidf")).argmax(axis=1)
    wrong = [film for film, genre in enumerate(best) if GENRES[genre] not in catalogue.films["genres"][film]]
    assert count(page) == f"{len(wrong)} of 60 films"
    assert posters(page) == [f"Poster of Film {position + 1}" for position in wrong[:24]]
    notes = [block.value for block in page.caption if "predicts" in block.value]
    assert len(notes) == len(wrong[:24])


def test_without_weights_no_model_can_be_wrong(open_page, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "none")
    page = open_page()
    assert page.selectbox(key="wrong_by").disabled


def test_a_damaged_card_does_not_break_the_page(open_page, shipped, home):
    write_json(home / "weights" / "imdb" / "cnn-small" / "card.json", {"model": "cnn-small"})
    page = open_page()
    assert "Small CNN" not in page.selectbox(key="wrong_by").options
    assert "TF-IDF" in page.selectbox(key="wrong_by").options


@pytest.fixture
def titled(tmp_path) -> Path:
    titles = [("Zorro", "1920"), ("amber", "1999"), ("A film with a very long title", "1950"), ("*Bold*", "")]
    rows = [
        film_sets.Film(f"f{number}", ["Drama"], "Words.", film_sets.jpeg(), {"Title": title, "Year": year})
        for number, (title, year) in enumerate(titles)
    ]
    return film_sets.write_set(tmp_path / "titled", rows, ["Title", "Year"])


def test_titles_and_years_order_the_wall(open_page, titled):
    page = open_page(titled)
    assert posters(page)[0] == "Poster of Zorro (1920)"
    page.selectbox(key="order").set_value("Title").run()
    names = [name.removeprefix("Poster of ") for name in posters(page)]
    assert names == ["*Bold*", "A film with a very long title (1950)", "amber (1999)", "Zorro (1920)"]
    page.selectbox(key="order").set_value("Newest first").run()
    assert [name[-5:-1] for name in posters(page)] == ["1999", "1950", "1920", "Bold"]
    page.selectbox(key="order").set_value("Oldest first").run()
    assert [name[-5:-1] for name in posters(page)] == ["1920", "1950", "1999", "Bold"]


def test_names_are_escaped_and_shortened_at_a_word(open_page, titled):
    page = open_page(titled)
    labels = [link.proto.label for link in page.get("page_link") if link.proto.page == "compare"]
    assert labels[:3] == ["**Zorro \\(1920\\)**", "**amber \\(1999\\)**", "**A film with a very…**"]
    assert labels[3] == "**\\*Bold\\***"
    assert "1950 · Drama" in [block.value for block in page.caption]


def test_orders_that_the_data_lacks_are_not_offered(open_page):
    assert open_page().selectbox(key="order").options == ["Number"]


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("Genres", "Each bar counts the films with a genre"),
        ("Genre pairs", "Read along a row"),
        ("Overview lengths", "Each bar counts the films whose overview has that many words"),
        ("Words", "most frequent words of the training overviews"),
    ],
)
def test_every_chart_explains_how_to_read_it(open_page, view, words):
    page = open_page(view=view)
    assert words in page_text(page)
    assert not posters(page), "the wall is drawn although its tab is closed"
    drawn = [*page.get("plotly_chart"), *page.dataframe]
    assert len(drawn) == 1
    assert drawn[0].proto.alt


def test_the_largest_share_of_genre_pairs_is_that_of_the_cells(catalogue, monkeypatch):
    drawn, captions = {}, []
    monkeypatch.setattr(figures.look, "show", lambda figure, _key, _height, alt: drawn.update(figure=figure, alt=alt))
    monkeypatch.setattr(figures.st, "caption", captions.append)
    figures.genre_pairs(catalogue)
    heatmap = drawn["figure"].data[0]
    cells = np.array(heatmap.z, float)
    row, column = np.unravel_index(np.nanargmax(cells), cells.shape)
    said = f"{np.nanmax(cells):.0f} % of the {heatmap.y[row]} films also have the genre {heatmap.x[column]}."
    assert said in drawn["alt"]
    assert said in as_read(captions[0])


def test_a_film_without_a_genre_is_explained(open_page, tmp_path):
    plain_set = film_sets.write_set(tmp_path / "plain", film_sets.films(3))
    assert "N/A: " not in page_text(open_page(plain_set, view="Genres"))
    rows = [*film_sets.films(3), film_sets.Film("x", ["N/A"], "Nobody knows.", film_sets.jpeg())]
    assert "N/A: " in page_text(open_page(film_sets.write_set(tmp_path / "set", rows), view="Genres"))


def test_words_begin_with_those_typical_of_a_genre(open_page):
    page = open_page(view="Words")
    assert list(page.table[0].value.columns) == ["Genre", "Films", "Typical words"]


def test_rows_left_out_are_listed_with_their_reasons(open_page, damaged_folder):
    page = open_page(damaged_folder.folder, view=f"Left out ({len(damaged_folder.problems)})")
    table = page.dataframe[0].value
    assert list(table["Film"]) == [film_id for film_id, _ in damaged_folder.problems]
    assert all(reason in shown for (_, reason), shown in zip(damaged_folder.problems, table["Reason"], strict=True))


def test_a_single_film_has_all_views(open_page, tmp_path):
    folder = film_sets.write_set(tmp_path / "one", film_sets.films(1))
    for view in ("Films", "Genres", "Overview lengths", "Words", "Data quality"):
        page = open_page(folder, view=view)
        assert "Genre pairs" not in [tab.label for tab in page.tabs], "no film has two genres"


def test_an_unreadable_set_is_an_error_and_the_panel_stays(open_page, tmp_path):
    page = open_page(tmp_path / "nowhere")
    assert "does not exist" in page.error[0].value
    assert page.button(key="fetch_start")


def test_the_embedded_sample_opens(home):
    page = AppTest.from_file(APP, default_timeout=120).run()
    page.switch_page(PAGE).run()
    assert not page.exception
    assert len(posters(page)) == 24
    assert all(link.proto.label for link in page.get("page_link"))


def test_a_click_starts_the_download_of_the_full_set(open_page, monkeypatch):
    started = []
    monkeypatch.setattr(job, "start", lambda: started.append(True))
    press(open_page(), "fetch_start")
    assert started == [True]


def test_a_download_shows_its_progress_and_can_be_stopped(open_page):
    progress = {"stage": "posters", "done": 50_000_000, "total": 200_000_000, "unit": "bytes"}
    write_json(job.folder() / "progress.json", progress)
    with hold_lock(job.folder() / "lock"):
        page = open_page()
        (bar,) = page.get("progress")
        assert bar.proto.value == 25
        assert bar.proto.text == "Downloading the posters · 50 of 200 MB"
        press(page, "fetch_stop")
        assert (job.folder() / "stop").exists()
        assert page.button(key="fetch_stop").disabled


def test_a_failed_download_states_the_reason_and_can_be_continued(open_page, monkeypatch):
    write_json(job.folder() / "progress.json", {"stage": "table"})
    write_json(job.folder() / "exit.json", {"state": "failed", "reason": "The disk is full; free some space."})
    page = open_page()
    assert as_read(page.error[0].value) == "The disk is full; free some space."
    assert page.button(key="fetch_start").label == "Continue"


def test_a_downloaded_set_can_be_chosen(open_page):
    film_sets.write_set(job.destination(), film_sets.films(3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job, "is_fetched", lambda: True)
        page = press(open_page(), "choose_full_set")
        assert page.selectbox(key="data").value == job.KEY
        assert count(page) == "3 films"
        assert not [button for button in page.button if button.key in ("choose_full_set", "fetch_start")]


def test_filters_combine(catalogue):
    films = catalogue.films
    found = filters.select(catalogue, Filters(genres=("Drama",), words="family", split="train"))
    expected = [
        position
        for position in range(len(films))
        if "Drama" in films["genres"][position]
        and "family" in films["overview"][position]
        and films["split"][position] == "train"
    ]
    assert list(found) == expected
    assert expected


def test_the_genres_chart_says_which_names_were_read_as_others(tmp_path, open_page):
    films = [film_sets.Film("a", ["Sci-Fi"], "A robot falls in love.", film_sets.jpeg(), {"Genre": "Science Fiction"})]
    page = open_page(film_sets.write_set(tmp_path / "films", [*films, *film_sets.films(5)]), view="Genres")
    assert "1 film: the table's genre “Science Fiction” is read as Sci-Fi" in page_text(page)


@pytest.fixture
def many_genres(tmp_path) -> Path:
    """An imported set of 120 films with 242 genres, one oddly named; two films lack the overview, three the poster."""
    folder = tmp_path / "themes"
    folder.mkdir()
    rows = ["Id,Genre,Overview,Poster"]
    for number in range(120):
        (folder / f"{number}.jpg").write_bytes(film_sets.jpeg(seed=number))
        genres = json.dumps(
            [f"Theme {number}", f"Theme {number + 120}", f"*Odd* <b>{'long ' * 9}" if number % 3 else "Noir"]
        )
        overview = "" if number in (0, 1) else f"A man called N{number} waits."
        poster = "" if number in (2, 3, 4) else f"{number}.jpg"
        rows.append(f'f{number},"{genres.replace(chr(34), chr(34) * 2)}",{overview},{poster}')
    (folder / "IMDB_overview_genres.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    genres = [f"Theme {number}" for number in range(240)] + [f"*Odd* <b>{'long ' * 9}".strip(), "Noir"]
    write_json(folder / "dataset.json", {"version": 1, "name": "themes", "genres": genres})
    return folder


def test_hundreds_of_genres_and_films_without_inputs_have_all_views(open_page, many_genres):
    page = open_page(many_genres)
    assert count(page) == "120 films"
    assert posters(page)[:5] == ["Poster of Film 1", "Poster of Film 2", "Film 3", "Film 4", "Film 5"]
    page.multiselect(key="genres").set_value(["Theme 7", "Noir"]).run()
    assert count(page) == "41 of 120 films"
    assert not page.exception
    for view in ("Genre pairs", "Overview lengths", "Words", "Data quality"):
        open_page(many_genres, view=view)
    page = open_page(many_genres, view="Genres")
    assert len(page.dataframe[0].value) == 242
    (chart,) = page.get("plotly_chart")
    assert len(json.loads(chart.proto.spec)["data"][0]["y"]) <= figures.MAX_BARS


def test_long_and_odd_names_of_genres_are_short_and_no_html(many_genres, monkeypatch):
    drawn = {}
    monkeypatch.setattr(figures.look, "show", lambda figure, *_: drawn.update(figure=figure))
    figures.genre_pairs(load_catalogue(many_genres))
    names = drawn["figure"].layout.yaxis.ticktext
    assert len(names) == figures.MAX_PAIRS
    assert names[0].startswith("*Odd* &lt;b&gt;long")
    assert names[0].endswith("…")


def test_films_of_a_finding_are_shown_left_out_and_put_back(open_page, tmp_path):
    stubs = [
        film_sets.Film(f"stub{number}", ["Drama"], "The story of", film_sets.jpeg(seed=number)) for number in "123"
    ]
    folder = film_sets.write_set(tmp_path / "stubs", [*film_sets.films(20), *stubs])
    page = open_page(folder, view="Data quality")
    assert "3 overviews stop before the end of a sentence" in page_text(page)
    assert not posters(page), "the films are drawn although nobody asked for them"
    page.session_state["films-overviews_cut_off-1"] = True
    page.run()
    assert posters(page) == ["Poster of Film 21", "Poster of Film 22", "Poster of Film 23"]
    press(page, "leave_out-overviews_cut_off-1")
    assert "3 films are left out" in page_text(page)
    assert "overviews stop" not in page_text(page)
    assert not list(folder.glob("corrections*")), "nothing is written into the data set"
    assert count(open_page(folder)) == "20 films"
    press(page, "undo-0")
    assert "3 overviews stop" in page_text(page)
    assert count(open_page(folder)) == "23 films"


def test_a_failure_to_leave_films_out_is_said(open_page, tmp_path, monkeypatch):
    stub = film_sets.Film("stub", ["Drama"], "The story of", film_sets.jpeg())
    page = open_page(film_sets.write_set(tmp_path / "stubs", [*film_sets.films(20), stub]), view="Data quality")
    monkeypatch.setattr(
        quality.corrections, "leave_out", Mock(side_effect=UserError("The disk is full; free some space."))
    )
    press(page, "leave_out-overviews_cut_off-1")
    assert "disk is full" in page.error[0].value


def test_predictions_of_films_without_the_input_are_not_wrong(catalogue, monkeypatch):
    weights = SimpleNamespace(genres=("Drama", "Comedy"))
    probabilities = np.tile(np.float32([0.9, 0.1]), (len(catalogue), 1))
    probabilities[:30] = np.nan
    monkeypatch.setattr(filters.data, "all_predictions", lambda *_: probabilities)
    found = filters.select(catalogue, Filters(wrong_by=weights))
    no_drama = ["Drama" not in genres for genres in catalogue.films["genres"]]
    assert found.tolist() == [position for position in range(30, 60) if no_drama[position]]
    assert "predicts Drama" in filters.notes(catalogue, Filters(wrong_by=weights), found)[int(found[0])]
