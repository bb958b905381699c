"""Curves from events: what a chart of a run in progress draws."""

import json

import numpy as np
import pytest

from genreclf import paths
from genreclf.evaluation import metrics
from genreclf.evaluation.metrics import bce
from genreclf.models.baselines import Prior
from genreclf.runs import curves
from genreclf.runs import events as events_module


def batch(epoch, step, loss, steps=4, **more):
    return {
        "event": "batch",
        "epoch": epoch,
        "step": step,
        "steps": steps,
        "loss": loss,
        "precision": 0.5,
        "recall": 0.1,
    } | more


def end(epoch, loss, val_loss, **more):
    metrics = {
        "loss": loss,
        "precision": 0.5,
        "recall": 0.2,
        "val_loss": val_loss,
        "val_precision": 0.4,
        "val_recall": 0.3,
    }
    return {"event": "epoch", "epoch": epoch, **metrics, **more}


def validation_curve(events):
    return curves.History((), events).validation


def test_no_events_give_empty_curves_with_all_columns():
    for curve in (curves.training_curve([]), validation_curve([])):
        assert list(curve) == ["epoch", "loss", "precision", "recall", "accuracy"]
        assert curve.empty
    assert curves.facts([]) == curves.Facts()


def test_the_first_batches_are_drawn_at_once():
    curve = curves.training_curve([batch(1, 1, 0.7), batch(1, 2, 0.6)])
    assert curve["epoch"].tolist() == [0.25, 0.5]
    assert curve["loss"].tolist() == [0.7, 0.6]


def test_a_finished_epoch_ends_on_its_own_metrics():
    curve = curves.training_curve([batch(1, 2, 0.6), batch(1, 4, 0.51), end(1, 0.5, 0.4)])
    assert curve["epoch"].tolist() == [0.5, 1.0]
    assert curve["loss"].iloc[-1] == 0.5


def test_an_epochs_first_batches_are_blended_with_the_epoch_before():
    curve = curves.training_curve([end(1, 0.4, 0.4), batch(2, 1, 0.8), batch(2, 2, 0.6)])
    assert curve["loss"].tolist() == pytest.approx([0.4, 0.5, 0.5])


def test_an_epoch_repeated_after_an_interruption_counts_once():
    events = [batch(1, 1, 9.0), batch(1, 3, 9.0), {"event": "start"}, batch(1, 1, 0.7), batch(1, 2, 0.6)]
    assert curves.training_curve(events)["loss"].tolist() == [0.7, 0.6]
    redone = [end(1, 0.5, 0.45), {"event": "start"}, end(1, 0.4, 0.41)]
    assert validation_curve(redone)["loss"].tolist() == [0.41]
    assert curves.facts(redone).epochs == 1


def test_a_long_run_is_thinned_but_keeps_its_epochs_and_its_end():
    events = []
    for epoch in range(1, 31):
        events += [batch(epoch, step, 1 / epoch, steps=200) for step in range(1, 201)] + [end(epoch, 1 / epoch, 0.3)]
    events += [batch(31, 7, 0.03, steps=200)]
    curve = curves.training_curve(events)
    assert len(curve) <= curves.MAX_POINTS + 1
    assert set(range(1, 31)) <= set(curve["epoch"])
    assert curve["epoch"].iloc[-1] == pytest.approx(30 + 7 / 200)
    earlier = curves.training_curve(events[:-1])
    assert set(earlier["epoch"]) >= {1.0, 15.0, 30.0}


def test_a_thousand_epochs_are_thinned():
    curve = curves.training_curve([end(epoch, 1 / epoch, 0.3) for epoch in range(1, 1001)])
    assert 150 <= len(curve) <= curves.MAX_POINTS
    assert curve["epoch"].iloc[-1] == 1000


def test_accuracy_is_drawn_where_a_run_has_it():
    events = [batch(1, 2, 0.6, accuracy=0.8), end(1, 0.5, 0.4, accuracy=0.9, val_accuracy=0.85), end(2, 0.4, 0.4)]
    assert curves.training_curve(events)["accuracy"].tolist() == pytest.approx([0.8, 0.9, np.nan], nan_ok=True)
    assert validation_curve(events)["accuracy"].tolist() == pytest.approx([0.85, np.nan], nan_ok=True)


def test_metrics_measured_once_per_epoch():
    start = {"event": "start", "films": 500}
    events = [start, batch(1, 4, 0.5), end(1, 0.5, 0.4, learning_rate=1e-3, seconds=10.0),
              start, end(1, 0.45, 0.41, learning_rate=1e-3, seconds=20.0), end(2, 0.4, 0.3, seconds=0.0)]  # fmt: skip
    table = curves.by_epoch(events)
    assert table["epoch"].tolist() == [1, 2]
    assert table["val_loss"].tolist() == [0.41, 0.3], "the last word counts"
    assert table["seconds"].tolist() == [20, 0]
    assert table["films_per_second"].tolist() == pytest.approx([25, np.nan], nan_ok=True)
    assert table["learning_rate"].tolist() == pytest.approx([1e-3, np.nan], nan_ok=True)
    assert curves.by_epoch([]).empty
    assert list(curves.by_epoch([])) == list(table)


