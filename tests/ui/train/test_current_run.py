"""The names of runs in lists, and the run on screen."""

import json

import pytest

from genreclf import paths
from genreclf.locks import hold_lock
from genreclf.runs.folder import Run, Status
from genreclf.runs.notes import write_notes
from genreclf.ui.train import current_run


@pytest.fixture
def make():
    """Makes runs of the same minute in folders with these names."""

    def made(name: str) -> Run:
        folder = paths.runs_dir() / name
        folder.mkdir(parents=True)
        config = {"created": "2026-01-02T03:04:05+00:00", "model": "cnn", "recipe_name": "tuned", "changes": {}}
        (folder / "config.json").write_text(json.dumps(config))
        return Run(folder)

    return made


def test_a_label_begins_with_the_name(make):
    run = make("20260102T030405-cnn-ab12")
    assert current_run.labels([run]) == {run.id: "CNN, tuned recipe, 2 Jan 03:04 (ab12)"}
    write_notes(run, name="First try")
    assert current_run.labels([run]) == {run.id: "First try: CNN, tuned recipe, 2 Jan 03:04 (ab12)"}


def test_labels_are_unique(make):
    runs = [make(name) for name in ("one-ab12", "two-ab12", "three-cd34")]
    names = current_run.labels(runs)
    assert len(set(names.values())) == 3
    assert names["three-cd34"] == "CNN, tuned recipe, 2 Jan 03:04 (cd34)"
    assert names["one-ab12"].endswith("(ab12) one-ab12")


def test_the_digest_follows_names_and_runs(make):
    first, second = make("first"), make("second")
    digests = {current_run.digest(current_run.labels(runs)) for runs in ([first], [second], [first, second], [first])}
    assert len(digests) == 3


def shown(page) -> str:
    return next(box for box in page.selectbox if box.label == "Run").value


def test_without_an_address_the_run_stays_when_it_ends_and_another_starts(open_page, make_run):
    first = make_run()
    with hold_lock(first.lock_file):
        page = open_page()
    assert shown(page) == first.id
    first.finish(Status.COMPLETED)
    second = make_run()
    with hold_lock(second.lock_file):
        assert shown(page.run()) == first.id
    assert shown(open_page()) == second.id, "a new visitor sees the latest"


def test_a_choice_counts_even_if_a_run_appeared_meanwhile(open_page, make_run):
    first, second = make_run(outcome=Status.COMPLETED), make_run(outcome=Status.COMPLETED)
    page = open_page()
    assert shown(page) == second.id
    make_run(outcome=Status.COMPLETED)  # from the terminal; the browser still has the old list
    next(box for box in page.selectbox if box.label == "Run").set_value(first.id)
    assert shown(page.run()) == first.id
    assert first.id in page.query_params["run"]
    assert shown(page.run()) == first.id


def test_the_run_is_the_same_after_visiting_another_page(open_page, make_run):
    first, second = make_run(outcome=Status.COMPLETED), make_run(outcome=Status.COMPLETED)
    page = open_page(first)
    page.switch_page("pages/browse.py").run()
    page.query_params.clear()
    page.switch_page("pages/train.py").run()
    assert shown(page) == first.id != second.id
