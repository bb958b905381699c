"""The actions on runs of the Train page, and the questions before them."""

import io
import zipfile

import pytest
import weight_sets
from app_pages import as_read, page_text
from train_page import keys

from genreclf import paths
from genreclf.files import read_json, write_json
from genreclf.locks import hold_lock
from genreclf.runs import folder as runs_folder
from genreclf.runs import notes
from genreclf.runs.folder import Status, list_runs
from genreclf.runs.notes import read_notes
from genreclf.training import promote
from genreclf.ui.train import actions, settings
from genreclf.weights.folder import find_weights


def choose(page, what):
    """Choose something from *More*."""
    return page.menu_button(key="train-more").click(what).run()


def offered(page):
    """The choices in *More*, without their icons."""
    return [option.split(": ")[1] for option in page.menu_button(key="train-more").options]


def rename(page, run, name, note=""):
    """Fill in the dialog and save."""
    choose(page, "Name and note")
    page.text_input(key=f"train-notes-name-{run.id}").set_value(name)
    page.text_area(key=f"train-notes-note-{run.id}").set_value(note)
    return page.button(key="train-notes-save").click().run()


def test_a_name_and_a_note_are_saved_and_shown(open_page, make_run):
    run = make_run(outcome=Status.COMPLETED)
    page = open_page(run)
    assert page.header[0].value == "LSTM, tuned recipe, 1 setting changed"
    rename(page, run, " My *best*  LSTM ", "More dropout.\nIt helped: 0.1833")
    assert not page.exception
    assert page.toast[0].value == "Name and note are saved\\."
    assert (read_notes(run).name, read_notes(run).note) == ("My *best* LSTM", "More dropout.\nIt helped: 0.1833")
    page.run()
    assert page.header[0].value == r"My \*best\* LSTM", "Markdown shows as it was typed"
    assert "More dropout.  \nIt helped" in page_text(page)
    picker = next(box for box in page.selectbox if box.label == "Run")
    assert picker.options[0].startswith("My *best* LSTM: LSTM, tuned")
    assert page.dataframe[-1].value["name"].tolist() == ["My *best* LSTM"]
    rename(page, run, "", "")
    assert page.run().header[0].value == "LSTM, tuned recipe, 1 setting changed"


def test_a_name_that_cannot_be_saved_is_reported(open_page, make_run, monkeypatch):
    def full(path, value):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(notes, "write_json", full)
    run = make_run(outcome=Status.COMPLETED)
    page = rename(open_page(run), run, "x")
    assert not page.exception
    assert "disk is full" in page.toast[0].value
    assert read_notes(run).name == ""


def test_duplicating_asks_for_the_seed_and_queues(open_page, make_run, idle):
    run = make_run(outcome=Status.COMPLETED, seed=7)
    page = open_page(run)
    choose(page, "Duplicate")
    assert page.number_input(key=f"train-duplicate-seed-{run.id}").value == 8
    assert len(list_runs()) == 1
    page.button(key="train-confirm_duplicate").click().run()
    assert not page.exception
    again, first = list_runs()
    assert first == run
    assert page.query_params["run"] == again.id
    assert again.config.seed == 8
    assert again.config.settings == run.config.settings
    assert "Queued" in page_text(page)


def test_a_baseline_is_duplicated_without_a_seed(open_page, make_run, idle):
    page = open_page(make_run("prior", epochs=1, done=0, outcome=Status.FAILED))
    before = {field.key for field in page.number_input}
    choose(page, "Duplicate")
    assert {field.key for field in page.number_input} == before
    page.button(key="train-confirm_duplicate").click().run()
    assert len(list_runs()) == 2


def test_a_run_without_its_films_is_not_duplicated(open_page, make_run, film_folder, tmp_path):
    run = make_run(outcome=Status.COMPLETED)
    config = read_json(run.config_file)
    run.config_file.write_text(run.config_file.read_text().replace(config["data"], str(tmp_path / "gone")))
    page = open_page(run)
    choose(page, "Duplicate")
    page.button(key="train-confirm_duplicate").click().run()
    assert not page.exception
    assert "is missing" in page.toast[0].value
    assert len(list_runs()) == 1


def test_training_again_fills_the_form(open_page, make_run, monkeypatch):
    filled = []
    monkeypatch.setattr(settings, "fill_from", filled.append)
    run = make_run(outcome=Status.STOPPED)
    page = open_page(run)
    choose(page, "Train again with these settings")
    assert not page.exception
    assert filled == [run]
    assert "form now shows" in page.toast[0].value


