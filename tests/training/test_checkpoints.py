import os

import h5py
import keras
import numpy as np
import pytest
from trainings import small_model

from genreclf.errors import UserError
from genreclf.files import write_json
from genreclf.runs.curves import facts
from genreclf.runs.folder import Run, create_run
from genreclf.training import checkpoints
from genreclf.training.checkpoints import Checkpoints


@pytest.fixture
def run() -> Run:
    return create_run({"model": "cnn"})


def commit(run: Run, model: keras.Model, epoch: int, loss: float) -> None:
    """Finish an epoch in which every weight equals the epoch's number."""
    model.set_weights([np.full((3, 2), float(epoch)), np.zeros(2)])
    Checkpoints(run).commit(model, {"epoch": epoch, "val_loss": loss})


def epoch_of(model: keras.Model) -> int:
    return int(model.get_weights()[0][0, 0])


def best_of(run: Run) -> int:
    with h5py.File(run.best_weights_file) as file:
        return int(file["layers/dense/vars/0"][0, 0])


def lines(run: Run) -> list[int]:
    """The epochs in the order of their lines in the file."""
    return [event["epoch"] for event in run.events() if event["event"] == "epoch"]


class Killed(BaseException):
    """Simulates a ``kill -9``, as nothing catches it."""


def killed(*arguments, **options):
    raise Killed


def test_a_new_run_has_no_finished_epochs(run):
    assert Checkpoints(run).restore(small_model()) == 0
    assert not run.metrics_file.exists()


def test_weights_and_optimiser_are_restored(run):
    model, inputs, targets = small_model(), np.eye(3, dtype=np.float32), np.ones((3, 2), np.float32)
    model.fit(inputs, targets, epochs=3, verbose=0, shuffle=False)
    Checkpoints(run).commit(model, {"epoch": 1, "val_loss": 0.5})
    other = small_model(seed=9)
    assert Checkpoints(run).restore(other) == 1
    for restored, known in zip(other.get_weights(), model.get_weights(), strict=True):
        assert np.array_equal(restored, known)
    model.fit(inputs, targets, epochs=1, verbose=0, shuffle=False)
    other.fit(inputs, targets, epochs=1, verbose=0, shuffle=False)  # the same step only with Adam's moments
    for restored, known in zip(other.get_weights(), model.get_weights(), strict=True):
        assert np.allclose(restored, known, atol=1e-6)


def test_the_best_weights_are_those_of_the_lowest_loss(run):
    model, best = small_model(), []
    for epoch, loss in enumerate([0.5, 0.3, 0.4, 0.3, 0.2], start=1):
        commit(run, model, epoch, loss)
        best.append(best_of(run))
    assert best == [1, 2, 2, 2, 5]
    assert sorted(file.name for file in run.backup_dir.iterdir()) == ["epoch-0005.json", "epoch-0005.weights.h5"]
    assert not list(run.folder.glob(".best*"))


