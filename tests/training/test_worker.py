import os
import shutil
import signal
import time
from unittest.mock import Mock

import film_sets
import h5py
import numpy as np
import pytest

from genreclf.errors import UserError
from genreclf.locks import hold_lock
from genreclf.predict.predictor import Predictor
from genreclf.runs.curves import history
from genreclf.runs.folder import Run, Status, StopRequested, TrainingFailed
from genreclf.runs.queue import device_lock, new_run
from genreclf.runs.verdict import Kind, judge
from genreclf.training import fit, upstream, worker
from genreclf.training.promote import publish
from genreclf.weights.folder import find_weights, read_weights


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch):
    """The trainer's SIGTERM handler is removed after the test, and no other run is started."""
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(worker, "LOCK_PATIENCE", 0.0)
    monkeypatch.setattr(worker, "start_next", lambda patience: None)
    yield
    signal.signal(signal.SIGTERM, before)


def small_run(folder, **changes) -> Run:
    return new_run("cnn-small", folder, **{"epochs": 2, "batch_size": 16, "augment": False, **changes})


# Completed runs


def test_a_model_is_trained_into_its_folder(shared_film_folder, tmp_path, catalogue):
    run = small_run(shared_film_folder)
    assert worker.main(run.folder) == 0
    assert run.status() is Status.COMPLETED
    names = {path.name for path in run.folder.iterdir()}
    assert names >= {"config.json", "lock", "metrics.jsonl", "progress.json", "exit.json", "card.json",
                     "best.weights.h5", "tensorboard"}  # fmt: skip
    assert "backup" not in names  # a completed run cannot be resumed
    assert not [name for name in names if name.startswith(".")]
    assert [epoch["epoch"] for epoch in run.epochs()] == [1, 2]
    for epoch in run.epochs():
        assert {"loss", "precision", "recall", "val_loss", "val_precision", "val_recall", "learning_rate",
                "seconds"} <= set(epoch)  # fmt: skip
    assert run.events()[0]["event"] == "start"
    assert run.events()[0]["films"] == 47
    assert list((run.folder / "tensorboard").rglob("events.out*"))

    weights = read_weights(run.folder)
    assert weights.card["best_epoch"] == run.best_epoch()["epoch"] == run.exit.best_epoch
    assert run.exit.metrics == weights.card["metrics"]
    assert weights.card["data_digest"] == catalogue.digest
    assert weights.card["run"] == run.id
    assert weights.card["runtime"].split() == ["onnxruntime", weights.card["versions"]["onnxruntime"]]
    assert weights.card["command"].startswith(
        "genreclf train cnn-small --data DIR --recipe tuned --seed 0 --set epochs=2"
    )
    assert Predictor(weights).parameters == weights.card["parameters"]
    publish(run.folder, tmp_path / "set" / "cnn-small").check()


@pytest.mark.parametrize("model", ["prior", "tfidf"])
def test_a_baseline_is_fitted_into_its_folder(shared_film_folder, model):
    run = new_run(model, shared_film_folder)
    assert worker.main(run.folder) == 0
    assert run.status() is Status.COMPLETED
    (epoch,) = run.epochs()
    assert epoch["val_loss"] == pytest.approx(read_weights(run.folder).card["metrics"]["val"]["bce"])
    assert find_weights(model, choice=run.folder).model == model


def test_an_overview_model_has_its_vocabulary(shared_film_folder):
    run = new_run("lstm-small", shared_film_folder, epochs=1, batch_size=32)
    assert worker.main(run.folder) == 0
    vocabulary = read_weights(run.folder).vocabulary()
    assert vocabulary[:2] == ["", "[UNK]"]
    assert "family" in vocabulary
    assert Predictor(read_weights(run.folder)).predict(overviews=["a ghost"]).shape == (1, 25)


def test_training_learns(tmp_path):
    """Six genres, each with its own colour: a few epochs are enough to beat the base rates."""
    folder = film_sets.write_set(tmp_path / "films", film_sets.films(150))
    run = new_run("cnn-small", folder, "reference", epochs=8, batch_size=16, learning_rate=2e-3)
    assert worker.main(run.folder) == 0
    metrics = run.exit.metrics["test"]
    assert metrics["top1"] > 0.8
    assert run.epochs()[-1]["loss"] < run.epochs()[0]["loss"] / 2


def test_the_same_seed_trains_the_same_weights(shared_film_folder):
    losses = []
    for seed in (1, 1, 2):
        run = small_run(shared_film_folder, seed=seed, augment=True, epochs=1)
        worker.main(run.folder)
        losses.append(run.epochs()[-1]["val_loss"])
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    assert losses[2] != pytest.approx(losses[0], abs=1e-5)


# Failures


def outcome(run: Run) -> tuple[Status, str]:
    assert worker.main(run.folder) == 1
    reason = run.exit.reason
    assert "\n" not in reason
    return run.status(), reason