@pytest.mark.parametrize("active", [True, False])
def test_a_download_is_built_only_on_request(open_page, make_run, monkeypatch, active):
    built = []
    monkeypatch.setattr(actions, "write_zip", lambda run, stream: built.append(run))
    run = make_run(outcome=None if active else Status.COMPLETED)
    with hold_lock(run.lock_file) as ours:
        assert ours
        page = choose(open_page(run), "Download")
    assert not page.exception
    assert page.get("download_button")
    assert not built
    assert ("still training" in page_text(page)) == active


def test_what_is_downloaded_is_the_run(make_run):
    run = make_run(outcome=Status.COMPLETED)
    with zipfile.ZipFile(io.BytesIO(actions._zipped(run))) as archive:
        assert archive.read(f"{run.id}/metrics.jsonl") == run.metrics_file.read_bytes()


def test_an_active_run_cannot_be_deleted(open_page, make_run):
    run = make_run()
    with hold_lock(run.lock_file):
        assert offered(open_page(run)) == ["Train again with these settings", "Duplicate", "Name and note", "Download"]
    assert "Delete" in offered(open_page(run)), "it has died"


def test_folders_that_are_not_runs_are_listed_and_deleted_on_request(open_page, make_run):
    make_run(outcome=Status.COMPLETED)
    torn = paths.runs_dir() / "20260101T000000-cnn-aaaa"
    torn.mkdir()
    (torn / "config.json").write_text('{"model": "c')
    page = open_page()
    assert "1 folder" in page_text(page)
    assert torn.name in page_text(page)
    page.button(key="train-delete-damaged").click().run()
    assert torn.exists()
    page.button(key="train-confirm_delete_damaged").click().run()
    assert not page.exception
    assert not torn.exists()
    assert "readable" not in page_text(page.run())
    assert len(list_runs()) == 1


def test_damaged_folders_are_listed_even_without_a_run(open_page):
    (paths.runs_dir() / "empty").mkdir(parents=True)
    (paths.runs_dir() / "other").mkdir()
    page = open_page()
    assert "2 folders" in page_text(page)
    assert all(name in page_text(page) for name in ("empty (", "other (", "is missing"))


def test_a_failed_deletion_is_reported(open_page, make_run, monkeypatch):
    def fail(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(runs_folder.shutil, "rmtree", fail)
    page = open_page(make_run(outcome=Status.COMPLETED))
    choose(page, "Delete")
    page.button(key="train-confirm_delete").click().run()
    assert not page.exception
    assert "Permission denied" in page.toast[0].value


@pytest.mark.parametrize("seed", [-3, 2**40, None, "seven"])
def test_a_run_with_an_odd_seed_can_be_duplicated(open_page, make_run, seed):
    run = make_run(outcome=Status.COMPLETED)
    write_json(run.config_file, run.config.as_dict() | {"seed": seed})
    page = choose(open_page(run), "Duplicate")
    assert not page.exception
    assert 0 <= page.number_input(key=f"train-duplicate-seed-{run.id}").value < 2**31
    assert ("own seed is" in page_text(page)) == isinstance(seed, int)


def test_the_question_about_a_waiting_run_mentions_the_queue(open_page, make_run, idle):
    page = open_page(make_run(done=0, name="Mine"))
    page.button(key="train-stop").click().run()
    assert "**Mine: LSTM" in page_text(page)
    assert "leaves the queue" in page_text(page)
    page.button(key="train-confirm_stop").click().run()
    assert page.toast[0].value == "The run has left the queue\\."


def test_weights_of_another_run_are_not_reset(open_page, make_run, monkeypatch):
    run = make_run(outcome=Status.COMPLETED, metrics={"val": {"bce": 0.2}})
    with monkeypatch.context() as patch:
        patch.setattr(promote, "is_promoted", lambda run: True)  # it was promoted when the page was drawn
        page = open_page(run)
    page.button(key="train-unpromote").click().run()
    assert "uses another run's weights" in as_read(page.toast[0].value)


@pytest.mark.parametrize("card", [None, "{", "[]"])
def test_promoted_weights_lead_back_to_the_shipped_ones_without_their_run(open_page, make_run, card):
    folder = weight_sets.write_prior(paths.promoted_dir() / "imdb" / "prior", run="20260101T000000-prior-dead")
    if card:
        (folder / "card.json").write_text(card)
    for page in (open_page(), open_page(make_run(outcome=Status.COMPLETED))):
        assert ("damaged" if card else "20260101T000000-prior-dead, which was deleted") in page_text(page)
    page.button(key="train-reset-imdb-prior").click().run()
    assert not page.exception
    assert find_weights("prior").origin == "shipped"
    assert "train-reset-imdb-prior" not in keys(page)
