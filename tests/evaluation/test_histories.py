import json

import pytest
from prediction_sets import weights

from genreclf import paths
from genreclf.evaluation.histories import history_of, reference_histories, run_event, training_table
from genreclf.runs.folder import read_events
from genreclf.runs.queue import new_run
from genreclf.runs.verdict import Kind

RUN = {"event": "run", "model": "cnn", "data_digest": "digest", "films": {"train": 900, "val": 520}}


def overfitted(best: int = 4, epochs: int = 12) -> list[dict]:
    """Epochs that overfit after the best one."""
    return [
        {"event": "epoch", "epoch": number, "loss": 0.3 - 0.02 * number, "val_loss": 0.2 + 0.01 * abs(number - best)}
        for number in range(1, epochs + 1)
    ]


@pytest.fixture
def references(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "REFERENCE_RUNS", tmp_path)

    def write(model: str, *events: dict) -> None:
        (tmp_path / f"{model}.jsonl").write_text("\n".join(map(json.dumps, events)))

    return write


def test_a_reference_has_its_curve_and_a_verdict(references):
    references("cnn", RUN, *overfitted())
    (history,) = reference_histories()
    assert history.label == "CNN, report's recipe"
    assert len(history.epochs) == 12
    assert history.facts.best_epoch == 4
    assert history.facts.val_films == 520
    assert history.verdict.kind is Kind.OVERFITTING
    assert history.verdict.beats_base_rates is None, "no base rates of these films are known"


def test_base_rates_of_the_same_films_are_to_beat(references):
    references("cnn", RUN, *overfitted())
    prior = weights("prior")
    prior.card.update(data_digest="digest", metrics={"val": {"bce": 0.19}})
    (history,) = reference_histories([prior])
    assert history.facts.base_rate_loss == 0.19
    assert history.verdict.beats_base_rates is False
    prior.card["data_digest"] = "of other films"
    assert reference_histories([prior])[0].facts.base_rate_loss is None


def test_a_reference_without_an_epoch_is_left_out(references):
    references("cnn", RUN)
    assert reference_histories() == []


def test_the_shipped_references_are_complete():
    histories = {history.model: history for history in reference_histories()}
    assert {model: len(history.epochs) for model, history in histories.items()} == {"cnn": 40, "lstm": 20}
    for model in histories:
        assert run_event(read_events(paths.REFERENCE_RUNS / f"{model}.jsonl"))["metrics"]["test"]["bce"] > 0.2


def test_curves_stored_beside_the_weights(tmp_path):
    trained = weights("lstm")
    trained = type(trained)(tmp_path, "lstm", trained.card, "shipped")
    assert history_of(trained) is None
    (tmp_path / "metrics.jsonl").write_text("\n".join(map(json.dumps, overfitted())))
    history = history_of(trained)
    assert (history.label, history.facts.best_epoch, history.loss.comparable) == ("LSTM", 4, True)
    trained.card["settings"] = {"label_smoothing": 0.1}
    assert history_of(trained).loss.comparable is False


def test_curves_in_the_promoted_run(film_folder, home):
    run = new_run("lstm", film_folder, epochs=3)
    for event in overfitted():
        run.append(event.pop("event"), **event)
    trained = weights("lstm")
    trained.card["run"] = run.id
    assert len(history_of(trained).epochs) == 12
    other = weights("cnn")
    other.card["run"] = run.id
    assert history_of(other) is None, "the run is of another model"
    trained.card["run"] = run.id[:-1]
    assert history_of(trained) is None, "a part of an id is not that run"
    trained.card["run"] = "../../etc"
    assert history_of(trained) is None


def test_a_baseline_has_no_epochs():
    assert history_of(weights("prior")) is None


def test_training_table_from_cards():
    full = weights("lstm")
    full.card.update(recipe="tuned", best_epoch=7, settings={"epochs": 10}, films={"train": 900}, seconds=120.0,
                    metrics={"val": {"bce": 0.17}, "test": {}})  # fmt: skip
    bare = weights("cnn")
    bare.card.update(recipe="reference", metrics={})
    table = training_table({each.model: each for each in (full, bare, weights("prior"))})
    assert table["Model"].tolist() == ["LSTM", "CNN"]
    assert table.iloc[0][["Best epoch", "Max epochs", "Train films", "Trained for", "Val BCE"]].tolist() == [
        7, 10, 900, "2 min", 0.17,
    ]  # fmt: skip
    assert table["Test BCE"].isna().all()
    assert training_table({}).empty
