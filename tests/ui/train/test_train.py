"""The Train page with a run in every state, and a training from the button to the end."""

import time

import odd_runs
import pytest
from app_pages import page_text
from train_page import charts, keys

from genreclf import paths
from genreclf.locks import hold_lock
from genreclf.recipes import get_recipe
from genreclf.runs.folder import Run, Status, list_runs
from genreclf.weights.folder import find_weights


def test_without_a_run_an_example_is_shown(open_page):
    page = open_page()
    assert page.title[0].value == "Train"
    assert "No run yet" in page_text(page)
    assert charts(page) == 1
    assert page.button(key="train-start").label == "Train"
    assert not page.dataframe


def test_the_form_starts_with_the_recipe_of_the_chosen_model(open_page):
    page = open_page()
    assert page.number_input(key="train-epochs-cnn-tuned").value == get_recipe("cnn", films=47).epochs
    assert page.number_input(key="train-learning-rate-cnn-tuned").value == pytest.approx(1e-3)
    assert page.checkbox(key="train-augment-cnn-tuned").value is True
    page.get_by_key("train-recipe").set_value("reference")
    page.selectbox(key="train-model").select("lstm").run()
    assert not page.exception
    assert page.number_input(key="train-epochs-lstm-reference").value == 20
    assert page.number_input(key="train-learning-rate-lstm-reference").value == pytest.approx(1e-4)
    assert page.number_input(key="train-patience-lstm-reference").value == 0
    assert page.number_input(key="train-word-dropout-lstm-reference").value == 0
    assert all(widget.help for widget in page.number_input)
    page.selectbox(key="train-model").select("tfidf").run()
    assert not page.number_input
    assert "no settings" in page_text(page)


def test_the_form_shows_device_and_data(open_page):
    text = page_text(open_page())
    assert "47 films for training, 5 for validation, 8 held out" in text
    assert "CPU" in text


def test_with_an_unusable_data_set_runs_are_still_shown(open_page, make_run, film_folder):
    run = make_run(outcome=Status.COMPLETED)
    (film_folder / "IMDB_overview_genres.csv").write_text("no table", "utf-8")
    page = open_page(run)
    assert page.error
    assert "Completed" in page_text(page)


def test_training_queues_the_chosen_settings(open_page, idle):
    page = open_page()
    page.selectbox(key="train-model").select("lstm").run()
    page.number_input(key="train-epochs-lstm-tuned").set_value(2)
    page.number_input(key="train-word-dropout-lstm-tuned").set_value(0.2)
    page.number_input(key="train-patience-lstm-tuned").set_value(0)
    page.number_input(key="train-seed-lstm-tuned").set_value(7)
    page.button(key="train-start").click().run()
    assert not page.exception
    [run] = list_runs()
    assert page.query_params["run"] == run.id
    assert run.config.changes == {"epochs": 2, "word_dropout": 0.2, "patience": 0}
    assert run.config.seed == 7
    assert run.config.settings["word_vectors"] is True, "the rest is the recipe's"
    assert "Queued" in page_text(page)


def test_an_unwritable_folder_is_reported(open_page, home):
    page = open_page()
    (home / "runs").write_text("in the way")
    page.button(key="train-start").click().run()
    assert not page.exception
    assert "is a file, but a folder is needed" in page.error[0].value


def test_a_queued_run_shows_its_place(open_page, make_run, idle):
    first, second, third = (make_run(done=0) for _ in range(3))
    page = open_page(third)
    assert "number 2 in the queue" in page_text(page)
    assert "train-stop" in keys(page)
    with hold_lock(first.lock_file):
        first.check_in("preparing")
        assert "number 2 in the queue" in page_text(open_page(third))
        assert "first in the queue" in page_text(open_page(second))


def test_a_running_run_is_shown_live(open_page, make_run):
    run = make_run()
    with hold_lock(run.lock_file):
        page = open_page()
        text = page_text(page)
        assert "Running" in text
        assert page.get("progress")[0].text == "Epoch 2 of 3 · batch 1 of 2 · 210 films per second · about 4 min left"
        assert charts(page) == 5
        assert "epoch 2" in text
        assert "0.0500 better" in text
        assert keys(page) & {"train-stop", "train-resume", "train-promote"} == {"train-stop"}


def test_stopping_asks_first(open_page, make_run):
    run = make_run()
    with hold_lock(run.lock_file):
        page = open_page(run)
        page.button(key="train-stop").click().run()
        assert not run.stop_file.exists()
        page.button(key="train-confirm_stop").click().run()
        assert not page.exception
        assert run.stop_file.exists()
        page.run()
        assert page.button(key="train-stop").disabled


def test_stopping_a_run_that_ended_meanwhile_is_reported(open_page, make_run):
    run = make_run()
    with hold_lock(run.lock_file):
        page = open_page(run)
        page.button(key="train-stop").click().run()
    run.finish(Status.COMPLETED)
    page.button(key="train-confirm_stop").click().run()
    assert not page.exception
    assert "not running" in page.toast[0].value


def test_a_stalled_run_is_recognised(open_page, make_run):
    run = make_run()
    run.check_in("training", next_check_in=-60.0, epoch=2, epochs=3, step=1, steps=2)
    with hold_lock(run.lock_file):
        page = open_page(run)
        assert "Not responding" in page_text(page)
        assert page.warning
        assert "train-stop" in keys(page)