def test_finished_epochs_are_condensed_and_the_current_one_is_not():
    first = [batch(1, step, 1 / step, steps=300) for step in range(1, 301)]
    second = [batch(2, step, 1 / step, steps=300) for step in range(1, 201)]
    events = [{"event": "start"}, *first, end(1, 0.5, 0.4), *second]
    kept = events_module.condense(events)
    assert kept[0] == {"event": "start"}
    assert kept[-200:] == second
    assert len(kept) <= 2 + events_module.BATCHES_KEPT + 200
    assert events_module.condense(kept) == kept
    assert curves.facts(kept) == curves.facts(events)
    assert set(curves.training_curve(kept)["epoch"]) <= set(curves.training_curve(events, 10_000)["epoch"])


def test_the_accuracy_of_predicting_nothing_follows_from_the_metrics():
    rng = np.random.default_rng(0)
    labels, chosen = rng.random((400, 25)) < 0.1, rng.random((400, 25)) < 0.07
    chosen |= labels & (rng.random((400, 25)) < 0.3)
    right = (labels & chosen).sum()
    measured = {"val_precision": right / chosen.sum(), "val_recall": right / labels.sum(),
                "val_accuracy": (labels == chosen).mean()}  # fmt: skip
    nothing = {"val_precision": 0.0, "val_recall": 0.0, "val_accuracy": 0.5}  # it cannot be derived
    table = curves.by_epoch([end(1, 0.5, 0.4, **nothing), end(2, 0.5, 0.4, **measured)])
    assert curves.trivial_accuracy(table) == pytest.approx(1 - labels.mean())


def test_the_accuracy_of_predicting_nothing_may_be_unknown():
    assert curves.trivial_accuracy(curves.by_epoch([])) is None
    assert curves.trivial_accuracy(curves.by_epoch([end(1, 0.5, 0.4)])) is None, "no accuracy"
    blind = {"val_precision": 0.0, "val_recall": 0.0, "val_accuracy": 0.9}
    assert curves.trivial_accuracy(curves.by_epoch([end(1, 0.5, 0.4, **blind)])) is None


def test_damaged_events_are_skipped():
    stored = [{"event": "epoch"}, {"event": "batch", "epoch": 1}, {"event": "batch", "epoch": 1, "step": 1, "steps": 0},
              {"event": "epoch", "epoch": "two", "loss": 1}, {}, {"event": "start", "films": "many", "time": None},
              batch(1, 2, "low"), end(1, None, float("nan")), end(2, 0.5, 0.4, seconds="long")]  # fmt: skip
    parsed = [events_module.parse_event(json.dumps(event).encode()) for event in stored]
    events = [event for event in parsed if event is not None]
    assert curves.training_curve(events)["epoch"].tolist() == [0.5, 2]
    assert validation_curve(events)["loss"].tolist() == pytest.approx([np.nan, 0.4], nan_ok=True)
    assert curves.by_epoch(events)["seconds"].isna().all()
    known = curves.facts(events)
    assert (known.epochs, known.best_epoch, known.films, known.seconds) == (2, 2, None, 0)
    assert curves.facts(events[:-1]).best_epoch is None


def test_facts_of_a_run():
    start = {"event": "start", "time": 100.0, "films": 47, "val_films": 5, "base_rate_loss": 0.3}
    events = [start, end(1, 0.5, 0.45, time=110.0), end(2, 0.4, 0.35, time=120.0),
              {**start, "time": 500.0}, end(3, 0.3, 0.36, time=530.0)]  # fmt: skip
    known = curves.facts(events)
    assert (known.epochs, known.best_epoch, known.best_loss) == (3, 2, 0.35)
    assert known.seconds == pytest.approx(20 + 30), "the pause does not count"
    assert (known.films, known.val_films, known.base_rate_loss) == (47, 5, 0.3)


def test_the_base_rates_loss_is_that_of_the_prior(catalogue):
    train, val = catalogue.in_split("train"), catalogue.in_split("val")
    probabilities = Prior.fit([], catalogue.labels[train]).predict([""] * len(val))
    found = metrics.base_rate_loss(catalogue.labels, train, val)
    assert found == pytest.approx(bce(catalogue.labels[val], probabilities), abs=1e-6)
    assert np.isfinite(found)


def test_only_plain_binary_cross_entropy_is_compared_with_base_rates():
    assert curves.loss_of("cnn", {"label_smoothing": 0.0}).comparable
    assert not curves.loss_of("cnn-small", {}).comparable
    assert not curves.loss_of("cnn", {"label_smoothing": 0.1}).comparable


@pytest.mark.parametrize(
    ("setting", "same"), [({}, True), ({"teacher": "poster"}, False), ({"mixup": 0.2}, False), ({"mixup": 0.0}, True)]
)
def test_with_other_targets_the_training_loss_measures_something_else(setting, same):
    assert curves.loss_of("cnn", setting).same_targets is same


def test_the_loss_before_learning():
    assert curves.loss_of("cnn", {"base_rate_bias": True}).starts_at_base_rates
    for model, outcomes in (("cnn", 2), ("cnn-small", 25)):
        assert curves.loss_of(model, {}).before_learning == pytest.approx(np.log(outcomes))


def test_the_reference_curve_is_read_where_it_is_shipped(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "REFERENCE_RUNS", tmp_path)
    assert curves.reference_curve("cnn") is None
    lines = [json.dumps(end(2, 0.3, 0.25)), json.dumps(end(1, 0.4, 0.26)), "", '{"event": "ep']
    (tmp_path / "cnn.jsonl").write_text("\n".join(lines), "utf-8")
    curve = curves.reference_curve("cnn")
    assert curve["epoch"].tolist() == [1, 2]
    assert curve["loss"].tolist() == [0.26, 0.25]
    assert curves.reference_curve("lstm") is None