MOMENTS = {
    "while the state is written": (keras.Model, "save_weights", 2),
    "before the state appears": (checkpoints.os, "replace", 2),
    "before its line is written": (Run, "append", 3),
    "while the best weights are copied": (checkpoints.shutil, "copyfile", 3),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("better", [True, False], ids=["better", "worse"])
def test_after_a_kill_at_any_moment_every_epoch_is_there_once_and_the_best_is_right(run, monkeypatch, moment, better):
    place, name, done = MOMENTS[moment]
    model = small_model()
    losses = {1: 0.5, 2: 0.4, 3: 0.3 if better else 0.6}
    commit(run, model, 1, losses[1])
    commit(run, model, 2, losses[2])
    if better or name != "copyfile":  # a worse epoch copies nothing
        real_replace = os.replace
        with monkeypatch.context() as patch:
            if name == "replace":  # the metrics come first, then the state
                patch.setattr(place, name, lambda a, b: real_replace(a, b) if str(b).endswith(".json") else killed())
            else:
                patch.setattr(place, name, killed)
            with pytest.raises(Killed):
                commit(run, model, 3, losses[3])
    else:
        done = 2
    again = small_model()
    assert Checkpoints(run).restore(again) == done
    assert epoch_of(again) == done
    for epoch in range(done + 1, 4):
        commit(run, again, epoch, losses[epoch])
    assert lines(run) == [1, 2, 3]
    assert [epoch["val_loss"] for epoch in run.epochs()] == list(losses.values())
    assert best_of(run) == run.best_epoch()["epoch"] == (3 if better else 2)


def test_many_epochs_sort_as_numbers(run):
    model = small_model()
    for epoch in (1, 2):
        commit(run, model, epoch, 1 / epoch)
    for old, new in ((1, 9998), (2, 10002)):
        for file in run.backup_dir.glob(f"epoch-{old:04}.*"):
            file.rename(file.with_name(file.name.replace(f"{old:04}", str(new))))
    assert Checkpoints(run)._stored_epochs() == [10002]


# Files deleted or damaged by hand


def test_a_run_without_its_states_starts_again_and_keeps_its_old_metrics(run):
    model = small_model()
    commit(run, model, 1, 0.5)
    commit(run, model, 2, 0.4)
    run.append("start", films=47, base_rate_loss=0.3)  # of the session that has nothing to resume
    for file in run.backup_dir.iterdir():
        file.unlink()
    assert Checkpoints(run).restore(small_model()) == 0
    assert lines(run) == []
    assert (facts(run.events()).films, facts(run.events()).base_rate_loss) == (47, 0.3)
    assert (run.folder / "metrics.1.jsonl").read_text().count('"epoch"') == 4
    commit(run, model, 1, 0.45)
    assert (lines(run), best_of(run)) == ([1], 1)


def test_deleted_metrics_are_restored_from_the_state(run):
    model = small_model()
    for epoch, loss in ((1, 0.5), (2, 0.4), (3, 0.45)):
        commit(run, model, epoch, loss)
    run.metrics_file.unlink()
    assert Checkpoints(run).restore(small_model()) == 3
    assert [(epoch["epoch"], epoch["val_loss"]) for epoch in run.epochs()] == [(1, 0.5), (2, 0.4), (3, 0.45)]


def test_a_state_without_its_metrics_is_not_used(run):
    model = small_model()
    commit(run, model, 1, 0.5)
    write_json(run.backup_dir / "epoch-0001.json", {"not": "a list"})
    assert Checkpoints(run).restore(small_model()) == 0


def test_a_damaged_state_is_reported_with_a_remedy(run):
    commit(run, small_model(), 1, 0.5)
    (run.backup_dir / "epoch-0001.weights.h5").write_bytes(b"half")
    with pytest.raises(UserError, match=r"after epoch 1 is damaged .* to start again"):
        Checkpoints(run).restore(small_model())
    assert lines(run) == [1]


def test_missing_best_weights_are_reported(run):
    model = small_model()
    commit(run, model, 1, 0.4)
    commit(run, model, 2, 0.5)
    run.best_weights_file.unlink()
    with pytest.raises(UserError, match="lost its best weights"):
        Checkpoints(run).restore(small_model())


def test_missing_best_weights_are_restored_if_the_last_epoch_is_the_best(run):
    commit(run, small_model(), 1, 0.4)
    run.best_weights_file.unlink()
    assert Checkpoints(run).restore(small_model()) == 1
    assert best_of(run) == 1


def test_an_error_of_hdf5_becomes_an_oserror(run, monkeypatch):
    def full(*arguments, **options):
        raise RuntimeError("Can't decrement id ref count (file write failed, errno = 28)")

    monkeypatch.setattr(keras.Model, "save_weights", full)
    with pytest.raises(OSError, match="file write failed"):
        commit(run, small_model(), 1, 0.4)
    assert lines(run) == []


@pytest.mark.parametrize(("place", "name"), [(keras.Model, "save_weights"), (checkpoints.shutil, "copyfile")])
def test_a_half_written_file_is_removed_from_a_full_disk(run, monkeypatch, place, name):
    def full(*arguments, **options):
        target = run.backup_dir / "unfinished.weights.h5" if place is keras.Model else run.folder / ".best.weights.h5"
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(place, name, full)
    with pytest.raises(OSError, match="No space left"):
        commit(run, small_model(), 1, 0.4)
    assert not list(run.folder.rglob("unfinished*")) + list(run.folder.glob(".best*"))


def test_new_best_weights_invalidate_the_card_of_an_earlier_session(run):
    run.card_file.write_text("{}")
    commit(run, small_model(), 1, 0.4)
    assert not run.card_file.exists()
