"""The table of all runs and its filters."""

import pytest
from app_pages import page_text

from genreclf.runs import queue
from genreclf.runs.folder import Status, list_runs
from genreclf.ui.train import table as train_table

METRICS = {"test": {"bce": 0.2, "micro_f1": 0.5, "map": 0.4}}


@pytest.fixture
def many(make_run):
    """Six runs; with five, the table has no filters."""
    return [
        make_run(outcome=Status.COMPLETED, name="First try", metrics=METRICS),
        make_run(outcome=Status.COMPLETED, note="Naïve, but quick"),
        make_run(done=0, outcome=Status.FAILED, reason="No luck."),
        make_run("cnn", outcome=Status.COMPLETED, name="Second try"),
        make_run("cnn", outcome=Status.STOPPED),
        make_run("prior", epochs=1, done=0, outcome=Status.COMPLETED),
    ]


def table(page):
    return page.dataframe[-1].value


def test_it_lists_all_runs(open_page, make_run):
    make_run(outcome=Status.COMPLETED, name="First try", note="Two\nlines", metrics=METRICS)
    make_run("prior", epochs=1, done=0, outcome=Status.FAILED, reason="No.")
    page = open_page()
    rows = table(page)
    assert rows["model"].tolist() == ["Base rates", "LSTM"]
    assert rows["name"].tolist() == ["", "First try"]
    assert rows["note"].tolist() == ["", "Two lines"]
    assert rows["status"].tolist() == ["Failed", "Completed"]
    assert rows["recipe"].tolist() == ["baseline", "tuned recipe, 1 setting changed"]
    assert rows["epochs"].tolist() == ["   0 of 1", "   2 of 3"]
    assert rows["loss"].iloc[1] == pytest.approx(0.25)
    assert rows[["bce", "micro_f1", "map"]].iloc[1].tolist() == [0.2, 0.5, 0.4]
    assert rows["bce"].isna().iloc[0]
    assert "train-table-words" not in {field.key for field in page.text_input}, "two runs need no filters"


def test_filters_by_words_and_choices(open_page, many):
    page = open_page()
    assert len(table(page)) == 6
    page.text_input(key="train-table-words").set_value("TRY").run()
    assert table(page)["name"].tolist() == ["Second try", "First try"]
    assert "**2 of 6 runs**" in page_text(page)
    page.multiselect(key="train-table-model").set_value(["LSTM"]).run()
    assert table(page)["name"].tolist() == ["First try"]
    page.text_input(key="train-table-words").set_value("naive").run()
    assert table(page)["note"].tolist() == ["Naïve, but quick"], "accents do not matter"
    page.text_input(key="train-table-words").set_value("").run()
    page.multiselect(key="train-table-status").set_value(["Failed"]).run()
    assert len(table(page)) == 1
    page.multiselect(key="train-table-model").set_value(["CNN"]).run()
    assert "No run matches" in page_text(page)
    page.button(key="train-table-clear").click().run()
    assert not page.exception
    assert len(table(page)) == 6


def test_a_run_is_found_by_its_id(open_page, many):
    page = open_page()
    page.text_input(key="train-table-words").set_value(many[3].id).run()
    assert table(page)["name"].tolist() == ["Second try"]


def test_the_ended_runs_of_a_filter_can_be_deleted(open_page, many):
    page = open_page()
    assert "train-table-delete" not in {button.key for button in page.button}, "not without a filter"
    page.multiselect(key="train-table-model").set_value(["CNN"]).run()
    page.button(key="train-table-delete").click().run()
    assert "of 2 runs" in page_text(page)
    assert "Second try" in page_text(page)
    assert len(list_runs()) == 6
    page.button(key="train-confirm_delete").click().run()
    assert not page.exception
    assert {run.model for run in list_runs()} == {"lstm", "prior"}


def test_a_click_selects_the_run_in_the_row_on_screen(open_page, many, monkeypatch):
    shown = []
    monkeypatch.setattr(train_table.current_run, "show_run", shown.append)
    monkeypatch.setattr(train_table.st, "rerun", lambda: None)
    clicked = {train_table._CLICK: {"row": 1}, train_table._IDS: ["a", "b"]}
    monkeypatch.setattr(train_table.st, "session_state", clicked)
    monkeypatch.setattr(train_table.current_run, "all_runs", list)
    train_table._table(None, False)
    assert shown == ["b"]


def test_opening_the_page_starts_a_waiting_run(open_page, make_run, monkeypatch):
    """The previous trainer was killed before it could start the next run, and its run is on screen."""
    started = []
    monkeypatch.setattr(queue, "start_next", lambda: started.append(True))
    dead, _ = make_run(), make_run(done=0)
    page = open_page(dead)
    assert "Died" in page_text(page)
    assert table(page)["status"].tolist() == ["Queued", "Died"]
    assert started