def test_an_undefined_loss_fails_with_a_remedy(shared_film_folder, monkeypatch):
    compile_model = fit.compile_model

    def diverging(*arguments):
        model = compile_model(*arguments)
        model.compile(model.optimizer, lambda targets, predictions: (predictions - targets) * float("nan"))
        return model

    monkeypatch.setattr(fit, "compile_model", diverging)
    run = small_run(shared_film_folder)
    assert outcome(run) == (
        Status.FAILED,
        "The loss became infinite or undefined (NaN) in epoch 1; try a lower learning rate.",
    )
    assert run.epochs() == []
    assert not run.best_weights_file.exists()
    verdict = judge(history(run.metrics_file))
    assert verdict.kind is Kind.DIVERGED
    assert "epoch 1" in verdict.headline


def test_missing_data_fails_with_a_reason(film_folder):
    run = small_run(film_folder)
    shutil.rmtree(film_folder)
    status, reason = outcome(run)
    assert status is Status.FAILED
    assert "does not exist" in reason


@pytest.mark.parametrize(("films", "missing"), [([2, 3, 4], "val"), ([5, 11], "train")])
def test_data_without_a_split_fails_with_a_reason(tmp_path, films, missing):
    folder = film_sets.write_set(tmp_path / "few", [film_sets.film(number) for number in films])
    status, reason = outcome(new_run("prior", folder))
    assert status is Status.FAILED
    assert f"no film in its {missing} split" in reason


def test_a_data_set_without_test_films_can_be_trained_on(tmp_path):
    films = [film_sets.film(number) for number in (2, 3, 4, 5, 6, 7, 11)]
    run = new_run("tfidf", film_sets.write_set(tmp_path / "films", films))
    assert worker.main(run.folder) == 0
    assert list(run.exit.metrics) == ["val"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (UserError("The folder is gone."), "The folder is gone."),
        (TrainingFailed("The loss rose."), "The loss rose."),
        (MemoryError(), "The machine ran out of memory; choose a smaller batch size."),
        (OSError(28, "No space left on device"), "The disk is full; free space, then resume."),
        (OSError(5, "Input/output error"), "restore it, then resume"),
        (ZeroDivisionError("division by zero\nand more"), "ZeroDivisionError: division by zero"),
        (RuntimeError(), "RuntimeError"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_reason_of_any_failure_is_stored(shared_film_folder, monkeypatch, error, reason):
    def fail(run):
        raise error

    monkeypatch.setattr(worker, "train", fail)
    status, stored_reason = outcome(new_run("prior", shared_film_folder))
    assert status is Status.FAILED
    assert reason in stored_reason


def test_a_config_of_another_version_fails_with_a_reason(shared_film_folder):
    run = new_run("prior", shared_film_folder)
    run.config_file.write_text(run.config_file.read_text().replace('"epochs"', '"rounds"'))
    assert outcome(run)[0] is Status.FAILED


# Stopping


def test_a_stop_before_the_first_batch(shared_film_folder):
    run = small_run(shared_film_folder)
    run.stop_file.touch()
    assert worker.main(run.folder) == 0
    assert run.status() is Status.STOPPED
    assert run.exit.reason == "Stopped before its first epoch was finished."


def test_a_shutdown_is_a_graceful_stop(shared_film_folder, monkeypatch):
    def train(run):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.01)
        assert run.stop_file.exists()
        raise StopRequested

    monkeypatch.setattr(worker, "train", train)
    run = small_run(shared_film_folder)
    assert worker.main(run.folder) == 0
    assert run.status() is Status.STOPPED


# Resuming


def numbers(weights_file) -> np.ndarray:
    with h5py.File(weights_file) as file:
        return file["layers/dense/vars/0"][()]


def test_a_run_killed_during_evaluation_does_not_train_again(shared_film_folder, monkeypatch):
    run = small_run(shared_film_folder)
    with monkeypatch.context() as patch:
        patch.setattr(fit, "make_card", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            worker.main(run.folder)
    assert run.status() is Status.DIED
    best = numbers(run.best_weights_file)
    run.requeue()
    assert worker.main(run.folder) == 0
    assert run.status() is Status.COMPLETED
    assert [event["epoch"] for event in run.events() if event["event"] == "epoch"] == [1, 2]
    assert np.array_equal(numbers(run.best_weights_file), best)


def test_a_resumed_run_continues_after_its_last_finished_epoch(shared_film_folder, monkeypatch):
    """As if it had not been interrupted: the same epochs and learning rates."""
    run, changes = small_run(shared_film_folder, epochs=4), []
    append = Run.append

    def interrupted(self, event, **values):
        append(self, event, **values)
        if event == "epoch" and values["epoch"] == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Run, "append", interrupted)
        with pytest.raises(KeyboardInterrupt):
            worker.main(run.folder)
    assert (run.status(), len(run.epochs())) == (Status.DIED, 3)
    run.requeue()
    assert worker.main(run.folder) == 0
    changes = [event["epoch"] for event in run.events() if event["event"] == "epoch"]
    assert changes == [1, 2, 3, 4]
    assert [epoch["epoch"] for epoch in run.epochs()] == [1, 2, 3, 4]
    rates = [epoch["learning_rate"] for epoch in run.epochs()]
    assert rates == sorted(rates, reverse=True)
    assert np.ptp(rates) > 0


def test_a_run_killed_in_its_teachers_first_epoch_equals_the_undisturbed_run(shared_film_folder, monkeypatch):
    whole, killed = (
        small_run(shared_film_folder, epochs=3, teacher="tfidf", teacher_epoch=2, mixed_precision=False)
        for _ in range(2)
    )
    assert worker.main(whole.folder) == 0
    append, phases = Run.append, []

    def interrupted(self, event, **values):
        phases.append(self.progress.phase)
        append(self, event, **values)
        if event == "batch" and values["epoch"] == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Run, "append", interrupted)
        with pytest.raises(KeyboardInterrupt):
            worker.main(killed.folder)
    assert "teacher" not in phases[:2], "the first batch does not wait for the teacher"
    killed.requeue()
    monkeypatch.setattr(upstream, "same_genres_weights", lambda *arguments: None)  # its weights are gone by now
    assert worker.main(killed.folder) == 0
    for ours, theirs in zip(killed.epochs(), whole.epochs(), strict=True):
        assert (ours["loss"], ours["val_loss"]) == (theirs["loss"], theirs["val_loss"])
    assert np.array_equal(numbers(killed.best_weights_file), numbers(whole.best_weights_file))
    assert read_weights(killed.folder).card["teacher"]["model"] == "tfidf"


