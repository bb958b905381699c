"""Corrections in the app: doubts accepted and rejected, genres edited, all of it undone, exported and imported."""

import dataclasses
import json
from functools import partial

import numpy as np
import predicted_sets
import pytest
from app_pages import open_address, page_text
from streamlit.testing.v1 import AppTest

from genreclf import paths
from genreclf.data import corrections, label_studio
from genreclf.data.catalogue import load_catalogue
from genreclf.evaluation.confident import label_issues
from genreclf.evaluation.predictions import predict_split
from genreclf.ui.evaluate import state

COMPARE, EVALUATE, BROWSE = (f"pages/{name}.py" for name in ("compare", "evaluate", "browse"))
open_doubts = partial(open_address, EVALUATE, section="Films", evaluate_films="Doubtful labels")
open_panel = partial(open_address, BROWSE, view="Corrections")


@pytest.fixture
def load(film_folder, monkeypatch):
    """The 60 films, which the app opens; a call loads them again."""
    monkeypatch.setenv("GENRECLF_DATA", str(film_folder))
    return lambda: load_catalogue(film_folder)


@pytest.fixture
def doubted(load, tmp_path, monkeypatch) -> str:
    """A test film of which all models doubt a genre."""
    catalogue = load()
    root = predicted_sets.write_predicted(tmp_path / "weights" / "imdb", catalogue)
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", root.parent)
    rows = catalogue.in_split("test")
    labels = catalogue.labels[rows]
    probabilities = np.where(labels == 1, 0.9, 0.1).astype(np.float32)
    films, genres = np.nonzero(labels * (labels.sum(axis=0) > 1) * (labels.sum(axis=1) > 1)[:, None])
    probabilities[films[0], genres[0]] = 0.01  # other films have the genre, and this film has another one
    for model in predicted_sets.SKILLS:
        weights = predict_split(catalogue, "test", [model]).of(model).weights
        predicted_sets.store(catalogue, weights, probabilities)
    film = catalogue.films["id"].iloc[rows[films[0]]]
    assert label_issues(predict_split(catalogue, "test"))["id"].tolist() == [film]
    return film


def genres_of(catalogue, film: str) -> list[str]:
    return catalogue.films["genres"].iloc[catalogue.position(film)]


def keys(page: AppTest, beginning: str) -> list[str]:
    return [button.key for button in page.button if button.key.startswith(f"corrections_{beginning}")]


