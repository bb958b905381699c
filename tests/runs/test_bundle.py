"""A run as a zip file: what is in it, what is not, and that its weights can be used."""

import io
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from genreclf.errors import UserError
from genreclf.files import read_json
from genreclf.locks import hold_lock
from genreclf.runs.bundle import packed_size, write_zip
from genreclf.runs.folder import Run, Status, create_run, read_events
from genreclf.runs.notes import write_notes
from genreclf.weights.folder import find_weights


@pytest.fixture
def run() -> Run:
    """A run with every file a trainer may leave; its weights have no card."""
    made = create_run({"model": "cnn"})
    write_notes(made, "First try")
    made.append("epoch", epoch=1, val_loss=0.5)
    made.finish(Status.STOPPED)
    made.check_in("training")
    made.stop_file.touch()
    made.log_file.write_text("words")
    made.best_weights_file.write_bytes(b"numbers")
    for file in ("vocabulary.txt", "reserve", ".best.weights.h5", "data.json", "metrics.1.jsonl"):
        (made.folder / file).write_text("{}")
    for file in ("backup/epoch-0001.weights.h5", "tensorboard/validation/events.2", "tensorboard/train/events.1"):
        (made.folder / file).parent.mkdir(parents=True, exist_ok=True)
        (made.folder / file).write_bytes(b"x")
    return made


def zipped(run: Run) -> bytes:
    stream = io.BytesIO()
    write_zip(run, stream)
    return stream.getvalue()


def members(run: Run) -> list[str]:
    """Names in the run's folder, in their order in the file."""
    with zipfile.ZipFile(io.BytesIO(zipped(run))) as archive:
        assert archive.testzip() is None
        assert all(name.startswith(f"{run.id}/") for name in archive.namelist())
        return [name.removeprefix(f"{run.id}/") for name in archive.namelist()]


def with_weights(trained_weights: Path, model: str) -> Run:
    """An ended run with the files of real weights."""
    run = create_run({"model": model})
    run.finish(Status.COMPLETED)
    shutil.copytree(trained_weights / model, run.folder, dirs_exist_ok=True)
    card = read_json(run.card_file)
    name = "best.weights.h5" if card["weights_file"].endswith(".h5") else "model.npz"
    (run.folder / card["weights_file"]).rename(run.folder / name)
    run.card_file.write_text(run.card_file.read_text().replace(card["weights_file"], name))
    return run


def test_members_of_the_file(run):
    assert members(run) == [
        "config.json", "notes.json", "exit.json", "data.json", "metrics.1.jsonl", "metrics.jsonl", "train.log",
        "tensorboard/train/events.1", "tensorboard/validation/events.2", "vocabulary.txt", "best.weights.h5",
    ]  # fmt: skip


def test_the_same_run_gives_the_same_file(run):
    assert zipped(run) == zipped(run)


def test_the_size_is_estimated(run, trained_weights):
    for packed in (run, with_weights(trained_weights, "cnn-small")):
        assert packed_size(packed) == pytest.approx(len(zipped(packed)), abs=5000)


def test_a_waiting_run_has_only_a_config():
    assert members(create_run({"model": "cnn"})) == ["config.json"]


@pytest.mark.parametrize("model", ["prior", "cnn-small"])
def test_the_unpacked_folder_is_a_weights_folder(trained_weights, tmp_path, model):
    run = with_weights(trained_weights, model)
    target = tmp_path / "run.zip"
    write_zip(run, target)
    with zipfile.ZipFile(target) as archive:
        archive.extractall(tmp_path / "unpacked")
    weights = find_weights(model, choice=tmp_path / "unpacked" / run.id)
    assert weights.model == model
    weights.check()


def test_a_fusion_includes_its_parts(fusion_runs, tmp_path):
    run = fusion_runs["fusion"]
    write_zip(run, tmp_path / "run.zip")
    assert packed_size(run) == pytest.approx((tmp_path / "run.zip").stat().st_size, abs=50_000)
    with zipfile.ZipFile(tmp_path / "run.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    weights = find_weights("fusion", choice=tmp_path / "unpacked" / run.id)
    weights.check()
    for model, part in weights.parts().items():
        assert part.folder == tmp_path / "unpacked" / run.id / "parts" / model
        part.check()


def test_a_card_of_other_weights_is_left_out(trained_weights):
    run = with_weights(trained_weights, "cnn-small")
    assert "card.json" in members(run)
    run.best_weights_file.write_bytes(b"a better epoch of a resumed run")
    assert "card.json" not in members(run)
    run.card_file.write_text("[]")
    assert "card.json" not in members(run)


def test_links_are_not_followed(run, tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key.txt").write_text("secret")
    run.log_file.unlink()
    os.symlink(secret / "key.txt", run.log_file)
    os.symlink(secret, run.tensorboard_dir / "more")
    os.symlink(secret / "key.txt", run.tensorboard_dir / "train" / "link")
    assert "train.log" not in members(run)
    assert not [name for name in members(run) if "key" in name or "link" in name]
    shutil.rmtree(run.tensorboard_dir)
    os.symlink(secret, run.tensorboard_dir)
    os.symlink(secret, run.folder / "parts")
    assert not [name for name in members(run) if name.startswith(("tensorboard", "parts"))]


def test_special_files_are_skipped(run):
    run.log_file.unlink()
    os.mkfifo(run.log_file)
    assert "train.log" not in members(run)


def test_a_training_run_can_be_packed(run, tmp_path):
    run.exit_file.unlink()
    with hold_lock(run.lock_file), run.metrics_file.open("a") as stream:
        stream.write('{"event": "epoch", "ep')
        stream.flush()
        with zipfile.ZipFile(io.BytesIO(zipped(run))) as archive:
            archive.extractall(tmp_path)
    unpacked = Run(tmp_path / run.id)
    assert [event["epoch"] for event in read_events(unpacked.metrics_file)] == [1]
    assert unpacked.status() is Status.DIED, "it must not look like a waiting run"


@pytest.mark.parametrize("when", [0, 5e9])
def test_times_out_of_a_zips_range_are_accepted(run, when):
    os.utime(run.log_file, (when, when))
    assert "train.log" in members(run)


def test_a_file_appears_complete_or_not_at_all(run, tmp_path, monkeypatch):
    target = tmp_path / "run.zip"
    monkeypatch.setattr(zipfile.ZipFile, "open", fail)
    with pytest.raises(UserError, match="disk is full"):
        write_zip(run, target)
    assert not list(tmp_path.iterdir())


def fail(*_, **__):
    raise OSError(28, "disk is full on device")


def test_a_deleted_run_is_refused(run, tmp_path):
    shutil.rmtree(run.folder)
    with pytest.raises(UserError, match="gone or damaged"):
        write_zip(run, tmp_path / "run.zip")
    assert not list(tmp_path.iterdir())