def test_a_run_ended_by_patience_does_not_continue_when_resumed(shared_film_folder, monkeypatch):
    def continue_training(run):
        worker.main(run.folder)
        return [event["epoch"] for event in run.events() if event["event"] == "epoch"]

    run = small_run(shared_film_folder, epochs=20, patience=1, learning_rate=1e-7, schedule="constant")
    monkeypatch.setattr(Run, "best_epoch", lambda self: self.epochs()[0] if self.epochs() else None)
    with monkeypatch.context() as patch:
        patch.setattr(fit, "make_card", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            continue_training(run)
    run.requeue()
    assert continue_training(run) == [1, 2]
    assert run.status() is Status.COMPLETED


def test_changed_data_is_reported(film_folder, monkeypatch):
    run = small_run(film_folder)
    run.stop_file.touch()
    worker.main(run.folder)
    run.requeue()
    with monkeypatch.context() as patch:
        patch.setattr(
            upstream.prepared, "prepare", lambda *arguments: (_ for _ in ()).throw(OSError(5, "Input/output error"))
        )
        outcome(run)
    run.requeue()
    (film_folder / "Images" / "tt0000003.jpg").write_bytes(film_sets.jpeg((0, 0, 0)))
    status, reason = outcome(run)
    assert status is Status.FAILED
    assert "changed since this run started" in reason


# Other processes


def test_a_run_that_another_process_trains_is_left_alone(shared_film_folder):
    run = new_run("prior", shared_film_folder)
    with hold_lock(run.lock_file):
        assert worker.main(run.folder) == 0
    assert run.status() is Status.QUEUED


def test_a_run_waits_while_the_device_is_busy(shared_film_folder):
    run = new_run("prior", shared_film_folder)
    with hold_lock(device_lock()):
        assert worker.main(run.folder) == 0
    assert run.status() is Status.QUEUED


def test_a_run_that_ended_does_not_start_again(shared_film_folder):
    run = new_run("prior", shared_film_folder)
    run.finish(Status.COMPLETED, "before")
    assert worker.main(run.folder) == 0
    assert run.events() == []
    assert run.exit.reason == "before"


def test_a_trainer_killed_during_cleanup_has_completed(shared_film_folder, monkeypatch):
    run = small_run(shared_film_folder, epochs=1)
    rmtree = shutil.rmtree

    def killed(folder, **options):
        if folder == run.backup_dir:
            raise KeyboardInterrupt
        rmtree(folder, **options)

    monkeypatch.setattr(worker.shutil, "rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        worker.main(run.folder)
    assert run.status() is Status.COMPLETED


def test_the_card_counts_the_seconds_of_all_sessions(shared_film_folder, monkeypatch):
    run = small_run(shared_film_folder)
    run.metrics_file.write_text(
        '{"event": "start", "time": 1000.0}\n{"event": "batch", "time": 5000.0, "epoch": 1, "step": 1, "steps": 2}\n'
    )
    assert worker.main(run.folder) == 0
    assert 4000 < read_weights(run.folder).card["seconds"] < 4600