def test_a_dead_run_can_be_resumed(open_page, make_run, idle):
    run = make_run()
    page = open_page(run)
    assert "Died" in page_text(page)
    assert "2 finished epochs are kept" in page_text(page)
    page.button(key="train-resume").click().run()
    assert not page.exception
    assert run.status() is Status.QUEUED
    assert "Queued" in page_text(page)


def test_a_failed_run_shows_its_reason_and_log(open_page, make_run):
    run = make_run(done=0, outcome=Status.FAILED, reason="The loss stopped being a number in epoch 1.")
    run.log_file.write_text("first line\nlast <b>line</b>\n")
    page = open_page(run)
    assert "stopped being a number" in page.error[0].value
    assert page.code[0].value == "first line\nlast <b>line</b>"
    assert "train-resume" in keys(page)


def test_a_stopped_run_without_weights_cannot_be_used(open_page, make_run):
    page = open_page(make_run(done=0, outcome=Status.STOPPED, reason="Stopped before its first epoch was finished."))
    assert "Stopped before its first epoch" in page_text(page)
    assert "train-promote" not in keys(page)
    assert "train-resume" in keys(page)


def test_a_softmax_is_not_compared_with_base_rates(open_page, make_run):
    text = page_text(open_page(make_run("lstm-small", outcome=Status.COMPLETED)))
    assert "categorical cross-entropy" in text
    assert "than answering with the base rates" not in text


def test_the_address_chooses_the_run_and_the_picker_the_address(open_page, make_run):
    old, new = make_run(outcome=Status.COMPLETED), make_run(outcome=Status.FAILED, reason="No luck.")
    assert "Failed" in page_text(open_page())
    page = open_page(old)
    assert "Completed" in page_text(page)
    next(box for box in page.selectbox if box.label == "Run").select(new.id).run()
    assert page.query_params["run"] == new.id
    assert "Failed" in page_text(page)


def test_without_an_address_the_active_run_is_shown(open_page, make_run):
    run = make_run()
    make_run(outcome=Status.COMPLETED)
    with hold_lock(run.lock_file):
        assert "Running" in page_text(open_page())


def test_the_address_of_a_deleted_run_is_reported(open_page, make_run):
    make_run(outcome=Status.COMPLETED)
    page = open_page(Run(paths.runs_dir() / "20200101T000000-cnn-0000"))
    assert "does not exist here" in page.warning[0].value
    assert "Completed" in page_text(page)


def test_a_folder_of_another_program_is_skipped(open_page, make_run):
    make_run(outcome=Status.COMPLETED)
    alien = paths.runs_dir() / "alien"
    alien.mkdir()
    (alien / "config.json").write_text('{"model": "oracle"}')
    assert len(open_page().dataframe[-1].value) == 1


def test_deleting_asks_first(open_page, make_run):
    run = make_run(outcome=Status.COMPLETED)
    page = open_page(run)
    page.menu_button(key="train-more").click("Delete").run()
    assert run.folder.exists()
    page.button(key="train-confirm_delete").click().run()
    assert not page.exception
    assert not run.folder.exists()
    assert "run" not in page.query_params
    assert "No run yet" in page_text(page)


def test_a_baseline_from_the_button_to_the_app(open_page):
    page = open_page()
    page.selectbox(key="train-model").select("prior").run()
    page.button(key="train-start").click().run()
    [run] = list_runs()
    deadline = time.monotonic() + 120
    while run.status().is_active and time.monotonic() < deadline:
        time.sleep(0.5)
        page.run()
        assert not page.exception
    page.run()
    assert run.status() is Status.COMPLETED, run.log_file.read_text()
    assert "Completed" in page_text(page)
    assert charts(page) == 0
    assert page.dataframe[0].value["split"].tolist() == ["Validation", "Test"]

    page.button(key="train-promote").click().run()
    assert not page.exception
    assert find_weights("prior").card["run"] == run.id
    assert "weights for every data set" in page_text(page)
    page.button(key="train-unpromote").click().run()
    assert not page.exception
    assert find_weights("prior") is None or find_weights("prior").origin == "shipped"


def test_an_unknown_timezone_is_accepted(open_page, make_run):
    make_run(outcome=Status.COMPLETED)
    page = open_page()
    page.context = {"timezone": "Mars/Olympus"}
    page.run()
    assert not page.exception


def test_odd_run_folders_do_not_break_the_page(open_page, film_folder, idle):
    good = odd_runs.write_zoo()
    page = open_page(good)
    assert "Completed" in page_text(page)
    assert "damaged and cannot be shown" in page_text(page)
    (table,) = (frame.value for frame in page.dataframe if "status" in frame.value)
    assert len(table) > len(odd_runs.CHANGES)
    compared = next(each for each in page.multiselect if each.label == "Runs to compare")
    compared.set_value(compared.options[:3]).run()
    assert not page.exception
    for name in ("change-epochs-huge", "deep-exit", "list-metrics"):
        shown = open_page(Run(good.folder.with_name(name)))
        assert "damaged" in page_text(shown), name
        assert ("ended is unknown" in page_text(shown)) == (name == "deep-exit")
    page = open_page(good)
    page.button(key="train-delete-damaged").click().run()
    page.button(key="train-confirm_delete_damaged").click().run()
    assert not page.exception
    assert "cannot be shown" not in page_text(page.run())
