"""Recording the trainings that a public server replays: their settings, and that nothing of a machine is in them."""

import pytest

from genreclf import paths
from genreclf.errors import UserError
from genreclf.files import write_json
from genreclf.recipes import get_recipe
from genreclf.recipes.settings import parse_settings
from genreclf.runs.folder import Run, Status
from genreclf.runs.queue import new_run
from tools.record_runs import RUNS, finished_run, record


def settings(arguments: tuple[str, ...]) -> dict[str, object]:
    """The options of ``genreclf train`` as settings; each has one value."""
    options = zip(arguments[1::2], arguments[2::2], strict=True)
    given = [value if option == "--set" else f"{option[2:].replace('-', '_')}={value}" for option, value in options]
    return parse_settings(given)


@pytest.mark.parametrize("name", RUNS)
def test_a_record_is_of_the_training_that_the_tool_would_start_today(name):
    run, changes = Run(paths.RECORDED_RUNS / name), settings(RUNS[name].arguments)
    recipe = changes.pop("recipe", "tuned")
    assert run.status() is Status.COMPLETED
    assert (run.model, run.config.recipe_name, run.config.changes) == (RUNS[name].arguments[0], recipe, changes)
    wanted = get_recipe(run.model, recipe, run.films.splits["train"], **changes)
    assert run.config.recipe == wanted.for_device(bool(run.config.recipe.mixed_precision))  # whatever the device was
    assert (run.stored_notes.name, run.stored_notes.note) == (RUNS[name].name, RUNS[name].note)


def test_all_trainings_are_recorded_in_few_bytes():
    assert {folder.name for folder in paths.RECORDED_RUNS.iterdir()} == set(RUNS)
    assert sum(file.stat().st_size for file in paths.RECORDED_RUNS.glob("*/*")) < 300_000


@pytest.fixture
def run(tmp_path, film_folder) -> Run:
    """A run as its trainer would have left it."""
    run = new_run("cnn", film_folder, run_dir=tmp_path / "runs" / "cnn")
    run.append("start", films=47, val_films=5, base_rate_loss=0.3)
    run.append("epoch", epoch=1, loss=0.5, val_loss=0.3)
    run.log_file.write_text(f"Reading {film_folder}", "utf-8")
    run.best_weights_file.write_bytes(b"weights")
    write_json(run.films_file, {"digest": "0" * 64, "splits": {"train": 47}})
    write_json(run.card_file, {"model": "cnn", "data": str(film_folder), "run": str(run.folder)})
    return run


def test_a_record_has_the_curves_and_nothing_of_the_machine(run, tmp_path, film_folder):
    with pytest.raises(UserError, match=r"queued|died"):
        finished_run("cnn", run.folder.parent)
    run.finish(Status.COMPLETED, metrics={"val": {"bce": 0.3}})
    record("cnn", finished_run("cnn", run.folder.parent), tmp_path / "records")
    recorded = Run(tmp_path / "records" / "cnn")
    assert recorded.events() == run.events()
    assert recorded.exit.metrics == {"val": {"bce": 0.3}}
    assert recorded.card == {"model": "cnn"}
    for file in recorded.folder.iterdir():
        assert str(tmp_path) not in file.read_text("utf-8")
        assert str(film_folder) not in file.read_text("utf-8")
    assert not recorded.best_weights_file.exists()


def test_a_run_that_did_not_complete_is_not_recorded(run):
    run.finish(Status.STOPPED)
    with pytest.raises(UserError, match="stopped"):
        finished_run("cnn", run.folder.parent)