def click(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception
    return page


# Evaluate: doubts


def test_a_rejected_doubt_is_not_shown_again(doubted, load):
    page = open_doubts()
    assert keys(page, "reject") == [f"corrections_reject_{doubted}"]
    click(page, f"corrections_reject_{doubted}")
    assert not keys(page, "reject")
    for view in (page, open_doubts()):  # this session's and a new one's
        assert not keys(view, "accept")
        view.get_by_key("corrections_rejected").set_value(True).run()
        assert keys(view, "accept")
    assert list(load().corrections.with_effect(corrections.CONFIRMED)) == [doubted]


def test_a_rejection_is_undone_at_a_click(doubted, load):
    page = click(open_doubts(), f"corrections_reject_{doubted}")
    click(page, f"corrections_undo_last_{doubted}")
    assert keys(page, "reject")
    assert not load().corrections.rows


def test_an_accepted_doubt_corrects_the_genres(doubted, load):
    before = genres_of(load(), doubted)
    page = open_doubts()
    [accept] = keys(page, "accept")
    genre = accept.rpartition("_")[2]
    assert genre in before
    click(page, accept)
    after = load()
    assert genres_of(after, doubted) == [name for name in before if name != genre]
    assert after.corrections.rows[doubted].action == corrections.ACCEPT
    assert not keys(page, "accept")
    click(page, f"corrections_undo_last_{doubted}")
    assert genres_of(load(), doubted) == before


def test_scores_follow_a_correction_without_predicting_again(doubted, load, monkeypatch):
    before = predict_split(load(), "test").metrics()
    corrections.correct(load(), {doubted: ["War"]})

    def none(*_, **__):
        raise AssertionError("the predictions are stored")

    monkeypatch.setattr("genreclf.evaluation.stored.Predictor", none)
    assert predict_split(load(), "test").metrics()["fusion"] != before["fusion"]


def test_films_with_what_models_need_have_the_genres_as_they_are_now(load):
    """These films are cached, where others lack an input."""
    before = load()
    corrections.correct(before, {"tt0000003": ["War"]})
    posters = (None, *before.posters[1:])
    for catalogue, genres in ((before, genres_of(before, "tt0000003")), (load(), ["War"])):
        lacking = dataclasses.replace(catalogue, posters=posters)
        assert genres_of(state.with_inputs(lacking, poster=True, overview=True), "tt0000003") == genres


# Compare


def edited(film: str, genres: list[str]) -> AppTest:
    page = open_address(COMPARE, film=film)
    [select] = [each for each in page.multiselect if each.key.startswith(f"corrections_genres_{film}")]
    select.set_value(genres).run()
    return click(page, f"corrections_save_{film}")


@pytest.mark.usefixtures("shipped")
def test_a_films_genres_are_edited_and_that_undone(load):
    before = genres_of(load(), "tt0000003")
    page = edited("tt0000003", ["War", "Drama"])
    assert genres_of(load(), "tt0000003") == ["Drama", "War"]
    assert page.number_input(key="compare_number").value == 3, "the same film is shown"
    assert ":green-badge[:material/check: War]" in page_text(page)
    again = open_address(COMPARE, film="tt0000003")
    assert f"the table says {', '.join(before)}" in page_text(again)
    click(again, "corrections_undo_film_tt0000003")
    assert genres_of(load(), "tt0000003") == before
    assert "the table says" not in page_text(again)
    page.run()
    assert "the table says" not in page_text(page), "another session sees it at its next run"


@pytest.mark.usefixtures("shipped")
def test_nothing_is_saved_without_a_change(load):
    page = open_address(COMPARE, film="tt0000003")
    assert page.button(key="corrections_save_tt0000003").disabled
    [select] = [each for each in page.multiselect if each.key.startswith("corrections_genres_")]
    select.set_value([]).run()
    assert page.button(key="corrections_save_tt0000003").disabled
    assert not load().corrections.rows


@pytest.mark.usefixtures("shipped")
def test_a_film_is_left_out_and_comes_back(load):
    page = click(open_address(COMPARE, film="tt0000003"), "corrections_leave_out_tt0000003")
    assert len(load()) == 59
    assert not page.error
    click(page, "corrections_undo_last_tt0000003")
    assert len(load()) == 60


def test_a_doubt_is_shown_and_rejected_on_compare(doubted, load):
    page = open_address(COMPARE, film=doubted)
    assert keys(page, "accept")
    click(page, f"corrections_reject_{doubted}")
    assert not keys(page, "accept")
    assert "Genres confirmed" in page_text(page)
    assert not keys(open_address(COMPARE, film=load().films["id"].iloc[0]), "reject")


def test_a_file_that_cannot_be_written_is_said(load, shipped, home):
    (home / "corrections").write_text("a file", "utf-8")
    page = open_address(COMPARE, film="tt0000003")
    click(page, "corrections_leave_out_tt0000003")
    assert "corrections" in page.toast[0].value
    assert len(load()) == 60


# Browse: all corrections


def test_all_corrections_are_listed_and_undone(load):
    corrections.correct(load(), {"tt0000001": ["War"], "tt0000002": ["War"]}, note="seen *it*")
    corrections.leave_out(load(), ["tt0000003"])
    page = open_panel()
    assert len(keys(page, "undo_list")) == 3
    assert "seen *it*" in page_text(page).replace("\\", "")
    click(page, "corrections_undo_list_tt0000003")
    assert len(keys(page, "undo_list")) == 2
    assert set(load().corrections.rows) == {"tt0000001", "tt0000002"}


def test_many_corrections_have_pages(load):
    catalogue = load()
    corrections.reject(catalogue, catalogue.films["id"].tolist())
    page = open_panel()
    assert len(keys(page, "undo_list")) == 20
    page.get_by_key("corrections_page").set_value(3).run()
    assert len(keys(page, "undo_list")) == 20


def test_rows_edited_by_hand_that_cannot_be_used_are_shown(load):
    path = paths.corrections_file(load().folder)
    path.parent.mkdir(parents=True)
    path.write_text("Id,Genre\ntt0000001,Telenovela\n", "utf-8")
    [table] = open_panel().dataframe
    assert table.value["Id"].tolist() == ["tt0000001"]


@pytest.mark.parametrize("form", ["csv", "label studio"])
def test_a_file_is_imported_after_a_preview(load, form):
    page = open_panel()
    if form == "csv":
        content, name, kind = "Id,Genre\ntt0000001,War\nnosuch,War\n", "theirs.csv", "text/csv"
    else:
        tasks = label_studio.tasks(load(), ["tt0000001"])
        result = {"from_name": "genres", "type": "choices", "value": {"choices": ["War"]}}
        tasks[0]["annotations"] = [{"completed_by": 1, "result": [result]}]
        tasks.append({"data": {"film": "nosuch"}, "annotations": []})
        content, name, kind = json.dumps(tasks), "export.json", "application/json"
    page.file_uploader[0].set_value((name, content.encode(), kind)).run()
    assert not page.exception
    assert not load().corrections.rows, "at first it only says what it would do"
    assert page.dataframe[0].value["Id"].tolist() == ["nosuch"]
    click(page, "corrections_apply")
    assert genres_of(load(), "tt0000001") == ["War"]
    assert keys(page, "undo_list") == ["corrections_undo_list_tt0000001"]
    assert not keys(page, "apply")


@pytest.mark.parametrize(("name", "content"), [("x.csv", b"a,b\n1,2"), ("x.json", b"{"), ("x.json", b"{}")])
@pytest.mark.usefixtures("load")
def test_an_odd_file_is_said(name, content):
    page = open_panel()
    page.file_uploader[0].set_value((name, content, "text/plain")).run()
    assert not page.exception
    assert name in page.error[0].value.replace("\\", "")
    assert not keys(page, "apply")
