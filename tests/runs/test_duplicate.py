"""Creating runs, and queueing the same training again."""

import pytest

from genreclf import paths
from genreclf.errors import UserError
from genreclf.files import write_json
from genreclf.runs.folder import Run, Status, list_runs
from genreclf.runs.notes import read_notes, write_notes
from genreclf.runs.queue import duplicate, new_run


@pytest.fixture
def run(tmp_path) -> Run:
    """A run with settings of its own, which has ended."""
    data = tmp_path / "films"
    data.mkdir()
    made = new_run("cnn", data, "reference", 7, epochs=3, augment=True)
    made.finish(Status.COMPLETED)
    return made


def test_a_duplicate_is_queued_in_a_new_folder(run):
    again = duplicate(run)
    assert again.status() is Status.QUEUED
    assert [listed.id for listed in list_runs()] == [again.id, run.id], "it is the newest"
    copy, original = again.config, run.config
    assert copy.pop("created") > original.pop("created")
    assert copy == original


def test_with_another_seed_everything_else_stays(run):
    again = duplicate(run, seed=8)
    assert again.config["seed"] == 8
    assert "--seed 8 " in again.config["command"]
    assert again.config["command"].replace("--seed 8", "--seed 7") == run.config["command"]
    assert again.config["recipe"] == run.config["recipe"]
    assert duplicate(run, seed=0).config["seed"] == 0


def test_the_settings_are_those_of_the_run_not_of_the_current_recipe(run):
    config = run.config
    write_json(run.config_file, {**config, "recipe": {**config["recipe"], "batch_size": 17}})
    assert duplicate(run).config["recipe"]["batch_size"] == 17


def test_a_run_elsewhere_is_duplicated_into_the_home_folder(tmp_path):
    elsewhere = new_run("prior", tmp_path, run_dir=tmp_path / "elsewhere")
    assert duplicate(elsewhere).folder.parent == paths.runs_dir()


def test_the_name_is_not_copied(run):
    write_notes(run, "First try", "It was slow.")
    assert read_notes(duplicate(run)).name == ""


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_a_seed_out_of_range_is_refused(run, seed):
    with pytest.raises(UserError, match=f"seed is {seed}"):
        duplicate(run, seed)
    assert len(list_runs()) == 1


@pytest.mark.parametrize(
    "damage",
    [{"model": None}, {"recipe_name": None}, {"seed": "x"}, {"changes": []}, {"data": 3}, {"recipe": 5}],
)
def test_a_run_without_readable_settings_is_refused(run, damage):
    write_json(run.config_file, {**run.config, **damage})
    with pytest.raises(UserError):
        duplicate(run)
    assert len(list_runs()) == 1


def test_without_a_config_or_its_films_it_is_refused(run, tmp_path):
    (tmp_path / "films").rmdir()
    with pytest.raises(UserError, match=r"data set .* missing"):
        duplicate(run)
    run.config_file.unlink()
    with pytest.raises(UserError, match="cannot be read"):
        duplicate(run)


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_a_new_run_refuses_such_a_seed_too(film_folder, seed):
    with pytest.raises(UserError, match=f"seed is {seed}; choose a value from 0 to {2**31 - 1}"):
        new_run("cnn", film_folder, seed=seed)
    assert list_runs() == []
