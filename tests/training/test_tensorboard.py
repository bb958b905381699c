from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from genreclf.training.tensorboard import TensorBoardWriter


def scalars(folder) -> dict[str, list[tuple[int, float]]]:
    events = EventAccumulator(str(folder))
    events.Reload()
    return {
        tag: [(event.step, round(event.value, 4)) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]
    }


def test_tensorboard_reads_the_curves_under_kerass_names(tmp_path):
    writer = TensorBoardWriter(tmp_path)
    writer.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.6, "learning_rate": 0.001})
    writer.on_epoch_end(1, {"loss": 0.4, "val_loss": 0.55, "learning_rate": 0.001})
    TensorBoardWriter(tmp_path).on_epoch_end(2, {"loss": 0.3, "val_loss": 0.5, "learning_rate": 0.001})  # resumed
    train, validation = scalars(tmp_path / "train"), scalars(tmp_path / "validation")
    assert train["epoch_loss"] == [(0, 0.5), (1, 0.4), (2, 0.3)]
    assert train["epoch_learning_rate"][0] == (0, 0.001)
    assert validation == {"epoch_loss": [(0, 0.6), (1, 0.55), (2, 0.5)]}


def test_a_run_without_validation_writes_an_empty_part(tmp_path):
    TensorBoardWriter(tmp_path).on_epoch_end(0, {"loss": 0.5})
    assert scalars(tmp_path / "train") == {"epoch_loss": [(0, 0.5)]}
    assert scalars(tmp_path / "validation") == {}


def test_no_logs_are_no_error(tmp_path):
    TensorBoardWriter(tmp_path).on_epoch_end(0)
    assert scalars(tmp_path / "train") == {}
